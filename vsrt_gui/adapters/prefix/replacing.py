"""Replaces single files: whole or not at all, and on the disk when it returns."""

import errno
import json
import os
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import TypeVar

from vsrt_gui.adapters.os_faults import disk_fault, file_in_use, translating, winerror
from vsrt_gui.adapters.prefix import effects

T = TypeVar("T")

NEW_FILE = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
)
OLD_FILE = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)
PLAIN = 0o644
PROGRAM = 0o755

_BUSY = frozenset({5, 32, 33})
"""Windows: access denied, sharing violation, lock violation; what an antivirus causes for a moment."""
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOTTY, errno.EBADF})


@dataclass(frozen=True)
class Patience:
    """How long to try again while another program holds a file.

    Attributes:
        seconds: until giving up.
        first: seconds of the first pause; each is twice the one before, with jitter.
        most: seconds of the longest pause.
        check: called before each pause; what it raises ends the waiting.
    """

    seconds: float = 30.0
    first: float = 0.02
    most: float = 1.0
    check: Callable[[], None] = lambda: None


def patiently(action: Callable[[], T], path: Path | str, patience: Patience) -> T:
    """Run a file operation again while Windows says that the file is in use.

    Args:
        action: the operation; it either happens wholly or not at all.
        path: the file that it needs, for the fault.
        patience: how long.

    Raises:
        InstallerError: `file-in-use` when the patience ends.
        OSError: any other failure, at once.
    """
    until = time.monotonic() + patience.seconds
    pause = patience.first
    while True:
        try:
            return action()
        except OSError as error:
            if winerror(error) not in _BUSY:
                raise
            if time.monotonic() >= until:
                raise file_in_use(path) from error
        patience.check()
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 -- jitter, not a secret
        pause = min(2 * pause, patience.most)


def rename(old: Path | str, new: Path | str, patience: Patience | None = None) -> None:
    """Rename over what is there, also while another program holds it for a moment.

    Raises:
        InstallerError: `file-in-use`.
        OSError: any other failure.
    """
    patiently(lambda: effects.replace(old, new), new, patience or Patience())


def temporary_name() -> str:
    """Return a name that no other file has; the pattern is `layout.TEMPORARY_NAME`."""
    return f".vsrt-{secrets.token_hex(4)}-0"


def write_all(descriptor: int, piece: bytes | memoryview) -> None:
    """Write a whole piece, however many calls that takes."""
    written = effects.write(descriptor, piece)
    while written < len(piece):
        written += effects.write(descriptor, memoryview(piece)[written:])


def flush_folder(folder: Path | str) -> None:
    """Bring a folder's names onto the disk; Windows does that by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        effects.flush(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:  # some network disks can't, and are as durable as they are
            raise
    finally:
        os.close(descriptor)


def flush_standing(folders: Iterable[Path]) -> None:
    """Bring onto the disk itself whether these folders are there, and the names in those that are.

    A folder that this user may not look into, as all homes together often are, is as durable as it is.
    """
    nearest = (next(path for path in (each, *each.parents) if path.is_dir()) for each in folders)
    for folder in dict.fromkeys(nearest):
        with suppress(FileNotFoundError, PermissionError):
            flush_folder(folder)


def make_folders(path: Path) -> None:
    """Make a folder and all above it, where they are not there, and each name durable."""
    if not path.is_dir():
        if path != path.parent:
            make_folders(path.parent)
        effects.make_folder(path)
        flush_standing((path.parent,))


def write_new(path: Path | str, content: bytes, mode: int = PLAIN) -> None:
    """Write a file that must not exist yet, onto the disk itself."""
    descriptor = effects.create(path, NEW_FILE, mode)
    try:
        if sys.platform != "win32":
            effects.chmod(descriptor, mode)  # other users may read a system-wide prefix, whatever the umask
        write_all(descriptor, content)
        effects.flush(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes, mode: int = PLAIN, patience: Patience | None = None) -> None:
    """Give a file new content: a reader sees the old or the new one, also after a power loss.

    Uninterrupted and restartable: nothing but a temporary file may be left behind.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    temporary = path.with_name(temporary_name())
    placed = False
    with translating(path, path.parent):
        try:
            write_new(temporary, content, mode)
            rename(temporary, path, patience)
            placed = True
        finally:
            if not placed:
                with suppress(OSError):
                    effects.unlink(temporary)
        flush_folder(path.parent)


def read_file(path: Path) -> bytes | None:
    """Read a small file, None when it is not there; a folder or a pipe in its place says as little as an empty file.

    Raises:
        InstallerError: disk codes.
    """
    try:
        if not S_ISREG(path.stat().st_mode):
            return b""  # and is not opened: a pipe lets nobody go before somebody writes into it
        return patiently(path.read_bytes, path, Patience(seconds=2.0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise disk_fault(error, path) from error


def parse_json(content: bytes | None) -> object:
    """Read a small file's JSON; None when it is none, which no file of ours says by `null`."""
    try:
        return json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
