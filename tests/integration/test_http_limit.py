"""The speed limit over a real connection: as much as was set, for all lanes together, evenly, and ended at once."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from simulators.http_server import HttpServer

from vsrt_gui.adapters.http import HttpSource, Service
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.network import NetworkFit

LIMIT = 2_000_000
SIZE = 3_000_000


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as running:
        running.put("/a.zip", bytes(SIZE))
        yield running


def moments(source: HttpSource, url: str) -> list[tuple[float, int]]:
    """Download, and return when each piece came."""
    with source.open(Ask(url=url), Stop()) as body:
        return [(time.monotonic(), len(piece)) for piece in body]


@pytest.mark.alone
@pytest.mark.parametrize("lanes", [1, 3])
def test_the_speed_is_what_was_set(server: HttpServer, lanes: int) -> None:
    source = HttpSource(NetworkFit(bandwidth=LIMIT))
    begun = time.monotonic()
    with ThreadPoolExecutor(lanes) as threads:
        ends = (SIZE // lanes,) * lanes
        urls = [server.put(f"/{number}.zip", bytes(end)) for number, end in enumerate(ends)]
        came = [moment for each in threads.map(lambda url: moments(source, url), urls) for moment in each]
    source.close()
    seconds = time.monotonic() - begun
    speed = sum(count for _, count in came) / seconds
    assert 0.9 <= speed / LIMIT <= 1.1
    assert max(count for _, count in came) <= LIMIT * 0.11


@pytest.mark.alone
def test_it_flows_evenly(server: HttpServer) -> None:
    source = HttpSource(NetworkFit(bandwidth=LIMIT))
    came = moments(source, server.url + "/a.zip")
    source.close()
    begun = came[0][0]
    tenths = [
        sum(count for at, count in came if begun + 0.3 * n <= at < begun + 0.3 * (n + 1)) for n in range(4)
    ]
    assert min(tenths) >= LIMIT * 0.3 * 0.5


def test_a_list_of_modules_is_not_slowed(server: HttpServer) -> None:
    source = HttpSource(NetworkFit(bandwidth=1024), Service.MANIFESTS)
    begun = time.monotonic()
    assert sum(count for _, count in moments(source, server.url + "/a.zip")) == SIZE
    source.close()
    assert time.monotonic() - begun < 5


def test_a_stop_ends_it_at_once(server: HttpServer) -> None:
    source, stop = HttpSource(NetworkFit(bandwidth=1024)), Stop()
    stopped: list[float] = []

    def end() -> None:
        stopped.append(time.monotonic())
        stop.set()

    timer = threading.Timer(0.2, end)
    timer.start()
    with pytest.raises(StoppedError), source.open(Ask(url=server.url + "/a.zip"), stop) as body:
        for _ in body:
            pass
    assert time.monotonic() - stopped[0] < 0.1
    timer.join()
    source.close()
