"""Real commands decide whether a new version comes into force, and a cancel ends them with their children."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from simulators.served_runtime import Published, Runtime

from vsrt_gui.adapters.host.processes import process_start
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Event, Outcome, Severity, Step, StepStarted
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState

CHECK = {"argv": ["{bin:python}", "{module}/check.py", "{data}"], "expect": "^alive$"}
ALIVE = "print('alive')"
FAMILY = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
(pathlib.Path(sys.argv[1]) / "child").write_text(str(child.pid))
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


def published(tmp_path: Path, version: str, **checks: str) -> Runtime:
    extensions = {"yaml": "redhat.vscode-yaml"}
    proofs: dict[str, list[Mapping[str, Any]]] = {key: [CHECK] for key in checks}
    Published(tmp_path / "catalog", version, proofs=proofs, checks=checks, extensions=extensions).write()
    return Runtime(tmp_path / "catalog", tmp_path / "prefix")


def versions(runtime: Runtime) -> dict[str, str]:
    overview = runtime.within(lambda session: session.look())
    return {finding.target.id: finding.target.module.version for finding in overview.findings}


def test_a_new_version_that_does_not_live_never_comes_into_force(tmp_path: Path) -> None:
    runtime = published(tmp_path, "1.0.0", server=ALIVE, yaml=ALIVE).install()
    published(tmp_path, "2.0.0", server="print('alive'); raise SystemExit(4)", yaml=ALIVE)
    end = runtime.run(Verb.UPDATE)
    assert (end.outcome, end.severity) == (Outcome.FAILED, Severity.P4)
    fault = end.faults[0]
    assert (fault.code, fault.module, fault.facts["reason"]) == (
        FaultCode.PROOF_FAILED,
        "server",
        "it ended with 4: alive",
    )
    assert set(versions(runtime).values()) == {"1.0.0"}


def test_an_optional_module_that_does_not_live_keeps_its_version(tmp_path: Path) -> None:
    runtime = published(tmp_path, "1.0.0", server=ALIVE, yaml=ALIVE).install()
    published(tmp_path, "2.0.0", server=ALIVE, yaml="print('undead')")
    end = runtime.run(Verb.UPDATE)
    assert end.outcome is Outcome.PARTIAL
    assert end.faults[0].facts["reason"] == "it said: undead"
    assert versions(runtime) == {"python": "2.0.0", "server": "2.0.0", "yaml": "1.0.0"}


def test_a_cancel_ends_a_proof_and_its_children_within_a_second_and_the_loop_never_waits(
    tmp_path: Path,
) -> None:
    runtime = published(tmp_path, "1.0.0", server=FAMILY)
    note = tmp_path / "data" / "vscode-runtime" / "child"
    gaps: list[float] = []

    async def heart() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - before)

    async def work(session: Session) -> tuple[Outcome, float]:
        proving = asyncio.Event()

        def listen(event: Event, _state: RunState) -> None:
            if isinstance(event, StepStarted) and event.step is Step.PROVE:
                proving.set()

        session.subscribe(listen)
        session.start(Request(verb=Verb.INSTALL))
        await proving.wait()
        beating = asyncio.ensure_future(heart())
        async with asyncio.timeout(20):
            while not (note.exists() and note.read_text()):  # noqa: ASYNC110 -- another process writes it
                await asyncio.sleep(0.02)
        began = time.monotonic()
        session.cancel()
        outcome = (await session.finished()).outcome
        took = time.monotonic() - began
        beating.cancel()
        return outcome, took

    outcome, took = runtime.within(work)
    assert outcome is Outcome.CANCELLED
    assert took < 1.0
    assert process_start(int(note.read_text())) is None
    assert sorted(gaps)[len(gaps) * 9 // 10] < 0.1
    assert versions(runtime) == {}
