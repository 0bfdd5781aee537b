"""Reads what a prefix says of itself; writes nothing and needs no lock."""

import re
from pathlib import Path

from backports import zstd
from pydantic import ValidationError

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.erasing import weigh
from vsrt_gui.adapters.prefix.identity import damaged, is_ours, refuse_newer
from vsrt_gui.adapters.prefix.journal import Journal
from vsrt_gui.adapters.prefix.layout import (
    FORMAT,
    GENERATION_NAME,
    PART_NAME,
    STORE_NAME,
    Layout,
    names,
)
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.replacing import Patience, read_file, replace_file
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.request import Wanted
from vsrt_gui.model.survey import Generation, PrefixRecord

_INDEX_FORMAT = 1
_NUMBER = re.compile(rb"[1-9][0-9]{0,8}")


def read_record(layout: Layout) -> PrefixRecord:
    """Read what the prefix says of itself.

    Raises:
        InstallerError: `prefix-too-new`, `prefix-damaged`, disk codes.
    """
    if not is_ours(layout):
        return PrefixRecord(path=str(layout.root))
    current = read_current(layout)
    others = tuple(
        found for found in read_generations(layout) if not current or found.number != current.number
    )
    generations = (*others, current) if current else others
    wanted = _wanted(layout.wanted)
    return PrefixRecord(
        path=str(layout.root),
        exists=True,
        current=current,
        generations=tuple(sorted(generations, key=lambda generation: generation.number)),
        wanted=wanted,
        last_run=Journal(layout.journal).last_run(),
        staged=_staged(layout),
        kept=0 if current or wanted else _kept(layout),
    )


def current_number(layout: Layout) -> int | None:
    """Return the number of the generation in force, None when there is none.

    Raises:
        InstallerError: `prefix-damaged`, disk codes.
    """
    content = read_file(layout.current)
    if content is None:
        return None
    text = content.strip()
    if not _NUMBER.fullmatch(text):
        raise damaged(layout.current, "it holds no number")
    return int(text)


def read_current(layout: Layout) -> Generation | None:
    """Return the generation in force, None when there is none.

    Raises:
        InstallerError: `prefix-damaged`, `prefix-too-new`, disk codes.
    """
    number = current_number(layout)
    if number is None:
        return None
    path = layout.generation(number)
    content = read_file(path)
    if content is None:
        raise damaged(path, "it is missing")
    try:
        generation = Generation.model_validate_json(content)
    except ValidationError as error:
        raise damaged(path, "it can't be read") from error
    refuse_newer(layout, generation.format)
    if generation.number != number:
        raise damaged(path, f"it holds generation {generation.number}")
    return generation


def read_generations(layout: Layout) -> tuple[Generation, ...]:
    """Return every generation that can be read, by number; a broken one is left out.

    Raises:
        InstallerError: disk codes.
    """
    with translating(layout.generations):
        found = names(layout.generations, GENERATION_NAME)
    read = (_generation(layout.generations / name) for name in found)
    return tuple(sorted((g for g in read if g is not None), key=lambda generation: generation.number))


def read_index(path: Path) -> FileIndex | None:
    """Read a kept file index, None when there is none that this program can read."""
    content = read_file(path)
    if content is None:
        return None
    try:
        index = FileIndex.model_validate_json(zstd.decompress(content))
    except (ValidationError, zstd.ZstdError):
        return None
    return index if index.format <= _INDEX_FORMAT else None


def write_index(path: Path, index: FileIndex) -> None:
    """Keep a file index.

    Raises:
        InstallerError: disk codes.
    """
    content = zstd.compress(index.model_dump_json(exclude_defaults=True).encode())
    if read_file(path) != content:
        replace_file(path, content)


def _generation(path: Path) -> Generation | None:
    content = read_file(path)
    try:
        generation = Generation.model_validate_json(content or b"")
    except ValidationError:
        return None
    return generation if generation.format <= FORMAT and path.name == f"{generation.number}.json" else None


def _wanted(path: Path) -> Wanted | None:
    content = read_file(path)
    try:
        return Wanted.model_validate_json(content or b"")
    except ValidationError:
        return None


def _kept(layout: Layout) -> int:
    """Measure what lies in the folder although nothing is installed there, nor wanted."""
    ours = ((layout.store, STORE_NAME), *((folder, PART_NAME) for folder in layout.download_folders))
    with translating(layout.root):
        found = [folder / name for folder, pattern in ours for name in names(folder, pattern)]
    return sum(weigh(path) for path in found)


def _staged(layout: Layout) -> dict[str, int]:
    with translating(layout.downloads):
        found = names(layout.downloads, PART_NAME)
    parts = (name.removesuffix(".part") for name in found if name.endswith(".part"))
    sizes = ((sha256, DiskPart(layout.downloads, sha256, Patience()).staged()) for sha256 in parts)
    return {sha256: size for sha256, size in sizes if size}
