"""Refuses a prefix in which any file is of a newer format: nothing of it may be misread, overwritten or removed.

A download's sidecar is the exception: one of a newer format counts as nothing (see `part`), and what it costs is at
most to fetch something again.
"""

import re
from collections.abc import Iterator
from json import dumps
from pathlib import Path

from backports import zstd

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.layout import FORMAT, GENERATION_NAME, INDEX_NAME, Layout, names
from vsrt_gui.adapters.prefix.mark import Mark, read_mark
from vsrt_gui.adapters.prefix.replacing import Patience, parse_json, patiently, read_file
from vsrt_gui.model.faults import FaultCode, InstallerError

INDEX_FORMAT = 1
WANTED_FORMAT = 1
GENERATION_FORMAT = 1

_HEAD_BYTES = 64
"""Of an unpacked index: its format stands first, and all of it would take a hundred times as long."""
_PIECE = 4 << 10
"""Of a packed index: as many are read as its first block has, which gives nothing before it is there wholly."""
_HEAD = re.compile(rb'\s*\{\s*"format"\s*:\s*([0-9]{1,9})\b')


def refuse_newer(layout: Layout) -> None:
    """Look at the format of every file of a prefix that has one; one that can't be read is no newer one.

    Raises:
        InstallerError: `prefix-too-new`, disk codes.
    """
    for found, supported in _formats(layout):
        if found is not None and not _is_known(found, supported):
            shown = found if type(found) is int else dumps(found)
            raise InstallerError(
                FaultCode.PREFIX_TOO_NEW, path=str(layout.root), format=shown, supported=supported
            )


def _is_known(found: object, supported: int) -> bool:
    """Tell whether this program knows a format; ours were counted from 1, and any other shape is a later idea."""
    return type(found) is int and 1 <= found <= supported


def _formats(layout: Layout) -> Iterator[tuple[object, int]]:
    """Yield the format that each file says it has, and the newest one of its kind that this program knows."""
    mark = read_mark(layout)
    yield (mark.fields["format"] if isinstance(mark, Mark) else None), FORMAT
    yield _said(layout.wanted, "format"), WANTED_FORMAT
    for path in _listed(layout.generations, GENERATION_NAME):
        ours = f"{_said(path, 'number')}.json" == path.name  # else it is somebody's with such a name
        yield (_said(path, "format") if ours else None), GENERATION_FORMAT
    for path in _listed(layout.indexes, INDEX_NAME):
        yield index_format(path), INDEX_FORMAT


def _said(path: Path, name: str) -> object:
    """Return what a small JSON file says under a name; None where it says nothing."""
    document = parse_json(read_file(path))
    return document.get(name) if isinstance(document, dict) else None


def _listed(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    with translating(folder):
        return [folder / name for name in names(folder, pattern)]


def index_format(path: Path) -> int | None:
    """Return the format that a file index says it has; None where a file is none, or is damaged.

    Raises:
        InstallerError: disk codes.
    """
    with translating(path):
        found = _HEAD.match(patiently(lambda: _unpacked_head(path), path, Patience(seconds=2.0)))
    return int(found[1]) if found else None


def _unpacked_head(path: Path) -> bytes:
    """Unpack the first bytes of an index; none where it is no sound one."""
    decoder, head = zstd.ZstdDecompressor(), b""
    try:
        with path.open("rb", buffering=0) as file:
            while not decoder.eof and len(head) < _HEAD_BYTES and (piece := file.read(_PIECE)):
                head += decoder.decompress(piece, max_length=_HEAD_BYTES)
    except (FileNotFoundError, NotADirectoryError, zstd.ZstdError):
        return b""
    except OSError:
        if path.is_dir():
            return b""
        raise
    return head
