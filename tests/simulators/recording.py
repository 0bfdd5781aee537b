"""Writes down every change that the program makes to a disk, as effects that can be replayed after a crash."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any
from unittest.mock import patch

from simulators.disk_image import Disk, Effect, File, Flush, Folder, Link, Log, Names, Piece, Traits, apply
from vsrt_gui.adapters.prefix import effects

FOLDERS = ("home", "personal")
_GONE = " (deleted)"


class Recorder:
    """Records what happens in some folders below a path, and keeps the disk as it is now along with it.

    Attributes:
        log: from the disk that was there at first, or after the last crash.
        now: the disk with all effects.
    """

    def __init__(self, top: Path, start: Disk) -> None:
        self._top = os.path.realpath(top)
        self._lock = RLock()
        self._folders = True
        self._others: dict[str, str] = {}
        """Effects that other libraries were about to have, by their path: a lock's file, a clone's content."""
        self.log = Log(start)
        self.now = start.copy()

    def restart(self, log: Log, now: Disk) -> None:
        """Go on from another state."""
        self.log, self.now = log, now

    @contextmanager
    def recording(self, *, volume: bool, folders: bool = True) -> Iterator[None]:
        """Record within the block.

        Args:
            volume: whether the system can flush a whole volume at once, as only Linux can.
            folders: whether it can flush a folder, as Windows can't.
        """
        self._folders = folders
        wrapped: dict[str, Callable[..., Any]] = {
            "create": self._create,
            "write": self._write,
            "replace": self._replace,
            "mkdir": self._mkdir,
            "rmdir": self._remove,
            "unlink": self._remove,
            "chmod": self._chmod,
            "utime": self._utime,
            "symlink": self._symlink,
            "flush": self._flush,
            "fsync": self._fsync,
        }
        with ExitStack() as stack:
            for name, recorded in wrapped.items():
                stack.enter_context(patch.object(effects, name, self._wrap(getattr(effects, name), recorded)))
            flush_volume = self._wrap(effects.flush_volume, self._flush_volume)
            stack.enter_context(patch.object(effects, "flush_volume", flush_volume if volume else _cannot))
            stack.enter_context(effects.watched(self._foreign))
            yield
        self._adopt()

    def _wrap(self, real: Callable[..., Any], recorded: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            with self._lock:  # what is written down must be in the order in which it happened
                self._adopt()
                return recorded(real, *arguments, **named)

        return wrapped

    def _create(self, real: Callable[..., int], path: str | Path, flags: int, mode: int) -> int:
        descriptor = real(path, flags, mode)
        if self._at(path) is None:
            self._add(path, File(mode=stat.S_IMODE(os.fstat(descriptor).st_mode)))
        assert not flags & os.O_TRUNC, "no effect of ours makes a file shorter"
        return descriptor

    def _write(self, real: Callable[..., int], descriptor: int, piece: bytes) -> int:
        offset = os.lseek(descriptor, 0, os.SEEK_CUR)
        if _appends(descriptor):
            offset = os.fstat(descriptor).st_size
        count = real(descriptor, piece)
        file = self._at(descriptor)
        if file is not None:
            self._note(Piece(file, offset, bytes(piece[:count])))
        return count

    def _replace(self, real: Callable[..., None], old: str | Path, new: str | Path) -> None:
        real(old, new)
        thing, before, after = self._at(old), self._place(old), self._place(new)
        if thing is not None and before and after:
            self._note(Names(((*after, thing), (*before, None))))

    def _mkdir(self, real: Callable[..., None], path: str | Path) -> None:
        real(path)
        self._add(path, Folder(stat.S_IMODE(Path(path).lstat().st_mode)))

    def _symlink(self, real: Callable[..., None], target: str, path: str, *, to_folder: bool) -> None:
        real(target, path, to_folder=to_folder)
        self._add(path, Link(target))

    def _remove(self, real: Callable[..., None], path: str | Path) -> None:
        real(path)
        if place := self._place(path):
            self._note(Names(((*place, None),)))

    def _chmod(self, real: Callable[..., None], where: effects.Where, mode: int) -> None:
        real(where, mode)
        self._traits(where, mode=mode)

    def _utime(self, real: Callable[..., None], where: effects.Where, when: int) -> None:
        real(where, when)
        self._traits(where, when=when)

    def _flush(self, real: Callable[..., None], descriptor: int) -> None:
        real(descriptor)  # which on most systems is our `_fsync`, in this very thread
        self._flushed(descriptor, handed=False)

    def _fsync(self, real: Callable[..., None], descriptor: int) -> None:
        real(descriptor)
        self._flushed(descriptor, handed=True)

    def _flush_volume(self, real: Callable[..., bool], descriptor: int) -> bool:
        done = real(descriptor)
        if done:
            self._note(Flush(None))
        return done

    def _flushed(self, descriptor: int, *, handed: bool) -> None:
        thing = self._at(descriptor)
        if thing is not None and (self._folders or not isinstance(self.now.things[thing], Folder)):
            self._note(Flush(thing, handed=handed))

    def _traits(self, where: effects.Where, mode: int | None = None, when: int | None = None) -> None:
        thing = self._at(where)
        if thing is not None:
            self._note(Traits(thing, mode, when))

    def _foreign(self, name: str, where: effects.Where) -> None:
        """Remember an effect that another library is going to have; what became of it is looked at later."""
        if name == "clone" or (name == "lock" and not isinstance(where, int)):
            with self._lock:
                self._others[_path(where)] = name

    def _adopt(self) -> None:
        """Write down what other libraries have done since: files that they made, and contents that they shared."""
        for path, name in list(self._others.items()):
            if not Path(path).is_file():
                continue
            if self._at(path) is None:
                self._add(path, File(mode=stat.S_IMODE(Path(path).stat().st_mode)))
            number, content = self._at(path), Path(path).read_bytes()
            file = None if number is None else self.now.things[number]
            if isinstance(file, File) and number is not None and name == "clone":
                if file.content:  # it was written after all, by ourselves
                    del self._others[path]
                elif content:
                    self._note(Piece(number, 0, content))
                    del self._others[path]

    def _at(self, where: effects.Where) -> int | None:
        parts = self._parts(where)
        return None if parts is None else self.now.find(parts)

    def _place(self, path: str | Path) -> tuple[int, str] | None:
        """Return the number of a path's folder, and the name in it; None where it lies elsewhere."""
        parts = self._parts(path)
        folder = self.now.find(parts[:-1]) if parts else None
        return None if folder is None or not parts else (folder, parts[-1])

    def _parts(self, where: effects.Where) -> tuple[str, ...] | None:
        path = os.path.relpath(_path(where), self._top)
        parts = Path(path).parts
        return parts if parts and parts[0] in FOLDERS and not path.endswith(_GONE) else None

    def _add(self, path: str | Path, thing: File | Folder | Link) -> None:
        place = self._place(path)
        if place is not None:
            number = len(self.now.things)
            self.now.things[number] = self.log.start.things[number] = thing
            self._note(Names(((*place, number),)))

    def _note(self, effect: Effect) -> None:
        self.log.effects.append(effect)
        apply(self.now, effect)


def _path(where: effects.Where) -> str:
    """Return a path whose folders are real ones; the last part of it may be a link, which is meant itself."""
    if isinstance(where, int):
        return str(Path(f"/proc/self/fd/{where}").readlink())
    path = os.path.abspath(where)  # noqa: PTH100 -- a string
    return str(Path(os.path.realpath(Path(path).parent)) / Path(path).name)


def _appends(descriptor: int) -> bool:
    import fcntl  # noqa: PLC0415 -- not on Windows

    return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND)


def _cannot(_descriptor: int) -> bool:
    """Stand in for a system that can't flush a volume."""
    return False
