"""Brings one archive as a lane's attempt does, without the rest of a run."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from vsrt_gui.engine.archive_streams import Errand
from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.mirrors import Place, host_of
from vsrt_gui.engine.persist import Rules, Turn
from vsrt_gui.engine.segments import Trust, Work, fetch_archive
from vsrt_gui.engine.service import Service, services
from vsrt_gui.model.policies import LimitPolicy, Policies, RetryPolicy

P = ParamSpec("P")
T = TypeVar("T")


def downloads(concurrent: int = 4, gap: float = 0.0) -> Service:
    """Return a service of downloads that lets so many requests go at a time, with hardly a pause after a failure."""
    limit, retry = LimitPolicy(concurrent=concurrent, gap=gap), RetryPolicy(first_delay=0.01)
    return services(Policies(download_limit=limit, download_retry=retry))[1]


@contextmanager
def working(stop: Stop) -> Iterator[Work]:
    """Run blocking work in threads, as a run's context does."""
    workers = Workers(8)

    async def work(task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await workers.run(stop, task, *args, **kwargs)

    try:
        yield work
    finally:
        workers.close()


async def brought(errand: Errand, service: Service, trust: Trust | None = None) -> None:
    """Bring it, holding one place of the limiter."""
    host = host_of(errand.line.url)
    turn = Turn(Place(errand.line.url, 0), service.breakers.of(host), service, 0.0)
    with working(errand.line.stop) as work:
        async with service.gate.passed():
            await fetch_archive(errand, turn, work, trust or Trust())


async def persisted(rules: Rules, urls: Iterable[str], made: Callable[[Turn], Errand], stop: Stop) -> None:
    """Bring it from one of these places, again and again as a lane does; `made` makes the errand of an attempt."""
    trust = Trust()
    with working(stop) as work:
        await rules.persist(urls, lambda turn: fetch_archive(made(turn), turn, work, trust))


def bring(errand: Errand, service: Service | None = None, trust: Trust | None = None) -> None:
    """Bring it on a loop of its own."""
    asyncio.run(brought(errand, service or downloads(), trust))
