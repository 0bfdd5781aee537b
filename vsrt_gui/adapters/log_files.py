"""The logs on the disk: JSON lines in files that are turned over when they get large, and read back for people."""

import heapq
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout
from pydantic import ValidationError

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.replacing import parse_json
from vsrt_gui.model.logbook import SEVERITY, LogLine, LogName
from vsrt_gui.model.redaction import Redaction
from vsrt_gui.model.settings import LogLevel

MOST_BYTES = 1 << 20
"""Of one file; with its elders a log takes four times that at most."""
ELDERS = 3
"""Older files of each log that are kept: `application.log.1` is the youngest of them."""
TAIL_BYTES = 512 << 10
"""What is read of one file at most: the window shows what happened lately."""
MOST_TEXT = 16 << 10
"""Characters of one value; a traceback may be long, and a server's answer endless."""

_PLAIN = 0o600
"""For the user alone: addresses and file names are nobody else's business."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class LogFiles:
    """Answers `Logbook`. Thread-safe; several programs may write at the same time.

    A file is opened for each line and closed after it: so another program can turn it over, also on Windows,
    where an open file can't be renamed.

    Attributes:
        folder: of the files.
    """

    def __init__(self, folder: Path, redaction: Redaction) -> None:
        """Open the logs; nothing is made yet.

        Args:
            folder: for the files; made with the first line.
            redaction: takes out what is nobody's business.
        """
        self.folder = folder
        self._redaction = redaction
        self._extra: Path | None = None
        self._lock = Lock()

    def also(self, extra: Path | None) -> None:
        """Write every line of every log into a further file besides, which is never turned over; None ends that.

        Raises:
            InstallerError: disk codes: who names a file relies on it.
        """
        if extra is not None:
            with translating(extra, extra.parent):
                _add(extra, b"")
        self._extra = extra

    def append(self, line: LogLine) -> None:
        """Write a line. A log that can't be written is no reason to stop: then the line is lost."""
        content = json.dumps(self._shape(line), separators=(",", ":")).encode() + b"\n"
        path = self._path(line.log)
        with self._lock, suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            if _add(path, content) > MOST_BYTES:
                self._turn_over(path)
        if self._extra is not None:
            with self._lock, suppress(OSError):
                _add(self._extra, content)

    def read(self, least: LogLevel = LogLevel.DEBUG) -> tuple[LogLine, ...]:
        """Return the latest lines of all logs that matter at least so much, oldest first."""
        logs = (list(self._lines(name)) for name in LogName)
        lines = heapq.merge(*logs, key=attrgetter("at"))
        return tuple(line for line in lines if SEVERITY[line.level] >= SEVERITY[least])

    def files(self) -> tuple[Path, ...]:
        """Return the files that there are, each log's youngest first."""
        names = (path for name in LogName for path in _generations(self._path(name)))
        return tuple(path for path in names if path.is_file())

    def _path(self, name: LogName) -> Path:
        return self.folder / f"{name}.log"

    def _lines(self, name: LogName) -> Iterator[LogLine]:
        young, old, *_ = _generations(self._path(name))
        for path in (old, young):
            for content in _tail(path):
                line = _parsed(parse_json(content), name)
                if line is not None:
                    yield line

    def _turn_over(self, path: Path) -> None:
        """Make a file its own elder. Another program that is at it just now does it for both."""
        with suppress(Timeout), FileLock(self.folder / ".turning.lock", timeout=0):
            if path.stat().st_size <= MOST_BYTES:
                return
            for younger, elder in reversed(list(pairwise(_generations(path)))):
                with suppress(FileNotFoundError):
                    younger.replace(elder)

    def _shape(self, line: LogLine) -> Mapping[str, object]:
        when = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        head = {
            "time": when,
            "level": line.level,
            "run_id": line.run_id,
            "module": line.module,
            "event": line.kind,
        }
        body: dict[str, object] = {"text": line.text} if line.text else {}
        body |= {"facts": dict(line.facts)} if line.facts else {}
        return {**head, **self._redaction.value(_capped(body))}


def _generations(path: Path) -> list[Path]:
    """Return a log's files, the youngest first, whether they are there or not."""
    return [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, ELDERS + 1))]


def _capped(value: object) -> object:
    """Cut texts that are too long for a log."""
    match value:
        case str():
            return value[:MOST_TEXT]
        case Mapping():
            return {key: _capped(each) for key, each in value.items()}
        case list() | tuple():
            return [_capped(each) for each in value]
        case _:
            return value


def _add(path: Path, content: bytes) -> int:
    """Write behind what is there, in one call, and return the size of all of it.

    Where only a part of it found room, that is taken back: the next line would stand behind it and be lost, too.
    """
    descriptor = os.open(path, _FLAGS, _PLAIN)
    try:
        written = os.write(descriptor, content)
        here, end = os.lseek(descriptor, 0, os.SEEK_CUR), os.lseek(descriptor, 0, os.SEEK_END)
        if written < len(content) and here == end:
            os.ftruncate(descriptor, end - written)
        return end
    finally:
        os.close(descriptor)


def _tail(path: Path) -> Iterable[bytes]:
    """Return a file's last lines; one that was cut by the start of the tail is no JSON, and passed over later."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            return file.read(TAIL_BYTES).splitlines()
    except OSError:
        return ()


def _parsed(entry: object, name: LogName) -> LogLine | None:
    if not isinstance(entry, dict):
        return None
    try:
        return LogLine(
            at=datetime.fromisoformat(str(entry.get("time"))).timestamp(),
            level=entry.get("level", LogLevel.INFO),
            log=name,
            run_id=entry.get("run_id"),
            module=entry.get("module"),
            kind=entry.get("event", "message"),
            text=entry.get("text", ""),
            facts=entry.get("facts", {}),
        )
    except (ValidationError, ValueError, OverflowError):
        return None
