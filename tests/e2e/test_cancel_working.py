"""Cancel while the program works, on real modules: at once in survey and unpack, and truthfully around the commit."""

import asyncio
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aloud import say
from integration.cli_house import Catalog, Vsrt, until
from killing import archives
from memory_disk import fast_folder
from simulators.http_server import HttpServer

from vsrt_gui.adapters.prefix import DiskPrefix
from vsrt_gui.app import open_session
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import (
    Committed,
    Event,
    Outcome,
    PlanReady,
    RunFinished,
    Step,
    StepProgress,
    SurveyProgress,
)
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState
from vsrt_gui.model.survey import Generation

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process can't be sent Ctrl-C there")

LIMIT = 1.0
TRIES = 8
"""How often a test begins anew when the machine was too busy to come in between."""
COMMITS = 10
INSTALL = ("install", "nodejs", "--yes", "--json")
REPAIR = ("repair", "--yes", "--json")

Note = Callable[[str], None]
When = Callable[[Event], bool]


@pytest.fixture(scope="module")
def note(request: pytest.FixtureRequest) -> Iterator[Note]:
    """Take down what was measured, and say it at the end."""
    lines: list[str] = []
    yield lines.append
    for line in lines:
        say(request.config, f"cancelled {line}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with fast_folder(tmp_path) as made:
        monkeypatch.setenv("XDG_STATE_HOME", str(made / "state"))
        yield made


@pytest.fixture
def server(sample_catalog: Path) -> Iterator[HttpServer]:
    with HttpServer(sample_catalog) as serving:
        yield serving


@pytest.fixture
def vsrt(server: HttpServer, folder: Path) -> Vsrt:
    return Vsrt(f"{server.url}/manifest.json", folder / "runtime")


async def cancelled(session: Session, request: Request, when: When) -> tuple[list[Event], float]:
    """Run a request and cancel it from the listener; return what was told after, and the seconds until the end."""
    began: list[float] = []
    after: list[Event] = []

    def listen(event: Event, _state: RunState) -> None:
        if began:
            after.append(event)
        elif when(event):
            began.append(time.monotonic())
            session.cancel()

    session.subscribe(listen)
    try:
        session.start(request)
        await session.finished()
        return after, time.monotonic() - began[0]
    finally:
        await session.close()


def by_session(vsrt: Vsrt, request: Request, when: When) -> tuple[list[Event], float]:
    async def run() -> tuple[list[Event], float]:
        return await cancelled(open_session(vsrt.catalog, vsrt.prefix), request, when)

    return asyncio.run(run())


def by_ctrl_c(vsrt: Vsrt, args: tuple[str, ...], when: Callable[[Any], bool]) -> tuple[int, list[Any], float]:
    """Run a command and interrupt it; return its exit code, what it told after, and the seconds until its last word."""
    with vsrt.start(*args) as process:
        until(process, when)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        after = until(process, lambda event: event["event"] == "run-finished")
        took = time.monotonic() - began
    return process.returncode, after, took


def names(events: list[Any]) -> set[str]:
    return {event["event"] for event in events}


class TestSurvey:
    @pytest.fixture(autouse=True)
    def installed(self, vsrt: Vsrt) -> None:
        assert vsrt.run(*INSTALL).code == 0

    def test_by_the_session(self, vsrt: Vsrt, note: Note) -> None:
        request = Request(verb=Verb.REPAIR)
        after, took = by_session(vsrt, request, lambda event: isinstance(event, SurveyProgress))
        note(f"by the session, in the survey: {took * 1000:.0f} ms")
        assert not any(isinstance(event, PlanReady) for event in after)
        assert isinstance(after[-1], RunFinished)
        assert (after[-1].outcome, after[-1].faults) == (Outcome.CANCELLED, ())
        assert took <= LIMIT

    def test_by_ctrl_c(self, vsrt: Vsrt, note: Note) -> None:
        for _ in range(TRIES):
            code, after, took = by_ctrl_c(vsrt, REPAIR, lambda event: event["event"] == "survey-progress")
            if "plan-ready" not in names(after):
                break
        else:
            pytest.fail("it never came while it surveyed")
        note(f"by Ctrl-C, in the survey: {took * 1000:.0f} ms")
        assert (code, after[-1]["outcome"]) == (130, "cancelled")
        assert took <= LIMIT
        assert vsrt.run("verify").code == 0


class TestUnpack:
    def test_by_the_session(self, vsrt: Vsrt, server: HttpServer, note: Note) -> None:
        def half(event: Event) -> bool:
            if not isinstance(event, StepProgress) or event.step is not Step.UNPACK:
                return False
            return event.done > 0.3 * (event.total or 0)

        request = Request(verb=Verb.INSTALL, modules=frozenset({"nodejs"}))
        after, took = by_session(vsrt, request, half)
        note(f"by the session, in unpack: {took * 1000:.0f} ms")
        assert isinstance(after[-1], RunFinished)
        assert (after[-1].outcome, after[-1].faults) == (Outcome.CANCELLED, ())
        assert took <= LIMIT
        self.finishes_without_a_byte(vsrt, server)

    def test_by_ctrl_c(self, vsrt: Vsrt, server: HttpServer, note: Note) -> None:
        def half(event: Any) -> bool:
            unpacks = event["event"] == "step-progress" and event["step"] == "unpack"
            return bool(unpacks and event["done"] > 0.3 * event["total"])

        for _ in range(TRIES):
            code, after, took = by_ctrl_c(vsrt, INSTALL, half)
            if "module-finished" not in names(after):
                break
            shutil.rmtree(vsrt.prefix)
        else:
            pytest.fail("it never came while it unpacked")
        note(f"by Ctrl-C, in unpack: {took * 1000:.0f} ms")
        assert (code, after[-1]["outcome"]) == (130, "cancelled")
        assert took <= LIMIT
        self.finishes_without_a_byte(vsrt, server)

    @pytest.fixture(autouse=True)
    def _archive(self, sample_catalog: Path) -> None:
        self.archive = archives(sample_catalog, "nodejs")["nodejs"]

    def finishes_without_a_byte(self, vsrt: Vsrt, server: HttpServer) -> None:
        assert not (vsrt.prefix / "current").exists()
        assert server.sent(self.archive.path) >= self.archive.size
        server.forget()
        assert vsrt.run(*INSTALL).code == 0
        assert server.requests(self.archive.path) == ()
        assert vsrt.run("verify").code == 0


class Watched(DiskPrefix):
    """A prefix that tells when a commit begins, and waits for the answer before it goes on."""

    begun: Callable[[], None]

    def commit(self, generation: Generation, indexes: Mapping[str, FileIndex]) -> None:
        self.begun()
        super().commit(generation, indexes)


class TestCommit:
    """What is in force is in force: too late for a cancel, and the run says so."""

    def test_by_the_session(self, vsrt: Vsrt, note: Note) -> None:
        prefix = Watched(vsrt.prefix)
        began: list[float] = []
        events: list[Event] = []

        async def run() -> RunFinished:
            loop = asyncio.get_running_loop()
            tools = replace(open_session(vsrt.catalog, vsrt.prefix)._tools, prefix_at=lambda _folder: prefix)
            session = Session(tools, vsrt.prefix)
            session.subscribe(lambda event, _state: events.append(event))
            clicked = threading.Event()

            def click() -> None:
                began.append(time.monotonic())
                session.cancel()
                loop.call_soon(clicked.set)

            def begun() -> None:
                loop.call_soon_threadsafe(click)
                assert clicked.wait(10)

            prefix.begun = begun
            session.start(Request(verb=Verb.INSTALL, modules=frozenset({"nodejs"})))
            try:
                return await session.finished()
            finally:
                await session.close()

        ended = asyncio.run(run())
        note(f"by the session, in the commit: completed after {(time.monotonic() - began[0]) * 1000:.0f} ms")
        assert (ended.outcome, ended.severity, ended.faults) == (Outcome.COMPLETED, None, ())
        assert [event.generation for event in events if isinstance(event, Committed)] == [1]
        assert (vsrt.prefix / "current").read_text().strip() == "1"
        assert vsrt.run("verify").code == 0

    def test_by_ctrl_c(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, note: Note) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        catalog = Catalog(tmp_path / "catalog").write()
        ends = [self.interrupted(str(catalog.folder), tmp_path / str(n), Random(n)) for n in range(COMMITS)]
        note(
            f"by Ctrl-C around the commit: {ends.count('cancelled')} cancelled, {ends.count('completed')} completed"
        )

    def interrupted(self, catalog: str, prefix: Path, chance: Random) -> str:
        """Interrupt an installation about when it commits, on the real disk; what it says must be what is there."""
        vsrt = Vsrt(catalog, prefix)
        last = ("module-finished", chance.choice(("base", "core", "extra")))
        with vsrt.start("install", "--yes", "--json") as process:
            until(process, lambda event: (event["event"], event.get("module")) == last)
            time.sleep(chance.uniform(0, 0.02))
            process.send_signal(signal.SIGINT)
            end = until(process, lambda event: event["event"] == "run-finished")[-1]
        there = (prefix / "current").exists()
        assert (end["outcome"], process.returncode, there) in {
            ("cancelled", 130, False),
            ("completed", 0, True),
        }
        assert there or vsrt.run("install", "--yes").code == 0
        assert vsrt.run("verify").code == 0
        return str(end["outcome"])
