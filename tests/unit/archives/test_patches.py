"""What makes a new content from an old one, and what hostile patches can't do."""

import random
from collections.abc import Iterator
from hashlib import sha256

import pytest
from backports import zstd

from vsrt_gui.adapters.archives.patches import WINDOW_LOG, apply_patch, fits, make_patch
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import LARGEST_PATCHED, IndexedFile

CHANCE = random.Random(7)
OLD = CHANCE.randbytes(300_000)
NEW = OLD[:100_000] + b"one insertion" + OLD[100_000:]


def file_of(content: bytes) -> IndexedFile:
    return IndexedFile(path="lib/x", size=len(content), sha256=sha256(content).hexdigest())


def in_pieces(data: bytes, size: int = 1000) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def applied(new: bytes, old: bytes, frame: bytes) -> bytes:
    return b"".join(apply_patch(file_of(new), old, in_pieces(frame)))


def reason_of(new: bytes, old: bytes, frame: bytes) -> str:
    with pytest.raises(InstallerError) as caught:
        applied(new, old, frame)
    fault = caught.value.fault
    assert fault.code is FaultCode.ARCHIVE_DAMAGED
    assert fault.facts["file"] == "lib/x"
    return str(fault.facts["reason"])


@pytest.mark.parametrize("new", [NEW, OLD, OLD[:5], b"", OLD[::-1]])
def test_there_and_back(new: bytes) -> None:
    frame = make_patch(OLD, new)
    assert applied(new, OLD, frame) == new
    assert applied(new, OLD, make_patch(memoryview(OLD), new)) == new
    assert frame == make_patch(OLD, new)


def test_a_small_change_is_a_small_patch() -> None:
    assert len(make_patch(OLD, NEW)) < 200


def test_pieces_are_small() -> None:
    new = bytes(5 << 20)
    frame = make_patch(OLD, new)
    assert max(map(len, apply_patch(file_of(new), OLD, [frame]))) <= 1 << 20


def test_sizes_that_are_patched() -> None:
    assert [fits(size) for size in (0, 7, 8, LARGEST_PATCHED, LARGEST_PATCHED + 1)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    with pytest.raises(ValueError, match="size"):
        make_patch(b"short", NEW)
    with pytest.raises(ValueError, match="size"):
        make_patch(OLD, bytes(LARGEST_PATCHED + 1))


@pytest.mark.parametrize("cut", [0, 1, 5, -1])
def test_a_cut_patch(cut: int) -> None:
    assert reason_of(NEW, OLD, make_patch(OLD, NEW)[:cut]) == "it ends too early"


def test_more_than_one_frame() -> None:
    frame = make_patch(OLD, NEW)
    assert reason_of(NEW, OLD, frame + b"x") == "bytes follow its end"
    assert reason_of(NEW, OLD, frame + frame) == "bytes follow its end"


def test_more_or_less_content_than_listed() -> None:
    frame = make_patch(OLD, NEW)
    assert reason_of(NEW[:-1], OLD, frame) == "it holds more than it says"
    assert reason_of(NEW + b"x", OLD, frame) == "it holds less than it says"


def test_no_zstd_at_all() -> None:
    assert reason_of(NEW, OLD, b"<html>not found</html>")


def test_a_bomb_ends_at_the_listed_size() -> None:
    bomb = zstd.compress(bytes(64 << 20))
    assert reason_of(b"x" * 1000, OLD, bomb) == "it holds more than it says"


def test_a_window_that_would_take_too_much_memory() -> None:
    options = {zstd.CompressionParameter.window_log: WINDOW_LOG + 1}
    maker = zstd.ZstdCompressor(options={int(key): value for key, value in options.items()})
    frame = maker.compress(NEW) + maker.flush()  # its content's size is not told, so that the window is
    assert "memory" in reason_of(NEW, OLD, frame)


def test_a_content_that_none_is_made_from() -> None:
    assert "none is made for" in reason_of(NEW, b"short", make_patch(OLD, NEW))
    assert "none is made for" in reason_of(NEW, bytes(LARGEST_PATCHED + 1), make_patch(OLD, NEW))
