"""The developer's commands, as far as a checkout that is set up can try them; CI's own run is the rest."""

import ast
import contextlib
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import vsrt_gui

ROOT = Path(vsrt_gui.__file__).parent.parent
sys.path.insert(0, str(ROOT / "packaging"))

import dev_catalog  # noqa: E402 -- these lie beside dev.py, which is no package
import dev_environment  # noqa: E402
import dev_lock  # noqa: E402
import dev_machine  # noqa: E402
from dev_steps import Steps, StopError  # noqa: E402

DEV = ROOT / "packaging" / "dev.py"


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(tmp_path / "logs")


def locked(lock: Path) -> dict[str, tuple[str, int]]:
    """Return each package's version, and how many hashes it has."""
    found: dict[str, tuple[str, int]] = {}
    for entry in re.split(r"\n(?=\S)", lock.read_text("utf-8")):
        name, version = re.match(r"([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==(\S+)", entry).groups()
        found[name] = (version, len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
    return found


@pytest.mark.parametrize(
    ("version", "name"), [((3, 10, 9), "cpython"), ((3, 14, 0), "cpython"), ((3, 12, 0), "pypy")]
)
def test_another_python_gets_a_plain_message(version: tuple[int, int, int], name: str) -> None:
    pretend = f"sys.version_info = {version}; sys.implementation.name = {name!r}"
    program = f"import runpy, sys; {pretend}; runpy.run_path({str(DEV)!r}, run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(
        f"This needs CPython 3.11, 3.12 or 3.13; this is {name} {version[0]}.{version[1]}.\n"
    )


def test_an_old_python_can_read_the_message() -> None:
    ast.parse(DEV.read_text("utf-8"), feature_version=(3, 7))


def test_says_what_it_can_do() -> None:
    ended = subprocess.run([sys.executable, DEV, "--help"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert {"run", "test", "lint", "shots", "lock"} <= set(
        re.findall(r"^    (\w+)", ended.stdout, re.MULTILINE)
    )


@pytest.mark.parametrize("dev", [False, True])
def test_the_lock_holds_hashes_and_no_address(dev: bool) -> None:
    lock = dev_environment.LOCKS[dev]
    dev_lock.check(lock)
    assert not re.search(r"//|@ |index|find-links", lock.read_text("utf-8"))
    assert all(hashes for _, hashes in locked(lock).values())


def test_the_lock_holds_all_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    small, large = (locked(dev_environment.LOCKS[dev]) for dev in (False, True))

    def names(requirements: list[str]) -> set[str]:
        return {
            re.match(r"[\w.-]+", each).group().lower().replace(".", "-").replace("_", "-")
            for each in requirements
        }

    assert names(project["project"]["dependencies"] + project["build-system"]["requires"]) <= small.keys()
    assert names(project["dependency-groups"]["dev"]) <= large.keys()
    assert small.items() <= large.items()
    assert small["pyside6-essentials"][0] == "6.11.3"
    assert small["pyside6-essentials"][1] >= 4  # Linux on two machines, macOS, Windows
    assert {"hatchling", "editables"} <= small.keys()


def test_the_lock_names_what_packages_ask_of_others_besides() -> None:
    """Else pip finds what it is asked for unlocked, and refuses it from the day on which a newer one is published."""
    lock = dev_environment.LOCKS[True].read_text("utf-8")
    asked = set()
    for name in locked(dev_environment.LOCKS[True]):
        with contextlib.suppress(PackageNotFoundError):  # another system's
            for needed in map(Requirement, requires(name) or ()):
                if needed.extras and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
                    asked.add((canonicalize_name(needed.name), *needed.extras))
    assert ("coverage", "toml") in asked
    for name, *extras in asked:
        (entry,) = re.findall(rf"^{name}\[([a-z0-9,-]+)\]==", lock, re.MULTILINE)
        assert set(extras) <= set(entry.split(","))


@pytest.mark.parametrize("line", ["--extra-index-url x", "tool @ file:///tool.whl", "-i x"])
def test_a_lock_with_an_address_is_refused(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(f"tool==1 \\\n    --hash=sha256:{'0' * 64}\n{line}\n")
    with pytest.raises(StopError, match=r"some.lock, line 3"):
        dev_lock.check(lock)


def test_a_step_says_how_long_it_took(steps: Steps, capsys: pytest.CaptureFixture[str]) -> None:
    steps.run("Doing it", [sys.executable, "-c", "print('inside')"])
    said = capsys.readouterr().out
    assert re.fullmatch(r"\[ +\d\.\d s\] Doing it …\n\[ +\d\.\d s\] Doing it: done in \d\.\d s\n", said)


def test_a_failed_step_shows_its_output(
    steps: Steps, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(StopError, match=r"Doing it failed \(code 3\)") as caught:
        steps.run("Doing it", [sys.executable, "-c", "print('inside'); raise SystemExit(3)"])
    assert "\ninside\n" in capsys.readouterr().out
    log = tmp_path / "logs" / "doing-it.log"
    assert str(log) in str(caught.value)
    assert "inside" in log.read_text()


def test_a_followed_step_says_each_line(steps: Steps, capsys: pytest.CaptureFixture[str]) -> None:
    steps.follow("Going", [sys.executable, "-c", "print('one'); print('two')"])
    assert re.findall(r"s\] (.*)", capsys.readouterr().out)[:3] == ["Going …", "  one", "  two"]
    with pytest.raises(StopError, match=r"Going failed \(code 5\)"):
        steps.follow("Going", [sys.executable, "-c", "raise SystemExit(5)"])


def test_knows_whether_there_is_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert dev_machine.has_display() is not sys.platform.startswith("linux")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert dev_machine.has_display()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libraries are looked for on Linux only")
def test_finds_out_which_libraries_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev_machine, "QT_LIBRARIES", {"libc.so.6": "libc6", "libnothing.so.9": "libnothing9"})
    monkeypatch.setattr(dev_machine, "FONT_FOLDERS", ("/nowhere",))
    assert dev_machine.missing_for_qt() == ["libnothing9", dev_machine.FONT_PACKAGE]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="packages are known on Linux only")
def test_installs_only_what_some_test_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        dev_machine, "TEST_PROGRAMS", {"no-such-screen": "screen", "no-such-hand": "hand", "sh": "sh"}
    )
    (tmp_path / "test_it.py").write_text('run(["no-such-screen", "sh"])', "utf-8")
    assert dev_machine.missing_for_tests(tmp_path) == ["screen"]


APT = """#!/bin/sh
echo "$@" >> {record}
case "$1" in
  update) touch {lists} ;;
  install) [ -e {lists} ] || exit 100 ;;
esac
"""
SUDO = """#!/bin/sh
shift
exec "$@"
"""


def programs(folder: Path, **scripts: str) -> str:
    folder.mkdir()
    for name, text in scripts.items():
        (folder / name.replace("_", "-")).write_text(text)
        (folder / name.replace("_", "-")).chmod(0o755)
    return str(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="apt is Debian's")
def test_installs_packages_and_updates_the_lists_first_where_it_must(
    steps: Steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, lists = tmp_path / "record", tmp_path / "lists"
    apt = APT.format(record=record, lists=lists)
    monkeypatch.setenv("PATH", f"{programs(tmp_path / 'bin', apt_get=apt, sudo=SUDO)}:{os.environ['PATH']}")
    dev_machine.provide(steps, ["libb", "liba"], "the window")
    install, update, again = record.read_text().splitlines()
    assert (update, install) == ("update", again)
    assert install.startswith("install -y")
    assert install.endswith("liba libb")
    dev_machine.provide(steps, [], "the window")
    assert len(record.read_text().splitlines()) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="apt is Debian's")
@pytest.mark.parametrize("apt", [None, "#!/bin/sh\nexit 100\n"])
def test_names_the_packages_where_it_cannot_install_them(
    steps: Steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apt: str | None
) -> None:
    found = {"apt_get": apt, "sudo": SUDO} if apt else {}
    monkeypatch.setenv("PATH", f"{programs(tmp_path / 'bin', **found)}:/nowhere")
    with pytest.raises(
        StopError, match=r"Please install what the window needs, then start this again"
    ) as caught:
        dev_machine.provide(steps, ["libb", "liba"], "the window")
    assert ("sudo apt-get install" in str(caught.value)) == bool(apt)
    assert "  liba libb" in str(caught.value) or "install liba libb" in str(caught.value)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="packages are known on Linux only")
def test_finds_out_what_compiling_the_editor_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gssapi").mkdir()
    (tmp_path / "gssapi" / "gssapi.h").touch()
    monkeypatch.setattr(dev_machine, "HEADER_FOLDERS", (str(tmp_path),))
    monkeypatch.setenv("PATH", programs(tmp_path / "bin", make="", python3="", rg=""))
    assert dev_machine.missing_for_server() == ["g++"]
    monkeypatch.setattr(dev_machine, "HEADER_FOLDERS", ("/nowhere",))
    monkeypatch.setenv("PATH", "/nowhere")
    assert dev_machine.missing_for_server() == ["g++", "make", "python3", "ripgrep", "libkrb5-dev"]


@pytest.mark.skipif(not dev_catalog.can_have_server(), reason="the editor is published for Linux on x64")
@pytest.mark.parametrize("ci", [False, True])
def test_goes_on_without_the_editor_except_in_ci(
    steps: Steps, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: bool
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")  # no compiler, and no apt to get one
    monkeypatch.setenv("CI", "true" if ci else "")
    monkeypatch.setattr(dev_environment, "python", lambda: Path(sys.executable))
    if ci:
        with pytest.raises(StopError, match="Please install what the editor's server needs"):
            dev_catalog.build(steps, server=True)
        return
    assert dev_catalog.build(steps, server=True) == dev_catalog.CACHE / "catalog"
    said = capsys.readouterr().out
    assert "Please install what the editor's server needs" in said
    assert re.search(r"g\+\+ (libkrb5-dev )?make python3 ripgrep\n", said)
    assert "Going on without the editor's server" in said


@pytest.mark.timeout(900)
@pytest.mark.parametrize("without", [[], ["--without-server"]])
def test_does_the_same_job_without_a_display(tmp_path: Path, without: list[str]) -> None:
    """The whole of `run`: set up (a moment, where that was done), build, serve, install."""
    environment = {
        key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}
    }
    expected = dev_catalog.has_server() and not without
    for _ in range(2):
        ended = subprocess.run(
            [sys.executable, DEV, "run", "--no-window", *without, "--prefix", tmp_path / "runtime"],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "Building the sample catalog" in ended.stdout
    node = tmp_path / "runtime" / "bin" / ("node.cmd" if sys.platform == "win32" else "node")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    assert said.startswith("v24.")
    assert any((tmp_path / "runtime" / "store").glob("server-*")) is expected
