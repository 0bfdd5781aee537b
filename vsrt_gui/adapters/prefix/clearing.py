"""Moves aside what stands where a folder or a file of ours must be; nothing of anybody's is deleted for that."""

import errno
import re
from collections.abc import Iterator
from pathlib import Path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.layout import (
    GENERATION_NAME,
    INDEX_NAME,
    PART_NAME,
    Layout,
    is_folder,
    names,
    stands,
)
from vsrt_gui.adapters.prefix.replacing import rename

ASIDE = "-set-aside"
_FULL = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY})


def misplaced(layout: Layout) -> tuple[Path, ...]:
    """Return what stands where a folder of the prefix must be: a file, or a link, wherever that leads.

    Raises:
        InstallerError: disk codes.
    """
    with translating(layout.root):
        return tuple(folder for folder in layout.folders if stands(folder) and not is_folder(folder))


def clear(layout: Layout) -> None:
    """Make room for the prefix's folders and files.

    An empty folder in the place of a file goes; all else is kept beside it, under its name and `-set-aside`.
    Restartable: each thing is moved in one step.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    for path in (*misplaced(layout), *_folders_for_files(layout)):
        set_aside(path)


def set_aside(path: Path) -> None:
    """Make room for something of ours where something else stands; an empty folder goes, all else is kept beside it.

    Restartable: it is moved in one step.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    with translating(path, path.parent):
        if is_folder(path) and _removed(path):
            return
        rename(path, free_name(path))


def _folders_for_files(layout: Layout) -> tuple[Path, ...]:
    with translating(layout.root):
        found = [path for path in _files(layout) if is_folder(path)]
        if layout.journal.is_symlink():  # it is written to as it is, and so must not lead anywhere else
            found.append(layout.journal)
    return tuple(found)


def _files(layout: Layout) -> Iterator[Path]:
    yield from (layout.identity, layout.current, layout.wanted, layout.journal)
    kinds: list[tuple[Path, re.Pattern[str]]] = [
        (layout.generations, GENERATION_NAME),
        (layout.indexes, INDEX_NAME),
        *((folder, PART_NAME) for folder in layout.download_folders),
    ]
    for folder, pattern in kinds:
        yield from (folder / name for name in names(folder, pattern))


def _removed(folder: Path) -> bool:
    """Delete a folder if there is nothing in it, and tell whether that was so; never asked for a link."""
    try:
        effects.rmdir(folder)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        return False
    return True


def free_name(path: Path) -> Path:
    """Return where something is kept that stands in the way: beside it, under a name that nothing has."""
    tried, chosen = 1, path.with_name(f"{path.name}{ASIDE}")
    while stands(chosen):
        tried += 1
        chosen = path.with_name(f"{path.name}{ASIDE}-{tried}")
    return chosen
