"""An artifact on its way: its bytes as they came, and a sidecar that says which bytes they are."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.erasing import erase
from vsrt_gui.adapters.prefix.replacing import PLAIN, Patience, parse_json, read_file, replace_file, write_all
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import SEVERAL, Tick

FORMAT = 1
PIECE = 256 << 10

_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class DiskPart:
    """`downloads/<sha256>.part` and `downloads/<sha256>.json`.

    Without a sidecar of this very artifact the bytes count as nothing, so each call may be killed at any point.

    Attributes:
        path: of the partial file.
    """

    def __init__(self, downloads: Path, sha256: str, patience: Patience) -> None:
        self.path = downloads / f"{sha256}.part"
        self._sidecar = downloads / f"{sha256}.json"
        self._sha256 = sha256
        self._patience = patience

    def staged(self) -> int:
        """Return how many bytes, from the first one, lie on the disk; 0 without a readable sidecar.

        Raises:
            InstallerError: disk codes.
        """
        if self._noted() is None:
            return 0
        with translating(self.path):
            try:
                return self.path.lstat().st_size
            except FileNotFoundError:
                return 0

    def validator(self) -> str | None:
        """Return the validator of the bytes that are there.

        Raises:
            InstallerError: disk codes.
        """
        validator = (self._noted() or {}).get("validator")
        return validator if isinstance(validator, str) else None

    def content(self, stop: Stop) -> Iterator[bytes]:
        """Read what is staged, in pieces of at most 256 KiB.

        Raises:
            InstallerError: disk codes.
            StoppedError: before the next piece.
        """
        if not self.staged():
            return
        with translating(self.path):
            descriptor = os.open(self.path, os.O_RDONLY | _SAFELY)
        try:
            while piece := self._read(descriptor):
                yield piece
                stop.check()
        finally:
            os.close(descriptor)

    def source(self) -> str:
        """Return the address that the bytes came from, empty where that is not known, or SEVERAL.

        Raises:
            InstallerError: disk codes.
        """
        source = (self._noted() or {}).get("source")
        return source if isinstance(source, str) else ""

    def begin(self, validator: str | None, source: str = "") -> None:
        """Start over: empty file, new sidecar. The old sidecar goes first, lest it vouch for other bytes.

        Raises:
            InstallerError: disk codes.
        """
        erase(self._sidecar)
        erase(self.path)
        with translating(self.path, self.path.parent):
            os.close(effects.create(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, PLAIN))
        self._note(validator, source)

    def blend(self) -> None:
        """Note that bytes of another address follow.

        Raises:
            InstallerError: disk codes.
        """
        self._note(None, SEVERAL)

    def append(self, pieces: Iterable[bytes], tick: Tick) -> None:
        """Write pieces behind what is staged, as they come; what was written stays, whatever `pieces` raises.

        They reach the system at once and the disk when it likes: what a power loss takes, the hash notices.

        Args:
            pieces: the bytes, in order.
            tick: called with each piece's length after it was written.

        Raises:
            InstallerError: disk codes.
        """
        with translating(self.path, self.path.parent):
            descriptor = effects.create(self.path, os.O_WRONLY | os.O_APPEND | _SAFELY, PLAIN)
        try:
            for piece in pieces:
                with translating(self.path):
                    write_all(descriptor, piece)
                tick(len(piece))
        finally:
            os.close(descriptor)

    def discard(self) -> None:
        """Delete it and its sidecar.

        Raises:
            InstallerError: disk codes.
        """
        erase(self.path)
        erase(self._sidecar)

    def _read(self, descriptor: int) -> bytes:
        with translating(self.path):
            return os.read(descriptor, PIECE)

    def _note(self, validator: str | None, source: str) -> None:
        note = {"format": FORMAT, "sha256": self._sha256, "validator": validator, "source": source}
        replace_file(self._sidecar, json.dumps(note).encode() + b"\n", patience=self._patience)

    def _noted(self) -> dict[str, object] | None:
        """Read the sidecar, None unless it vouches for this artifact."""
        note = parse_json(read_file(self._sidecar))
        if not isinstance(note, dict):
            return None
        return note if (note.get("format"), note.get("sha256")) == (FORMAT, self._sha256) else None
