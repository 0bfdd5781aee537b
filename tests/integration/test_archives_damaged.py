"""Archives that are not what their format asks for: always a fault, never wrong content, never a foreign error."""

import random
from pathlib import Path

import pytest
from simulators.archive_files import (
    SAMPLES,
    damage_of,
    our_threads,
    pack,
    shelve,
)

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import IndexedFile
from vsrt_gui.model.manifest import ArchiveFormat

ALL = tuple(ArchiveFormat)
CHECKED = tuple(form for form in ArchiveFormat if form is not ArchiveFormat.TAR)
"""The formats with checks of their own; a bare tar has none but the archive's hash in the list of modules."""
PADDING = 10_240
"""Bytes of zeros that may end a bare tar: what is cut off there is no content."""


@pytest.mark.parametrize("form", ALL)
def test_a_truncated_archive_is_damaged_wherever_it_ends(tmp_path: Path, form: ArchiveFormat) -> None:
    seeded = random.Random(20)
    data = pack(form, SAMPLES)
    end = len(data) - (PADDING if form is ArchiveFormat.TAR else 0)
    cuts = {0, 1, 3, 10, end - 1, end - 7, *seeded.sample(range(end), 60)}
    for cut in sorted(cuts):
        assert damage_of(tmp_path, form, data[:cut])


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize("garbage", [b"garbage", b"\0" * 7 + b"x", b"PK\5\6" + b"\0" * 18, b"\x1f\x8b"])
def test_bytes_behind_the_end_are_damage(tmp_path: Path, form: ArchiveFormat, garbage: bytes) -> None:
    assert damage_of(tmp_path, form, pack(form, SAMPLES) + garbage)


@pytest.mark.parametrize("form", ALL)
def test_another_format_is_damage(tmp_path: Path, form: ArchiveFormat) -> None:
    for other in ALL:
        if other is not form:
            assert damage_of(tmp_path, form, pack(other, SAMPLES))
    for data in (b"<html><body>Sign in to the Wi-Fi</body></html>" * 50, bytes(5000)):
        assert damage_of(tmp_path, form, data)


@pytest.mark.parametrize("form", CHECKED)
def test_a_flipped_byte_never_gives_wrong_content(tmp_path: Path, form: ArchiveFormat) -> None:
    data = pack(form, SAMPLES)
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


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize(
    ("path", "size"), [("gone", 1), ("bin/tool", 2999), ("bin/tool", 3001), ("empty", 1)]
)
def test_a_file_that_is_not_in_it_as_listed_is_damage(
    tmp_path: Path, form: ArchiveFormat, path: str, size: int
) -> None:
    shelf = shelve(tmp_path, form, pack(form, SAMPLES))
    with pytest.raises(InstallerError) as caught:
        shelf.contents([IndexedFile(path=path, size=size, sha256="0" * 64)])
    assert caught.value.fault.code is FaultCode.ARCHIVE_DAMAGED
