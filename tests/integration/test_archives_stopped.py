"""Reading that ends early: by a stop or because `put` raised; soon, and with no thread left behind."""

import random
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic

import pytest
from simulators.archive_files import COMPRESS, Raw, Shelf, our_threads, pack, shelve, tar_bytes, zip_bytes

from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.model.file_index import IndexedFile
from vsrt_gui.model.manifest import ArchiveFormat

ALL = tuple(ArchiveFormat)
SOON = 1.0
"""Seconds; what the engine promises, although it takes tenths of that on an idle machine."""
ENTRIES = [Raw(f"big{n}", random.Random(n).randbytes(1 << 20) * 12) for n in range(3)]
ENTRIES += [Raw(f"small{n}", b"small" * n) for n in range(1, 200)]


class BoomError(Exception):
    """What no room translates."""


@pytest.fixture(scope="module", params=ALL)
def shelf_maker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Shelf]:
    form: ArchiveFormat = request.param
    entries = (
        ENTRIES if form in (ArchiveFormat.ZIP, ArchiveFormat.TAR_GZ, ArchiveFormat.TAR_ZST) else ENTRIES[2:]
    )
    made = shelve(tmp_path_factory.mktemp("shelf"), form, pack(form, entries))
    return lambda: Shelf(made.path, made.artifact)


def test_a_stop_ends_the_listing_soon(shelf_maker: Callable[[], Shelf]) -> None:
    shelf = shelf_maker()
    stopped: list[float] = []

    def tick(_count: int) -> None:
        if not stopped:
            stopped.append(monotonic())
            shelf.stop.set()

    with pytest.raises(StoppedError):
        shelf.library.index(shelf.path, shelf.artifact, tick, shelf.stop)
    assert monotonic() - stopped[0] < SOON
    assert not our_threads()


def test_a_stop_ends_the_unpacking_soon(shelf_maker: Callable[[], Shelf]) -> None:
    shelf = shelf_maker()
    files = shelf.index().files
    stopped: list[float] = []
    late: list[str] = []

    def put(file: IndexedFile, pieces: Iterable[bytes]) -> None:
        for _ in pieces:
            if stopped:
                late.append(file.path)
            else:
                shelf.stop.set()
                stopped.append(monotonic())

    with pytest.raises(StoppedError):
        shelf.library.unpack(shelf.path, shelf.artifact, files, put, shelf.stop)
    assert monotonic() - stopped[0] < SOON
    assert len(late) <= 1, "the other thread may have had one piece in its hands"
    assert not our_threads()


def test_a_stop_ends_even_a_stretch_that_has_no_content(tmp_path: Path) -> None:
    """Frames that decoders skip give the reader nothing to look at the flag between."""
    size = 32 << 20
    data = b"\x50\x2a\x4d\x18" + size.to_bytes(4, "little") + bytes(size)
    shelf = shelve(tmp_path, ArchiveFormat.TAR_ZST, data)
    ticks: list[int] = []

    def tick(count: int) -> None:
        ticks.append(count)
        shelf.stop.set()

    with pytest.raises(StoppedError):
        shelf.library.index(shelf.path, shelf.artifact, tick, shelf.stop)
    assert len(ticks) == 1
    assert not our_threads()


def test_a_stop_that_came_before_lets_nothing_begin(shelf_maker: Callable[[], Shelf]) -> None:
    shelf = shelf_maker()
    files = shelf.index().files
    shelf.stop.set()
    with pytest.raises(StoppedError):
        shelf.contents(files)
    with pytest.raises(StoppedError):
        shelf.index()


def test_what_put_raises_comes_through_and_ends_the_others(shelf_maker: Callable[[], Shelf]) -> None:
    shelf = shelf_maker()
    files = shelf.index().files
    boom = BoomError()
    lock = threading.Lock()
    begun: list[str] = []

    def put(file: IndexedFile, pieces: Iterable[bytes]) -> None:
        with lock:
            begun.append(file.path)
            first = len(begun) == 1
        for _ in pieces:
            if first:
                raise boom

    with pytest.raises(BoomError) as caught:
        shelf.library.unpack(shelf.path, shelf.artifact, files, put, shelf.stop)
    assert caught.value is boom
    assert len(begun) < len(files)
    assert not our_threads()


@pytest.mark.parametrize("form", ALL)
def test_an_error_of_the_disk_in_put_is_not_taken_for_the_archives(
    tmp_path: Path, form: ArchiveFormat
) -> None:
    shelf = shelve(tmp_path, form, pack(form, [Raw("a", b"x")]))
    mine = OSError(28, "No space left on device")

    def put(_file: IndexedFile, pieces: Iterable[bytes]) -> None:
        for _ in pieces:
            raise mine

    with pytest.raises(OSError, match="No space") as caught:
        shelf.library.unpack(shelf.path, shelf.artifact, shelf.index().files, put, Stop())
    assert caught.value is mine


@pytest.mark.parametrize("form", ALL)
def test_a_put_that_reads_only_the_beginning_does_not_upset_the_next(
    tmp_path: Path, form: ArchiveFormat
) -> None:
    entries = [Raw("a", bytes(3 << 20)), Raw("b", b"after")]
    shelf = shelve(tmp_path, form, pack(form, entries))
    found: dict[str, bytes] = {}

    def put(file: IndexedFile, pieces: Iterable[bytes]) -> None:
        found[file.path] = next(iter(pieces))[:5]

    shelf.library.unpack(shelf.path, shelf.artifact, shelf.index().files, put, Stop())
    assert found == {"a": bytes(5), "b": b"after"}


@pytest.mark.parametrize("form", ALL)
def test_content_comes_in_small_pieces(tmp_path: Path, form: ArchiveFormat) -> None:
    """Very compressible content must not be handed on, or held, at once."""
    entries = [Raw("zeros", bytes(20 << 20))]
    data = zip_bytes(entries) if form is ArchiveFormat.ZIP else COMPRESS[form](tar_bytes(entries))
    shelf = shelve(tmp_path, form, data)
    sizes: list[int] = []

    def put(_file: IndexedFile, pieces: Iterable[bytes]) -> None:
        sizes.extend(len(piece) for piece in pieces)

    shelf.library.unpack(shelf.path, shelf.artifact, shelf.index().files, put, Stop())
    assert sum(sizes) == 20 << 20
    assert max(sizes) <= 1 << 20
