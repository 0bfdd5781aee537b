"""The journal: what was done, a line for each event; its tail tells how the last run ended."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.replacing import PLAIN, parse_json, replace_file, write_all
from vsrt_gui.model.events import Outcome
from vsrt_gui.model.faults import Fault
from vsrt_gui.model.survey import LastRun

MOST_BYTES = 1 << 20
"""Above it the older half goes."""
TAIL_BYTES = 256 << 10
"""What is read of it to find the last run, at most."""

LASTING = frozenset({"run-started", "committed", "run-finished"})
"""Events that a power loss right after them must not take back: they tell what was begun, and what was done."""

_APPEND = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_APPEND
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_Faults = TypeAdapter(tuple[Fault, ...])
_Line = Mapping[str, Any]


class Journal:
    """The journal of one prefix."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most = most_bytes
        self._lock = Lock()

    def append(self, line: Mapping[str, object]) -> None:
        """Write one line behind the others, in one call, so that a kill leaves it whole or away.

        A run's milestones are on the disk itself when this returns; a power loss may take or tear the others.

        Raises:
            InstallerError: disk codes.
        """
        content = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        with self._lock, translating(self._path, self._path.parent):
            descriptor = effects.create(self._path, _APPEND, PLAIN)
            try:
                size = os.lseek(descriptor, 0, os.SEEK_END)
                # A power loss may have torn the last line: the new one starts on its own.
                write_all(descriptor, (b"\n" if _is_torn(descriptor, size) else b"") + content)
                if line.get("event") in LASTING:
                    effects.flush(descriptor)
            finally:
                os.close(descriptor)
            if size + len(content) > self._most:
                self._halve()

    def last_run(self) -> LastRun | None:
        """Return the run that wrote last, None when there was none.

        Raises:
            InstallerError: disk codes.
        """
        lines = self._tail()
        run_id = _last_id(lines)
        if run_id is None:
            return None
        mine = [line for line in lines if line.get("run_id") == run_id]
        finished = next((line for line in mine if line.get("event") == "run-finished"), None)
        if finished is None:
            return LastRun(run_id=run_id, finished=False)
        cancelled = finished.get("outcome") == Outcome.CANCELLED
        return LastRun(run_id=run_id, finished=True, cancelled=cancelled, faults=_faults(finished))

    def _tail(self) -> list[_Line]:
        with translating(self._path):
            try:
                with self._path.open("rb") as file:
                    size = file.seek(0, os.SEEK_END)
                    file.seek(max(0, size - TAIL_BYTES))
                    content = file.read(TAIL_BYTES)
            except (FileNotFoundError, NotADirectoryError):
                return []
            except OSError:
                # Somebody's folder in its place tells nothing; the next run sets it aside.
                if self._path.is_dir():
                    return []
                raise
        return [line for line in map(_parsed, content.splitlines()) if line is not None]

    def _halve(self) -> None:
        content = self._path.read_bytes()
        cut = content.find(b"\n", len(content) // 2) + 1
        replace_file(self._path, content[cut:])


def _is_torn(descriptor: int, size: int) -> bool:
    if not size:
        return False
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) != b"\n"


def _parsed(content: bytes) -> _Line | None:
    """Read one line; a broken one (torn, or cut by the start of the tail) is passed over."""
    line = parse_json(content)
    return line if isinstance(line, dict) and isinstance(line.get("run_id"), str) else None


def _last_id(lines: list[_Line]) -> str | None:
    """Name the run that started last; a run so long that its start lies before the tail, by its last line."""
    started = (line for line in reversed(lines) if line.get("event") == "run-started")
    line = next(started, None) or (lines[-1] if lines else None)
    return None if line is None else str(line["run_id"])


def _faults(line: _Line) -> tuple[Fault, ...]:
    try:
        return _Faults.validate_python(line.get("faults", ()))
    except ValidationError:
        return ()
