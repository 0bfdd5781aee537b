"""How servers fare is shown, reset by hand in all programs, and never keeps somebody waiting who only looks."""

import time
from pathlib import Path

import pytest
from simulators.engine_world import POLICIES, Sample, World
from simulators.memory_source import Shelf, Trouble, broken

from vsrt_gui.adapters.breaker_notes import DiskNotes
from vsrt_gui.engine.mirrors import Copies
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Event, Outcome, Waiting
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.policies import BreakerPolicy
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState
from vsrt_gui.model.transport import BreakerNote, BreakerState, Circuit

NODE = Sample("nodejs")
PATIENT = POLICIES.but(
    manifest_breaker=BreakerPolicy(threshold=1, cooldown=300.0),
    download_breaker=BreakerPolicy(threshold=1, cooldown=300.0),
)
CATALOG = "catalog.test"


def noted(circuit: Circuit, host: str) -> BreakerNote:
    return BreakerNote(circuit=circuit, host=host, failures=4, opened_at=time.time() - 10, cooldown=300.0)


@pytest.fixture
def notes(tmp_path: Path) -> DiskNotes:
    return DiskNotes(tmp_path / "breakers")


@pytest.fixture
def world(notes: DiskNotes) -> World:
    world = World(NODE, policies=PATIENT)
    world.notes = notes
    world.catalog.source = f"https://{CATALOG}/manifest.json"
    return world


def test_before_anything_was_asked_all_is_quiet(world: World) -> None:
    async def work(session: Session) -> None:
        shown = session.transport.now()
        assert (shown.breakers, shown.waiting) == ((), ())
        assert [(one.circuit, one.active, one.queued) for one in shown.limiters] == [
            (Circuit.DOWNLOAD, 0, 0),
            (Circuit.MANIFEST, 0, 0),
        ]

    world.within(work)


def test_what_is_shown_of_a_breaker(world: World) -> None:
    async def work(session: Session) -> None:
        breaker = session._tools.download_service.breakers.of("files.test")
        breaker.failed()
        (view,) = session.transport.now().breakers
        assert (view.circuit, view.host, view.state) == (Circuit.DOWNLOAD, "files.test", BreakerState.OPEN)
        assert (view.failures, view.threshold, view.total_failures, view.transitions) == (1, 1, 1, 1)
        assert 290 < view.seconds_left <= 300
        assert view.last_failure == pytest.approx(time.time(), abs=30)
        session.transport.reset(Circuit.MANIFEST)
        assert session.transport.now().waiting
        session.transport.reset(Circuit.DOWNLOAD)
        (view,) = session.transport.now().breakers
        assert (view.state, view.failures, view.seconds_left, view.transitions) == (
            BreakerState.CLOSED,
            0,
            0.0,
            2,
        )

    world.within(work)


def test_what_others_found_out_is_shown_and_forgotten(world: World, notes: DiskNotes) -> None:
    notes.write(noted(Circuit.DOWNLOAD, "a.test"))
    notes.write(noted(Circuit.MANIFEST, "b.test"))

    async def work(session: Session) -> None:
        assert session.transport.now().waiting == ()
        shown = await session.transport.recalled()
        assert [(one.host, one.failures) for one in shown.waiting] == [("a.test", 4), ("b.test", 4)]
        before = await session.transport.forget(Circuit.DOWNLOAD)
        assert len(before.waiting) == 2
        assert [note.host for note in notes.read()] == ["b.test"]
        assert [one.host for one in session.transport.now().waiting] == ["b.test"]
        await session.transport.forget()
        assert (notes.read(), session.transport.now().waiting) == ((), ())

    world.within(work)


def test_who_only_looks_does_not_wait_for_what_others_found_out(world: World, notes: DiskNotes) -> None:
    notes.write(noted(Circuit.MANIFEST, CATALOG))

    async def work(session: Session) -> None:
        overview = await session.look()
        assert overview.catalog_fault is None
        assert overview.available

    world.within(work)


def test_a_run_does_and_is_told_how_long(world: World, notes: DiskNotes) -> None:
    notes.write(noted(Circuit.MANIFEST, CATALOG))
    waits: list[Waiting] = []

    async def work(session: Session) -> Outcome:
        def by_hand(event: Event, _state: RunState) -> None:
            if isinstance(event, Waiting):
                waits.append(event)
                session.reset_breakers()

        session.subscribe(by_hand)
        session.start(Request(verb=Verb.INSTALL))
        return (await session.finished()).outcome

    assert world.within(work) is Outcome.COMPLETED
    assert (len(waits), waits[0].module, waits[0].host) == (1, None, CATALOG)
    assert 270 < waits[0].seconds <= 290
    assert notes.read() == ()


def test_a_server_that_failed_is_noted_for_others(world: World, notes: DiskNotes) -> None:
    near = "https://near.test/nodejs-1.0.zip"
    world.copies = Copies("https://files.test/", ("https://near.test",))
    world.source.shelves[near] = Shelf(NODE.archive)
    world.source.troubles[near] = [Trouble(broken(host="near.test"))]
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    (note,) = notes.read()
    assert (note.circuit, note.host, note.failures) == (Circuit.DOWNLOAD, "near.test", 1)
    assert note.left(time.time()) > 200


def test_an_index_is_looked_for_in_the_copies_and_a_wrong_one_passed_over(world: World) -> None:
    world.copies = Copies("https://files.test/", ("https://near.test",))
    asked: list[str] = []
    fetch = world.catalog.index

    def index(artifact: object, stop: object) -> FileIndex | None:
        asked.append(artifact.index.url)  # type: ignore[attr-defined]
        if "near.test" in asked[-1]:
            raise broken(host="near.test")
        return fetch(artifact, stop)  # type: ignore[arg-type]

    world.catalog.index = index  # type: ignore[method-assign]
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    assert asked[:2] == ["https://near.test/nodejs-1.0.zip.index", f"{NODE.url}.index"]
