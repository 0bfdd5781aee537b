"""One point of a sweep over what is read: a child in which the disk fails once, at a numbered look at what is ours."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch

from simulators.sweep_points import Tell, forked, told
from simulators.sweep_world import World, done
from vsrt_gui.model.events import Outcome
from vsrt_gui.model.faults import InstallerError

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_LOOKS = ((os, "open"), (os, "scandir"), (os, "listdir"), (io, "open"))
"""By what files and folders are read; no port of ours is needed for that, so the system's own calls are watched."""


@dataclass(frozen=True)
class ReadPoint:
    """One look of a run, and what the disk says there.

    Attributes:
        number: of the look, from 0.
        fault: what the disk says.
    """

    number: int
    fault: int

    def run(self, world: World, tell: Tell) -> None:
        """Do the verb, and let the disk fail; tells where it did, and how the run ended."""
        world.use()
        numbers = count()

        def watch(name: str, path: str) -> None:
            if next(numbers) == self.number:
                tell({"fired": f"{name} {path}"})
                raise OSError(self.fault, os.strerror(self.fault), path)

        with _watched(world, watch):
            try:
                ended = told(world.run())
            except InstallerError as error:  # before there was anything to run
                ended = {"outcome": Outcome.FAILED, "faults": [[error.fault.code, {}]]}
        tell(ended)


def looks(world: World) -> list[str]:
    """Run the verb to its end, and return at what it looked."""

    def work(tell: Tell) -> None:
        world.use()
        seen: list[str] = []
        with _watched(world, lambda name, path: seen.append(f"{name} {path}")):
            done(world.run())
        tell(seen)

    world.restore()
    status, answer = forked(work)
    assert status == 0
    return list(answer[0])


@contextmanager
def _watched(world: World, watch: Callable[[str, str], None]) -> Iterator[None]:
    """Within the block, call `watch` before each look below the prefix and the user's own folders."""
    tops = (str(world.prefix), str(world.personal))

    def watching(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def look(path: Any = ".", *more: Any, **named: Any) -> Any:
            reads = not more or more[0] in {"r", "rb"} or (isinstance(more[0], int) and not more[0] & _WRITES)
            if isinstance(path, str | os.PathLike) and str(path).startswith(tops) and reads:
                watch(name, str(path))
            return real(path, *more, **named)

        return look

    with ExitStack() as stack:
        for module, name in _LOOKS:
            stack.enter_context(patch.object(module, name, watching(getattr(module, name), name)))
        yield
