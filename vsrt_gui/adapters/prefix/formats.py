"""Refuses a prefix in which any file is of a newer format: nothing of it may be misread, overwritten or removed."""

import re
from collections.abc import Iterator
from pathlib import Path

from backports import zstd

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import part
from vsrt_gui.adapters.prefix.layout import FORMAT, GENERATION_NAME, INDEX_NAME, PART_NAME, Layout, names
from vsrt_gui.adapters.prefix.replacing import parse_json, read_file
from vsrt_gui.model.faults import FaultCode, InstallerError

INDEX_FORMAT = 1
WANTED_FORMAT = 1
GENERATION_FORMAT = 1

_HEAD_BYTES = 64
"""Of an unpacked index: its format stands first, and all of it would take a hundred times as long."""
_HEAD = re.compile(rb'\s*\{\s*"format"\s*:\s*([0-9]{1,9})\b')


def refuse_newer(layout: Layout) -> None:
    """Look at the format of every file of a prefix that has one; one that can't be read is no newer one.

    Raises:
        InstallerError: `prefix-too-new`, disk codes.
    """
    for found, supported in _formats(layout):
        if found is not None and found > supported:
            raise InstallerError(
                FaultCode.PREFIX_TOO_NEW, path=str(layout.root), format=found, supported=supported
            )


def format_of(content: bytes | None) -> int | None:
    """Return the format that a small JSON file of ours says it has; None where it says none."""
    document = parse_json(content)
    found = document.get("format") if isinstance(document, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _formats(layout: Layout) -> Iterator[tuple[int | None, int]]:
    """Yield the format of each file, and the newest one of its kind that this program knows."""
    yield format_of(read_file(layout.identity)), FORMAT
    yield format_of(read_file(layout.wanted)), WANTED_FORMAT
    for path in _listed(layout.generations, GENERATION_NAME):
        yield format_of(read_file(path)), GENERATION_FORMAT
    for path in _listed(layout.indexes, INDEX_NAME):
        yield _index_format(path), INDEX_FORMAT
    for folder in layout.download_folders:
        for path in _listed(folder, PART_NAME):
            if path.suffix == ".json":
                yield format_of(read_file(path)), part.FORMAT


def _listed(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    with translating(folder):
        return [folder / name for name in names(folder, pattern)]


def _index_format(path: Path) -> int | None:
    try:
        head = zstd.ZstdDecompressor().decompress(read_file(path) or b"", max_length=_HEAD_BYTES)
    except zstd.ZstdError:
        return None
    found = _HEAD.match(head)
    return int(found[1]) if found else None
