"""Joins the bytes that are wanted of one published file: few requests, and little fetched along."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from operator import attrgetter
from typing import TypeVar

from vsrt_gui.model.file_index import IndexedFile, Patch
from vsrt_gui.model.manifest import Target

K = TypeVar("K", bound=Hashable)
JOIN_GAP = 32 << 10
"""Bytes between two pieces that are fetched along rather than asking twice: what 1 ms brings on a good line."""
SPARE_SHARE, SPARE_EACH = 0.05, 2 << 10
"""What may be fetched along in all: a share of the wanted bytes, and bytes for each piece."""
SPAN_BYTES = 8 << 20
"""Pieces are not joined beyond this: a lost connection starts its file over, and the next request begins there."""
STAGED = 1 << 20
"""A larger piece comes by a request of its own, to a partial download of its own: all that came of it is kept."""


@dataclass(frozen=True)
class Piece:
    """What files are made from: their packed bytes in the archive, or a patch.

    Attributes:
        files: more than one where several have the same content; what is packed is the first of them.
        start: first byte in the published file.
        end: one past the last byte.
        patch: None for the packed bytes.
    """

    files: tuple[IndexedFile, ...]
    start: int
    end: int
    patch: Patch | None = None

    @property
    def file(self) -> IndexedFile:
        """The first of them."""
        return self.files[0]

    @property
    def staged(self) -> bool:
        """Whether it is large enough for a partial download of its own."""
        return self.end - self.start > STAGED

    def part(self, target: Target) -> str:
        """Name its partial download: by what it is, and for whom, since two modules may share an archive."""
        artifact = target.artifact
        published = artifact.patches.sha256 if self.patch and artifact.patches else artifact.sha256
        return sha256(f"{target.folder} {published} {self.start}-{self.end}\n".encode()).hexdigest()


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

    @property
    def staged(self) -> Piece | None:
        """The only piece of it, where that has a partial download of its own."""
        return self.pieces[0] if self.pieces[0].staged else None


def ranges(files: Iterable[IndexedFile]) -> list[Piece]:
    """Return where the packed bytes of files lie, of each content once, where they are fewest.

    Those of which no file has a range are left out.
    """
    found = []
    for alike in same(files):
        first, place = min(
            ((file, file.packed) for file in alike if file.packed),
            key=lambda one: one[1].length,
            default=(None, None),
        )
        if first and place:
            others = (file for file in alike if file is not first)
            found.append(Piece((first, *others), place.offset, place.offset + place.length))
    return found


def same(files: Iterable[IndexedFile]) -> list[tuple[IndexedFile, ...]]:
    """Group files of the same content: hard links of an archive, and copies in it."""
    return [alike for _, alike in _together(((file.sha256, file.size), file) for file in files)]


def patches(chosen: Iterable[tuple[IndexedFile, Patch]]) -> list[Piece]:
    """Return where patches lie; one that gives several files of the same content, once."""
    places = ((patch, file) for file, patch in chosen)
    return [
        Piece(alike, patch.offset, patch.offset + patch.length, patch) for patch, alike in _together(places)
    ]


def _together(files: Iterable[tuple[K, IndexedFile]]) -> Iterable[tuple[K, tuple[IndexedFile, ...]]]:
    """Group files that are made from the same."""
    found: defaultdict[K, list[IndexedFile]] = defaultdict(list)
    for key, file in files:
        found[key].append(file)
    return ((key, tuple(alike)) for key, alike in found.items())


def spans(pieces: Iterable[Piece]) -> tuple[Span, ...]:
    """Join pieces that lie near each other in the published file, the nearest ones first.

    Many small gaps can add up to more than what is wanted: what is fetched along in all is bounded. An answer can't be
    read twice: a piece that begins inside another one, as a careless index may have it, gets a span of its own.
    """
    ordered = sorted(pieces, key=attrgetter("start", "end"))
    runs = [_Run(piece.start, piece.end, [piece]) for piece in ordered]
    bridged = _bridged(runs)
    found: list[_Run] = []
    for at, run in enumerate(runs):
        last = found[-1] if found else None
        if last and at in bridged and last.joins(run):
            last.end = run.end
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

    def joins(self, other: "_Run") -> bool:
        """Tell whether another one may come by the same request."""
        large = self.pieces[0].staged or other.pieces[0].staged
        return not large and other.end - self.start <= SPAN_BYTES


def _bridged(runs: list[_Run]) -> set[int]:
    """Tell which runs may be joined to the one before."""
    spare = SPARE_SHARE * sum(run.end - run.start for run in runs) + SPARE_EACH * len(runs)
    apart = ((run.start - last.end, at) for at, (last, run) in enumerate(pairwise(runs), 1))
    gaps = sorted((gap, at) for gap, at in apart if gap >= 0)
    bridged: set[int] = set()
    for gap, at in gaps:
        spare -= gap
        if gap > JOIN_GAP or spare < 0:
            break
        bridged.add(at)
    return bridged
