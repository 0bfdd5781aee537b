"""Each trick of a hostile server alone, with each thing that is asked for: the right files or a fault that fits.

All of them with archives and the list; of the others a half, which `dev.py test --full` (VSRT_FULL_SWEEP=1) completes.
"""

import os
from collections.abc import Iterator

import pytest
from aloud import say
from hostile_case import Case, Way, play, play_to_the_end
from simulators.hostile import TRICKS, Step
from simulators.hostile_shelf import NEW, Edition
from simulators.hostile_world import World

from vsrt_gui.model.request import Verb

SOME = tuple(TRICKS)[:: 1 if os.environ.get("VSRT_FULL_SWEEP") else 2]
VERBS = (Verb.UPDATE, Verb.REPAIR, Verb.INSTALL)
VERB_OF = {name: VERBS[number % len(VERBS)] for number, name in enumerate(TRICKS)}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    with World.opened(tmp_path_factory.mktemp("world")) as made:
        yield made
        say(request.config, f"hostile tricks, {len(TRICKS)} of them: {made.figures}")


@pytest.fixture(scope="module")
def slow_world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    with World.opened(tmp_path_factory.mktemp("slow")) as made:
        yield made
        say(request.config, f"hostile tricks with further requests: {made.figures}")
        assert 2 * made.tally["divided"] >= made.tally["runs"]


@pytest.fixture
def divided(slow_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a world whose archives come by several requests."""
    slow_world.divide(monkeypatch)
    return slow_world


def ways(name: str) -> tuple[Way, Way]:
    """Let both archives do it, in the middle of one and at the beginning of the other, and then be good."""
    return Way((Step(name, 0.6),)), Way((Step(name, 0.0),))


@pytest.mark.parametrize("name", TRICKS)
def test_archives(world: World, name: str) -> None:
    tool, words = ways(name)
    play_to_the_end(world, Case(VERB_OF[name], tool=tool, words=words))


@pytest.mark.parametrize("name", SOME)
def test_archives_for_ever(world: World, name: str) -> None:
    steps = (Step(name, 0.6),)
    play(world, Case(Verb.INSTALL, tool=Way(steps, ever=True), words=Way(steps, ever=True), mirror=Way()))


TAKEN = frozenset(
    {"cut", "reset", "cut-in-chunks", "torn-chunk", "cut-without-length", "stall", "spoilt", "moved-range"}
)
"""Those whose header is right, so that the first answer is cut short for them; the others can't do any harm."""


@pytest.mark.parametrize("name", SOME)
def test_further_requests_for_ever(divided: World, name: str) -> None:
    way = Way((Step("honest"), Step(name, 0.6)), ever=True)
    ran = play(divided, Case(Verb.INSTALL, tool=way, words=way))
    assert ran.done or name in TAKEN, ran.end


@pytest.mark.parametrize("name", SOME)
def test_the_index(world: World, name: str) -> None:
    play(world, Case(Verb.INSTALL, index=Way((Step(name, 0.4),))))


@pytest.mark.parametrize("name", TRICKS)
def test_the_list(world: World, name: str) -> None:
    play(world, Case(Verb.UPDATE, listed=Way((Step(name, 0.4),))))


@pytest.mark.parametrize("name", SOME)
def test_patches(world: World, name: str) -> None:
    for ever in (False, True):
        ran = play(world, Case(Verb.UPDATE, patches=Way((Step(name, 0.4),), ever=ever)))
        assert ran.done
        assert ran.asked[Edition("tool", NEW).patches] >= 1
