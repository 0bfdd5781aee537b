"""The power fails at any change to the disk: what is left is made real again, judged, and finished by one more run.

Run as a program of its own, `FOLDER CASE MOST SEED`; MOST is how many crashes are tried, 0 for all. Prints JSON.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, product
from pathlib import Path
from random import Random

from simulators.crash_disk import NOTHING_LOST, Extent, Loss, crashed, unsure
from simulators.disk_image import Disk, pick_up, put_down
from simulators.disk_views import DECISIVE, decisive, files_of, gaps_until, kinds, names_of, same
from simulators.http_server import HttpServer
from simulators.recording import FOLDERS, Recorder
from simulators.segmented import EACH, divide, stage
from simulators.sound import CLEAN, DATA, LOCKS, no_worse, recorded, unharmed, whole
from simulators.sweep_points import told
from simulators.sweep_world import FOREIGN, OLD, World, done
from vsrt_gui.app import open_session
from vsrt_gui.model.events import RunFinished
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.request import Request, Verb

EXTENTS = (
    (Extent.ALL, Extent.ALL),
    (Extent.ALL, Extent.LEAST),
    (Extent.ALL, Extent.SOME),
    (Extent.LEAST, Extent.ALL),
    (Extent.SOME, Extent.SOME),
    (Extent.SOME, Extent.SOME),
    (Extent.SOME, Extent.SOME),
)
"""What is kept of names and of content: extremes, and three times something else."""


class Case(StrEnum):
    """What the power fails in."""

    INSTALL = "install"
    UPDATE = "update"
    REPAIR = "repair"
    ROLLBACK = "rollback"
    UNINSTALL = "uninstall"
    CHANGE = "change"
    """A third set, for which the first one goes."""

    RESUME = "resume"
    """An installation that goes on after its program was killed: much of what is there was never flushed."""

    RETURN = "return"
    """A rollback to a set that was damaged meanwhile."""
    ELSEWHERE = "elsewhere"
    """An uninstallation with downloads in a folder outside of the prefix, which its mark says nothing of."""
    SEGMENTS = "segments"
    """An installation whose archive comes by several requests at once, so that its partial file has gaps."""

    @property
    def verb(self) -> Verb:
        """The verb of it."""
        others = {
            Case.RESUME: Verb.INSTALL,
            Case.RETURN: Verb.ROLLBACK,
            Case.ELSEWHERE: Verb.UNINSTALL,
            Case.SEGMENTS: Verb.INSTALL,
        }
        return others.get(self) or Verb(self.value)


class System(StrEnum):
    """How a system flushes."""

    VOLUME = "volume"
    """A whole volume at once: Linux."""
    FILES = "files"
    """Files and folders one by one: macOS, and Linux where a volume can't be flushed."""
    NTFS = "ntfs"
    """Files only; all names and modes are in one journal, and a file's flush brings it to the disk up to there."""

    @property
    def drives(self) -> tuple[bool, ...]:
        """Whether the drive may keep a cache of its own."""
        return (False, True) if self is System.FILES else (False,)

    @property
    def orders(self) -> tuple[bool, ...]:
        """Whether names come back as they were at one instant."""
        return (True,) if self is System.NTFS else (True, False)


@dataclass(frozen=True)
class House(World):
    """A world in which thousands of runs go on in one process."""

    def make(self) -> None:
        """Prepare the starting point."""
        mine = self.folder / DATA
        mine.parent.mkdir(parents=True)
        mine.write_text(FOREIGN)
        super().make()

    def run(self, request: Request | None = None, version: str | None = None) -> RunFinished:
        """Do it to its end with the real engine, and leave no thread behind."""
        return asyncio.run(_run(self.offer(version), self.prefix, request or self.request))

    def lay(self, disk: Disk) -> None:
        """Make a disk real."""
        for name in FOLDERS:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        put_down(disk, self.folder)


async def _run(catalog: str, prefix: Path, request: Request) -> RunFinished:
    session = open_session(catalog, prefix)
    try:
        session.start(request)
        return await session.finished()
    finally:
        await session.close()


def spoil(prefix: Path) -> None:
    """Damage the older version of the tool, which is not in force."""
    (tool,) = (prefix / "store").glob(f"tool-{OLD}-*")
    (tool / "lib" / "noise").write_bytes(b"damaged")
    (tool / "lib" / "latest").unlink()
    (tool / "bin" / "tool").write_bytes(b"damaged")


def begin_download(downloads: Path) -> None:
    """Leave a download that was begun in the prefix's own folder of a downloads folder."""
    (own,) = downloads.glob("vsrt-*")
    for kind in ("part", "json"):
        (own / f"{'0' * 64}.{kind}").write_bytes(b"{}")


class Trial:
    """One run of a case, recorded, and what any crash in it leaves.

    Attributes:
        log: of the run.
        first: the effect from which on crashes are tried.
        gaps: how many effects there were when a gap was left last.
        disks: how many disks that differ were judged.
    """

    def __init__(self, world: House, start: Disk, case: Case, *, system: System, random: Random) -> None:
        self.world, self.start, self._system = world, start, system
        self._vague_end = system is System.NTFS and case.verb is Verb.UNINSTALL
        self._damaged = case in {Case.REPAIR, Case.RETURN}
        world.lay(start)
        recorder = Recorder(world.folder, start)
        self._run(recorder)
        self.first = 0
        if case is Case.RESUME:
            self.first = random.randrange(len(recorder.log.effects) // 2, len(recorder.log.effects))
            self._resume(recorder)
        assert same(recorder.now, pick_up(world.folder, FOLDERS)), "an effect was not recorded"
        self.log, self.end = recorder.log, recorder.now
        self.gaps = gaps_until(self.log)
        assert (case is Case.SEGMENTS) == (self.gaps > 0), "there are to be gaps in one case only"
        self.names = world.names()
        self._known: set[int] = set()

    @property
    def disks(self) -> int:
        """How many disks that differ were judged."""
        return len(self._known)

    def _run(self, recorder: Recorder) -> None:
        volume, folders = self._system is System.VOLUME, self._system is not System.NTFS
        with recorder.recording(volume=volume, folders=folders):
            done(self.world.run())

    def _resume(self, recorder: Recorder) -> None:
        del recorder.log.effects[self.first :]
        recorder.restart(recorder.log, crashed(recorder.log, self.first, NOTHING_LOST))
        self.world.lay(recorder.now)
        self._run(recorder)

    def losses(self, random: Random) -> Iterator[tuple[int, Loss]]:
        """Yield crashes after each effect: the extremes of each model, and some at random."""
        ways = [*product(self._system.drives, self._system.orders, EXTENTS)]
        for at in range(self.first, len(self.log.effects) + 1):
            for drive, ordered, (names, content) in ways:
                yield at, Loss(ordered, names, content, random.getrandbits(32), drive)

    def close_losses(self, random: Random) -> Iterator[tuple[int, Loss]]:
        """Yield crashes around each decision in which one thing alone loses what is not sure of it."""
        drive, ordered, names = self._system.drives[-1], self._system.orders[-1], names_of(self.log)
        for at in decisive(self.log):
            for thing in unsure(self.log, at, drive=drive) if at >= self.first else ():
                often = 6 if names.get(thing) in DECISIVE else 1
                for content in (Extent.LEAST, *often * (Extent.SOME,)):
                    seed = random.getrandbits(32)
                    yield at, Loss(ordered, Extent.LEAST, content, seed, drive, thing)

    def judge(self, at: int, loss: Loss) -> None:
        """Let the power fail, and look."""
        disk = crashed(self.log, at, loss)
        ended = at == len(self.log.effects)
        seen = hash((ended, disk.shown()))
        if seen in self._known:
            return
        self._known.add(seen)
        self.world.lay(disk)
        if self._damaged:
            no_worse(*(files_of(one) for one in (self.start, self.end, disk)))
        # No later flush of a file makes sure on Windows that names are gone: what is back, the same command removes.
        self._intact(ended=ended and not self._vague_end)
        self._finished()

    def _intact(self, *, ended: bool) -> None:
        """What worked before works, or the new state does; what was said to be done stays done."""
        world, says = self.world, self.world.says()
        in_force = (world.prefix / "current").exists()
        unharmed(world)
        if ended:
            assert says == world.after, f"it was done, but now {says}"
            assert world.verb is not Verb.UNINSTALL or not world.prefix.exists(), "what was removed is back"
        elif in_force or world.verb not in {Verb.UNINSTALL, Verb.INSTALL}:
            allowed = {world.before, world.after} - (set() if world.verb is Verb.CHANGE else {None})
            assert says in allowed, says
        record = recorded(world)
        if in_force and not self._damaged:
            whole(world, record.generations)
        if ended and world.verb is not Verb.UNINSTALL:
            assert record.last_run, "the journal is lost"
            assert record.last_run.finished, "the journal does not know the end"
            assert told(world.run(Request(verb=Verb.VERIFY))) == CLEAN

    def _finished(self) -> None:
        """The same command finishes; then all is as after a run that nothing disturbed, and not a name more."""
        world, ended = self.world, told(self.world.run())
        if world.verb is Verb.UNINSTALL and ended["faults"]:
            assert [code for code, _ in ended["faults"]] == [FaultCode.NOT_INSTALLED], ended
        else:
            assert ended == CLEAN, ended
        assert world.says() == world.after
        if world.verb is not Verb.UNINSTALL:
            whole(world, recorded(world).generations)
            assert told(world.run(Request(verb=Verb.VERIFY))) == CLEAN
        assert not self._strays(), self._strays()
        unharmed(world)

    def _strays(self) -> dict[str, list[str]]:
        """Return the names that differ from those after a run that nothing disturbed."""
        now, wanted = (
            {name for name in found if not LOCKS.fullmatch(name)}
            for found in (self.world.names(), self.names)
        )
        return {} if now == wanted else {"stray": sorted(now - wanted), "lost": sorted(wanted - now)}


def _chosen(trial: Trial, case: Case, most: int, random: Random) -> list[tuple[int, Loss]]:
    """Choose at random, after each kind of effect, and always what is close to a decision, or right after the end."""
    tries = list(trial.losses(random))
    if case is Case.SEGMENTS:
        tries = [one for one in tries if one[0] <= 2 * trial.gaps]  # the rest is as in other installations
        return random.sample(tries, min(most // len(System) or len(tries), len(tries)))
    close = list(trial.close_losses(random))
    if not most:
        return [*tries, *close]
    last = [one for one in tries if one[0] == tries[-1][0]]
    of_kinds = {
        kind: at for at, kind in random.sample([*enumerate(kinds(trial.log), 1)], len(trial.log.effects))
    }
    order = random.sample(tries, len(tries))
    firsts = {one[0]: one for one in order if one[0] in of_kinds.values()}
    rest = dict.fromkeys([*firsts.values(), *order])
    return [*last, *close, *islice(rest, max(0, min(len(tries), most // len(System)) - len(last)))]


def prepare(world: House, case: Case) -> None:
    """Make the starting point."""
    downloads = world.folder / "home" / "fetched"
    if case is Case.ELSEWHERE:
        os.environ["VSRT_DOWNLOAD_DIR"] = str(downloads)
    world.make()
    match case:
        case Case.RETURN:
            spoil(world.prefix)
        case Case.ELSEWHERE:
            begin_download(downloads)
        case _:
            pass


def tried(case: Case, server: HttpServer | None, most: int) -> dict[str, object]:
    """Try all crashes, or some, and return what was found."""
    folder, random = Path(sys.argv[1]), Random(sys.argv[4])
    world = House(folder, case.verb, server.url if server else None)
    prepare(world, case)
    start = pick_up(folder, FOLDERS)
    wrong: list[str] = []
    points = disks = effects = 0
    for system in System:
        if server:
            server.each = EACH
        trial = Trial(world, start, case, system=system, random=random)
        if server:
            server.each = None
        chosen = _chosen(trial, case, most, random)
        for at, loss in chosen:
            try:
                trial.judge(at, loss)
            except (AssertionError, InstallerError) as error:
                last = trial.log.effects[at - 1] if at else None
                wrong.append(f"{system} {at}/{len(trial.log.effects)} {loss} ({str(last)[:200]}): {error}")
        points, disks = points + len(chosen), disks + trial.disks
        effects += len(trial.log.effects)
    return {"effects": effects, "points": points, "disks": disks, "wrong": wrong}


def main() -> None:
    """Make a world, try, print."""
    folder, case = Path(sys.argv[1]), Case(sys.argv[2])
    os.environ["HOME"] = str(folder)
    stage()
    with ExitStack() as stack:
        server = None
        if case is Case.SEGMENTS:
            divide()
            server = stack.enter_context(HttpServer(folder))
        found = tried(case, server, int(sys.argv[3]))
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main()
