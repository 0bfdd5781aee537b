"""Notes of servers that are left alone, one small file each, so that all programs of a user spare them together."""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from time import time

from pydantic import ValidationError

from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.erasing import erase
from vsrt_gui.adapters.prefix.replacing import replace_file
from vsrt_gui.engine.breaker import Clock
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.transport import BreakerNote, Circuit

LONGEST = 4096
"""Bytes; whatever is longer was not written by us."""


class DiskNotes:
    """Answers `engine.service.Notes`. A disk that fails, and rubbish in the folder, count as no note."""

    def __init__(self, folder: Path, wall: Clock = time) -> None:
        """Name the folder; nothing is touched yet.

        Args:
            folder: where the notes lie, and nothing else.
            wall: seconds since 1970.
        """
        self._folder = folder
        self._wall = wall

    def read(self) -> tuple[BreakerNote, ...]:
        """Return every note that still holds; those of the past are taken away."""
        return tuple(note for file in self._files() if (note := self._valid(file)))

    def find(self, circuit: Circuit, host: str) -> BreakerNote | None:
        """Return the note of one server, None where there is none that still holds."""
        note = self._valid(self._file(circuit, host))
        return note if note and (note.circuit, note.host) == (circuit, host) else None

    def write(self, note: BreakerNote) -> bool:
        """Write or replace one, and tell whether it is there now."""
        try:
            effects.make_folders(self._folder)
            replace_file(self._file(note.circuit, note.host), note.model_dump_json().encode() + b"\n")
        except (OSError, InstallerError):
            return False
        return True

    def erase(self, circuit: Circuit, host: str) -> None:
        """Take one away."""
        with suppress(InstallerError):
            erase(self._file(circuit, host))

    def _file(self, circuit: Circuit, host: str) -> Path:
        return self._folder / f"{circuit}-{sha256(host.encode()).hexdigest()[:32]}.json"

    def _files(self) -> Iterator[Path]:
        with suppress(OSError):
            yield from sorted(self._folder.glob("*_circuit-*.json"))

    def _valid(self, file: Path) -> BreakerNote | None:
        try:
            if not file.is_file():  # a pipe may never say a word
                return None
            with file.open("rb") as stream:
                note = BreakerNote.model_validate_json(stream.read(LONGEST))
        except (OSError, ValidationError):
            return None
        if note.left(self._wall()):
            return note
        with suppress(InstallerError):
            erase(file)
        return None
