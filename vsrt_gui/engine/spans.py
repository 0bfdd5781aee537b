"""Joins the bytes that are wanted of one published file: few requests, and little fetched along."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter

from vsrt_gui.model.file_index import IndexedFile, Patch

JOIN_GAP = 32 << 10
"""Bytes between two pieces that are fetched along rather than asking twice: what 1 ms brings on a good line."""
SPARE_SHARE, SPARE_EACH = 0.05, 2 << 10
"""What may be fetched along in all: a share of the wanted bytes, and bytes for each piece."""
SPAN_BYTES = 8 << 20
"""Pieces are not joined beyond this: a lost connection starts its file over, and the next request begins there."""


@dataclass(frozen=True)
class Piece:
    """What one file is made from: its packed bytes in the archive, or a patch.

    Attributes:
        file: it.
        start: first byte in the published file.
        end: one past the last byte.
        patch: None for the packed bytes.
    """

    file: IndexedFile
    start: int
    end: int
    patch: Patch | None = None


@dataclass(frozen=True)
class Span:
    """Neighbouring pieces, fetched by one request; `end` is one past the last byte."""

    start: int
    end: int
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """Bytes of it."""
        return self.end - self.start


def ranges(files: Iterable[IndexedFile]) -> list[Piece]:
    """Return where the packed bytes of files lie; those without a range are left out."""
    places = ((file, file.packed) for file in files)
    return [Piece(file, place.offset, place.offset + place.length) for file, place in places if place]


def patches(chosen: Iterable[tuple[IndexedFile, Patch]]) -> list[Piece]:
    """Return where patches lie; one that gives several files of the same content, once."""
    places = {patch.offset: (file, patch) for file, patch in chosen}
    return [Piece(file, patch.offset, patch.offset + patch.length, patch) for file, patch in places.values()]


def spans(pieces: Iterable[Piece]) -> tuple[Span, ...]:
    """Join pieces that lie near each other in the published file, the nearest ones first.

    Many small gaps can add up to more than what is wanted: what is fetched along in all is bounded.
    """
    runs = [_Run(piece.start, piece.end, [piece]) for piece in sorted(pieces, key=attrgetter("start"))]
    bridged = _bridged(runs)
    found: list[_Run] = []
    for at, run in enumerate(runs):
        last = found[-1] if found else None
        if last and at in bridged and run.end - last.start <= SPAN_BYTES:
            last.end = max(last.end, run.end)
            last.pieces += run.pieces
        else:
            found.append(run)
    return tuple(Span(run.start, run.end, tuple(run.pieces)) for run in found)


def to_fetch(pieces: Iterable[Piece]) -> int:
    """Return the bytes that pieces cost, with what is fetched along."""
    return sum(span.size for span in spans(pieces))


@dataclass
class _Run:
    """A span that still grows."""

    start: int
    end: int
    pieces: list[Piece]


def _bridged(runs: list[_Run]) -> set[int]:
    """Tell which runs may be joined to the one before, which ends where the furthest so far does."""
    spare = SPARE_SHARE * sum(run.end - run.start for run in runs) + SPARE_EACH * len(runs)
    ends = accumulate((run.end for run in runs), max)
    gaps = sorted(
        (max(0, run.start - end), at) for at, (run, end) in enumerate(zip(runs[1:], ends, strict=False), 1)
    )
    bridged: set[int] = set()
    for gap, at in gaps:
        spare -= gap
        if gap > JOIN_GAP or spare < 0:
            break
        bridged.add(at)
    return bridged
