"""Zips whose directory and members disagree: always a fault, whatever other tools make of them."""

import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from simulators.archive_files import (
    SAMPLES,
    Raw,
    damage_of,
    link,
    shelve,
    zip_bytes,
)

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import ArchiveFormat


def test_nonsense_in_a_zip_directory_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    data = zip_bytes(SAMPLES)
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
    assert reason in damage_of(tmp_path, ArchiveFormat.ZIP, change(zip_bytes(SAMPLES)))


def test_a_member_whose_own_header_pushes_it_into_the_next_is_damage(tmp_path: Path) -> None:
    data = bytearray(zip_bytes(SAMPLES))
    struct.pack_into("<H", data, 28, 100)
    assert "overlaps" in damage_of(tmp_path, ArchiveFormat.ZIP, bytes(data))


def test_a_zip_whose_comment_is_cut_is_damage(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"x")
        archive.comment = b"made by hand"
    for cut in (1, 11, 12):
        assert damage_of(tmp_path, ArchiveFormat.ZIP, out.getvalue()[:-cut])


def test_a_member_without_its_own_header_is_damage(tmp_path: Path) -> None:
    data = bytearray(zip_bytes(SAMPLES))
    data[2:4] = b"--"
    assert "header is not where it should be" in damage_of(tmp_path, ArchiveFormat.ZIP, bytes(data))


def test_members_that_share_bytes_are_damage(tmp_path: Path) -> None:
    """The shape of a zip bomb that is small because each member overlaps the next."""
    data = bytearray(zip_bytes([Raw("a", b"x" * 999), Raw("b", b"x" * 999)]))
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 4)
    struct.pack_into("<I", data, second + 42, 0)
    assert damage_of(tmp_path, ArchiveFormat.ZIP, bytes(data))


def test_a_link_target_is_short_and_text(tmp_path: Path) -> None:
    assert "too long" in damage_of(tmp_path, ArchiveFormat.ZIP, zip_bytes([link("a", "b/" * 2000)]))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("a")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, b"\xff\xfe")
    assert "not text" in damage_of(tmp_path, ArchiveFormat.ZIP, out.getvalue())
