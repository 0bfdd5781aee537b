"""One point of a sweep: a child in which the program is killed, or the disk fails, at a numbered checkpoint."""

import errno
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from simulators.sweep_world import World, done
from vsrt_gui.adapters.folder import FileBody
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.model.events import RunFinished
from vsrt_gui.model.request import Request

NOBODY = 65534
BROKEN = 70
"""A child's exit code when what it did raised; `EX_SOFTWARE` of BSD's sysexits."""
SUFFERS = {
    errno.ENOSPC: {"create", "write", "mkdir", "symlink", "replace", "flush"},
    errno.EIO: {
        "create",
        "write",
        "mkdir",
        "symlink",
        "replace",
        "flush",
        "unlink",
        "rmdir",
        "chmod",
        "utime",
    },
    errno.EACCES: {"create", "mkdir", "symlink", "replace", "unlink", "rmdir", "chmod", "utime"},
    errno.EMFILE: {"create", "lock"},
}
"""Which effects a system lets fail in each way."""

Tell = Callable[[Any], object]


def forked(work: Callable[[Tell], object]) -> tuple[int, list[Any]]:
    """Do something in a child; return how it ended, as `waitpid` says it, and what it told."""
    assert threading.active_count() == 1, "a fork would leave threads' locks locked"
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        code = BROKEN
        try:
            work(lambda what: os.write(writing, json.dumps(what).encode() + b"\n"))
            code = 0
        finally:
            if code:
                traceback.print_exc()
            os._exit(code)  # nothing of the parent's may be tidied up here
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = [json.loads(line) for line in pipe]
    return os.waitpid(child, 0)[1], told


def place(where: effects.Where) -> str:
    """Name what an effect is on."""
    return str(Path(f"/proc/self/fd/{where}").readlink()) if isinstance(where, int) else str(where)


def settled(world: World, passed: Sequence[str]) -> int:
    """Count how often what is in force was made sure: folders in which one small file decides what runs."""
    return sum(one in {f"flush {world.prefix}", f"flush {world.prefix / 'bin'}"} for one in passed)


@dataclass(frozen=True)
class Point:
    """One checkpoint of a run, and what is to happen there.

    Attributes:
        number: of the checkpoint, from 0.
        fault: what the disk says there; None kills.
        lasting: whether the disk goes on to fail, or fails once.
    """

    number: int
    fault: int | None = None
    lasting: bool = False

    def run(self, world: World, tell: Tell) -> None:
        """Do the verb, and let it happen; tells where it did, and how the run ended."""
        world.use()
        numbers = count()
        passed: list[str] = []
        fired = threading.Event()

        def watch(name: str, where: effects.Where) -> None:
            number, one, before = next(numbers), f"{name} {place(where)}", settled(world, passed)
            passed.append(one)
            if number < self.number or (fired.is_set() and not self.lasting):
                return
            if self.fault is None:
                tell({"fired": one, "staged": sum(staged)})
                _die()
            elif name in SUFFERS[self.fault]:
                fired.set()
                tell({"fired": one, "settled": before})
                raise OSError(self.fault, os.strerror(self.fault), place(where))

        with staging() as staged, effects.watched(watch):
            ended = world.run()
        tell(told(ended))


@contextmanager
def staging() -> Iterator[list[int]]:
    """Yield a list that gets the length of each piece that is written into a download's file within the block."""
    sizes: list[int] = []
    write = effects.write

    def writing(descriptor: int, piece: bytes | memoryview) -> int:
        written = write(descriptor, piece)
        if place(descriptor).endswith(".part"):
            sizes.append(written)
        return written

    with patch.object(effects, "write", writing):
        yield sizes


@contextmanager
def counted() -> Iterator[list[int]]:
    """Yield a list that gets the length of each piece that is fetched from a folder within the block."""
    sizes: list[int] = []
    pieces = FileBody.__iter__

    def counting(body: FileBody) -> Iterator[bytes]:
        for piece in pieces(body):
            sizes.append(len(piece))
            yield piece

    with patch.object(FileBody, "__iter__", counting):
        yield sizes


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # no step further, should the signal take its time


def recorded(world: World) -> list[str]:
    """Run the verb to its end, and return the checkpoints that it passed."""

    def work(tell: Tell) -> None:
        world.use()
        passed: list[str] = []
        with effects.watched(lambda name, where: passed.append(f"{name} {place(where)}")):
            done(world.run())
        tell(passed)

    world.restore()
    status, answer = forked(work)
    assert status == 0
    return list(answer[0])


def again(world: World, request: Request | None = None) -> dict[str, Any]:
    """Run once more, undisturbed, and return how that ended."""
    return fetched_again(world, request)[0]


def fetched_again(world: World, request: Request | None = None) -> tuple[dict[str, Any], int]:
    """Run once more, undisturbed; return how that ended, and how many bytes it fetched from folders."""

    def work(tell: Tell) -> None:
        world.use()
        with counted() as sizes:
            tell(told(world.run(request)))
        tell(sum(sizes))

    status, answer = forked(work)
    assert status == 0
    return dict(answer[0]), int(answer[1])


def told(ended: RunFinished) -> dict[str, Any]:
    """Return how a run ended, as a child can tell it."""
    faults = [
        [str(fault.code), {name: str(fact) for name, fact in fault.facts.items()}] for fault in ended.faults
    ]
    return {
        "outcome": str(ended.outcome),
        "severity": ended.severity and str(ended.severity),
        "faults": faults,
    }


def prepare(world: World) -> None:
    """Make the starting point in a child, and import here what it needed: nobody may be kept from reading it later."""

    def work(tell: Tell) -> None:
        world.make()
        done(world.run())
        tell(sorted(sys.modules))

    status, answer = forked(work)
    assert status == 0
    for name in answer[0]:
        with suppress(ImportError):
            import_module(name)


def become_nobody(folder: Path) -> None:
    """Give a folder, and this process, to a user who owns nothing else."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
