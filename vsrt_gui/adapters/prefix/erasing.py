"""Deletes files and whole trees, never through a link, and counts what that frees, or would."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.layout import is_real_folder, native, stands
from vsrt_gui.adapters.prefix.replacing import PLAIN, PROGRAM, Patience, patiently

BRIEFLY = Patience(seconds=3.0)
"""For deleting: what is in use for longer is left for the next time, or is the user's to close."""
_STAYS = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.EBUSY})
"""Why a folder rightly stays: it holds what is not ours, was gone already, is a link, or a disk is mounted on it."""


def erase(path: Path) -> int:
    """Delete a file, a link, or a folder with all that is in it; nothing happens when it is not there.

    Restartable: what a killed call left is deleted by the next.

    Returns:
        The bytes of the deleted files.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    with translating(path, path.parent):
        return erase_native(native(path))


def erase_native(path: str) -> int:
    """Do what `erase` does, for a path in the system's own form; raises OSError.

    Raises:
        InstallerError: `file-in-use`.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return 0
    if not is_real_folder(status):
        return _unlink(path, status)
    return sum(_emptied(path))


def weigh(path: Path) -> int:
    """Return the bytes that `erase` would free; what can't be looked at counts for nothing."""
    return sum(_weights(native(path)))


def discard_empty(folder: Path) -> None:
    """Delete a folder if there is nothing in it."""
    with suppress(OSError):
        effects.rmdir(folder)


def discard_folder(folder: Path) -> None:
    """Delete a folder of ours if there is nothing in it; one that is empty and can't go is a fault.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    with translating(folder, folder.parent):
        try:
            patiently(lambda: effects.rmdir(folder), folder, BRIEFLY)
        except OSError as error:
            if error.errno not in _STAYS:
                raise


def discard_levels(folder: Path, levels: int) -> None:
    """Delete this many folders of ours, one above the other, up to the first one with something in it. Restartable.

    Never a home, or where a disk is mounted, or anything above; and none where there are not that many at all: such a
    note is not ours.

    Raises:
        InstallerError: `file-in-use`, disk codes: one that is empty can't go.
    """
    home = os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111 -- stays as it is where there is none
    for each in islice((folder, *folder.parents), levels if 0 < levels <= len(folder.parents) else 0):
        with translating(each):
            if Path(home).is_relative_to(os.path.realpath(each)) or each.is_mount():
                break
        discard_folder(each)
        with translating(each):
            if stands(each):
                break


def _weights(path: str) -> Iterator[int]:
    with suppress(OSError):
        status = os.lstat(path)
        if not is_real_folder(status):
            yield status.st_size
            return
        with os.scandir(path) as entries:
            children = [entry.path for entry in entries]
        for child in children:
            yield from _weights(child)


def _emptied(folder: str) -> Iterator[int]:
    _open_up(folder)
    with os.scandir(folder) as entries:
        children = list(entries)
    for child in children:
        status = child.stat(follow_symlinks=False)
        if is_real_folder(status):
            yield from _emptied(child.path)
        else:
            yield _unlink(child.path, status)
    patiently(lambda: effects.rmdir(folder), folder, BRIEFLY)


def _open_up(folder: str) -> None:
    """Make a folder of ours writable that was made read-only."""
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        effects.chmod(folder, PROGRAM)


def _unlink(path: str, status: os.stat_result) -> int:
    if sys.platform == "win32" and not status.st_mode & 0o200:
        effects.chmod(path, PLAIN)  # Windows refuses to delete a read-only file
    with suppress(FileNotFoundError):
        patiently(lambda: effects.unlink(path), path, BRIEFLY)
        return status.st_size
    return 0
