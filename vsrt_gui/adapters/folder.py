"""Gets bytes from folders and USB sticks: what HTTP does for servers, for file urls."""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from vsrt_gui.adapters.os_faults import disk_fault, winerror
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError

PIECE = 1 << 18
"""Bytes read at once."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_OUR_OWN = frozenset({errno.EMFILE, errno.ENFILE})
_PULLED_OUT = frozenset({errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESTALE, errno.EHOSTDOWN})
"""What reading says once a stick was pulled out or a network drive has gone."""
_PULLED_OUT_OF_WINDOWS = frozenset({15, 21, 53, 55, 59, 64, 67, 1167, 1231})
"""ERROR_INVALID_DRIVE, NOT_READY, BAD_NETPATH, DEV_NOT_EXIST, UNEXP_NET_ERR, NETNAME_DELETED, BAD_NET_NAME,
DEVICE_NOT_CONNECTED and NETWORK_UNREACHABLE."""


class FolderSource:
    """Answers `Source` for file urls."""

    @contextmanager
    def open(self, ask: Ask, stop: Stop) -> Iterator["FileBody"]:
        """Open a file; see `Source.open`."""
        stop.check()
        path = path_of(ask.url)
        with _open(path) as stream:
            yield FileBody(stream, path, ask, stop)


class FileBody:
    """Answers `Body` with a file's bytes."""

    def __init__(self, stream: BinaryIO, path: Path, ask: Ask, stop: Stop) -> None:
        status = os.fstat(stream.fileno())
        self.total: int | None = status.st_size
        self.validator: str | None = f'"{status.st_size:x}-{status.st_mtime_ns:x}"'
        same = ask.validator in (None, self.validator) and ask.start <= status.st_size
        self.start = ask.start if same else 0
        self._end = min(ask.end, status.st_size) if same and ask.end is not None else status.st_size
        self._stream = stream
        self._path = path
        self._stop = stop

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in pieces of at most 256 KiB."""
        left = self._end - self.start
        try:
            self._stream.seek(self.start)
            while left > 0 and (piece := self._stream.read(min(left, PIECE))):
                left -= len(piece)
                self._stop.check()
                yield piece
        except OSError as error:
            raise _translated(error, self._path) from error


def path_of(url: str) -> Path:
    """Return the path that a file url names; a host is a Windows share."""
    parts = urlsplit(url)
    host = "" if parts.netloc in ("", "localhost") else f"//{parts.netloc}"
    return Path(url2pathname(host + parts.path))


def address_of(place: str) -> str:
    """Return the address of a place that may be a path, too; `~` is the user's own folder."""
    return place if _ADDRESS.match(place) else Path(place).expanduser().absolute().as_uri()


def _open(path: Path) -> BinaryIO:
    try:
        # Opening anything but a file, such as a pipe, could wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InstallerError(FaultCode.FILE_MISSING, path=str(path))
        return path.open("rb", buffering=0)
    except (OSError, ValueError) as error:
        raise _translated(error, path) from error


def _translated(error: OSError | ValueError, path: Path) -> InstallerError:
    """Say what it is to somebody who installs from a folder or stick; the advice for our own disk does not fit it."""
    name = str(path).replace("\0", "␀")  # no message, file or terminal takes the sign itself
    match error:
        case OSError() if error.errno in _OUR_OWN:
            return disk_fault(error, path)
        case OSError() if error.errno in _PULLED_OUT or winerror(error) in _PULLED_OUT_OF_WINDOWS:
            return InstallerError(FaultCode.FOLDER_MISSING, path=str(path.parent))
        case _ if not _there(path.parent):
            return InstallerError(FaultCode.FOLDER_MISSING, path=str(Path(name).parent))
        case FileNotFoundError() | NotADirectoryError() | ValueError():
            return InstallerError(FaultCode.FILE_MISSING, path=name)
        case _:
            reason = error.strerror or type(error).__name__
            return InstallerError(FaultCode.FILE_UNREADABLE, path=name, reason=reason)


def _there(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except (OSError, ValueError):
        return False
