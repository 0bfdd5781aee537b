"""Reads what a prefix says of itself; writes nothing and needs no lock."""

import re
from pathlib import Path

from backports import zstd
from pydantic import ValidationError

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.clearing import free_name, misplaced
from vsrt_gui.adapters.prefix.erasing import weigh
from vsrt_gui.adapters.prefix.formats import GENERATION_FORMAT, INDEX_FORMAT, refuse_newer
from vsrt_gui.adapters.prefix.identity import damaged, look_at_mark
from vsrt_gui.adapters.prefix.journal import Journal
from vsrt_gui.adapters.prefix.layout import (
    GENERATION_NAME,
    PART_NAME,
    STORE_NAME,
    Layout,
    is_folder,
    names,
)
from vsrt_gui.adapters.prefix.mark import Mark, read_mark
from vsrt_gui.adapters.prefix.owning import Owned
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.replacing import Patience, read_file, replace_file
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.request import Wanted
from vsrt_gui.model.survey import Damage, Generation, Note, PrefixRecord

_NUMBER = re.compile(rb"[1-9][0-9]{0,8}")
_CHECKED: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}
"""Without it every second flipped bit of a kept index gives another index, which says wrong things of good files."""


def read_record(layout: Layout) -> PrefixRecord:
    """Read what the prefix says of itself, as far as it can be read; what can't is `damage`.

    Raises:
        InstallerError: `prefix-too-new`, disk codes.
    """
    refuse_newer(layout)
    ours, mark = look_at_mark(layout)
    if not ours:
        return PrefixRecord(path=str(layout.root))
    named, current, lost = look_at_current(layout)
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
        kept=0 if current or lost or wanted else _kept(layout),
        damage=tuple(one for one in (mark, lost, *_unreadable(layout, lost), *_misplaced(layout)) if one),
        named=named,
        data=_data(layout, told=lost is None),
    )


def read_current(layout: Layout) -> Generation | None:
    """Return the generation in force, None when there is none, for those who delete what nothing names.

    Raises:
        InstallerError: `prefix-damaged` where anything is not as it must be; `prefix-too-new`, disk codes.
    """
    record = read_record(layout)
    for one in record.damage:
        raise damaged(Path(one.path), one.reason)
    return record.current


def look_at_current(layout: Layout) -> tuple[int | None, Generation | None, Damage | None]:
    """Return the number that `current` holds, the generation of that number, and why either can't be read.

    A number with anything else around it is damage: launchers, which take the line as it is, start nothing then.

    Raises:
        InstallerError: disk codes.
    """
    content = read_file(layout.current)
    if content is None:
        return None, None, None
    text = content.strip()
    if not _NUMBER.fullmatch(text):
        return None, None, _lost(Note.CURRENT, layout.current, "it holds no number")
    number = int(text)
    if content != b"%d\n" % number:
        return number, None, _lost(Note.CURRENT, layout.current, "it holds more than a number")
    path = layout.generation(number)
    generation = _generation(path)
    if generation is not None:
        return number, generation, None
    reason = "it can't be read" if path.exists() else "it is missing"
    return number, None, _lost(Note.GENERATION, path, reason)


def _lost(note: Note, path: Path, reason: str) -> Damage:
    return Damage(note=note, path=str(path), reason=reason)


def _unreadable(layout: Layout, lost: Damage | None) -> tuple[Damage, ...]:
    broken = (_lost(Note.EARLIER, path, "it can't be read") for path in broken_generations(layout))
    return tuple(one for one in broken if lost is None or one.path != lost.path)


def _misplaced(layout: Layout) -> tuple[Damage, ...]:
    with translating(layout.root):
        return tuple(_in_the_way(path) for path in misplaced(layout))


def _in_the_way(path: Path) -> Damage:
    leads = str(path.readlink()) if path.is_symlink() else ""
    reason = f"it is a link to {leads}" if leads else "it is not a folder"
    return _lost(Note.FOLDER, path, reason).but(aside=free_name(path).name, leads=leads)


def read_generations(layout: Layout) -> tuple[Generation, ...]:
    """Return every generation that can be read, by number; a broken one is left out.

    Raises:
        InstallerError: disk codes.
    """
    read = (_generation(path) for path in _notes(layout))
    return tuple(sorted((g for g in read if g is not None), key=lambda generation: generation.number))


def broken_generations(layout: Layout) -> tuple[Path, ...]:
    """Return the files of generations that can't be read: what they named, nobody can tell.

    A file of the user's own that only has such a name is none.

    Raises:
        InstallerError: disk codes.
    """
    broken = [path for path in _notes(layout) if _generation(path) is None]
    ours = Owned(layout, ()).notes() if broken else []
    return tuple(path for path in broken if path in ours)


def has_store(layout: Layout) -> bool:
    """Tell whether the modules' folders lie in a folder of ours; what lies behind a link is not taken for them.

    Raises:
        InstallerError: disk codes.
    """
    with translating(layout.store):
        return is_folder(layout.store)


def read_index(path: Path) -> FileIndex | None:
    """Read a kept file index, None when there is none that this program can read."""
    content = read_file(path)
    if content is None:
        return None
    try:
        index = FileIndex.model_validate_json(zstd.decompress(content))
    except (ValidationError, zstd.ZstdError):
        return None
    return index if index.format <= INDEX_FORMAT else None


def write_index(path: Path, index: FileIndex) -> None:
    """Keep a file index.

    Raises:
        InstallerError: disk codes.
    """
    content = zstd.compress(index.text, options=_CHECKED)
    if read_file(path) != content:
        replace_file(path, content)


def _notes(layout: Layout) -> list[Path]:
    with translating(layout.generations):
        return [layout.generations / name for name in sorted(names(layout.generations, GENERATION_NAME))]


def _generation(path: Path) -> Generation | None:
    content = read_file(path)
    try:
        generation = Generation.model_validate_json(content or b"")
    except ValidationError:
        return None
    return (
        generation
        if generation.format <= GENERATION_FORMAT and path.name == f"{generation.number}.json"
        else None
    )


def _wanted(path: Path) -> Wanted | None:
    content = read_file(path)
    try:
        return Wanted.model_validate_json(content or b"")
    except ValidationError:
        return None


def _data(layout: Layout, *, told: bool) -> frozenset[str] | None:
    """Return what the mark notes of the user's data; one of an older program notes nothing, and the sets must tell."""
    mark = read_mark(layout)
    noted = mark.data if isinstance(mark, Mark) else None
    return frozenset() if noted is None and told else noted


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
