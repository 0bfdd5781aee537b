"""Several requests bring one archive sooner, and whatever a server does with them costs one clean restart at most."""

import asyncio
import errno
import time
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from simulators.fetching import bring, brought, downloads, persisted
from simulators.http_server import Behaviour, HttpServer, page

from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.replacing import Patience
from vsrt_gui.engine import segments
from vsrt_gui.engine.archive_streams import Errand
from vsrt_gui.engine.breaker import BreakerState
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.meter import Gauge
from vsrt_gui.engine.mirrors import MirrorOrder, host_of
from vsrt_gui.engine.persist import Rules, Turn
from vsrt_gui.engine.ports import Tick
from vsrt_gui.engine.segments import Trust
from vsrt_gui.engine.service import Service
from vsrt_gui.engine.transfer import Line
from vsrt_gui.model.events import Event, Retrying
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import ArchiveFormat, Artifact
from vsrt_gui.model.network import NetworkFit
from vsrt_gui.model.policies import MirrorPolicy

SIZE = 3 << 19
EACH = 1 << 20
"""Bytes a second of each answer; one alone takes a second and a half."""
CONTENT = Random(5).randbytes(SIZE)
OTHER = Random(6).randbytes(SIZE)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ranges small, so that an archive of a few megabytes has many."""
    monkeypatch.setattr(segments, "UNIT", SIZE // 12)
    monkeypatch.setattr(segments, "LEAST", SIZE // 12)
    monkeypatch.setattr(segments, "UNIT_SECONDS", 0.1)
    monkeypatch.setattr(segments, "WORTH_SECONDS", 0.3)
    monkeypatch.setattr(segments, "MEASURED", 0.1)
    monkeypatch.setattr(segments, "LOOK", 0.05)
    monkeypatch.setattr(segments, "PATIENT", 0.5)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as running:
        running.put("/x", CONTENT)
        running.each = EACH
        yield running


class Download:
    """One archive on its way to a folder; `go` may be called again as another program would."""

    def __init__(self, server: HttpServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        digest = sha256(CONTENT).hexdigest()
        url = f"{server.url}/x"
        self.artifact = Artifact(url=url, sha256=digest, size=SIZE, format=ArchiveFormat.ZIP)
        self.part = DiskPart(folder, digest, Patience())
        self.stop = Stop()
        self.trust = Trust()
        self.source = HttpSource()

    def errand(self) -> Errand:
        line = Line(self.source, self.artifact.url, self.stop, lambda: None)
        return Errand(line, self.artifact, self.part, Gauge(0, SIZE))

    def go(self, service: Service | None = None) -> float:
        began = time.monotonic()
        try:
            bring(self.errand(), service or downloads(), self.trust)
        finally:
            self.source.close()
            self.source = HttpSource()
        return time.monotonic() - began

    def persist(self, *urls: str, service: Service | None = None) -> list[Event]:
        """Go again and again, as a run does, and return what was told meanwhile."""
        events: list[Event] = []
        gauge = Gauge(self.part.staged(), SIZE)

        def errand(turn: Turn) -> Errand:
            line = Line(self.source, turn.url, self.stop, turn.answered, blended=turn.blend)
            return Errand(line, self.artifact, self.part, gauge)

        order = MirrorOrder(MirrorPolicy())
        rules = Rules(service or downloads(), order, events.append, gained=lambda: gauge.done)
        try:
            asyncio.run(persisted(rules, urls or (self.artifact.url,), errand, self.stop))
        finally:
            self.source.close()
            self.source = HttpSource()
        return events

    def fails(self) -> FaultCode:
        with pytest.raises(InstallerError) as caught:
            self.go()
        return caught.value.fault.code

    def whole(self) -> bool:
        return self.part.path.read_bytes() == CONTENT and self.part.ranges() == ((0, SIZE),)

    @property
    def asked(self) -> list[str | None]:
        return [served.range for served in self.server.requests("/x")]


@pytest.fixture
def download(server: HttpServer, tmp_path: Path) -> Iterator[Download]:
    made = Download(server, tmp_path)
    yield made
    made.source.close()


@pytest.mark.alone
def test_several_requests_are_quicker_than_one(download: Download) -> None:
    download.server.each = EACH / 2
    alone = download.go(downloads(1))
    assert download.asked == [None]
    download.part.discard()
    download.server.forget()
    together = download.go()
    assert download.whole()
    assert len(download.asked) > 4
    assert all(served.if_range for served in download.server.requests("/x") if served.range)
    assert together < 0.75 * alone
    assert download.server.sent("/x") < SIZE + (1 << 20)  # what was on its way when the first answer was cut


@pytest.mark.alone
def test_where_it_goes_fast_there_is_one_request(download: Download) -> None:
    download.server.each = None
    download.go()
    assert download.whole()
    assert download.asked == [None]


@pytest.mark.parametrize("concurrent", [1, 2, 3])
def test_never_more_requests_than_allowed(concurrent: int, download: Download) -> None:
    most = 0

    async def look(service: Service) -> None:
        nonlocal most
        while True:
            most = max(most, service.gate.limiter.active)
            await asyncio.sleep(0.01)

    async def run() -> None:
        service = downloads(concurrent)
        looking = asyncio.create_task(look(service))
        await brought(download.errand(), service)
        looking.cancel()

    asyncio.run(run())
    assert download.whole()
    assert most == concurrent


def test_several_requests_share_one_speed_limit(download: Download) -> None:
    download.server.each = None
    download.source.close()
    download.source = HttpSource(NetworkFit(bandwidth=EACH))
    took = download.go()
    assert download.whole()
    assert took > 0.9 * SIZE / EACH - 0.2  # what a pause saved up may come at once


def test_a_server_that_is_left_alone_gets_no_further_request(download: Download) -> None:
    service = downloads()
    breaker = service.breakers.of(host_of(download.artifact.url))
    while breaker.state is not BreakerState.OPEN:
        breaker.failed()
    download.go(service)
    assert download.whole()
    assert download.asked == [None]


@pytest.mark.alone
def test_somebody_elses_first_request_does_not_wait_for_a_further_one(download: Download) -> None:
    async def run() -> float:
        service = downloads(3)
        fetching = asyncio.create_task(brought(download.errand(), service))
        while service.gate.limiter.active < 3:  # noqa: ASYNC110 -- nothing tells of that
            await asyncio.sleep(0.01)
        began = time.monotonic()
        async with service.gate.passed():
            waited = time.monotonic() - began
            await fetching
        return waited

    assert asyncio.run(run()) < 0.5  # a look every 0.1 s; a range would take longer on a slow line
    assert download.whole()


@pytest.mark.parametrize(
    "headers",
    [{"ETag": 'W/"weak"'}, {"ETag": ""}, {"ETag": "", "Last-Modified": ""}],
    ids=["weak", "date only", "none"],
)
def test_without_a_strong_validator_there_is_one_request(headers: dict[str, str], download: Download) -> None:
    download.server.behave("/x", Behaviour(headers=headers))
    download.go()
    assert download.whole()
    assert download.asked == [None]


LIES = {
    "ignores Range": Behaviour(ignore_range=True),
    "416": Behaviour(status=416, headers={"Content-Range": f"bytes */{SIZE}"}),
    "another start": Behaviour(skew=(1, 0, 0)),
    "another end": Behaviour(skew=(0, 1, 0)),
    "another total": Behaviour(skew=(0, 0, 1)),
    "other units": Behaviour(headers={"Content-Range": "items 0-1/2"}),
    "several parts": Behaviour(parts=True),
    "another ETag": Behaviour(headers={"ETag": '"another"'}),
    "longer": Behaviour(longer=5),
    "503": Behaviour(status=503),
    "429": Behaviour(status=429),
    "cut": Behaviour(cut_after=1000),
    "not there": Behaviour(status=404),
}


def lasting(names: Iterable[str], *ended: str) -> pytest.MarkDecorator:
    """Let each lie be told once and for ever; those that `ended` names leave no way to all of the bytes for ever."""
    return pytest.mark.parametrize(
        ("lie", "times"),
        [
            pytest.param(LIES[name], times, id=f"{name}-{'once' if times else 'for ever'}")
            for name in names
            for times in (1, None)
            if times or name not in ended
        ],
    )


@lasting(LIES, "cut")
def test_a_further_request_that_fails_costs_no_more_than_itself(
    lie: Behaviour, times: int | None, download: Download
) -> None:
    download.server.behave("/x", Behaviour(), times=1)
    download.server.behave("/x", lie, times=times)
    assert download.persist() == []
    assert download.whole()
    assert len(download.asked) > 1
    assert [served.range for served in download.server.requests("/x")].count(None) == 1
    assert download.server.sent("/x") < SIZE + (1 << 20)  # what was on its way when an answer was cut


LIES_ON_RESUME = sorted(LIES.keys() - {"503", "429", "cut", "not there", "416"})


@lasting(LIES_ON_RESUME, "longer")
def test_a_server_that_lies_after_it_has_shown_ranges_costs_one_clean_restart_at_most(
    lie: Behaviour, times: int | None, download: Download
) -> None:
    """The first answer was cut short by then, so that the rest of it must be asked for."""
    download.server.behave("/x", Behaviour(), times=2)
    download.server.behave("/x", lie, times=times)
    download.persist()
    assert download.whole()
    assert download.server.requests("/x")[1].status == 206
    assert download.server.sent("/x") < (1 + (times is None)) * SIZE + (1 << 20)


@pytest.mark.parametrize("times", [3, 20], ids=["a few machines", "many machines"])
def test_a_farm_of_servers_that_do_not_agree_costs_nothing(times: int, download: Download) -> None:
    for number in range(times):
        download.server.behave("/x", Behaviour(headers={"ETag": f'"{number % 2}"'}), times=1)
    download.persist()
    assert download.whole()
    assert len(download.asked) > 1
    assert download.server.sent("/x") < SIZE + (1 << 20)


class Crowded(HttpServer):
    """A server that lets so many answers of a file go out at a time, and refuses others.

    Attributes:
        most: so many.
        refusal: what the others get.
        asked_at: when each request came, seconds.
    """

    most = 1
    refusal = Behaviour(status=503)

    def __init__(self) -> None:
        super().__init__()
        self.asked_at: list[float] = []

    def behaviour(self, path: str) -> Behaviour:
        self.asked_at.append(time.monotonic())
        with self._lock:
            crowded = len(self._active) >= self.most
        return self.refusal if crowded else super().behaviour(path)


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Download]:
    with Crowded() as server:
        server.put("/x", CONTENT)
        server.each = EACH
        made = Download(server, tmp_path)
        yield made
        made.source.close()


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_server_that_allows_fewer_connections_is_asked_by_fewer(
    status: int, most: int, crowded: Download
) -> None:
    assert isinstance(crowded.server, Crowded)
    crowded.server.most, crowded.server.refusal = most, Behaviour(status=status)
    assert crowded.persist() == []  # no pause, and nobody is out
    assert crowded.whole()
    refused = [served.status for served in crowded.server.requests("/x")].count(status)
    assert 1 <= refused <= 2  # a further one, and the first line while the others were still there
    assert crowded.server.sent("/x") < SIZE + (1 << 20)


def test_a_pause_that_a_further_request_is_asked_for_is_kept(crowded: Download) -> None:
    assert isinstance(crowded.server, Crowded)
    crowded.server.most, crowded.server.refusal = 2, Behaviour(status=429, headers={"Retry-After": "3"})
    (told,) = crowded.persist()
    assert crowded.whole()
    assert isinstance(told, Retrying)
    assert (told.fault.code, told.attempt) == (FaultCode.RATE_LIMITED, 1)
    (refused,) = (
        number for number, served in enumerate(crowded.server.requests("/x")) if served.status == 429
    )
    times = crowded.server.asked_at
    assert times[refused + 1] - times[refused] >= 3.0
    assert crowded.server.sent("/x") < SIZE + (1 << 20)


def test_another_file_with_the_same_name_costs_one_clean_restart(download: Download) -> None:
    """Ranges lie, with the right header: only the hash tells, and then one request brings all."""
    download.server.behave("/x", Behaviour(), times=1)
    lie = Behaviour(content=OTHER, headers={"ETag": etag(CONTENT)}, ignore_if_range=True)
    download.server.behave("/x", lie, times=2)
    (told,) = download.persist()
    assert isinstance(told, Retrying)
    assert told.fault.code is FaultCode.CHECKSUM_MISMATCH
    assert download.whole()
    assert download.asked.count(None) == 2
    assert download.asked[-1] is None


def test_a_file_that_changes_in_between_is_begun_anew(download: Download) -> None:
    download.server.put("/x", OTHER)
    download.server.behave("/x", Behaviour(cut_after=SIZE // 3), times=1)
    with pytest.raises(InstallerError):
        download.go(downloads(1))
    assert download.part.staged() > SIZE // 4
    download.server.put("/x", CONTENT)
    download.server.forget()
    download.go(downloads(1))
    assert download.whole()
    (only,) = download.server.requests("/x")
    assert (only.status, only.if_range) == (200, etag(OTHER))


def etag(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:16]}"'


@pytest.mark.alone
def test_cancelled_at_any_time_nothing_that_came_is_fetched_again(download: Download) -> None:
    async def run(seconds: float) -> float:
        fetching = asyncio.create_task(brought(download.errand(), downloads()))
        await asyncio.sleep(seconds)
        began = time.monotonic()
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        return time.monotonic() - began

    download.server.each = EACH / 4
    assert asyncio.run(run(0.7)) < 1.0
    assert len(download.part.ranges()) > 1
    download.stop = Stop()
    assert asyncio.run(run(0.7)) < 1.0
    download.stop = Stop()
    staged = download.part.staged()
    download.server.forget()
    download.server.each = None
    download.go()
    assert download.whole()
    assert download.server.sent("/x") == SIZE - staged


@pytest.mark.alone
def test_a_cancel_stays_one_if_the_last_note_fails(
    download: Download, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        fetching = asyncio.create_task(brought(download.errand(), downloads()))
        while not download.part.noted():  # noqa: ASYNC110 -- nothing tells of that
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        monkeypatch.setattr(effects, "replace", full)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    asyncio.run(run())
    monkeypatch.undo()
    download.stop = Stop()
    download.go()
    assert download.whole()


@pytest.mark.alone
def test_a_line_that_goes_silent_is_taken_over(download: Download) -> None:
    download.server.behave("/x", Behaviour(), times=2)
    download.server.behave("/x", Behaviour(stall_after=1000), times=1)
    assert download.go() < 15.0  # and not the 30 s that a silent connection has
    assert download.whole()


@pytest.mark.alone
@pytest.mark.parametrize("nth", [0, 1, 2], ids=["the first one", "a further one", "another one"])
@pytest.mark.parametrize("share", [1, 4], ids=["with little left", "with much left"])
def test_a_line_that_becomes_slow_is_taken_over(nth: int, share: int, download: Download) -> None:
    """All the others bring the rest in a second or two; what it has left would take an hour."""
    download.server.behave("/x", Behaviour(), times=nth)
    after = SIZE // 6 if nth == 0 else SIZE // 12 // (2 * share)
    download.server.behave("/x", Behaviour(slows_after=after), times=1)
    assert download.go() < 8.0
    assert download.whole()
    assert download.server.sent("/x") < SIZE + (1 << 20)


GAPS = ((0, 200_000), (500_000, 700_000), (SIZE - 100_000, SIZE))


FRONT = GAPS[1:]
"""The same where a power loss has spoilt the beginning."""


def staged_with_gaps(download: Download, ranges: tuple[tuple[int, int], ...] = GAPS) -> None:
    download.server.each = None
    download.go()
    validator, source, request = download.part.validator(), download.part.source(), download.part.request()
    content = download.part.path.read_bytes()
    download.part.begin(validator, source, request=request, size=SIZE)
    for start, end in ranges:
        download.part.append([content[start:end]], lambda _: None, start)
    download.part.note(ranges)
    download.server.forget()


def test_only_the_gaps_are_fetched(download: Download) -> None:
    staged_with_gaps(download)
    download.go(downloads(1))
    assert download.whole()
    assert download.asked == ["bytes=200000-499999", f"bytes=700000-{SIZE - 100_001}"]
    assert {served.if_range for served in download.server.requests("/x")} == {etag(CONTENT)}
    assert download.server.sent("/x") == SIZE - download_size(GAPS)


def download_size(ranges: tuple[tuple[int, int], ...]) -> int:
    return sum(end - start for start, end in ranges)


@lasting(LIES_ON_RESUME, "longer")
@pytest.mark.parametrize("nth", [0, 1], ids=["first gap", "second gap"])
def test_a_lie_about_a_gap_costs_one_clean_restart_at_most(
    lie: Behaviour, times: int | None, nth: int, download: Download
) -> None:
    staged_with_gaps(download)
    download.server.behave("/x", Behaviour(), times=nth)
    download.server.behave("/x", lie, times=times)
    download.persist(service=downloads(1))
    assert download.whole()
    assert [served.range for served in download.server.requests("/x")].count(None) <= 1
    assert download.server.sent("/x") <= 2 * SIZE + 5


@lasting(LIES_ON_RESUME, "longer", "another total")
@pytest.mark.parametrize("path", ["/x", "/y"], ids=["same place", "another place"])
@pytest.mark.parametrize("ranges", [GAPS, FRONT], ids=["gaps", "front"])
def test_a_place_that_has_no_such_range_sends_all_of_it_in_the_same_run(
    lie: Behaviour, times: int | None, path: str, ranges: tuple[tuple[int, int], ...], download: Download
) -> None:
    staged_with_gaps(download, ranges)
    url = download.server.put(path, CONTENT)
    download.server.behave(path, lie, times=times)
    download.persist(url, service=downloads(1))
    assert download.whole()
    assert [served.range for served in download.server.requests(path)].count(None) <= 1
    assert download.server.sent(path) <= 2 * SIZE + 5


@pytest.mark.parametrize("ranges", [GAPS, FRONT], ids=["gaps", "front"])
def test_a_page_in_place_of_a_range_costs_nothing_of_what_is_there(
    ranges: tuple[tuple[int, int], ...], download: Download
) -> None:
    staged_with_gaps(download, ranges)
    download.server.behave("/x", page())
    assert download.fails() is FaultCode.BAD_RESPONSE
    assert download.part.ranges() == ranges
    download.server.behave("/x", Behaviour())
    download.server.forget()
    download.persist(service=downloads(1))
    assert download.server.sent("/x") == SIZE - download_size(ranges)


class WatchedPart(DiskPart):
    """Is not thrown away while somebody writes to it, which Windows does not allow.

    Attributes:
        most: so many wrote at the same time.
        thrown: how many wrote when it was thrown away.
    """

    most = writing = 0
    thrown: int | None = None

    def append(self, pieces: Iterable[bytes], tick: Tick, start: int | None = None) -> None:
        self.writing += 1
        self.most = max(self.most, self.writing)
        try:
            super().append(pieces, tick, start)
        finally:
            self.writing -= 1

    def discard(self) -> None:
        self.thrown = self.writing
        super().discard()


def test_what_is_spoilt_is_thrown_away_once_nobody_writes_to_it(download: Download) -> None:
    staged_with_gaps(download)
    download.server.each = EACH
    download.server.behave("/x", Behaviour(chunk=5000, spill=9), times=1)
    download.part = part = WatchedPart(download.folder, download.artifact.sha256, Patience())
    (told,) = download.persist()
    assert isinstance(told, Retrying)
    assert told.fault.code is FaultCode.SIZE_MISMATCH
    assert (part.most > 1, part.thrown) == (True, 0)
    assert download.whole()


def test_another_file_under_the_same_validator_is_found_out_by_the_hash(download: Download) -> None:
    staged_with_gaps(download)
    lie = Behaviour(content=OTHER, headers={"ETag": etag(CONTENT)}, ignore_if_range=True)
    download.server.behave("/x", lie, times=2)
    download.persist(service=downloads(1))
    assert download.whole()
    assert download.asked == ["bytes=200000-499999", f"bytes=700000-{SIZE - 100_001}", None]


def test_another_place_fills_the_gaps_too(download: Download) -> None:
    staged_with_gaps(download)
    download.artifact = download.artifact.model_copy(update={"url": download.server.put("/y", CONTENT)})
    download.go(downloads(1))
    assert download.whole()
    assert download.asked == []
    assert download.server.sent("/y") == SIZE - download_size(GAPS)
    assert {served.if_range for served in download.server.requests("/y")} == {None}
