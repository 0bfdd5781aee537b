"""One sequence of tricks: what each path does, where it begins, and what a run may come to."""

from dataclasses import dataclass

from simulators.hostile import Kind, Step, survived
from simulators.hostile_shelf import NEW, OLD, Edition
from simulators.hostile_world import LIST, Ran, World

from vsrt_gui.model.request import Verb

SILENT = frozenset({"stall", "stall-header"})
REQUESTS = 12
"""For one path in one run: an index, four ranges or three attempts, a clean restart, the whole archive after all."""
DIVIDED = 60
"""The same where an archive comes by several requests: a dozen ranges, the last of them in parts, in each attempt."""
STEPS = 6
"""Requests that one that is sent in circles makes of each."""


@dataclass(frozen=True)
class Way:
    """What one path does, request by request."""

    steps: tuple[Step, ...] = ()
    ever: bool = False

    def __repr__(self) -> str:
        return (
            f"{' '.join(map(repr, self.steps)) or 'honest'}{' for ever' if self.ever and self.steps else ''}"
        )

    def survived(self, kind: Kind) -> bool:
        last = self.steps[-1:] if self.ever else ()
        return survived(self.steps + 3 * last, kind)


@dataclass(frozen=True)
class Case:
    """One sequence.

    Attributes:
        verb: what is asked.
        resumed: the share of each archive that an earlier run has left behind, None for none.
        listed: what the manifest does.
        index: what the tool's index does.
        tool: what the zip does.
        words: what the tar.gz does.
        patches: what the tool's patches do, which nothing depends on.
        mirror: what the mirror does with both archives; None is no mirror.
    """

    verb: Verb
    resumed: float | None = None
    listed: Way = Way()
    index: Way = Way()
    tool: Way = Way()
    words: Way = Way()
    patches: Way = Way()
    mirror: Way | None = None

    @property
    def version(self) -> str:
        return OLD if self.verb is Verb.REPAIR else NEW

    @property
    def ways(self) -> dict[str, Way]:
        tool = Edition("tool", self.version)
        words = Edition("words", self.version)
        return {
            LIST: self.listed,
            f"{tool.path}.index": self.index,
            tool.path: self.tool,
            words.path: self.words,
            tool.patches: self.patches,
        }

    @property
    def steps(self) -> list[Step]:
        return [step for way in (*self.ways.values(), self.mirror or Way()) for step in way.steps]

    def allowed(self) -> set[str]:
        """Return the faults that may come of it; of patches there comes none, since ranges do as well."""
        kinds = (Kind.LIST, Kind.INDEX, Kind.ARCHIVE, Kind.ARCHIVE)
        ways = zip((self.listed, self.index, self.tool, self.words), kinds, strict=True)
        codes = {code for way, kind in ways for step in way.steps for code in step.codes(kind)}
        return {
            str(code)
            for code in codes | {c for s in (self.mirror or Way()).steps for c in s.codes(Kind.ARCHIVE)}
        }

    def survived(self) -> bool:
        """Tell whether patience must bring everything."""
        named = self.verb is not Verb.REPAIR or self.listed.survived(
            Kind.LIST
        )  # what is installed names no mirror
        mirrored = named and self.mirror is not None and self.mirror.survived(Kind.ARCHIVE)
        there = all(way.survived(Kind.ARCHIVE) for way in (self.tool, self.words)) or mirrored
        if self.verb is Verb.REPAIR:  # goes by what it has kept
            return there
        return there and self.listed.survived(Kind.LIST) and self.index.survived(Kind.INDEX)


def begin(world: World, case: Case) -> set[str]:
    """Bring about the starting point; returns what is harmed in it."""
    world.renew(installed=case.verb is not Verb.INSTALL)
    harmed = world.damage() if case.verb is Verb.REPAIR else set()
    world.offer(case.version, mirrored=case.mirror is not None)
    if case.resumed is not None:
        cut = [Step("cut", case.resumed), *([Step("cut-header")] * 3)]
        for name in ("tool", "words"):
            for server in (world.origin, world.mirror):
                world.hostile(server, Edition(name, case.version).path, cut, ever=True)
        assert world.run(case.verb).codes <= {"connection-failed"}
        world.honest()
    for path, way in case.ways.items():
        world.hostile(world.origin, path, list(way.steps), ever=way.ever)
    for name in ("tool", "words"):
        if case.mirror is not None:
            path = Edition(name, case.version).path
            world.hostile(world.mirror, path, list(case.mirror.steps), ever=case.mirror.ever)
    return harmed & set(world.wrong()) | harmed & set(world.lacking())


def hold(world: World, case: Case, ran: Ran, harmed: set[str], before: str | None) -> None:
    """Hold one run to the promise."""
    told = f"{ran.end.outcome}: {[(fault.code, dict(fault.facts), fault.module) for fault in ran.end.faults]}"
    assert "unexpected" not in ran.codes, told
    assert ran.done or ran.codes, told
    assert ran.codes <= case.allowed(), told
    assert ran.done or not case.survived(), told
    assert set(world.wrong()) <= harmed
    assert set(world.lacking()) <= harmed
    assert world.strays() == []
    if not ran.done and before is not None:
        assert world.current == before
    circles = sum(step.name == "circle" for step in case.steps)
    most = (DIVIDED if world.divided else REQUESTS) + STEPS * REQUESTS * circles
    assert all(count <= most for path, count in ran.asked.items()), ran.asked


def good(world: World, case: Case) -> dict[str, int]:
    """Return the bytes of each archive that need not come again: those that lie there, if they are right."""
    found = {}
    for name in ("tool", "words"):
        edition = Edition(name, case.version)
        true = all(step.trick.validates for step in case.steps)
        found[edition.path] = world.kept(edition) if true else 0
    return found


def play(world: World, case: Case) -> Ran:
    """Bring a case about, run it, and hold it to the promise."""
    harmed = begin(world, case)
    before = world.current
    ran = world.run(case.verb, stalls=any(step.name in SILENT for step in case.steps))
    hold(world, case, ran, harmed, before)
    return ran


def play_to_the_end(world: World, case: Case) -> None:
    """And then let the servers be good: the same command finishes, and fetches no good byte again."""
    ran = play(world, case)
    kept = good(world, case)
    world.honest()
    again = world.run(case.verb)
    assert again.done, again.end
    assert (world.wrong(), world.lacking(), world.strays()) == ([], [], [])
    assert set(world.in_force()) == {name for name in world.shelf.truth if f"-{case.version}-" in name}
    for path, count in kept.items():
        lost = world.size(path) // 4 if world.divided else 0  # on their way when answers were cut short
        assert again.sent.get(path, 0) <= world.size(path) - count + lost, (path, count, again.sent)
    if ran.done:
        assert not any(again.sent.get(path) for path in kept), again.sent
