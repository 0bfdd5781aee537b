"""Programs of one user tell each other of servers that failed, and no rubbish in the folder ever matters."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vsrt_gui.adapters.breaker_notes import DiskNotes
from vsrt_gui.engine.breaker import Breaker, BreakerState
from vsrt_gui.engine.cancel import Workers
from vsrt_gui.engine.service import Service, Sharing
from vsrt_gui.model.policies import BreakerPolicy, LimitPolicy, RetryPolicy
from vsrt_gui.model.transport import BreakerNote, Circuit

HOST = "files.test:8443"
POLICY = BreakerPolicy(threshold=2, cooldown=60.0)
NOTE = BreakerNote(circuit=Circuit.DOWNLOAD, host=HOST, failures=5, opened_at=1000.0, cooldown=60.0)


class Wall:
    """A clock on the wall, set by hand."""

    def __init__(self, now: float = 1010.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_note_is_found_by_circuit_and_host(tmp_path: Path) -> None:
    notes = DiskNotes(tmp_path / "breakers", Wall())
    assert (notes.read(), notes.find(Circuit.DOWNLOAD, HOST)) == ((), None)
    notes.write(NOTE)
    assert notes.find(Circuit.DOWNLOAD, HOST) == NOTE
    assert notes.find(Circuit.MANIFEST, HOST) is None
    assert notes.find(Circuit.DOWNLOAD, "other.test") is None
    assert notes.read() == (NOTE,)
    notes.erase(Circuit.DOWNLOAD, HOST)
    notes.erase(Circuit.DOWNLOAD, HOST)
    assert notes.read() == ()


@pytest.mark.parametrize("now", [1060.0, 5000.0, 999.0])
def test_a_note_of_the_past_or_of_the_future_is_taken_away(tmp_path: Path, now: float) -> None:
    wall = Wall()
    notes = DiskNotes(tmp_path, wall)
    notes.write(NOTE)
    wall.now = now
    assert notes.find(Circuit.DOWNLOAD, HOST) is None
    assert list(tmp_path.iterdir()) == []


def test_a_note_that_stands_under_another_name_counts_for_nobody_else(tmp_path: Path) -> None:
    notes = DiskNotes(tmp_path, Wall())
    notes.write(NOTE)
    (file,) = tmp_path.iterdir()
    notes.write(NOTE.but(host="other.test"))
    file.write_bytes(next(one for one in tmp_path.iterdir() if one != file).read_bytes())
    assert notes.find(Circuit.DOWNLOAD, HOST) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
@given(st.binary(max_size=300) | st.sampled_from([b"{}", b"null", NOTE.model_dump_json().encode() * 100]))
def test_rubbish_is_no_note(tmp_path: Path, rubbish: bytes) -> None:
    notes = DiskNotes(tmp_path, Wall())
    notes.write(NOTE)
    (file,) = tmp_path.iterdir()
    file.write_bytes(rubbish)
    assert (notes.find(Circuit.DOWNLOAD, HOST), notes.read()) == (None, ())
    notes.write(NOTE)
    assert notes.read() == (NOTE,)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no names there")
def test_a_pipe_in_a_notes_place_is_not_waited_for(tmp_path: Path) -> None:
    notes = DiskNotes(tmp_path, Wall())
    notes.write(NOTE)
    (file,) = tmp_path.iterdir()
    file.unlink()
    os.mkfifo(file)
    assert (notes.find(Circuit.DOWNLOAD, HOST), notes.read()) == (None, ())


def test_a_folder_that_can_not_be_had_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    notes = DiskNotes(tmp_path / "file" / "breakers", Wall())
    assert not notes.write(NOTE)
    notes.erase(Circuit.DOWNLOAD, HOST)
    assert (notes.read(), notes.find(Circuit.DOWNLOAD, HOST)) == ((), None)


def test_a_note_opens_for_what_is_left_of_it_and_no_longer_than_our_own_rule() -> None:
    breaker = Breaker(POLICY, lambda: 7.0, Wall(1010.0))
    breaker.recall(NOTE)
    assert (breaker.state, breaker.wait(), breaker.failures) == (BreakerState.OPEN, 50.0, 5)
    impatient = Breaker(POLICY.but(cooldown=20.0), lambda: 7.0, Wall(1010.0))
    impatient.recall(NOTE)
    assert impatient.wait() == 20.0


def test_a_note_is_written_and_read_without_loss() -> None:
    breaker = Breaker(POLICY, lambda: 7.0, Wall(1010.0))
    breaker.failed()
    assert breaker.note(Circuit.DOWNLOAD, HOST) is None
    breaker.failed()
    note = breaker.note(Circuit.DOWNLOAD, HOST)
    assert note == NOTE.but(failures=2, opened_at=1010.0)
    other = Breaker(POLICY, lambda: 99.0, Wall(1015.0))
    other.recall(note)
    assert (other.wait(), other.failures) == (55.0, 2)


def test_a_name_that_could_not_be_looked_up_is_told_to_nobody() -> None:
    breaker = Breaker(POLICY, lambda: 7.0, Wall())
    breaker.failed(reached=False)
    breaker.failed(reached=False)
    assert (breaker.state, breaker.note(Circuit.DOWNLOAD, HOST)) == (BreakerState.OPEN, None)


class Programs:
    """Two programs of one user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers = Workers(2)
        self.one, self.two = (self._program() for _ in range(2))

    def _program(self) -> tuple[Sharing, Service]:
        service = Service(Circuit.DOWNLOAD, RetryPolicy(), (POLICY, LimitPolicy()))
        return Sharing(DiskNotes(self.folder), self.workers), service

    def play(self, work: Callable[[], Awaitable[None]]) -> None:
        async def all_of_it() -> None:
            try:
                await work()
            finally:
                self.workers.close()

        asyncio.run(all_of_it())


def fail(service: Service) -> Breaker:
    breaker = service.breakers.of(HOST)
    for _ in range(POLICY.threshold):
        breaker.failed()
    return breaker


def test_a_second_program_spares_the_server_too(tmp_path: Path) -> None:
    programs = Programs(tmp_path)

    async def work() -> None:
        (sharing, service), (other_sharing, other_service) = programs.one, programs.two
        fail(service)
        await sharing.keep(service, HOST)
        await other_sharing.recall(other_service, HOST)
        assert other_service.breakers.of(HOST).wait() == pytest.approx(60.0, abs=5.0)

    programs.play(work)


def test_a_reset_by_hand_reaches_every_program(tmp_path: Path) -> None:
    programs = Programs(tmp_path)

    async def work() -> None:
        (sharing, service), (other_sharing, other_service) = programs.one, programs.two
        breaker = fail(service)
        await sharing.keep(service, HOST)
        await other_sharing.recall(other_service, HOST)
        DiskNotes(tmp_path).erase(Circuit.DOWNLOAD, HOST)  # a third one
        await sharing.recall(service, HOST)
        await other_sharing.recall(other_service, HOST)
        assert (breaker.wait(), other_service.breakers.of(HOST).wait()) == (0.0, 0.0)

    programs.play(work)


def test_a_reset_here_takes_the_note_away_and_is_not_undone_by_it(tmp_path: Path) -> None:
    programs = Programs(tmp_path)

    async def work() -> None:
        sharing, service = programs.one
        breaker = fail(service)
        await sharing.keep(service, HOST)
        breaker.reset()
        await sharing.recall(service, HOST)
        assert (breaker.wait(), DiskNotes(tmp_path).read()) == (0.0, ())

    programs.play(work)


def test_a_success_takes_the_note_away(tmp_path: Path) -> None:
    programs = Programs(tmp_path)

    async def work() -> None:
        sharing, service = programs.one
        breaker = fail(service)
        await sharing.keep(service, HOST)
        for _ in range(POLICY.successes):
            breaker.succeeded()
        await sharing.keep(service, HOST)
        assert DiskNotes(tmp_path).read() == ()

    programs.play(work)


def test_a_note_that_could_not_be_written_is_not_taken_for_a_reset(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    programs = Programs(tmp_path / "file" / "breakers")

    async def work() -> None:
        sharing, service = programs.one
        breaker = fail(service)
        await sharing.keep(service, HOST)
        await sharing.recall(service, HOST)
        assert breaker.state is BreakerState.OPEN

    programs.play(work)


def test_a_note_that_is_just_being_written_is_not_taken_for_a_reset(tmp_path: Path) -> None:
    programs = Programs(tmp_path)

    async def work() -> None:
        sharing, service = programs.one
        for _ in range(50):
            breaker = fail(service)
            await asyncio.gather(sharing.recall(service, HOST), sharing.keep(service, HOST))
            assert breaker.state is BreakerState.OPEN
            breaker.reset()
            await sharing.recall(service, HOST)

    programs.play(work)
