"""Ranges of single files follow each other without a pause, until the server says that it is asked too much."""

import time
from itertools import pairwise

import pytest
from simulators.engine_world import POLICIES, Sample, World
from simulators.memory_archives import Item
from simulators.memory_source import Trouble

from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.events import Outcome, PlanReady
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.plan import FileRanges
from vsrt_gui.model.policies import LimitPolicy
from vsrt_gui.model.request import Verb

GAP = 0.2
COUNT = 11
SMALL = [f"{number:02} small" for number in range(COUNT)]
FAR_APART = {f"{number:02} then": Item(bytes([number]) * 40_000) for number in range(COUNT)}
SAMPLE = Sample("tool", items={**FAR_APART, **{path: Item(path.encode()) for path in SMALL}})


class Times(list[Ask]):
    """Requests, each with when it came."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []

    def append(self, ask: Ask) -> None:
        """Take note of one."""
        self.at.append(time.monotonic())
        super().append(ask)

    @property
    def gaps(self) -> list[float]:
        """Seconds from each to the next."""
        return [after - before for before, after in pairwise(self.at)]


@pytest.fixture
def world() -> World:
    made = World(SAMPLE, policies=POLICIES.but(download_limit=LimitPolicy(gap=GAP)))
    assert made.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    for path in SMALL:
        made.spoil(SAMPLE, path)
    return made


def repaired(world: World) -> Times:
    """Repair, and return when each range was asked for."""
    world.source.asks = times = Times()
    assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
    assert world.prefix.folders[SAMPLE.target.folder] == SAMPLE.content
    (event,) = world.told(PlanReady)
    fetch = event.plan.work[0].fetch
    assert isinstance(fetch, FileRanges)
    assert fetch.requests == COUNT
    return times


def test_they_follow_each_other(world: World) -> None:
    times = repaired(world)
    assert len(times) == COUNT
    assert sum(times.gaps) < GAP * (COUNT - 1) / 2


COMPLAINTS = (
    InstallerError(FaultCode.RATE_LIMITED, host="files.test", retry_after=0.0),
    InstallerError(FaultCode.SERVER_ERROR, host="files.test", status=503, retry_after=0.0),
)


@pytest.mark.parametrize("error", COMPLAINTS, ids=lambda error: error.fault.code)
def test_they_keep_apart_where_the_server_complained(world: World, error: InstallerError) -> None:
    world.source.troubles[SAMPLE.url] = [Trouble(error)]
    times = repaired(world)
    assert len(times) == COUNT + 1
    assert min(times.gaps) > GAP * 0.9
