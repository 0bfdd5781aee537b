"""Several requests bring one archive sooner, and whatever a server does with them costs one clean restart at most."""

import asyncio
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from simulators.fetching import bring, brought, downloads
from simulators.http_server import Behaviour, HttpServer

from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.replacing import Patience
from vsrt_gui.engine import segments
from vsrt_gui.engine.archive_streams import Errand
from vsrt_gui.engine.breaker import BreakerState
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.meter import Gauge
from vsrt_gui.engine.mirrors import host_of
from vsrt_gui.engine.retry import OF_THE_PLACE
from vsrt_gui.engine.segments import Trust
from vsrt_gui.engine.service import Service
from vsrt_gui.engine.transfer import Line
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import ArchiveFormat, Artifact
from vsrt_gui.model.network import NetworkFit

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


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_further_request_that_fails_costs_no_more_than_itself(lie: Behaviour, download: Download) -> None:
    download.server.behave("/x", Behaviour(), times=1)
    download.server.behave("/x", lie, times=1)
    download.go()
    assert download.whole()
    assert [served.range for served in download.server.requests("/x")].count(None) == 1
    assert download.server.sent("/x") < SIZE + (1 << 20)  # what was on its way when an answer was cut


def test_another_file_with_the_same_name_costs_one_clean_restart(download: Download) -> None:
    """Every range lies, with the right header: only the hash tells, and then one request brings all."""
    download.server.behave("/x", Behaviour(), times=1)
    download.server.behave(
        "/x", Behaviour(content=OTHER, headers={"ETag": etag(CONTENT)}, ignore_if_range=True)
    )
    assert download.fails() is FaultCode.CHECKSUM_MISMATCH
    assert (download.part.staged(), download.trust.ended) == (0, True)
    download.server.behave("/x", Behaviour())
    download.server.forget()
    download.go()
    assert download.whole()
    assert download.asked == [None]


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
def test_a_line_that_goes_silent_is_taken_over(download: Download) -> None:
    download.server.behave("/x", Behaviour(), times=2)
    download.server.behave("/x", Behaviour(stall_after=1000), times=1)
    assert download.go() < 15.0  # and not the 30 s that a silent connection has
    assert download.whole()


GAPS = ((0, 200_000), (500_000, 700_000), (SIZE - 100_000, SIZE))


def staged_with_gaps(download: Download) -> None:
    download.server.each = None
    download.go()
    validator, source, request = download.part.validator(), download.part.source(), download.part.request()
    content = download.part.path.read_bytes()
    download.part.begin(validator, source, request=request, size=SIZE)
    for start, end in GAPS:
        download.part.append([content[start:end]], lambda _: None, start)
    download.part.note(GAPS)
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


LIES_ON_RESUME = LIES.keys() - {"503", "429", "cut", "not there", "416"}


@pytest.mark.parametrize("lie", sorted(LIES_ON_RESUME))
@pytest.mark.parametrize("nth", [0, 1], ids=["first gap", "second gap"])
def test_a_lie_about_a_gap_costs_one_clean_restart_at_most(lie: str, nth: int, download: Download) -> None:
    staged_with_gaps(download)
    download.server.behave("/x", Behaviour(), times=nth)
    download.server.behave("/x", LIES[lie], times=1)
    try:
        download.go(downloads(1))
    except InstallerError as error:
        assert error.fault.code in OF_THE_PLACE  # noqa: PT017 -- some lies are found out at once, some after the restart
        download.go(downloads(1))
    assert download.whole()
    assert [served.range for served in download.server.requests("/x")].count(None) <= 1
    assert download.server.sent("/x") <= 2 * SIZE + 5


def test_another_file_under_the_same_validator_is_found_out_by_the_hash(download: Download) -> None:
    staged_with_gaps(download)
    lie = Behaviour(content=OTHER, headers={"ETag": etag(CONTENT)}, ignore_if_range=True)
    download.server.behave("/x", lie, times=2)
    assert download.fails() is FaultCode.CHECKSUM_MISMATCH
    assert download.part.staged() == 0
    download.go()
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
