"""Tar archives: read by their ranges, or to the last needed byte, a thread unpacking ahead of who writes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import SpooledTemporaryFile, gettempdir
from typing import IO, BinaryIO

from vsrt_gui.adapters.archives.ahead import Ahead
from vsrt_gui.adapters.archives.inflating import KINDS, PIECE, Inflating
from vsrt_gui.adapters.archives.listing import Listing
from vsrt_gui.adapters.archives.ranges import unpack_ranges
from vsrt_gui.adapters.archives.strip import Parts, Stripping
from vsrt_gui.adapters.archives.tar_entries import Entry, entries, finish
from vsrt_gui.adapters.archives.unrolled import Unrolled
from vsrt_gui.adapters.archives.verdict import damaged
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Put, Tick
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import ByteRange, FileIndex, IndexedFile, Packing
from vsrt_gui.model.manifest import ArchiveFormat

READ = 1 << 18
"""Packed bytes that are read at once."""
RANGED = frozenset({ArchiveFormat.TAR, ArchiveFormat.TAR_ZST})
"""The formats in which a file's bytes can lie on their own."""
SPOOL = 8 << 20
"""Bytes of a file with several names that stay in memory; more of it goes to a temporary file."""


class TarReader:
    """Reads one tar of any compression."""

    def __init__(self, path: Path, form: ArchiveFormat, stripping: Stripping) -> None:
        self._path = path
        self._form = form
        self._stripping = stripping

    def index(self, tick: Tick, stop: Stop) -> FileIndex:
        """Read every entry and list it; `tick` counts packed bytes."""
        listing = Listing(self._stripping.archive)
        starts: dict[str, int] = {}
        inflating = Inflating(KINDS[self._form], self._objection)
        with self._unrolled(inflating, tick, stop) as unrolled:
            for file, start in self._described(unrolled):
                listing.add(file)
                starts[file.path] = start
            finish(unrolled, self._objection)
        index = listing.index()
        if self._form is ArchiveFormat.TAR:
            return FileIndex(files=tuple(_stored(file, starts[file.path]) for file in index.files))
        if self._form is not ArchiveFormat.TAR_ZST:
            return index
        return FileIndex(files=tuple(_ranged(file, starts[file.path], inflating) for file in index.files))

    def unpack(self, files: Mapping[str, IndexedFile], put: Put, stop: Stop) -> None:
        """Hand the content of these files, by path, to `put`: by their ranges where all have one, else in order."""
        if self._form in RANGED and all(file.packed for file in files.values()):
            unpack_ranges(self._path, self._stripping.archive, files.values(), put, stop)
        else:
            self._read_through(files, put, stop)

    def _read_through(self, files: Mapping[str, IndexedFile], put: Put, stop: Stop) -> None:
        """Hand out content in the archive's order; stops reading once all are out."""
        left = dict(files)
        twins: dict[Parts, Parts] = {}
        inflating = Inflating(KINDS[self._form], self._objection)
        with self._unrolled(inflating, lambda _: None, stop) as unrolled:
            for entry in self._entries(unrolled):
                if not left:
                    return
                if entry.twin is not None:
                    twins[entry.parts] = twins.get(entry.twin, entry.twin)
                elif file := self._take(entry, left):
                    put(file, unrolled.content(file.size))
        if left:
            self._unpack_twins(self._wanted(left, twins), put, stop)

    def _described(self, unrolled: Unrolled) -> Iterator[tuple[IndexedFile, int]]:
        """Yield what stays after stripping, with where its content starts in the unpacked tar."""
        known: dict[Parts, tuple[IndexedFile, int]] = {}
        for entry in self._entries(unrolled):
            if entry.twin is None:
                start = unrolled.tell()
                known[entry.parts] = _describe(entry, unrolled), start
            elif entry.twin in known:
                known[entry.parts] = known[entry.twin]
            else:
                raise self._objection(f"it stands for a file that is not in it: {'/'.join(entry.parts)}")
            if path := self._stripping.path(entry.parts):
                file, start = known[entry.parts]
                yield file.but(path=path), start

    def _entries(self, unrolled: Unrolled) -> Iterator[Entry]:
        return entries(unrolled, self._stripping, self._objection)

    def _take(self, entry: Entry, left: dict[str, IndexedFile]) -> IndexedFile | None:
        """Take the file that an entry is off the list; None where it is not on it."""
        path = self._stripping.path(entry.parts)
        if path is None or path not in left or entry.link is not None:
            return None
        file = left.pop(path)
        if entry.size != file.size:
            raise self._objection(f"its size is not the listed one: {path}")
        return file

    def _wanted(
        self, left: Mapping[str, IndexedFile], twins: Mapping[Parts, Parts]
    ) -> Mapping[Parts, list[IndexedFile]]:
        """Return which entry holds the content of each file that is left, all of them hard links."""
        wanted: dict[Parts, list[IndexedFile]] = {}
        rest = dict(left)
        for parts, twin in twins.items():
            if file := rest.pop(self._stripping.path(parts) or "", None):
                wanted.setdefault(twin, []).append(file)
        if rest:
            raise self._objection(f"a file is not in it: {min(rest)}")
        return wanted

    def _unpack_twins(self, wanted: Mapping[Parts, list[IndexedFile]], put: Put, stop: Stop) -> None:
        """Go through the archive again, because a hard link comes after the content it stands for."""
        left = set(wanted)
        inflating = Inflating(KINDS[self._form], self._objection)
        with self._unrolled(inflating, lambda _: None, stop) as unrolled:
            for entry in self._entries(unrolled):
                if not left:
                    return
                if entry.parts in left and entry.twin is None:
                    left.remove(entry.parts)
                    self._copy(unrolled.content(entry.size), entry, wanted[entry.parts], put)
        if left:
            raise self._objection(f"a file is not in it: {'/'.join(min(left))}")

    def _copy(self, content: Iterator[bytes], entry: Entry, files: list[IndexedFile], put: Put) -> None:
        """Give one content to several files."""
        if any(file.size != entry.size for file in files):
            raise self._objection(f"its size is not the listed one: {'/'.join(entry.parts)}")
        with SpooledTemporaryFile(SPOOL) as spool:
            with translating(Path(gettempdir())):
                spool.writelines(content)
            for file in files:
                spool.seek(0)
                put(file, _spooled(spool))

    @contextmanager
    def _unrolled(self, inflating: Inflating, tick: Tick, stop: Stop) -> Iterator[Unrolled]:
        with translating(self._path):
            packed = self._path.open("rb", buffering=0)
        with packed, Ahead(inflating.content(self._pieces(packed, tick, stop))) as pieces:
            yield Unrolled(iter(pieces), self._objection, stop)

    def _pieces(self, packed: BinaryIO, tick: Tick, stop: Stop) -> Iterator[bytes]:
        with translating(self._path):
            while piece := packed.read(READ):
                stop.check()
                tick(len(piece))
                yield piece

    def _objection(self, reason: str) -> InstallerError:
        return damaged(self._stripping.archive, reason)


def _spooled(spool: IO[bytes]) -> Iterator[bytes]:
    with translating(Path(gettempdir())):
        while piece := spool.read(PIECE):
            yield piece


def _describe(entry: Entry, unrolled: Unrolled) -> IndexedFile:
    hasher = sha256()
    for piece in unrolled.content(entry.size):
        hasher.update(piece)
    return IndexedFile(
        path="/".join(entry.parts),
        size=entry.size,
        sha256=hasher.hexdigest(),
        executable=entry.executable,
        mtime=entry.mtime,
        link=entry.link,
    )


def _stored(file: IndexedFile, start: int) -> IndexedFile:
    """Say where a file's bytes lie in a tar that is not packed."""
    if file.link is not None:
        return file
    return file.but(packed=ByteRange(offset=start, length=file.size, packing=Packing.STORED))


def _ranged(file: IndexedFile, start: int, inflating: Inflating) -> IndexedFile:
    """Add where a file's packed bytes lie, which they do when zstd frames begin and end with its content."""
    if file.link is not None:
        return file
    if not file.size:
        return file.but(packed=ByteRange(offset=0, length=0, packing=Packing.STORED))
    begin, end = inflating.starts.get(start), inflating.ends.get(start + file.size)
    if begin is None or end is None:
        return file
    return file.but(packed=ByteRange(offset=begin, length=end - begin, packing=Packing.ZSTD))
