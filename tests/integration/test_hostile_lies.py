"""One lie costs one clean restart of that artifact and nothing else: the server's own log says so."""

from collections.abc import Iterator, Sequence

import pytest
from simulators.hostile import TRICKS, Step, Weight
from simulators.hostile_shelf import NEW, OLD, Edition
from simulators.hostile_world import LIST, World
from simulators.http_server import Served

from vsrt_gui.model.request import Verb

TOOL, WORDS = Edition("tool", NEW), Edition("words", NEW)
SHARE = 0.4
"""Of each archive lies there already, from a run that was lost."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.opened(tmp_path_factory.mktemp("world")) as made:
        yield made


def left_behind(world: World) -> None:
    """Let a run be lost in the middle of both archives."""
    world.renew(installed=False)
    world.offer(NEW)
    for edition in (TOOL, WORDS):
        lost = [Step("cut", SHARE), *[Step("cut-header")] * 3]
        world.hostile(world.origin, edition.path, lost, ever=True)
    assert world.run(Verb.INSTALL).codes == {"connection-failed"}
    world.honest()
    for edition in (TOOL, WORDS):
        assert len(world.staged(edition)) == int(world.size(edition.path) * SHARE)


def asked(world: World, path: str) -> Sequence[Served]:
    return world.origin.requests(path)


LIES = sorted(
    name
    for name, trick in TRICKS.items()
    if trick.weight is Weight.SPOILS or name in {"416", "416-without-a-place", "206-unasked", "no-ranges"}
)


@pytest.mark.parametrize("edition", [TOOL, WORDS], ids=["zip", "tar.gz"])
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_to_one_who_goes_on(world: World, lie: str, edition: Edition) -> None:
    left_behind(world)
    (other,) = {TOOL, WORDS} - {edition}
    world.hostile(world.origin, edition.path, [Step(lie, 0.5)])
    ran = world.run(Verb.INSTALL)
    assert ran.done, ran.end
    assert (world.wrong(), world.lacking(), world.strays()) == ([], [], [])
    first, *rest = asked(world, edition.path)
    size = world.size(edition.path)
    start = int(size * SHARE)
    assert first.range == f"bytes={start}-"
    assert len(rest) <= 1, rest
    sent = sum(one.sent for one in (first, *rest))
    assert sent <= 2 * size + 9  # what the lie brought, and one clean restart
    (only,) = asked(world, other.path)
    assert (only.range, only.status) == (f"bytes={int(world.size(other.path) * SHARE)}-", 206)
    for path in (LIST, f"{TOOL.path}.index"):
        assert world.origin.requests(path) == ()  # what was known stays known


RANGED = sorted(set(LIES) | {"second-answer-behind", "rubbish-behind"})


@pytest.mark.parametrize("lie", RANGED)
def test_a_lie_to_one_who_repairs_by_ranges(world: World, lie: str) -> None:
    world.renew(installed=True)
    harmed = world.damage()
    tool = Edition("tool", OLD)
    world.hostile(world.origin, tool.path, [Step(lie, 0.5)])
    ran = world.run(Verb.REPAIR)
    assert ran.done, ran.end
    assert harmed
    assert (world.wrong(), world.lacking(), world.strays()) == ([], [], [])
    first, *rest = asked(world, tool.path)
    assert first.range is not None
    spans = 2  # the two harmed files do not lie beside each other
    assert len(rest) <= spans + lie.startswith("416"), rest
    assert len(world.origin.requests(Edition("words", OLD).path)) == 1
