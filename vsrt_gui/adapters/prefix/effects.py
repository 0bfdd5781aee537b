"""Every change to the disk, each behind a checkpoint: tests stop the program, or let the disk fail, at any of them.

Nothing below a prefix or a folder of downloads, and nothing of ours in the user's state, cache and data folders, is
made, written, renamed, flushed, locked or deleted but from here, with two exceptions, which may lose only what is their
own and on which no run depends: the logs (`log_files.py`), and the file of the user's settings with its folder and its
lock (`settings_file.py`).
The paths are strings where speed matters; each function is the bare system call with one look at an empty list before.
"""

# Strings as well as Path objects, each as fast as the bare system calls.
# ruff: noqa: PTH101, PTH102, PTH105, PTH106, PTH108, PTH211

import ctypes
import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

Where = str | Path | int
"""A path, or the descriptor of an open file."""
Watcher = Callable[[str, Where], None]
"""Called before each effect, in the thread that has it, with the effect's name and place."""

_watchers: list[Watcher] = []


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Within the block, call `watcher` before each effect; what it raises comes instead of the effect."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def checkpoint(name: str, where: Where) -> None:
    """Pass the checkpoint of one effect that follows at once; for those that other libraries have."""
    for watcher in _watchers:
        watcher(name, where)


def create(path: str | Path, flags: int, mode: int) -> int:
    """Open a file for writing, and return its descriptor; `flags` say whether it may be there."""
    checkpoint("create", path)
    return os.open(path, flags, mode)


def write(descriptor: int, piece: bytes | memoryview) -> int:
    """Write what the system takes of a piece at once, and return how many bytes that was."""
    checkpoint("write", descriptor)
    return os.write(descriptor, piece)


def replace(old: str | Path, new: str | Path) -> None:
    """Rename a file over another one."""
    checkpoint("replace", new)
    os.replace(old, new)


def mkdir(path: str | Path) -> None:
    """Make one folder, which must not be there."""
    checkpoint("mkdir", path)
    os.mkdir(path)


def make_folder(path: Path) -> None:
    """Make one folder where it is not there."""
    if not path.is_dir():
        with suppress(FileExistsError):
            mkdir(path)
        if not path.is_dir():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def make_folders(path: Path) -> None:
    """Make a folder and all above it, where they are not there."""
    if not path.is_dir():
        if path != path.parent:
            make_folders(path.parent)
        make_folder(path)


def rmdir(path: str | Path) -> None:
    """Delete an empty folder."""
    checkpoint("rmdir", path)
    os.rmdir(path)


def unlink(path: str | Path) -> None:
    """Delete a file, or a link itself."""
    checkpoint("unlink", path)
    os.unlink(path)


def chmod(where: Where, mode: int) -> None:
    """Set a mode."""
    checkpoint("chmod", where)
    os.chmod(where, mode)


def utime(where: Where, when: int) -> None:
    """Set a file's times to nanoseconds since 1970."""
    checkpoint("utime", where)
    os.utime(where, ns=(when, when))


def symlink(target: str, path: str, *, to_folder: bool) -> None:
    """Make a symbolic link; Windows wants to know whether it leads to a folder."""
    checkpoint("symlink", path)
    os.symlink(target, path, target_is_directory=to_folder)


def flush(descriptor: int) -> None:
    """Bring a file's content onto the disk itself, past the drive's cache where the system can."""
    if sys.platform == "darwin":
        checkpoint("flush", descriptor)
        with suppress(OSError):  # a network volume has no such call; fsync is what there is
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    fsync(descriptor)


def fsync(descriptor: int) -> None:
    """Hand a file's content to the drive, which on macOS may still keep it in its cache."""
    checkpoint("flush", descriptor)
    os.fsync(descriptor)


def flush_volume(descriptor: int) -> bool:
    """Bring all of a volume onto the disk itself; False where the system has no such call."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "syncfs"):
        return False
    checkpoint("flush", descriptor)
    if libc.syncfs(descriptor) == 0:
        return True
    number = ctypes.get_errno()
    if number == errno.ENOSYS:
        return False
    raise OSError(number, os.strerror(number))


if sys.platform != "win32":

    def lock(descriptor: int, *, shared: bool) -> None:
        """Lock an open folder, or raise BlockingIOError at once."""
        checkpoint("lock", descriptor)
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
