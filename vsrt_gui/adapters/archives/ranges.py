"""Unpacks files by their byte ranges, in two threads, from an archive whose index says where each one lies."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from vsrt_gui.adapters.archives.inflating import range_content
from vsrt_gui.adapters.archives.lanes import Check, in_lanes
from vsrt_gui.adapters.archives.verdict import damaged
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Put, Tick
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import ByteRange, IndexedFile

T = TypeVar("T")

READ = 1 << 18
"""Packed bytes that are read at once."""
HEAVY = 1 << 16
"""Packed bytes from which on unpacking a file takes longer than all that Python does around it."""


def unpack_ranges(path: Path, archive: str, files: Iterable[IndexedFile], put: Put, stop: Stop) -> None:
    """Hand the content of these files to `put`; every thread has ended when this returns.

    Args:
        path: of the archive.
        archive: its name, for faults.
        files: each with its range.
        put: called from two threads.
        stop: ends all.

    Raises:
        InstallerError: `archive-damaged`, `disk-error`.
        StoppedError: soon after `stop`.
    """

    def write(item: tuple[IndexedFile, ByteRange], check: Check) -> None:
        file, where = item

        def objection(reason: str) -> InstallerError:
            return damaged(archive, f"{reason}: {file.path}")

        with translating(path):
            packed = path.open("rb", buffering=0)
        with packed:
            pieces = range_pieces(packed, where, lambda _: None)
            content = range_content(where.packing, file.size, pieces, objection)
            put(file, _checked(content, check))

    ranged = [(file, file.packed) for file in files if file.packed]
    in_lanes(*weighed(ranged, lambda item: item[1].offset, lambda item: item[1].length), write, stop)


def range_pieces(packed: BinaryIO, where: ByteRange, tick: Tick) -> Iterator[bytes]:
    """Read a range; one that reaches over the file's end shows in the content.

    Raises:
        InstallerError: `disk-error`.
    """
    with translating(Path(packed.name)):
        packed.seek(
            min(where.offset, packed.seek(0, os.SEEK_END))
        )  # no disk takes an offset of just any size
        left = where.length
        while left and (piece := packed.read(min(left, READ))):
            left -= len(piece)
            tick(len(piece))
            yield piece


def weighed(
    items: Iterable[T], offset: Callable[[T], int], length: Callable[[T], int]
) -> tuple[list[T], list[T]]:
    """Return the heavy ones, the heaviest first so that both threads end together, and the light ones by place.

    Args:
        items: to sort.
        offset: where an item's bytes lie.
        length: packed bytes of it.
    """
    heavy: list[T] = []
    light: list[T] = []
    for item in sorted(items, key=offset):
        (heavy if length(item) >= HEAVY else light).append(item)
    return sorted(heavy, key=lambda item: -length(item)), light


def _checked(content: Iterator[bytes], check: Check) -> Iterator[bytes]:
    for piece in content:
        check()
        yield piece
