"""Large files of an update or a repair over real HTTP: all that came of one is kept, whatever ends its request."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from cli_house import Vsrt, until
from serving_house import QUICK, Ran, Served
from simulators import patched_catalog as house
from simulators.http_server import Behaviour, HttpServer

from vsrt_gui.engine.session import Session
from vsrt_gui.engine.spans import STAGED
from vsrt_gui.model.events import Event, Outcome, PlanReady, Step, StepProgress
from vsrt_gui.model.file_index import ByteRange
from vsrt_gui.model.plan import FileRanges
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import RunState

MEGABYTE = 1_000_000
VERBS = [Verb.UPDATE, Verb.REPAIR]
SOME = 1_200_000
"""Bytes that count as progress, and are less than half of the file."""


def noise(seed: str, size: int) -> bytes:
    return Random(seed).randbytes(size)


SMALL = {f"small{n}.bin": noise(f"small{n}", 50_000) for n in range(3)}
BEFORE = {"rest.bin": noise("rest", 3_500_000), "big.bin": noise("before", 3 * MEGABYTE), **SMALL}
AFTER = {**BEFORE, "big.bin": noise("after", 3 * MEGABYTE)}
PATCHED = {**BEFORE, "big.bin": BEFORE["big.bin"][:MEGABYTE] + noise("new", 2 * MEGABYTE)}


@dataclass
class Work:
    """A prefix, and a catalog that has one large file for it.

    Attributes:
        served: runs the program.
        server: of the catalog.
        folder: of the catalog.
        verb: what brings the file.
    """

    served: Served
    server: HttpServer
    folder: Path
    verb: Verb

    @property
    def archive(self) -> str:
        return f"/archives/{Path(house.published(self.folder)[0].url).name}"

    @property
    def packed(self) -> ByteRange:
        packed = next(file.packed for file in house.published(self.folder)[1].files if file.path == "big.bin")
        assert packed
        return packed

    @property
    def files(self) -> dict[str, bytes]:
        (new,) = self.served.prefix.glob("store/tool-2.0.0-*")
        return {path.name: path.read_bytes() for path in new.iterdir()}

    @property
    def parts(self) -> list[Path]:
        return list((self.served.prefix / "downloads").glob("*.part"))

    @property
    def staged(self) -> int:
        return sum(part.stat().st_size for part in self.parts)

    def run(self, meanwhile: Callable[[Session, Event], None] = lambda _session, _event: None) -> Ran:
        return self.served.run(f"{self.server.url}/manifest.json", self.verb, meanwhile=meanwhile)

    def completes(self, ran: Ran) -> None:
        """See that every file is right, and that nothing is left over."""
        assert (ran.end.outcome, ran.end.faults) == (Outcome.COMPLETED, ())
        assert self.files == AFTER
        assert list((self.served.prefix / "downloads").iterdir()) == []

    def cancelled(self) -> RunState:
        """Cancel when some of it came; returns how the run looked in the end."""
        self.server.set_rate(4 * MEGABYTE)
        states = []

        def cancel(session: Session, event: Event) -> None:
            states.append(session)
            if isinstance(event, StepProgress) and event.step is Step.DOWNLOAD and event.done > SOME:
                session.cancel()

        assert self.run(cancel).end.outcome is Outcome.CANCELLED
        self.server.set_rate(None)
        self.server.forget()
        return states[-1].state


def fetch(ran: Ran) -> FileRanges:
    (event,) = [event for event in ran.events if isinstance(event, PlanReady)]
    found = event.plan.work[0].fetch
    assert isinstance(found, FileRanges)
    return found


def begins(server: HttpServer, path: str) -> list[int]:
    return [int((one.range or "bytes=0-")[6:].split("-")[0]) for one in server.requests(path)]


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("catalogs")
    return house.catalog(folder / "1", "1.0.0", BEFORE), house.catalog(folder / "2", "2.0.0", AFTER)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogs: tuple[Path, Path]) -> Served:
    """A prefix with the version before."""
    found = Served(tmp_path, monkeypatch)
    assert found.run(str(catalogs[0])).end.outcome is Outcome.COMPLETED
    return found


@pytest.fixture(params=VERBS)
def work(request: pytest.FixtureRequest, served: Served, catalogs: tuple[Path, Path]) -> Iterator[Work]:
    folder = served.tmp / "new"
    shutil.copytree(catalogs[1], folder)
    with HttpServer(folder) as server:
        found = Work(served, server, folder, request.param)
        if found.verb is Verb.REPAIR:
            url = f"{server.url}/manifest.json"
            assert served.run(url, Verb.UPDATE).end.outcome is Outcome.COMPLETED
            (big,) = served.prefix.glob("store/tool-2.0.0-*/big.bin")
            big.write_bytes(b"damaged")
            server.forget()
        yield found


def test_a_line_that_cuts_every_answer_brings_it_all_the_same(work: Work) -> None:
    cut = SOME
    server = work.server
    server.behave(work.archive, Behaviour(cut_after=cut))
    ran = work.run()
    work.completes(ran)
    assert server.sent(work.archive) == work.packed.length == fetch(ran).to_fetch
    assert begins(server, work.archive) == [work.packed.offset + n * cut for n in range(3)]
    validators = [one.if_range for one in server.requests(work.archive)]
    assert validators[0] is None
    assert None not in validators[1:]


def test_what_came_before_a_cancel_is_not_fetched_again(work: Work) -> None:
    server = work.server
    safe = work.cancelled().safe_bytes
    staged = work.staged
    assert SOME < staged == safe < work.packed.length
    ran = work.run()
    work.completes(ran)
    left = work.packed.length - staged
    assert (fetch(ran).to_fetch, fetch(ran).staged, fetch(ran).staging) == (left, staged, left)
    assert server.sent(work.archive) == left
    done = [event.done for event in ran.events if isinstance(event, StepProgress)]
    assert min(done, default=staged) >= staged


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_nor_before_a_kill(work: Work) -> None:
    server = work.server
    server.set_rate(4 * MEGABYTE)
    vsrt = Vsrt(f"{server.url}/", work.served.prefix)
    with vsrt.start(str(work.verb), "--yes", "--json") as process:
        until(process, lambda event: event.get("step") == "download" and event.get("done", 0) > MEGABYTE)
        process.send_signal(signal.SIGKILL)
    staged = work.staged
    assert staged > MEGABYTE
    server.set_rate(None)
    server.forget()
    work.completes(work.run())
    assert server.sent(work.archive) == work.packed.length - staged


def test_one_that_came_whole_before_a_kill_is_not_asked_for(work: Work) -> None:
    server = work.server
    work.cancelled()
    (part,) = work.parts
    start = work.packed.offset
    content = (work.folder / work.archive[1:]).read_bytes()
    part.write_bytes(content[start : start + work.packed.length])
    ran = work.run()
    work.completes(ran)
    assert (fetch(ran).to_fetch, server.requests(work.archive)) == (0, ())


def test_a_file_that_was_put_there_anew_meanwhile_starts_over(work: Work) -> None:
    content = (work.folder / work.archive[1:]).read_bytes()
    server = work.server
    work.cancelled()
    server.behave(work.archive, Behaviour(content=content))
    work.completes(work.run())
    first, second = server.requests(work.archive)
    assert (first.status, second.status, second.sent) == (200, 206, work.packed.length)


@pytest.mark.parametrize("ignored", [False, True], ids=["honest", "ignores If-Range"])
def test_another_file_there_never_gets_in(work: Work, ignored: bool) -> None:
    content = (work.folder / work.archive[1:]).read_bytes()
    server = work.server
    work.cancelled()
    server.behave(work.archive, Behaviour(content=content[::-1], ignore_if_range=ignored))
    assert work.run().end.outcome is not Outcome.COMPLETED
    server.reform()
    work.completes(work.run())


def test_bytes_that_were_spoilt_on_the_way_cost_one_restart(work: Work) -> None:
    middle = work.packed.offset + work.packed.length // 2
    server = work.server
    server.behave(work.archive, Behaviour(spoilt=middle), times=1)
    work.completes(work.run())
    assert begins(server, work.archive) == [work.packed.offset] * 2


def test_a_welcome_page_takes_nothing_away(work: Work) -> None:
    server = work.server
    work.cancelled()
    staged = work.staged
    server.behave(work.archive, Behaviour(status=200, body=b"Welcome"))
    assert work.run().end.outcome is not Outcome.COMPLETED
    assert work.staged >= staged
    server.reform()
    server.forget()
    work.completes(work.run())
    assert server.sent(work.archive) == work.packed.length - staged


def test_another_copy_goes_on_where_the_first_one_ended(work: Work) -> None:
    with HttpServer(work.folder) as copy:
        work.served.copies(copy.url)
        copy.behave(work.archive, Behaviour(cut_after=SOME), times=1)
        copy.behave(work.archive, Behaviour(status=503))
        ran = work.run()
        work.completes(ran)
        assert ran.sources["tool"] == (f"{copy.url}/archives", f"{work.server.url}/archives")
        assert copy.sent(work.archive) == SOME
        assert work.server.sent(work.archive) == work.packed.length - SOME


class TestPatch:
    """A patch that is large itself: much of what it gives is new."""

    @pytest.fixture
    def work(self, served: Served) -> Iterator[Work]:
        folder = house.catalog(served.tmp / "3", "2.0.0", PATCHED)
        house.add_patches(folder, house.patches(BEFORE, PATCHED))
        with HttpServer(folder) as server:
            yield Work(served, server, folder, Verb.UPDATE)

    def test_one_that_is_cut_off_goes_on(self, work: Work) -> None:
        server = work.server
        server.behave(house.PATCHES, Behaviour(cut_after=SOME))
        ran = work.run()
        assert ran.end.outcome is Outcome.COMPLETED
        assert work.files == PATCHED
        assert STAGED < server.sent(house.PATCHES) == fetch(ran).to_fetch
        assert server.requests(work.archive) == ()

    def test_one_of_which_little_comes_each_time_is_left_for_the_range(self, work: Work) -> None:
        little = QUICK.download_retry.progress // 2
        server = work.server
        server.behave(house.PATCHES, Behaviour(cut_after=little))
        assert work.run().end.outcome is Outcome.COMPLETED
        assert work.files == PATCHED
        assert server.sent(house.PATCHES) == little
        assert list((work.served.prefix / "downloads").iterdir()) == []
