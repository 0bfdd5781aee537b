"""Tars that are not what they should be: what the standard library shrugs off is a fault here."""

import bz2
import gzip
import lzma
import random
import struct
import tarfile
import zlib
from pathlib import Path

import pytest
from simulators.archive_files import (
    COMPRESS,
    SAMPLES,
    TARS,
    Raw,
    damage_of,
    framed_tar_zst,
    hard,
    shelve,
    tar_bytes,
)

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import IndexedFile
from vsrt_gui.model.manifest import ArchiveFormat


def test_a_zst_that_ends_between_two_frames_is_damaged(tmp_path: Path) -> None:
    """Each frame is whole, so only the tar's own end mark tells."""
    entries = [*SAMPLES, Raw("even", b"x" * 1024)]
    shelf = shelve(tmp_path, ArchiveFormat.TAR_ZST, framed_tar_zst(entries))
    ends = [f.packed.offset + f.packed.length for f in shelf.index().files if f.packed and f.packed.length]
    data = shelf.path.read_bytes()
    assert len(ends) == 4
    for end in ends:
        assert damage_of(tmp_path, ArchiveFormat.TAR_ZST, data[:end])


@pytest.mark.parametrize("form", TARS)
def test_bytes_behind_the_end_of_the_tar_are_damage(tmp_path: Path, form: ArchiveFormat) -> None:
    data = COMPRESS[form](tar_bytes(SAMPLES) + b"\0" * 20_000 + b"x")
    assert damage_of(tmp_path, form, data) == "bytes follow its end"


@pytest.mark.parametrize("form", TARS)
def test_a_compressed_file_that_is_no_tar_is_damage(tmp_path: Path, form: ArchiveFormat) -> None:
    assert damage_of(tmp_path, form, COMPRESS[form](b"no tar at all" * 1000))
    assert damage_of(tmp_path, form, COMPRESS[form](b""))


@pytest.mark.parametrize("header_format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_nonsense_in_tar_headers_is_a_fault_and_no_crash(tmp_path: Path, header_format: int) -> None:
    """The compression's own checksum is right here, so that the parser meets the nonsense."""
    data = tar_bytes([*SAMPLES, hard("again", "empty"), Raw("\u00e9" * 90, b"pax")], header_format)
    seeded = random.Random(20)
    kinds = set()
    for _ in range(500):
        wrong = bytearray(data)
        block = seeded.randrange(len(data) // 512) * 512
        for _ in range(seeded.randrange(1, 5)):
            wrong[block + seeded.randrange(512)] = seeded.randrange(256)
        _mend_checksum(wrong, block)
        try:
            shelve(tmp_path, ArchiveFormat.TAR_GZ, gzip.compress(bytes(wrong), 1)).index()
        except InstallerError as exc:
            kinds.add(exc.fault.code)
    assert kinds == {FaultCode.ARCHIVE_DAMAGED, FaultCode.ARCHIVE_UNSAFE}


def _mend_checksum(data: bytearray, block: int) -> None:
    data[block + 148 : block + 156] = b" " * 8
    data[block + 148 : block + 156] = b"%06o\0 " % sum(data[block : block + 512])


def _header(**changes: object) -> bytes:
    info = tarfile.TarInfo("f")
    for name, value in changes.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def _sparse(real_size: int) -> bytes:
    """Make the header of an old GNU sparse file: a hole of that many bytes, which takes none in the archive."""
    header = bytearray(_header(type=tarfile.GNUTYPE_SPARSE))
    header[386:410] = b"%011o\0%011o\0" % (real_size, 0)
    header[483:495] = b"%011o\0" % real_size
    _mend_checksum(header, 0)
    return bytes(header)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (_header(size=1 << 50), "too early"),
        (_header(size=-512) + bytes(1024), "size makes no sense"),
        (_header(type=tarfile.XHDTYPE, size=1 << 33) + bytes(512), "header is too long"),
        (_header(type=tarfile.GNUTYPE_LONGNAME, size=2 << 20) + bytes(3 << 20), "header is too long"),
        (_sparse(1 << 30) + bytes(1024), "sparse"),
        (_header() * 2, "too early"),
        (_header() + b"no header".ljust(512, b"-") + bytes(1024), "too early"),
        (
            b"".join(_header(type=tarfile.GNUTYPE_LONGNAME, size=1) + b"x" + bytes(511) for _ in range(3000)),
            "recursion",
        ),
    ],
)
def test_tar_headers_made_to_hurt(tmp_path: Path, data: bytes, reason: str) -> None:
    assert reason in damage_of(tmp_path, ArchiveFormat.TAR_GZ, gzip.compress(data, 1))


@pytest.mark.parametrize("stamp", [b"13 mtime=nan\n", b"13 mtime=inf\n"])
def test_a_time_that_is_no_number_is_the_first_one(tmp_path: Path, stamp: bytes) -> None:
    data = _header(type=tarfile.XHDTYPE, size=13) + stamp.ljust(512, b"\0") + _header() + bytes(1024)
    files = shelve(tmp_path, ArchiveFormat.TAR_GZ, gzip.compress(data)).index().files
    assert [(file.path, file.mtime) for file in files] == [("f", 0)]


def test_a_hard_link_needs_its_file_before_it(tmp_path: Path) -> None:
    data = gzip.compress(tar_bytes([hard("b", "a"), Raw("a", b"x")]))
    assert "not in it" in damage_of(tmp_path, ArchiveFormat.TAR_GZ, data)


@pytest.mark.parametrize(
    ("entries", "size", "reason"),
    [
        ([Raw("a", b"x"), hard("b", "a")], 2, "size"),
        ([hard("b", "a"), Raw("c", b"x")], 1, "not in it: a"),
    ],
)
def test_a_hard_link_that_is_not_as_listed_is_damage(
    tmp_path: Path, entries: list[Raw], size: int, reason: str
) -> None:
    shelf = shelve(tmp_path, ArchiveFormat.TAR_GZ, gzip.compress(tar_bytes(entries)))
    with pytest.raises(InstallerError, match=reason) as caught:
        shelf.contents([IndexedFile(path="b", size=size, sha256="0" * 64)])
    assert caught.value.fault.code is FaultCode.ARCHIVE_DAMAGED


def test_an_xz_that_asks_for_too_much_memory_is_damage(tmp_path: Path) -> None:
    chain = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30, "preset": 0}]
    data = _xz_with_dictionary(chain)
    assert "emory" in damage_of(tmp_path, ArchiveFormat.TAR_XZ, data)


def _xz_with_dictionary(chain: list[dict[str, int]]) -> bytes:
    """Patch a small stream's header instead of really using a dictionary of 1 GiB."""
    data = bytearray(lzma.compress(tar_bytes(SAMPLES), preset=0))
    size = (data[12] + 1) * 4
    header = data[12 : 12 + size - 4]
    at = header.index(lzma.FILTER_LZMA2, 1)
    header[at + 2] = (chain[0]["dict_size"].bit_length() - 1 - 12) * 2
    data[12 : 12 + size] = header + struct.pack("<I", zlib.crc32(bytes(header)))
    return bytes(data)


def test_streams_in_a_row_are_one_content(tmp_path: Path) -> None:
    """pigz, pbzip2 and others write many; some tapes add zeros."""
    plain = tar_bytes(SAMPLES)
    halves = plain[:700], plain[700:]
    for form, padding in [(f, b"") for f in TARS] + [
        (ArchiveFormat.TAR_GZ, b"\0" * 300_000),
        (ArchiveFormat.TAR_XZ, b"\0" * 8),
    ]:
        data = padding.join(COMPRESS[form](half) for half in halves) + padding
        assert len(shelve(tmp_path, form, data).index().files) == len(SAMPLES)
    assert bz2.decompress(COMPRESS[ArchiveFormat.TAR_BZ2](b"x")) == b"x"
