"""The directory of a zip: read by the standard library, believed only as far as it agrees with the file."""

import struct
import zipfile
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_IFMT, S_ISDIR, S_ISLNK, S_ISREG
from typing import BinaryIO

from vsrt_gui.adapters.archives.listing import kept_mtime
from vsrt_gui.adapters.archives.strip import Stripping
from vsrt_gui.adapters.archives.verdict import damaged, unsafe
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.model.file_index import ByteRange, Packing
from vsrt_gui.model.paths import Refusal

FIRST_TIME = 315_532_800
"""1980-01-01, the first day that a zip can name; seconds since 1970."""

_METHODS = {zipfile.ZIP_STORED: Packing.STORED, zipfile.ZIP_DEFLATED: Packing.DEFLATE}
_ENCRYPTED = 0x1 | 0x40
_UTF8 = 0x800
_END = struct.Struct("<4s16xH")
_END_SIGNATURE = b"PK\5\6"
_LOCAL = struct.Struct("<4s22xHH")
_LOCAL_SIGNATURE = b"PK\3\4"
_DIRECTORY_ERRORS = (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error)
"""What zipfile raises on a directory that it can't make sense of."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file or link of a zip.

    Attributes:
        path: below the module's folder.
        info: its entry in the directory.
        mode: of Unix, 0 where the zip was made elsewhere.
        end: where the next entry, or the directory, begins.
    """

    path: str
    info: zipfile.ZipInfo
    mode: int
    end: int

    @property
    def link(self) -> bool:
        """Whether its content is a link's target."""
        return S_ISLNK(self.mode)

    @property
    def executable(self) -> bool:
        """Whether it may be run."""
        return not self.link and bool(self.mode & 0o111)

    @property
    def mtime(self) -> int:
        """Its time, read as UTC because a zip names no zone; some tools write a zeroth month."""
        try:
            return kept_mtime(timegm((*self.info.date_time, 0, 0, 0)))
        except ValueError:
            return FIRST_TIME


def read_directory(path: Path, stripping: Stripping) -> tuple[Member, ...]:
    """Return the files and links of a zip.

    Raises:
        InstallerError: `archive-damaged`, `archive-unsafe`, `disk-error`.
    """
    with translating(path), path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                infos, end, comment = archive.infolist(), archive.start_dir, len(archive.comment)
        except _DIRECTORY_ERRORS as exc:
            raise damaged(stripping.archive, str(exc)) from exc
        file.seek(-_END.size - comment, 2)
        if _END.unpack(file.read(_END.size)) != (_END_SIGNATURE, comment):
            raise damaged(stripping.archive, "it does not end where it should")
    return tuple(_members(infos, end, stripping))


def place(file: BinaryIO, member: Member, archive: str) -> ByteRange:
    """Find a member's packed bytes behind its own header, which must agree with the directory.

    Raises:
        InstallerError: `archive-damaged`.
    """
    info = member.info
    file.seek(info.header_offset)
    name = _raw_name(info)
    header = file.read(_LOCAL.size + len(name))
    if len(header) < _LOCAL.size + len(name) or not header.endswith(name):
        raise damaged(archive, f"its header has another name: {info.orig_filename}")
    signature, name_length, extra_length = _LOCAL.unpack_from(header)
    offset = info.header_offset + _LOCAL.size + name_length + extra_length
    if signature != _LOCAL_SIGNATURE or name_length != len(name):
        raise damaged(archive, f"its header is not where it should be: {info.orig_filename}")
    if offset + info.compress_size > member.end:
        raise damaged(archive, f"it overlaps another entry: {info.orig_filename}")
    return ByteRange(offset=offset, length=info.compress_size, packing=_METHODS[info.compress_type])


def _members(infos: list[zipfile.ZipInfo], end: int, stripping: Stripping) -> Iterator[Member]:
    """Yield what is to be read, in the order of the file; folders need no entry of their own."""
    infos = sorted(infos, key=lambda info: info.header_offset)
    ends = [*(info.header_offset for info in infos[1:]), end]
    for info, limit in zip(infos, ends, strict=False):  # an empty zip has an end, too
        mode = info.external_attr >> 16
        path = stripping.path(stripping.parts(info.orig_filename))
        folder = info.orig_filename.endswith("/") or S_ISDIR(mode)
        if not folder and not (S_ISREG(mode) or S_ISLNK(mode) or S_IFMT(mode) == 0):
            raise unsafe(stripping.archive, info.orig_filename, Refusal.KIND)
        if path is not None and not folder:
            yield _readable(Member(path, info, mode, limit), stripping.archive)


def _readable(member: Member, archive: str) -> Member:
    info = member.info
    if info.flag_bits & _ENCRYPTED:
        raise damaged(archive, f"it is encrypted: {info.orig_filename}")
    if info.compress_type not in _METHODS:
        raise damaged(archive, f"it is packed in a way that is not supported: {info.orig_filename}")
    if not 0 <= info.header_offset <= member.end - _LOCAL.size - info.compress_size:
        raise damaged(archive, f"it overlaps another entry: {info.orig_filename}")
    return member


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    """Return the name's bytes as they stand in the file."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
