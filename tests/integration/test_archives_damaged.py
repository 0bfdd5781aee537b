"""Archives that are not what their format asks for: always a fault, never wrong content, never a foreign error."""

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from simulators.archive_files import (
    COMPRESS,
    TARS,
    Raw,
    framed_tar_zst,
    hard,
    link,
    our_threads,
    pack,
    shelve,
    tar_bytes,
    zip_bytes,
)

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import ByteRange, IndexedFile, Packing
from vsrt_gui.model.manifest import ArchiveFormat

ALL = tuple(ArchiveFormat)
ENTRIES = [
    Raw("bin/tool", random.Random(1).randbytes(3000), mode=0o755),
    Raw("empty"),
    Raw("lib/text", b"the same again, " * 400),
    link("lib/link", "text"),
    Raw("lib/x" * 30, b"a long name"),
]


def reason_of(folder: Path, form: ArchiveFormat, data: bytes) -> str:
    shelf = shelve(folder, form, data)
    with pytest.raises(InstallerError) as caught:
        shelf.index()
    fault = caught.value.fault
    assert fault.code is FaultCode.ARCHIVE_DAMAGED
    assert fault.facts["file"] == f"sample.{form}"
    assert not our_threads()
    return str(fault.facts["reason"])


@pytest.mark.parametrize("form", ALL)
def test_a_truncated_archive_is_damaged_wherever_it_ends(tmp_path: Path, form: ArchiveFormat) -> None:
    seeded = random.Random(20)
    data = pack(form, ENTRIES)
    cuts = {0, 1, 3, 10, len(data) - 1, len(data) - 7, *seeded.sample(range(len(data)), 60)}
    for cut in sorted(cuts):
        assert reason_of(tmp_path, form, data[:cut])


def test_a_zst_that_ends_between_two_frames_is_damaged(tmp_path: Path) -> None:
    """Each frame is whole, so only the tar's own end mark tells."""
    entries = [*ENTRIES, Raw("even", b"x" * 1024)]
    shelf = shelve(tmp_path, ArchiveFormat.TAR_ZST, framed_tar_zst(entries))
    ends = [f.packed.offset + f.packed.length for f in shelf.index().files if f.packed and f.packed.length]
    data = shelf.path.read_bytes()
    assert len(ends) == 4
    for end in ends:
        assert reason_of(tmp_path, ArchiveFormat.TAR_ZST, data[:end])


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize("garbage", [b"garbage", b"\0" * 7 + b"x", b"PK\5\6" + b"\0" * 18, b"\x1f\x8b"])
def test_bytes_behind_the_end_are_damage(tmp_path: Path, form: ArchiveFormat, garbage: bytes) -> None:
    assert reason_of(tmp_path, form, pack(form, ENTRIES) + garbage)


@pytest.mark.parametrize("form", TARS)
def test_bytes_behind_the_end_of_the_tar_are_damage(tmp_path: Path, form: ArchiveFormat) -> None:
    data = COMPRESS[form](tar_bytes(ENTRIES) + b"\0" * 20_000 + b"x")
    assert reason_of(tmp_path, form, data) == "bytes follow its end"


@pytest.mark.parametrize("form", ALL)
def test_another_format_is_damage(tmp_path: Path, form: ArchiveFormat) -> None:
    for other in ALL:
        if other is not form:
            assert reason_of(tmp_path, form, pack(other, ENTRIES))
    for data in (b"<html><body>Sign in to the Wi-Fi</body></html>" * 50, bytes(5000)):
        assert reason_of(tmp_path, form, data)


@pytest.mark.parametrize("form", TARS)
def test_a_compressed_file_that_is_no_tar_is_damage(tmp_path: Path, form: ArchiveFormat) -> None:
    assert reason_of(tmp_path, form, COMPRESS[form](b"no tar at all" * 1000))
    assert reason_of(tmp_path, form, COMPRESS[form](b""))


@pytest.mark.parametrize("form", ALL)
def test_a_flipped_byte_never_gives_wrong_content(tmp_path: Path, form: ArchiveFormat) -> None:
    data = pack(form, ENTRIES)
    right = {file.path: file.sha256 for file in shelve(tmp_path, form, data).index().files}
    seeded = random.Random(20)
    faults = 0
    for place in seeded.sample(range(len(data)), 250):
        flipped = bytearray(data)
        flipped[place] ^= 1 << seeded.randrange(8)
        try:
            index = shelve(tmp_path, form, bytes(flipped)).index()
        except InstallerError as exc:
            faults += exc.fault.code in (FaultCode.ARCHIVE_DAMAGED, FaultCode.ARCHIVE_UNSAFE)
        else:
            assert all(right.get(file.path, file.sha256) == file.sha256 for file in index.files)
    assert faults > 150
    assert not our_threads()


@pytest.mark.parametrize("header_format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_nonsense_in_tar_headers_is_a_fault_and_no_crash(tmp_path: Path, header_format: int) -> None:
    """The compression's own checksum is right here, so that the parser meets the nonsense."""
    data = tar_bytes([*ENTRIES, hard("again", "empty"), Raw("\u00e9" * 90, b"pax")], header_format)
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


def test_nonsense_in_a_zip_directory_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    data = zip_bytes(ENTRIES)
    start = data.index(b"PK\1\2")
    seeded = random.Random(20)
    kinds = set()
    for _ in range(700):
        wrong = bytearray(data)
        for _ in range(seeded.randrange(1, 4)):
            wrong[seeded.randrange(start, len(data))] = seeded.choice(
                [0, 1, 0x7F, 0xFF, seeded.randrange(256)]
            )
        try:
            shelve(tmp_path, ArchiveFormat.ZIP, bytes(wrong)).index()
        except InstallerError as exc:
            kinds.add(exc.fault.code)
    assert kinds == {FaultCode.ARCHIVE_DAMAGED, FaultCode.ARCHIVE_UNSAFE}


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
    assert reason in reason_of(tmp_path, ArchiveFormat.TAR_GZ, gzip.compress(data, 1))


@pytest.mark.parametrize("stamp", [b"13 mtime=nan\n", b"13 mtime=inf\n"])
def test_a_time_that_is_no_number_is_the_first_one(tmp_path: Path, stamp: bytes) -> None:
    data = _header(type=tarfile.XHDTYPE, size=13) + stamp.ljust(512, b"\0") + _header() + bytes(1024)
    files = shelve(tmp_path, ArchiveFormat.TAR_GZ, gzip.compress(data)).index().files
    assert [(file.path, file.mtime) for file in files] == [("f", 0)]


def test_a_hard_link_needs_its_file_before_it(tmp_path: Path) -> None:
    data = gzip.compress(tar_bytes([hard("b", "a"), Raw("a", b"x")]))
    assert "not in it" in reason_of(tmp_path, ArchiveFormat.TAR_GZ, data)


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
    assert "emory" in reason_of(tmp_path, ArchiveFormat.TAR_XZ, data)


def _xz_with_dictionary(chain: list[dict[str, int]]) -> bytes:
    """Patch a small stream's header instead of really using a dictionary of 1 GiB."""
    data = bytearray(lzma.compress(tar_bytes(ENTRIES), preset=0))
    size = (data[12] + 1) * 4
    header = data[12 : 12 + size - 4]
    at = header.index(lzma.FILTER_LZMA2, 1)
    header[at + 2] = (chain[0]["dict_size"].bit_length() - 1 - 12) * 2
    data[12 : 12 + size] = header + struct.pack("<I", zlib.crc32(bytes(header)))
    return bytes(data)


def _patched(offset: int, form: str, value: int) -> Callable[[bytes], bytes]:
    """Change one field of the directory's first entry."""

    def change(data: bytes) -> bytes:
        wrong = bytearray(data)
        struct.pack_into(form, wrong, data.index(b"PK\1\2") + offset, value)
        return bytes(wrong)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_patched(8, "<H", 1), "encrypted"),
        (_patched(8, "<H", 0x41), "encrypted"),
        (_patched(10, "<H", 93), "not supported"),
        (_patched(16, "<I", 0x12345678), "checksum"),
        (_patched(20, "<I", 1 << 20), "overlaps"),
        (_patched(20, "<I", 5), "too early"),
        (_patched(24, "<I", 2000), "more than it says"),
        (_patched(24, "<I", 4000), "less than it says"),
        (_patched(42, "<I", 7), "header"),
        (_patched(42, "<I", 1 << 30), "overlaps"),
        (_patched(6, "<H", 99), "version"),
        (_patched(46, "<B", ord("c")), "another name"),
    ],
)
def test_a_directory_that_disagrees_with_the_members_is_damage(
    tmp_path: Path, change: Callable[[bytes], bytes], reason: str
) -> None:
    assert reason in reason_of(tmp_path, ArchiveFormat.ZIP, change(zip_bytes(ENTRIES)))


def test_a_member_whose_own_header_pushes_it_into_the_next_is_damage(tmp_path: Path) -> None:
    data = bytearray(zip_bytes(ENTRIES))
    struct.pack_into("<H", data, 28, 100)
    assert "overlaps" in reason_of(tmp_path, ArchiveFormat.ZIP, bytes(data))


def test_a_zip_whose_comment_is_cut_is_damage(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"x")
        archive.comment = b"made by hand"
    for cut in (1, 11, 12):
        assert reason_of(tmp_path, ArchiveFormat.ZIP, out.getvalue()[:-cut])


def test_a_member_without_its_own_header_is_damage(tmp_path: Path) -> None:
    data = bytearray(zip_bytes(ENTRIES))
    data[2:4] = b"--"
    assert "header is not where it should be" in reason_of(tmp_path, ArchiveFormat.ZIP, bytes(data))


def test_members_that_share_bytes_are_damage(tmp_path: Path) -> None:
    """The shape of a zip bomb that is small because each member overlaps the next."""
    data = bytearray(zip_bytes([Raw("a", b"x" * 999), Raw("b", b"x" * 999)]))
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 4)
    struct.pack_into("<I", data, second + 42, 0)
    assert reason_of(tmp_path, ArchiveFormat.ZIP, bytes(data))


def test_a_bomb_hands_on_no_more_than_it_declared() -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(bytes(64 << 20)) + bomb.flush()
    file = IndexedFile(
        path="bomb",
        size=1000,
        sha256="0" * 64,
        packed=ByteRange(offset=0, length=len(packed), packing=Packing.DEFLATE),
    )
    received: list[bytes] = []
    with pytest.raises(InstallerError) as caught:
        received.extend(ArchiveLibrary().inflate(file, [packed]))
    assert caught.value.fault.facts == {"file": "bomb", "reason": "it holds more than it says"}
    assert sum(map(len, received)) <= 1000


def test_a_link_target_is_short_and_text(tmp_path: Path) -> None:
    assert "too long" in reason_of(tmp_path, ArchiveFormat.ZIP, zip_bytes([link("a", "b/" * 2000)]))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("a")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, b"\xff\xfe")
    assert "not text" in reason_of(tmp_path, ArchiveFormat.ZIP, out.getvalue())


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize(
    ("path", "size"), [("gone", 1), ("bin/tool", 2999), ("bin/tool", 3001), ("empty", 1)]
)
def test_a_file_that_is_not_in_it_as_listed_is_damage(
    tmp_path: Path, form: ArchiveFormat, path: str, size: int
) -> None:
    shelf = shelve(tmp_path, form, pack(form, ENTRIES))
    with pytest.raises(InstallerError) as caught:
        shelf.contents([IndexedFile(path=path, size=size, sha256="0" * 64)])
    assert caught.value.fault.code is FaultCode.ARCHIVE_DAMAGED


@pytest.mark.parametrize(
    ("packing", "content"),
    [
        (Packing.STORED, b"content"),
        (Packing.DEFLATE, zlib.compress(b"content" * 10)[2:-4]),
        (Packing.ZSTD, COMPRESS[ArchiveFormat.TAR_ZST](b"content" * 10)),
    ],
)
def test_a_range_that_is_cut_or_goes_on_is_damage(packing: Packing, content: bytes) -> None:
    size = 7 if packing is Packing.STORED else 70
    file = IndexedFile(
        path="f",
        size=size,
        sha256="0" * 64,
        packed=ByteRange(offset=0, length=len(content), packing=packing),
    )
    whole = b"".join(ArchiveLibrary().inflate(file, [content[:2], content[2:]]))
    assert len(whole) == size
    for wrong in (content[:-1], content + b"x", b""):
        with pytest.raises(InstallerError) as caught:
            list(ArchiveLibrary().inflate(file, [wrong]))
        assert caught.value.fault.code is FaultCode.ARCHIVE_DAMAGED


def test_an_empty_file_still_needs_its_stream() -> None:
    file = IndexedFile(
        path="f", size=0, sha256="0" * 64, packed=ByteRange(offset=0, length=2, packing=Packing.DEFLATE)
    )
    assert list(ArchiveLibrary().inflate(file, [b"\3\0"])) == []
    with pytest.raises(InstallerError, match="too early"):
        list(ArchiveLibrary().inflate(file, []))


def test_a_file_without_a_range_can_not_be_inflated() -> None:
    with pytest.raises(InstallerError) as caught:
        ArchiveLibrary().inflate(IndexedFile(path="f", size=1, sha256="0" * 64), [b"x"])
    assert caught.value.fault.facts == {"file": "f", "reason": "it has no byte range"}


def test_streams_in_a_row_are_one_content(tmp_path: Path) -> None:
    """pigz, pbzip2 and others write many; some tapes add zeros."""
    plain = tar_bytes(ENTRIES)
    halves = plain[:700], plain[700:]
    for form, padding in [(f, b"") for f in TARS] + [
        (ArchiveFormat.TAR_GZ, b"\0" * 300_000),
        (ArchiveFormat.TAR_XZ, b"\0" * 8),
    ]:
        data = padding.join(COMPRESS[form](half) for half in halves) + padding
        assert len(shelve(tmp_path, form, data).index().files) == len(ENTRIES)
    assert bz2.decompress(COMPRESS[ArchiveFormat.TAR_BZ2](b"x")) == b"x"
