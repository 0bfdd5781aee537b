"""Gets bytes from folders and USB sticks: what HTTP does for servers, for file urls."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from vsrt_gui.adapters.os_faults import disk_fault
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError

PIECE = 1 << 18
"""Bytes read at once."""

_NOT_FOUND, _FORBIDDEN = 404, 403
"""A server would say so; the faults are the same."""


class FolderSource:
    """Answers `Source` for file urls."""

    @contextmanager
    def open(self, ask: Ask, stop: Stop) -> Iterator["FileBody"]:
        """Open a file; see `Source.open`."""
        stop.check()
        path = path_of(ask.url)
        with _open(path, ask.url) as stream:
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
            raise disk_fault(error, self._path) from error


def path_of(url: str) -> Path:
    """Return the path that a file url names; a host is a Windows share."""
    parts = urlsplit(url)
    host = "" if parts.netloc in ("", "localhost") else f"//{parts.netloc}"
    return Path(url2pathname(host + parts.path))


def _open(path: Path, url: str) -> BinaryIO:
    try:
        # Opening anything but a file, such as a pipe, could wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InstallerError(FaultCode.SOURCE_GONE, url=url, status=_NOT_FOUND)
        return path.open("rb", buffering=0)
    except PermissionError as error:
        raise InstallerError(FaultCode.ACCESS_REFUSED, url=url, status=_FORBIDDEN) from error
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise InstallerError(FaultCode.SOURCE_GONE, url=url, status=_NOT_FOUND) from error
    except OSError as error:
        raise disk_fault(error, path) from error
