"""Cancel ends a run within a second wherever a request hangs: name, connection, header, body; manifest or archive."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aloud import say
from hanging import RESOLVER, Place, Stage, Trap, session, trap
from integration.cli_house import Vsrt, environment

from vsrt_gui.model.events import Event, Outcome, RunFinished
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells which connections are under way"
)

LIMIT = 1.0
"""Seconds until the run says that it was cancelled."""
PATIENCE = 60.0
"""Seconds until the program is where it hangs: it has to start first."""
SURELY = 0.2
"""Seconds after the request was seen to hang: by now it waits, not works."""

Note = Callable[[str, float], None]


@pytest.fixture(scope="module")
def note(request: pytest.FixtureRequest) -> Iterator[Note]:
    """Take down what was measured, and say it at the end."""
    seconds: dict[str, float] = {}
    yield seconds.__setitem__
    for name, took in seconds.items():
        say(request.config, f"cancelled {name}: {took * 1000:.0f} ms")


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(params=Place)
def place(request: pytest.FixtureRequest) -> Place:
    return Place(request.param)


@pytest.fixture(params=Stage)
def stage(request: pytest.FixtureRequest) -> Stage:
    return Stage(request.param)


@pytest.fixture
def trapped(place: Place, stage: Stage, tmp_path: Path) -> Iterator[Trap]:
    with trap(place, stage, tmp_path) as made:
        yield made


def test_by_the_session(place: Place, stage: Stage, trapped: Trap, tmp_path: Path, note: Note) -> None:
    ended, took = asyncio.run(_cancelled(trapped, tmp_path / "runtime"))
    assert (ended.outcome, ended.faults) == (Outcome.CANCELLED, ())
    note(f"by the session, {stage} waits for its {place}", took)
    assert took <= LIMIT


async def _cancelled(trapped: Trap, prefix: Path) -> tuple[RunFinished, float]:
    waiting = session(trapped, prefix)
    over: list[float] = []

    def listen(event: Event, _state: RunState) -> None:
        if isinstance(event, RunFinished):
            over.append(time.monotonic())

    waiting.subscribe(listen)
    try:
        waiting.start(Request(verb=Verb.INSTALL))
        async with asyncio.timeout(PATIENCE):
            while not trapped.reached():  # noqa: ASYNC110 -- threads and the kernel bring it about
                await asyncio.sleep(0.01)
        await asyncio.sleep(SURELY)
        assert waiting.state.running
        began = time.monotonic()
        waiting.cancel()
        ended = await waiting.finished()
        return ended, over[0] - began
    finally:
        await waiting.close()


def test_by_ctrl_c(place: Place, stage: Stage, trapped: Trap, tmp_path: Path, note: Note) -> None:
    command = Vsrt(trapped.catalog, tmp_path / "runtime").command("install", "--yes", "--json")
    started = [sys.executable, "-c", RESOLVER, str(trapped.asked), *command[3:]]
    with subprocess.Popen(started, stdout=subprocess.PIPE, env=environment(), encoding="utf-8") as process:
        try:
            _wait_for(trapped, process)
            time.sleep(SURELY)
            assert process.poll() is None
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            last = _last(process)
            took = time.monotonic() - began
            assert process.wait(PATIENCE) == 130
        finally:
            process.kill()
    assert last["outcome"] == "cancelled"
    note(f"by Ctrl-C, {stage} waits for its {place}", took)
    assert took <= LIMIT


def _last(process: subprocess.Popen[str]) -> Any:
    """Return the event that ends the run as soon as it is told."""
    assert process.stdout
    return next(event for line in process.stdout if (event := json.loads(line))["event"] == "run-finished")


def _wait_for(trapped: Trap, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    while not trapped.reached():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
