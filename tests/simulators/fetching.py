"""Brings one archive as a lane's attempt does, without the rest of a run."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from vsrt_gui.engine.archive_streams import Errand
from vsrt_gui.engine.cancel import Workers
from vsrt_gui.engine.mirrors import Place, host_of
from vsrt_gui.engine.persist import Turn
from vsrt_gui.engine.segments import Trust, fetch_archive
from vsrt_gui.engine.service import Service, services
from vsrt_gui.model.policies import LimitPolicy, Policies

P = ParamSpec("P")
T = TypeVar("T")


def downloads(concurrent: int = 4, gap: float = 0.0) -> Service:
    """Return a service of downloads that lets so many requests go at a time."""
    return services(Policies(download_limit=LimitPolicy(concurrent=concurrent, gap=gap)))[1]


async def brought(errand: Errand, service: Service, trust: Trust | None = None) -> None:
    """Bring it, holding one place of the limiter."""
    workers = Workers(8)

    async def work(task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await workers.run(errand.line.stop, task, *args, **kwargs)

    host = host_of(errand.line.url)
    turn = Turn(Place(errand.line.url, 0), service.breakers.of(host), service, 0.0)
    try:
        async with service.gate.passed():
            await fetch_archive(errand, turn, work, trust or Trust())
    finally:
        workers.close()


def bring(errand: Errand, service: Service | None = None, trust: Trust | None = None) -> None:
    """Bring it on a loop of its own."""
    asyncio.run(brought(errand, service or downloads(), trust))
