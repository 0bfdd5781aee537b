"""Sweeps over every change to the disk: the program is killed there, or the disk fails, and what is left is judged.

Run as a program of its own, `FOLDER VERB kill|fail|read|segments MOST SEED`: it forks after all imports and before any
thread, so that a point takes a fraction of a second. With `segments`, what is killed fetches one archive by several
requests, from a server. MOST is how many checkpoints are tried, 0 for every one. Prints JSON.
"""

import errno
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import dropwhile, islice
from pathlib import Path
from random import Random
from typing import Any

from simulators.segmented import EACH, divide, stage
from simulators.serve import read_log, running
from simulators.sound import CLEAN, LOCKS, no_worse, sound, stored
from simulators.sweep_points import (
    SUFFERS,
    Point,
    Tell,
    again,
    become_nobody,
    fetched_again,
    forked,
    prepare,
    recorded,
    settled,
)
from simulators.sweep_reads import ReadPoint, looks
from simulators.sweep_world import World
from vsrt_gui.model.events import Outcome
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.request import Request, Verb

CODES = {
    errno.ENOSPC: FaultCode.DISK_FULL,
    errno.EIO: FaultCode.DISK_ERROR,
    errno.EACCES: FaultCode.FOLDER_NOT_WRITABLE,
    errno.EMFILE: FaultCode.TOO_MANY_OPEN_FILES,
}
ANY_TIME = re.compile(r"\w+ home/runtime/journal\.jsonl|utime \S+|unlink home/runtime/store/\S+/\.vsrt-#-#")
"""Effects that may fail in a run that is completed: support lacks a line, a look takes longer, a name stays a while."""
TIDYING = re.compile(r"(unlink|rmdir|flush) home/runtime/(store|downloads|generations|index)(/\S+)?")
"""Those that may fail once what is in force is sure: the next run takes out what nobody needs any more."""
NOTES = 10
"""Checkpoints by which one run's download may differ from another's."""
_VARYING = re.compile(r"[0-9a-f]{8,}|\d+")


class Judge:
    """Judges what is left after each point.

    Attributes:
        passed: the checkpoints of a run that nothing disturbed, or at what it looked.
        names: what lies there after it.
        before: what the store holds before it.
        right: what the store holds after it.
        fetched: how many bytes such a run fetches from folders.
        own: all that is the user's, which nothing may change.
        tolerated: effects that failed and did not keep the run from its goal.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        world.restore()
        self.own, self.before = world.own(), stored(world)
        self.passed = recorded(world)
        world.restore()
        self.fetched = fetched_again(world)[1]
        self.names, self.right = world.names(), stored(world)
        self.tolerated: Counter[str] = Counter()
        assert world.says() == world.after
        assert world.verb is Verb.UNINSTALL or not self._too_early(), self._too_early()

    def _too_early(self) -> list[str]:
        """Return what else but tidying up a run does after it deleted a download: a power loss might want that back."""
        kinds = [_kind(one, self.world.folder) for one in self.passed]
        late = dropwhile(lambda one: not re.fullmatch(r"unlink \S+/downloads/\S+", one), kinds)
        return [
            one
            for one in late
            if not (ANY_TIME.fullmatch(one) or TIDYING.fullmatch(one) or " personal/state/" in one)
        ]

    def kill(self, point: Point) -> None:
        """Kill a run, and look."""
        self.world.restore()
        status, answer = forked(lambda tell: point.run(self.world, tell))
        assert os.WIFSIGNALED(status), f"it was not killed: {answer}"
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert [*answer[0]] == ["fired", "staged"]
        self.intact()
        self.finished(most=None if self.world.server else self.fetched - answer[0]["staged"])

    def fail(self, point: Point | ReadPoint, code: FaultCode) -> None:
        """Let the disk fail, and look. What can't be read once may be had elsewhere, or be of no use to the goal."""
        world = self.world
        world.restore()
        status, answer = forked(lambda tell: point.run(world, tell))
        fired = [one for one in answer if "fired" in one]
        assert status == 0
        assert fired, "the disk did not fail"
        ended = answer[-1]
        if ended["outcome"] == Outcome.COMPLETED:
            if isinstance(point, Point):
                self._tolerate(fired)
        else:
            assert [found for found, _ in ended["faults"]][:1] == [code], ended
        self.intact()
        # What could be installed was put into force by itself, as a set that is not complete.
        self.finished(numbered=world.verb is not Verb.INSTALL or not (world.prefix / "current").exists())

    def _tolerate(self, fired: Sequence[Mapping[str, Any]]) -> None:
        """Take it that a run reached its goal although effects failed, if the goal does not depend on them."""
        late = settled(self.world, self.passed)
        for one in fired:
            kind = _kind(one["fired"], self.world.folder)
            fits = ANY_TIME.fullmatch(kind) or (one["settled"] == late and TIDYING.fullmatch(kind))
            assert fits, f"it says that it is done, although this failed: {kind}"
            self.tolerated[kind] += 1

    def intact(self) -> None:
        """What worked before works, or the new state does; what is in force is whole."""
        world, says = self.world, self.world.says()
        assert world.own() == self.own
        in_force = (world.prefix / "current").exists()
        if world.verb is Verb.INSTALL:
            assert says in {None, world.after}, says
        elif in_force or world.verb is not Verb.UNINSTALL:
            assert says in {world.before, world.after} - (set() if world.verb is Verb.CHANGE else {None}), (
                says
            )
        if world.verb is Verb.REPAIR:
            no_worse(self.before, self.right, stored(world))
        elif in_force and self._sound():
            assert again(world, Request(verb=Verb.VERIFY)) == CLEAN

    def _sound(self) -> bool:
        """Look in a child, since that takes threads: all that is named is there; tells whether it is all of it."""

        def look(tell: Tell) -> None:
            try:
                tell({"complete": sound(self.world)})
            except AssertionError as error:
                tell({"wrong": str(error)})

        _, answer = forked(look)
        assert [*answer[0]] == ["complete"], answer
        return bool(answer[0]["complete"])

    def finished(self, *, numbered: bool = True, most: int | None = None) -> None:
        """The same command finishes; then all is as after a run that nothing disturbed, and not a name more.

        Args:
            numbered: whether the generations must bear the same numbers, too.
            most: how many bytes it may fetch.
        """
        world, (ended, fetched) = self.world, fetched_again(self.world)
        assert most is None or fetched <= most, (
            f"{fetched} bytes were fetched, although only {most} had not come yet"
        )
        if world.verb is Verb.UNINSTALL and ended["faults"]:  # nothing but locks and empty folders was left
            assert [code for code, _ in ended["faults"]] == [FaultCode.NOT_INSTALLED], ended
        else:
            assert ended == CLEAN, ended
        assert world.says() == world.after
        if world.verb is not Verb.UNINSTALL:
            assert again(world, Request(verb=Verb.VERIFY)) == CLEAN
        names, wanted = (
            {
                name
                for name in found
                if not LOCKS.fullmatch(name) and (numbered or "/generations/" not in name)
            }
            for found in (world.names(), self.names)
        )
        assert names == wanted, {"stray": sorted(names - wanted), "lost": sorted(wanted - names)}
        assert world.own() == self.own


def _kind(checkpoint: str, folder: Path) -> str:
    """Return what a checkpoint is and where, below a world's folder, whatever the numbers in it."""
    return _VARYING.sub("#", checkpoint.replace(f"{folder}/", ""))


def chosen(passed: Sequence[str], most: int, random: Random) -> list[int]:
    """Choose checkpoints: those that decide what is in force, one of each kind, others up to a number; 0 takes all."""
    if not most or most >= len(passed):
        return list(range(len(passed)))
    order = random.sample(range(len(passed)), len(passed))
    first: dict[str, int] = {}
    for number in order:
        first.setdefault(_VARYING.sub("#", passed[number]), number)
    found = dict.fromkeys([*_decisive(passed), *first.values(), *order])
    return sorted(islice(found, most))


def _decisive(passed: Sequence[str]) -> Iterator[int]:
    """Yield where `current` is written or deleted, what comes right before, and each flush of its folder or volume."""
    for number, one in enumerate(passed):
        if one.endswith("/current"):
            folder = one.partition(" ")[2].removesuffix("/current")
            yield from (number, number - 1)
            yield from (other for other, each in enumerate(passed) if each == f"flush {folder}")


def tries(way: str, passed: Sequence[str], most: int, random: Random) -> Iterator[Point | ReadPoint]:
    """Yield what is tried: kills, or each fault that fits, lasting or not; with 0 for `most`, both."""
    if way == "read":
        for number in chosen(passed, most, random):
            faults = sorted(CODES.keys() - {errno.ENOSPC})
            yield from (
                ReadPoint(number, fault) for fault in (faults if not most else random.sample(faults, 1))
            )
        return
    if way == "segments":
        # Notes are written at times, so how many checkpoints there are varies a little towards the end.
        of_downloads = [number for number, one in enumerate(passed) if "/downloads/" in one]
        yield from map(
            Point, random.sample(of_downloads[:-NOTES], min(most or 100, len(of_downloads) - NOTES))
        )
        return
    for number in chosen(passed, most, random):
        if way == "kill":
            yield Point(number)
            continue
        for turn, fault in enumerate(CODES):
            if passed[number].split()[0] in SUFFERS[fault]:
                ways = (True, False) if not most else (bool((number + turn) % 2),)
                yield from (Point(number, fault, lasting) for lasting in ways)


def sweep(judge: Judge, points: Iterator[Point | ReadPoint]) -> tuple[int, list[str]]:
    """Try all points; return how many fired and were judged well, and what was wrong at the others."""
    good, wrong = 0, []
    for point in points:
        try:
            if isinstance(point, Point) and point.fault is None:
                judge.kill(point)
            else:
                judge.fail(point, CODES[point.fault or 0])
            good += 1
        except AssertionError as error:
            wrong.append(f"{point} ({judge.passed[point.number]}): {error}")
    return good, wrong


@contextmanager
def _world(folder: Path, verb: Verb, way: str) -> Iterator[World]:
    """Make a world; where segments are swept, another process serves its archives within the block."""
    stage()
    if way != "segments":
        yield World(folder, verb)
        return
    divide()
    log = folder / "served.log"
    with running(folder, log, each=EACH) as url:
        yield World(folder, verb, url)
    several = [one for one in read_log(log) if one.path.endswith(".tar.zst") and one.range]
    assert several, "it was to come in segments"


def main() -> None:
    """Make a world, sweep, print."""
    folder, verb, way, most, seed = sys.argv[1:6]
    os.environ["HOME"] = folder
    with _world(Path(folder), Verb(verb), way) as world:
        found = swept(world, way, int(most), seed)
    sys.stdout.write(f"{json.dumps(found)}\n")


def swept(world: World, way: str, most: int, seed: str) -> dict[str, object]:
    """Prepare a world, sweep, and return what was found."""
    prepare(world)
    if way == "fail" and os.geteuid() == 0:
        become_nobody(world.folder)
    judge = Judge(world)
    if way == "read":
        judge.passed = looks(world)
    good, wrong = sweep(judge, tries(way, judge.passed, most, Random(seed)))
    return {
        "checkpoints": len(judge.passed),
        "points": good,
        "wrong": wrong,
        "tolerated": judge.tolerated,
    }


if __name__ == "__main__":
    main()
