"""The sample catalog: real packages, and every module of it really works."""

import re
from pathlib import Path

import pytest

import vsrt_gui
from vsrt_gui.adapters.folder import path_of
from vsrt_gui.adapters.host import SystemHost, current_platform
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.resolve import available
from vsrt_gui.model.launching import Place, arguments, command
from vsrt_gui.model.manifest import Manifest, Target
from vsrt_gui.publish.build import build
from vsrt_gui.publish.check import check
from vsrt_gui.publish.npm import npm_command
from vsrt_gui.publish.shelf import Shelf
from vsrt_gui.publish.unpack import unpack
from vsrt_gui.publish.wheels import Fetched
from vsrt_gui.resources import resource

CACHE = Path(vsrt_gui.__file__).parent.parent / ".cache" / "packages"
"""Shared with `dev.py run`, so that the packages are fetched once."""
WRONG = "x: int = 'text'\n"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Path]:
    out = tmp_path_factory.mktemp("sample")
    return build(resource("catalog/sample.toml"), out, CACHE, print), out


@pytest.fixture(scope="module")
def targets(sample: tuple[Manifest, Path]) -> tuple[Target, ...]:
    platform = current_platform()
    assert platform is not None
    offered = available(sample[0], platform, {})
    assert offered.faults == ()
    return offered.targets


@pytest.fixture(scope="module")
def place(targets: tuple[Target, ...], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Unpack every module as its archive says."""
    store = tmp_path_factory.mktemp("store")
    for target in targets:
        unpack(Fetched(path_of(target.artifact.url), universal=True), store / target.folder)
    return Place(store=str(store), data=str(store / "data"))


def test_is_whole(sample: tuple[Manifest, Path]) -> None:
    assert check(str(sample[1]), lambda _: None) == ()


def test_has_a_chain_of_three(targets: tuple[Target, ...]) -> None:
    order = [target.id for target in targets]
    assert sorted(order) == ["nodejs", "pyright", "pyright-to-gitlab-ci", "ruff"]
    assert order.index("nodejs") < order.index("pyright") < order.index("pyright-to-gitlab-ci")


def test_every_module_proves_itself(targets: tuple[Target, ...], place: Place) -> None:
    for target in targets:
        assert target.module.launch.proof
        for proof in target.module.launch.proof:
            argv = arguments(targets, target, proof.argv, place)
            code, said = SystemHost().prove(argv, {}, Stop())
            assert code == 0, said
            assert re.search(proof.expect, said), said


def test_every_command_starts(targets: tuple[Target, ...], place: Place) -> None:
    names = [name for target in targets for name in target.module.launch.bin]
    assert {"node", "npm", "npx", "ruff", "pyright", "pyright-langserver"} < set(names)
    for name in ("npm", "npx"):
        code, said = SystemHost().prove((*command(targets, name, place), "--version"), {}, Stop())
        assert (code, bool(re.match(r"\d+\.\d+\.\d+", said))) == (0, True)


def test_the_chain_works_from_end_to_end(targets: tuple[Target, ...], place: Place, tmp_path: Path) -> None:
    source = tmp_path / "wrong.py"
    source.write_text(WRONG)
    pyright = command(targets, "pyright", place)
    code, said = SystemHost().prove((*pyright, "--outputjson", str(source)), {}, Stop())
    assert code == 1
    found, report = tmp_path / "found.json", tmp_path / "report.json"
    found.write_text(said)
    convert = command(targets, "pyright-to-gitlab-ci", place)
    options = ("--src", str(found), "--output", str(report), "--base_path", str(tmp_path))
    assert SystemHost().prove((*convert, *options), {}, Stop())[0] == 0
    assert "wrong.py" in report.read_text()


@pytest.mark.usefixtures("sample")
def test_brings_its_own_npm_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    said: list[str] = []
    program, *script = npm_command(Shelf(CACHE, said.append))
    assert Path(program).is_relative_to(CACHE)
    code, version = SystemHost().prove((program, *script, "--version"), {}, Stop())
    assert (code, bool(re.match(r"\d+\.\d+\.\d+", version))) == (0, True)
    assert npm_command(Shelf(CACHE, said.append)) == [program, *script]
    assert all("Fetching" not in line for line in said)  # the sample's own Node.js wheel is the one
