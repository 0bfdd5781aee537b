"""A disk as plain data: files, folders and links, the effects that change them, and its way from and to a real one."""

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = 0


@dataclass(frozen=True)
class File:
    """A file; `when` is its time in nanoseconds since 1970, None the time of the crash."""

    content: bytes = b""
    mode: int = 0o644
    when: int | None = None


@dataclass(frozen=True)
class Folder:
    """A folder; its names lie in `Disk.names`."""

    mode: int = 0o755


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


Thing = File | Folder | Link


@dataclass
class Disk:
    """Things by number, and which names lead to them; ROOT is the folder on top."""

    things: dict[int, Thing] = field(default_factory=lambda: {ROOT: Folder()})
    names: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def copy(self) -> "Disk":
        """Return another disk that is the same."""
        names = defaultdict(dict, {folder: dict(inside) for folder, inside in self.names.items()})
        return Disk(dict(self.things), names)

    def find(self, parts: Iterable[str]) -> int | None:
        """Return the thing at a path."""
        here: int | None = ROOT
        for part in parts:
            here = None if here is None else self.names[here].get(part)
        return here

    def walk(self, folder: int = ROOT, above: str = "") -> Iterator[tuple[str, int]]:
        """Yield each path with its thing, folders before what is in them."""
        for name, number in sorted(self.names[folder].items()):
            yield f"{above}{name}", number
            if isinstance(self.things[number], Folder):
                yield from self.walk(number, f"{above}{name}/")

    def shown(self) -> tuple[tuple[str, Thing], ...]:
        """Return all that can be seen, to be compared."""
        return tuple((path, self.things[number]) for path, number in self.walk())


@dataclass(frozen=True)
class Names:
    """Names that change at once: folder, name, and the thing that it leads to from now on, None for none."""

    changes: tuple[tuple[int, str, int | None], ...]


@dataclass(frozen=True)
class Piece:
    """Bytes written into a file."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class Traits:
    """A new mode, or new times."""

    thing: int
    mode: int | None = None
    when: int | None = None


@dataclass(frozen=True)
class Flush:
    """A thing is flushed; None is the volume. `handed`: only to the drive, where that keeps a cache of its own."""

    thing: int | None
    handed: bool = False


Effect = Names | Piece | Traits | Flush


@dataclass
class Log:
    """Effects on a disk that was durable when they began; things made meanwhile lie in `start` without a name."""

    start: Disk
    effects: list[Effect] = field(default_factory=list)


def apply(disk: Disk, effect: Effect) -> None:
    """Let an effect happen."""
    match effect:
        case Names(changes):
            for folder, name, thing in changes:
                if thing is None:
                    disk.names[folder].pop(name, None)
                else:
                    disk.names[folder][name] = thing
        case Piece(number, offset, data):
            file = disk.things[number]
            assert isinstance(file, File)
            disk.things[number] = replace(file, content=_written(file.content, offset, data))
        case Traits(number, mode, when):
            thing = disk.things[number]
            if mode is not None and not isinstance(thing, Link):
                thing = replace(thing, mode=mode)
            if when is not None and isinstance(thing, File):
                thing = replace(thing, when=when)
            disk.things[number] = thing
        case Flush():
            pass


def _written(content: bytes, offset: int, data: bytes) -> bytes:
    """Return a file's content after a write; a write of nothing makes nothing longer."""
    return content[:offset].ljust(offset if data else 0, b"\0") + data + content[offset + len(data) :]


def pick_up(top: Path, folders: Iterable[str]) -> Disk:
    """Return what lies in some folders below a path, all of it durable."""
    disk = Disk()
    for name in folders:
        if (top / name).is_dir():
            _pick_up(disk, ROOT, top / name)
    return disk


def _pick_up(disk: Disk, above: int, path: Path) -> None:
    status, number = path.lstat(), len(disk.things)
    disk.names[above][path.name] = number
    if path.is_symlink():
        disk.things[number] = Link(str(path.readlink()))
    elif path.is_dir():
        disk.things[number] = Folder(status.st_mode & 0o7777)
        for child in sorted(path.iterdir()):
            _pick_up(disk, number, child)
    else:
        disk.things[number] = File(path.read_bytes(), status.st_mode & 0o7777, status.st_mtime_ns)


def put_down(disk: Disk, top: Path) -> None:
    """Make what is on a disk real, in a folder where none of it is; one thing of two names is one file."""
    placed: dict[int, Path] = {}
    now = time.time_ns()
    for name, number in disk.walk():
        path = top / name
        match disk.things[number]:
            case Folder(mode):
                path.mkdir()
                path.chmod(mode)
            case Link(target):
                path.symlink_to(target)
            case File() if number in placed:
                path.hardlink_to(placed[number])
            case File(content, mode, when):
                path.write_bytes(content)
                path.chmod(mode)
                os.utime(path, ns=(now, now if when is None else when))
        placed[number] = path
