"""A long life among hostile servers: versions come and go while downloads wait, and nothing wrong is ever in force."""

import os
from collections.abc import Iterator

import pytest
from aloud import say
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from simulators.hostile import TRICKS, Kind, Step
from simulators.hostile_shelf import NEW, OLD, Edition
from simulators.hostile_world import World

from vsrt_gui.model.request import Verb

FULL = bool(os.environ.get("VSRT_FULL_SWEEP"))
SETTINGS = settings(
    max_examples=300 if FULL else 10,
    stateful_step_count=14 if FULL else 9,
    deadline=None,
    derandomize=not FULL,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
STEPS = st.builds(
    Step,
    st.sampled_from(sorted(TRICKS.keys() - {"stall", "stall-header"})),
    st.sampled_from([0.0, 0.3, 0.7, 1.0]),
)
TRICKED = st.dictionaries(
    st.sampled_from([Kind.ARCHIVE, Kind.INDEX, Kind.LIST]),
    st.lists(STEPS, min_size=1, max_size=3),
    min_size=1,
)
VERBS = st.sampled_from([Verb.UPDATE, Verb.REPAIR, Verb.INSTALL])
VERSIONS = st.sampled_from([NEW, OLD])

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if FULL else 300)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    with World.opened(tmp_path_factory.mktemp("world")) as made:
        yield made
        say(request.config, f"hostile story: {made.figures}")


class Story(RuleBasedStateMachine):
    """One computer's."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.harmed: set[str] = set()
        self.codes: set[str] = set()

    @initialize(installed=st.booleans(), mirrored=st.booleans())
    def begin(self, *, installed: bool, mirrored: bool) -> None:
        self.mirrored = mirrored
        self.world.renew(installed=installed)
        self.world.offer(OLD, mirrored=mirrored)

    @rule(version=VERSIONS)
    def publish(self, version: str) -> None:
        self.world.offer(version, mirrored=self.mirrored)

    @rule(version=VERSIONS)
    def withdraw(self, version: str) -> None:
        """What was published is gone, also for those who have half of it."""
        self.world.withdraw(version)
        self.codes |= {"source-gone", "source-replaced"}

    @rule(tricks=TRICKED, verb=VERBS, on_mirror=st.booleans())
    def meet_tricks(self, tricks: dict[Kind, list[Step]], verb: Verb, *, on_mirror: bool) -> None:
        for path, kind in self.world.paths().items():
            steps = tricks.get(kind, [])
            for server in (self.world.origin, self.world.mirror) if on_mirror else (self.world.origin,):
                self.world.hostile(server, path, steps)
            self.codes |= {str(code) for step in steps for code in step.codes(kind)}
        self.run(verb)

    @rule(share=st.sampled_from([0.6, 0.1, 0.95]), verb=st.sampled_from([Verb.INSTALL, Verb.UPDATE]))
    def be_lost_in_the_middle(self, share: float, verb: Verb) -> None:
        for name in ("tool", "words"):
            path = Edition(name, self.world.version).path
            for server in (self.world.origin, self.world.mirror):
                self.world.hostile(server, path, [Step("cut", share), *[Step("cut-header")] * 2])
        self.codes.add("connection-failed")
        self.run(verb)

    @precondition(lambda self: self.world.current is not None)
    @rule()
    def damage(self) -> None:
        self.harmed |= self.world.damage()

    @rule(verb=VERBS)
    def run(self, verb: Verb) -> None:
        world, before = self.world, self.world.current
        ran = world.run(verb)
        told = f"{verb} {ran.end.outcome}: {[(fault.code, dict(fault.facts)) for fault in ran.end.faults]}"
        own = {"not-installed"} if before is None else set()
        assert ran.codes <= self.codes | own, told
        assert ran.done or ran.codes, told
        self.look(told)
        if ran.codes and before is not None and verb is not Verb.REPAIR:
            assert world.current == before, told

    def look(self, told: str) -> None:
        """Whatever is there is right, but for what was harmed here and not mended yet."""
        wrong, lacking = set(self.world.wrong()), set(self.world.lacking())
        assert wrong | lacking <= self.harmed, told
        assert self.world.strays() == [], told
        self.harmed &= wrong | lacking

    def teardown(self) -> None:
        """In the end the servers are good, and one command makes all of it right."""
        world = self.world
        world.honest()
        world.offer(NEW, mirrored=self.mirrored)
        verbs = [Verb.UPDATE, Verb.REPAIR] if world.current else [Verb.INSTALL, Verb.UPDATE]
        for verb in verbs:
            ran = world.run(verb)
            assert ran.done, ran.end
        assert world.lacking() == []
        assert set(world.in_force()) == {name for name in world.shelf.truth if f"-{NEW}-" in name}
        assert {path.split("/")[0] for path in world.wrong()}.isdisjoint(world.in_force())
        verified = world.run(Verb.VERIFY)
        assert verified.done
        assert verified.end.severity is None


def test_any_life(world: World) -> None:
    run_state_machine_as_test(lambda: Story(world), settings=SETTINGS)
