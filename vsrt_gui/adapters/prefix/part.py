"""An artifact on its way: its bytes as they came, and a sidecar that says which bytes they are."""

import json
import os
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from stat import S_ISREG
from threading import Lock

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.erasing import BRIEFLY, erase
from vsrt_gui.adapters.prefix.flushing import Flushing
from vsrt_gui.adapters.prefix.replacing import (
    PLAIN,
    Patience,
    parse_json,
    read_file,
    replace_file,
    write_all,
)
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.part_port import SEVERAL, is_validator
from vsrt_gui.engine.ports import Tick
from vsrt_gui.engine.shares import Range, common, merged

FORMAT = 3
READABLE = (1, 2, FORMAT)
"""Format 1 had neither size nor request, and what it vouched for had no gaps; up to 2, nothing of it was `flushed`."""
PIECE = 256 << 10

_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
WORTH = 0.75
"""The share of what is staged that must be sure: a power loss spoils what came last, and a lie may be anywhere."""


class DiskPart:
    """`downloads/<sha256>.part` and `downloads/<sha256>.json`.

    Without a sidecar of this very artifact the bytes count as nothing, so each call may be killed at any point. A
    sidecar without `done` vouches for the whole file, which grows at its end; one with it for those bytes only, and
    whatever lies between them is nothing. One of a newer format counts as nothing too, and stays until bytes come
    that need its place.

    A killed program loses none of those bytes; a power loss may spoil any that are not noted as `flushed`. What came
    last says a line of its own behind the sidecar's first one: adding one puts nothing at risk that is on the disk.

    Attributes:
        path: of the partial file.
    """

    def __init__(self, downloads: Path, sha256: str, patience: Patience) -> None:
        self.path = downloads / f"{sha256}.part"
        self._sidecar = downloads / f"{sha256}.json"
        self._sha256 = sha256
        self._patience = patience
        self._flushing = Flushing(self.path, self._note_flushed)
        self._lock = Lock()
        """Held by who changes the sidecar."""

    def staged(self) -> int:
        """Return how many bytes lie on the disk; 0 without a readable sidecar.

        Raises:
            InstallerError: disk codes.
        """
        return _size(self.ranges())

    def ranges(self) -> tuple[Range, ...]:
        """Return which bytes lie on the disk.

        Raises:
            InstallerError: disk codes.
        """
        return self._ranges_of(self._noted())

    def noted(self) -> bool:
        """Tell whether only bytes count that were noted, and not all of the file.

        Raises:
            InstallerError: disk codes.
        """
        return (self._noted() or {}).get("done") is not None

    def validator(self) -> str | None:
        """Return the validator of the bytes that are there; None where no answer can have brought it.

        Raises:
            InstallerError: disk codes.
        """
        validator = self._text("validator")
        return validator if validator is not None and is_validator(validator) else None

    def size(self) -> int | None:
        """Return how large the whole was said to be.

        Raises:
            InstallerError: disk codes.
        """
        size = (self._noted() or {}).get("size")
        return size if isinstance(size, int) else None

    def content(self, stop: Stop, start: int = 0) -> Generator[bytes, None, None]:
        """Read what is staged without a gap from `start` on, in pieces of at most 256 KiB.

        Raises:
            InstallerError: disk codes.
            StoppedError: before the next piece.
        """
        end = next((end for first, end in self.ranges() if first <= start < end), start)
        if start == end:
            return
        with translating(self.path):
            descriptor = os.open(self.path, os.O_RDONLY | _SAFELY)
        try:
            os.lseek(descriptor, start, os.SEEK_SET)
            while start < end and (piece := self._read(descriptor, end - start)):
                start += len(piece)
                yield piece
                stop.check()
        finally:
            os.close(descriptor)

    def source(self) -> str:
        """Return the address that the bytes came from, empty where that is not known, or SEVERAL.

        Raises:
            InstallerError: disk codes.
        """
        return self._text("source") or ""

    def request(self) -> str:
        """Return the digest of the request that brought the bytes, empty where that is not known.

        Raises:
            InstallerError: disk codes.
        """
        return self._text("request") or ""

    def begin(
        self, validator: str | None, source: str = "", *, request: str = "", size: int | None = None
    ) -> None:
        """Start over: empty file, new sidecar. The old sidecar goes first, lest it vouch for other bytes.

        Raises:
            InstallerError: disk codes.
        """
        self.discard()
        with translating(self.path, self.path.parent):
            os.close(effects.create(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, PLAIN))
        note = {"format": FORMAT, "sha256": self._sha256, "size": size, "validator": validator}
        with self._lock:
            self._write({**note, "source": source, "request": request, "flushed": []})

    def blend(self) -> None:
        """Note that bytes of another address follow.

        Raises:
            InstallerError: disk codes.
        """
        note = {"format": FORMAT, "sha256": self._sha256, "validator": None, "source": SEVERAL, "request": ""}
        with self._lock:
            self._write({**(self._noted() or {}), **note})

    def note(self, ranges: Iterable[Range]) -> None:
        """Note which bytes lie on the disk.

        The first note is on the disk before a byte is that leaves a gap, lest a power loss keep the file and a
        sidecar that vouches for all of it. Later ones reach the system at once and the disk when it likes, as the
        bytes do.

        Raises:
            InstallerError: disk codes.
        """
        with self._lock:
            note, done = self._noted(), _listed(ranges)
            if note is None or note.get("done") == done:
                return
            if note.get("done") is None or note["format"] != FORMAT:
                self._write({**note, "format": FORMAT, "done": done})
            else:
                self._jot({"done": done})

    def distrust(self) -> None:
        """Keep only what a power loss can't have spoilt; nothing where that is all: then something else is wrong.

        Nothing, either, where much is not sure: fetching that alone costs too much for an attempt that may be in vain.

        Raises:
            InstallerError: disk codes.
        """
        with self._lock:
            note = self._noted() or {}
            ranges = self._ranges_of(note)
            sure = common(ranges, (*_ranges(note.get("flushed")), *self._flushing.written()))
            if WORTH * _size(ranges) < _size(sure) < _size(ranges):
                self._write({**note, "format": FORMAT, "done": _listed(sure)})
                return
        self.discard()

    def append(self, pieces: Iterable[bytes], tick: Tick, start: int | None = None) -> None:
        """Write pieces as they come; what was written stays, whatever `pieces` raises.

        They reach the system at once, and the disk every few seconds, which the sidecar notes.

        Args:
            pieces: the bytes, in order.
            tick: called with each piece's length after it was written.
            start: where they belong, None for the file's end.

        Raises:
            InstallerError: disk codes.
        """
        with translating(self.path, self.path.parent):
            descriptor = effects.create(self.path, os.O_WRONLY | _SAFELY, PLAIN)
        try:
            at = os.lseek(descriptor, start or 0, os.SEEK_END if start is None else os.SEEK_SET)
            with self._flushing.writing(descriptor, at) as wrote:
                for piece in pieces:
                    with translating(self.path):
                        write_all(descriptor, piece)
                        wrote(len(piece))
                    tick(len(piece))
        finally:
            os.close(descriptor)

    def discard(self) -> None:
        """Delete it and its sidecar.

        Raises:
            InstallerError: disk codes.
        """
        with self._lock:
            self._flushing.forget()
            erase(self._sidecar)
            erase(self.path)

    def _read(self, descriptor: int, most: int) -> bytes:
        with translating(self.path):
            return os.read(descriptor, min(PIECE, most))

    def _write(self, note: dict[str, object], patience: Patience | None = None) -> None:
        replace_file(self._sidecar, _encoded(note), patience=patience or self._patience)

    def _jot(self, note: dict[str, object]) -> None:
        """Add a line to the sidecar, without waiting for the disk; in a line of its own, whatever is left of others."""
        with translating(self._sidecar, self._sidecar.parent):
            descriptor = effects.create(self._sidecar, os.O_WRONLY | os.O_APPEND | _SAFELY, PLAIN)
            try:
                write_all(descriptor, b"\n" + _encoded(note))
            finally:
                os.close(descriptor)

    def _note_flushed(self, ranges: Iterable[Range]) -> None:
        with self._lock:
            note = self._noted()
            if note is not None:
                flushed = merged((*_ranges(note.get("flushed")), *ranges))
                self._write({**note, "format": FORMAT, "flushed": _listed(flushed)}, BRIEFLY)

    def _ranges_of(self, note: dict[str, object] | None) -> tuple[Range, ...]:
        if note is None:
            return ()
        whole = ((0, _length(self.path) or 0),)
        return common(whole, whole if note.get("done") is None else _ranges(note["done"]))

    def _text(self, name: str) -> str | None:
        value = (self._noted() or {}).get(name)
        return value if isinstance(value, str) else None

    def _noted(self) -> dict[str, object] | None:
        """Read the sidecar, None unless it vouches for this artifact; a line that is torn says nothing."""
        content = None if _length(self._sidecar) is None else read_file(self._sidecar)
        first, *later = (content or b"").split(b"\n")
        note = parse_json(first)
        if (
            not isinstance(note, dict)
            or note.get("sha256") != self._sha256
            or note.get("format") not in READABLE
        ):
            return None
        for line in later:
            jotted = parse_json(line)
            note |= jotted if isinstance(jotted, dict) else {}
        return note


def _length(path: Path) -> int | None:
    """Return how long a file is; None where none is, but perhaps a link, a pipe or a folder, which `begin` removes."""
    with translating(path):
        try:
            status = path.lstat()
        except FileNotFoundError:
            return None
    return status.st_size if S_ISREG(status.st_mode) else None


def _encoded(note: dict[str, object]) -> bytes:
    return json.dumps(note).encode() + b"\n"


def _size(ranges: Iterable[Range]) -> int:
    return sum(end - start for start, end in ranges)


def _listed(ranges: Iterable[Range]) -> list[list[int]]:
    return [[start, end] for start, end in ranges]


def _ranges(done: object) -> Iterator[Range]:
    """Read the noted ranges; a list that makes no sense vouches for nothing."""
    pairs = done if isinstance(done, list) else []
    sound = all(
        isinstance(pair, list) and len(pair) == 2 and all(type(n) is int and n >= 0 for n in pair)  # noqa: PLR2004
        for pair in pairs
    )
    return ((pair[0], pair[1]) for pair in pairs) if sound else iter(())
