"""An update whose new version does not start: what is in force stays and goes on running, and the fault says whose."""

import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from integration.cli_house import Vsrt
from simulators.served_runtime import Published, Runtime, ask

PROOF = {"argv": ["{bin:python}", "{module}/check.py"], "expect": "^alive$"}
ALIVE = "print('alive')"
CRASHES = f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})"
EXTENSION = {"yaml": "redhat.vscode-yaml"}


@pytest.fixture
def vsrt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vsrt]:
    """The first version, installed; at the end its server is stopped."""
    for name in ("STATE", "DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    _publish(tmp_path, "1.0.0")
    runtime = Runtime(tmp_path / "catalog", tmp_path / "prefix").install()
    yield Vsrt(str(runtime.catalog), runtime.prefix)
    runtime.stop()


def _publish(folder: Path, version: str, **checks: str) -> None:
    """Publish a version of every module; those without a check of their own are well."""
    programs = {"server": ALIVE, "yaml": ALIVE} | checks
    proofs: dict[str, list[Mapping[str, Any]]] = {key: [PROOF] for key in programs}
    Published(folder / "catalog", version, proofs=proofs, checks=programs, extensions=EXTENSION).write()


def _launch(vsrt: Vsrt) -> Any:
    (ready,) = (
        event
        for event in vsrt.run("launch", "--no-browser", "--json").events
        if event.get("state") == "ready"
    )
    return ready


def test_a_critical_module_keeps_the_whole_update_out(vsrt: Vsrt, tmp_path: Path) -> None:
    ready = _launch(vsrt)
    said = ask(ready["page"], ready["password"])
    current = (vsrt.prefix / "current").read_bytes()
    _publish(tmp_path, "2.0.0", server=CRASHES)
    ended = vsrt.run("update", "--yes", "--json")
    assert ended.code == 83
    assert (ended.end["outcome"], ended.end["severity"]) == ("failed", "P4")
    faults = [(fault["code"], fault["module"]) for fault in ended.end["faults"]]
    assert faults == [("proof-failed", "server"), ("dependency-failed", "yaml")]
    assert (vsrt.prefix / "current").read_bytes() == current
    assert ask(ready["page"], ready["password"]) == said
    assert _launch(vsrt) == ready | {"found": True}
    assert vsrt.run("verify").code == 0

    assert vsrt.run("launch", "--stop").code == 0
    started = _launch(vsrt)
    assert ask(started["page"], started["password"]).startswith("1.0.0 ")
    _publish(tmp_path, "3.0.0")
    assert vsrt.run("update", "--yes").code == 0
    assert vsrt.run("launch", "--stop").code == 0
    started = _launch(vsrt)
    assert ask(started["page"], started["password"]).startswith("3.0.0 ")


def test_an_optional_module_falls_back_alone(vsrt: Vsrt, tmp_path: Path) -> None:
    _publish(tmp_path, "2.0.0", yaml=CRASHES)
    ended = vsrt.run("update", "--yes", "--json")
    assert ended.code == 3
    assert ended.end["outcome"] == "partial"
    (fault,) = ended.end["faults"]
    assert (fault["code"], fault["module"]) == ("proof-failed", "yaml")
    runtime = Runtime(tmp_path / "catalog", vsrt.prefix)
    generation = runtime.within(lambda session: session.record()).current
    assert generation is not None
    versions = {target.id: target.module.version for target in generation.modules}
    assert versions == {"python": "2.0.0", "server": "2.0.0", "yaml": "1.0.0"}
    ready = _launch(vsrt)
    assert ask(ready["page"], ready["password"]).startswith("2.0.0 ")
    extension = tmp_path / "data" / "vscode-runtime" / "extensions" / EXTENSION["yaml"]
    assert (extension / "VERSION").read_text("utf-8") == "yaml 1.0.0\n"
