"""Where a new file's bytes come from: pieces that are brought, or another file of the store; always checked."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.layout import native
from vsrt_gui.adapters.prefix.replacing import NEW_FILE, OLD_FILE, write_all
from vsrt_gui.engine.ports import Tick
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import IndexedFile

if sys.platform == "linux":
    from fcntl import ioctl
elif sys.platform == "darwin":
    import ctypes

PIECE = 256 << 10
"""Bytes copied or hashed between two ticks: less than a millisecond's work."""
FICLONE = 0x40049409
"""Linux: let a file share another's blocks until one of them is written; btrfs and XFS can."""
CLONE_NOFOLLOW = 1
"""macOS: `clonefile` takes no link for its source."""


class Filling(Protocol):
    """What fills a new file."""

    def create(self, temporary: str, mode: int) -> int:
        """Make the file, which must not be there yet, and return its descriptor."""
        ...

    def fill(self, descriptor: int, file: IndexedFile) -> None:
        """See to it that it holds the file's content.

        Raises:
            InstallerError: `size-mismatch`, `checksum-mismatch`.
        """
        ...


class Pieces:
    """Content that is brought piece by piece."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self._content = content

    def create(self, temporary: str, mode: int) -> int:
        """Make an empty file."""
        return effects.create(temporary, NEW_FILE, mode)

    def fill(self, descriptor: int, file: IndexedFile) -> None:
        """Write the pieces."""
        _pour(descriptor, file, self._content)


class Loan:
    """Another file's content: its blocks are shared until one of the two is written, or else they are copied.

    Never a hard link: what damages one name of a file damages all.
    """

    def __init__(self, source: int, path: str, tick: Tick) -> None:
        """Get ready.

        Args:
            source: descriptor of the other file.
            path: of the other file.
            tick: counts the bytes; what it raises ends the work.
        """
        self._source = source
        self._path = path
        self._tick = tick
        self._cloned = False

    def create(self, temporary: str, mode: int) -> int:
        """Make a file that shares the other's blocks, or an empty one where the disk can't do that."""
        if sys.platform == "darwin" and _clonefile(self._path, temporary):
            self._cloned = True
            # It has the other one's mode, which may forbid to write; nothing is written to it.
            return os.open(temporary, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        descriptor = effects.create(temporary, NEW_FILE, mode)
        if sys.platform == "linux":
            effects.checkpoint("clone", descriptor)
            with suppress(OSError):  # another file system, or one that shares nothing: it is copied
                ioctl(descriptor, FICLONE, self._source)
                self._cloned = True
        return descriptor

    def fill(self, descriptor: int, file: IndexedFile) -> None:
        """Check what is shared, or copy."""
        if self._cloned:
            _check(self._counted(descriptor), file)
        else:
            _pour(descriptor, file, self._counted(self._source))

    def content(self, most: int) -> memoryview | None:
        """Read it, unless it has more bytes than this."""
        size = os.fstat(self._source).st_size
        if size > most:
            return None
        content = bytearray(size)
        end = 0
        for piece in self._counted(self._source):
            content[end : end + len(piece)] = piece  # it may grow meanwhile: who wants it checks it
            end += len(piece)
            if end > most:
                return None
        return memoryview(content)[:end]

    def _counted(self, descriptor: int) -> Iterator[bytes]:
        os.lseek(descriptor, 0, os.SEEK_SET)
        while piece := _read(descriptor):
            self._tick(len(piece))
            yield piece


@contextmanager
def lent(folder: Path, path: str, tick: Tick) -> Iterator[Loan | None]:
    """Open a file of the store within the block, None where there is no such file that can be read."""
    place = f"{native(folder)}{os.sep}{path.replace('/', os.sep)}"
    try:
        source = os.open(place, OLD_FILE)
    except OSError:  # it is gone, or nobody may read it: its content is fetched instead
        yield None
        return
    try:
        yield Loan(source, place, tick) if stat.S_ISREG(os.fstat(source).st_mode) else None
    finally:
        os.close(source)


def _read(descriptor: int) -> bytes:
    """Read a piece; what can't be read ends the file too early, and so is found by its size."""
    try:
        return os.read(descriptor, PIECE)
    except OSError:
        return b""


def _clonefile(source: str, new: str) -> bool:
    """Let a new file share another's blocks, on APFS; tells whether it did."""
    if sys.platform == "darwin":
        effects.checkpoint("clone", new)
        clone = ctypes.CDLL(None).clonefile
        return bool(clone(os.fsencode(source), os.fsencode(new), CLONE_NOFOLLOW) == 0)
    return False


def _pour(descriptor: int, file: IndexedFile, content: Iterable[bytes]) -> None:
    """Write the content, never more than declared, and check what it was."""

    def written() -> Iterator[bytes]:
        size = 0
        for piece in content:
            size += len(piece)
            if size > file.size:
                raise _wrong_size(file, size)
            write_all(descriptor, piece)
            yield piece

    _check(written(), file)


def _check(pieces: Iterable[bytes], file: IndexedFile) -> None:
    digest = sha256()
    size = 0
    for piece in pieces:
        size += len(piece)
        digest.update(piece)
    if size != file.size:
        raise _wrong_size(file, size)
    if digest.hexdigest() != file.sha256:
        raise InstallerError(
            FaultCode.CHECKSUM_MISMATCH, file=file.path, expected=file.sha256, actual=digest.hexdigest()
        )


def _wrong_size(file: IndexedFile, actual: int) -> InstallerError:
    return InstallerError(FaultCode.SIZE_MISMATCH, file=file.path, expected=file.size, actual=actual)
