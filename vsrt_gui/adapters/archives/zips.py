"""Zip archives (`.whl` and `.vsix` are zips): members are read on their own, in two threads."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

from vsrt_gui.adapters.archives.inflating import Objection, range_content
from vsrt_gui.adapters.archives.lanes import Check, in_lanes
from vsrt_gui.adapters.archives.listing import Listing
from vsrt_gui.adapters.archives.ranges import range_pieces, weighed
from vsrt_gui.adapters.archives.strip import Stripping
from vsrt_gui.adapters.archives.verdict import damaged
from vsrt_gui.adapters.archives.zip_directory import Member, place, read_directory
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Put, Tick
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.paths import MAX_PATH_BYTES


class ZipReader:
    """Reads the members of one zip file."""

    def __init__(self, path: Path, stripping: Stripping) -> None:
        """Read and check the directory.

        Raises:
            InstallerError: `archive-damaged`, `archive-unsafe`, `disk-error`.
        """
        self._path = path
        self._archive = stripping.archive
        self._members = read_directory(path, stripping)

    def index(self, tick: Tick, stop: Stop) -> FileIndex:
        """Read every member and list it; `tick` counts packed bytes."""
        listing = Listing(self._archive)
        found: dict[int, IndexedFile] = {}

        def read(member: Member, check: Check) -> None:
            found[member.info.header_offset] = self._describe(member, check, tick)

        in_lanes(*_weighed(self._members), read, stop)
        for offset in sorted(found):
            listing.add(found[offset])
        return listing.index()

    def unpack(self, files: Mapping[str, IndexedFile], put: Put, stop: Stop) -> None:
        """Hand the content of these files, by path, to `put`, from two threads."""
        members = {member.path: member for member in reversed(self._members) if not member.link}
        if missing := files.keys() - members.keys():
            raise damaged(self._archive, f"a file is not in it: {min(missing)}")

        def write(member: Member, check: Check) -> None:
            file = files[member.path]
            if member.info.file_size != file.size:
                raise self._objection(member)("its size is not the listed one")
            with translating(self._path):
                packed = self._path.open("rb", buffering=0)
            with packed:
                put(file, self._content(member, packed, check, lambda _: None))

        in_lanes(*_weighed(members[path] for path in files), write, stop)

    def _describe(self, member: Member, check: Check, tick: Tick) -> IndexedFile:
        with translating(self._path), self._path.open("rb", buffering=0) as packed:
            content = self._content(member, packed, check, tick)
            if member.link:
                return self._described_link(member, content)
            hasher = sha256()
            for piece in content:
                hasher.update(piece)
            return IndexedFile(
                path=member.path,
                size=member.info.file_size,
                sha256=hasher.hexdigest(),
                executable=member.executable,
                mtime=member.mtime,
                packed=place(packed, member, self._archive),
            )

    def _described_link(self, member: Member, content: Iterator[bytes]) -> IndexedFile:
        if member.info.file_size > MAX_PATH_BYTES:
            raise self._objection(member)("a link's target is too long")
        try:
            target = b"".join(content).decode()
        except UnicodeDecodeError as exc:
            raise self._objection(member)("a link's target is not text") from exc
        return IndexedFile(
            path=member.path, size=0, sha256=sha256().hexdigest(), mtime=member.mtime, link=target
        )

    def _content(self, member: Member, packed: BinaryIO, check: Check, tick: Tick) -> Iterator[bytes]:
        """Yield a member's content, checked against what the directory says of it."""
        with translating(self._path):
            where = place(packed, member, self._archive)
            crc = 0
            pieces = range_pieces(packed, where, tick)
            for piece in range_content(where.packing, member.info.file_size, pieces, self._objection(member)):
                check()
                crc = isal_zlib.crc32(piece, crc)
                yield piece
            if crc != member.info.CRC:
                raise self._objection(member)("its checksum is wrong")

    def _objection(self, member: Member) -> Objection:
        def make(reason: str) -> InstallerError:
            return damaged(self._archive, f"{reason}: {member.info.orig_filename}")

        return make


def _weighed(members: Iterable[Member]) -> tuple[list[Member], list[Member]]:
    """Return the heavy members and the light ones."""
    return weighed(
        members, lambda member: member.info.header_offset, lambda member: member.info.compress_size
    )
