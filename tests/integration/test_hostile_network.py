"""Whatever a server does, a run completes or ends in a fault that fits, and nothing wrong is ever installed.

Each request at a path meets the next of a drawn list of tricks, with the list of modules, the file index, a zip (by
ranges where that is cheaper) and a tar.gz, on the catalog's own server and on a mirror. A sample of all sequences is
tried; `dev.py test --full` (VSRT_FULL_SWEEP=1) tries more of them.
"""

import os
from collections.abc import Iterator

import pytest
from aloud import say
from hostile_case import SILENT, Case, Way, play_to_the_end
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from simulators.hostile import TRICKS, Step, Weight
from simulators.hostile_world import World

from vsrt_gui.model.request import Verb

FULL = bool(os.environ.get("VSRT_FULL_SWEEP"))


def turns(few: int, many: int) -> settings:
    """Return how many sequences are tried."""
    return settings(
        max_examples=many if FULL else few,
        deadline=None,
        derandomize=not FULL,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        phases=(Phase.explicit, Phase.generate),
    )


pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if FULL else 300)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    with World.opened(tmp_path_factory.mktemp("world")) as made:
        yield made
        say(request.config, f"hostile network: {made.figures}")


@pytest.fixture(scope="module")
def slow_world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    with World.opened(tmp_path_factory.mktemp("slow")) as made:
        yield made
        say(request.config, f"hostile network with further requests: {made.figures}")
        assert 2 * made.tally["divided"] >= made.tally["cases"]


@pytest.fixture
def divided(slow_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a world whose archives come by several requests."""
    slow_world.divide(monkeypatch)
    return slow_world


MENDED = sorted(name for name, trick in TRICKS.items() if trick.weight in {Weight.PASSES, Weight.SPOILS})
names = st.one_of(
    st.sampled_from(sorted(TRICKS.keys() - SILENT)), st.sampled_from(MENDED), st.sampled_from(MENDED)
)
"""What patience gets over is drawn most often: what ends at the first request hides all that would follow."""
steps = st.builds(Step, names, st.sampled_from([0.5, 0.1, 0.9, 0.0, 1.0]))
ways = st.builds(
    Way, st.lists(steps, min_size=1, max_size=3).map(tuple), st.sampled_from([False, False, False, True])
)
HONEST = st.just(Way())
cases = st.builds(
    Case,
    verb=st.sampled_from([Verb.INSTALL, Verb.UPDATE, Verb.REPAIR]),
    resumed=st.sampled_from([None, None, 0.3, 0.8]),
    listed=st.one_of(ways, HONEST, HONEST, HONEST),
    index=st.one_of(ways, HONEST),
    tool=st.one_of(ways, ways, HONEST),
    words=st.one_of(ways, ways, HONEST),
    patches=st.one_of(ways, HONEST),
    mirror=st.one_of(st.none(), HONEST, ways),
)


@given(case=cases)
@turns(35, 2500)
def test_any_sequence(world: World, case: Case) -> None:
    hold_to_the_promise(world, case)


def behind(way: Way) -> Way:
    """Let it begin only once the first answer is under way."""
    return Way((Step("honest"), *way.steps), way.ever)


further = st.one_of(ways.map(behind), ways.map(behind), ways, HONEST)
long_cases = st.builds(
    Case,
    verb=st.sampled_from([Verb.INSTALL, Verb.UPDATE]),
    resumed=st.sampled_from([None, None, 0.2]),
    tool=further,
    words=further,
    mirror=st.one_of(st.none(), st.none(), HONEST, ways),
)


@given(case=long_cases)
@turns(14, 600)
def test_any_sequence_where_an_archive_comes_by_several_requests(divided: World, case: Case) -> None:
    hold_to_the_promise(divided, case)


def hold_to_the_promise(world: World, case: Case) -> None:
    world.tally["cases"] += 1
    play_to_the_end(world, case)
    verified = world.run(Verb.VERIFY)
    assert verified.done
    assert verified.end.severity is None
