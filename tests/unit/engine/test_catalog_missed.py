"""A run that can do without the list of modules says so, and goes on."""

import pytest
from simulators.engine_world import Sample, World

from vsrt_gui.model.cached import Dated
from vsrt_gui.model.events import CatalogMissed, Outcome, RunStarted
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState, fold

NODE = Sample("nodejs")
REFUSED = InstallerError(FaultCode.SOURCE_GONE, url="https://catalog.test/manifest.json", status=404)


def offline(world: World) -> World:
    """Let the catalog fail at once, as often as it is asked."""
    world.catalog.troubles = [REFUSED] * 9
    return world


@pytest.fixture
def world() -> World:
    made = World(NODE)
    assert made.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    assert made.told(CatalogMissed) == []
    return offline(made)


@pytest.mark.parametrize("verb", [Verb.REPAIR, Verb.INSTALL])
def test_what_is_installed_is_worked_on_without_it(world: World, verb: Verb) -> None:
    assert world.run(verb).outcome is Outcome.COMPLETED
    assert world.told(CatalogMissed) == [CatalogMissed(fault=REFUSED.fault)]


def test_an_older_list_stands_in_and_its_age_is_told() -> None:
    world = offline(World(NODE))
    world.catalog.dated = Dated(manifest=world.catalog.published, fetched_at=1234.0, valid=False)
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    assert world.told(CatalogMissed) == [CatalogMissed(fault=REFUSED.fault, fetched_at=1234.0)]


def test_where_nothing_can_be_done_without_it_the_fault_speaks_for_itself() -> None:
    world = offline(World(NODE))
    assert world.run(Verb.INSTALL).outcome is Outcome.FAILED
    assert world.told(CatalogMissed) == []


def test_the_state_keeps_it_until_the_next_run() -> None:
    missed = CatalogMissed(fault=REFUSED.fault)
    started = RunStarted(run_id="1", request=Request(verb=Verb.REPAIR), at=0)
    state = fold(fold(RunState(), started), missed)
    assert (state.missed, state.holdup) == (missed, None)
    assert fold(state, started).missed is None
