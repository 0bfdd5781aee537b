import zlib

import pytest
from simulators.archive_files import (
    COMPRESS,
)

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import ByteRange, IndexedFile, Packing
from vsrt_gui.model.manifest import ArchiveFormat


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
