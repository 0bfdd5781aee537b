"""What is on the disk is told before the catalog answers, and what it answers then is added to it."""

import asyncio
from dataclasses import dataclass, field
from threading import Event

import pytest
from simulators.engine_world import Sample, World
from simulators.memory import MemoryCatalog
from simulators.memory_source import lost

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Event as Told
from vsrt_gui.model.events import SurveyProgress
from vsrt_gui.model.manifest import Manifest
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.status import Damaged, Installed, NotInstalled, Overview, UpdateAvailable

NODE, RUFF = Sample("nodejs"), Sample("ruff", optional=True)


@dataclass
class SlowCatalog(MemoryCatalog):
    """Answers only when it is let, or stopped."""

    may: Event = field(default_factory=Event)
    stopped: bool = False

    def manifest(self, stop: Stop) -> Manifest:
        while not self.may.wait(0.005):
            self.stopped = stop.is_set()
            stop.check()
        return super().manifest(stop)


def slowly(world: World) -> SlowCatalog:
    """Let a world's catalog wait until it is let answer."""
    fast = world.catalog
    slow = SlowCatalog(fast.published, fast.indexes, troubles=fast.troubles)
    world.catalog = slow
    return slow


def look(world: World, catalog: SlowCatalog) -> tuple[list[Overview], Overview]:
    """Look, letting the catalog answer as soon as the disk was told of."""
    early: list[Overview] = []

    def seen(overview: Overview) -> None:
        early.append(overview)
        catalog.may.set()

    async def work(session: Session) -> Overview:
        return await session.look(fresh=True, early=seen)

    return early, world.within(work)


def test_the_disk_is_told_of_first_and_the_catalog_is_added() -> None:
    world = World(NODE, RUFF)
    world.run(Verb.INSTALL)
    world.publish(Sample("nodejs", version="2.0.0"), RUFF, version="2.0.0")
    early, late = look(world, slowly(world))
    (first,) = early
    assert first.pending
    assert isinstance(first.status, Installed)
    assert (first.available, first.manifest_version, first.catalog_fault) == ((), None, None)
    assert {found.target.id for found in first.findings} == {"nodejs", "ruff"}
    assert not late.pending
    assert isinstance(late.status, UpdateAvailable)
    assert [(f.target.folder, f.drift) for f in late.findings] == [
        (f.target.folder, f.drift) for f in first.findings
    ]


def test_damage_needs_no_catalog_to_be_seen() -> None:
    world = World(NODE)
    world.run(Verb.INSTALL)
    folder = next(iter(world.prefix.folders.values()))
    del folder[next(iter(folder))]
    early, late = look(world, slowly(world))
    assert isinstance(early[0].status, Damaged)
    assert late.status == early[0].status


def test_a_module_whose_index_is_lost_is_looked_at_with_the_catalogs() -> None:
    world = World(Sample("nodejs", indexed=True), RUFF)
    world.run(Verb.INSTALL)
    kept = world.prefix.kept_indexes
    node = world.prefix.read().current
    assert node is not None
    target = node.target("nodejs")
    assert target is not None
    del kept[target.artifact.digest]
    early, late = look(world, slowly(world))
    assert {found.target.id for found in early[0].findings} == {"ruff"}
    assert [(f.target.id, f.drift) for f in late.findings] == [(t.id, Drift.SATISFIED) for t in node.modules]


def test_a_catalog_that_answers_at_once_is_told_of_in_one_piece() -> None:
    world = World(NODE)
    catalog = slowly(world)
    catalog.may.set()
    early, late = look(world, catalog)
    assert early == []
    assert isinstance(late.status, NotInstalled)
    assert late.available


def test_a_look_that_is_cancelled_stops_asking() -> None:
    world = World(NODE)
    catalog = slowly(world)

    async def work(session: Session) -> None:
        looking = asyncio.ensure_future(session.look(fresh=True))
        await asyncio.sleep(0.05)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking

    world.within(work)
    assert catalog.stopped


def test_a_prefix_that_can_not_be_read_is_said_without_asking_the_catalog() -> None:
    world = World(NODE)
    world.prefix.troubles["read"] = lost()

    async def work(session: Session) -> None:
        with pytest.raises(type(lost())):
            await session.look(fresh=True)

    world.within(work)
    assert world.catalog.asked == 0


def test_a_quote_of_a_repair_tells_how_far_the_check_is() -> None:
    world = World(NODE)
    world.run(Verb.INSTALL)
    told: list[Told] = []

    async def work(session: Session) -> None:
        await session.quote(Request(verb=Verb.REPAIR), told.append)

    world.within(work)
    assert any(isinstance(event, SurveyProgress) for event in told)
