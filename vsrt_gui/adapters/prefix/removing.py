"""Uninstalls: removes all that is ours by name, in an order that any rerun can finish."""

import re
from collections.abc import Callable
from pathlib import Path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.collecting import leftovers
from vsrt_gui.adapters.prefix.commit import marked_commands, recorded_commands, remove_launchers
from vsrt_gui.adapters.prefix.erasing import discard_folder, erase
from vsrt_gui.adapters.prefix.formats import refuse_newer
from vsrt_gui.adapters.prefix.identity import look_at_mark, made_levels, note_data
from vsrt_gui.adapters.prefix.layout import (
    GENERATION_NAME,
    INDEX_NAME,
    PART_NAME,
    SCRIPTS_NAME,
    STORE_NAME,
    Layout,
    is_folder,
    names,
)
from vsrt_gui.adapters.prefix.parting import Parting
from vsrt_gui.adapters.prefix.replacing import flush_folder, flush_standing


def withdraw(layout: Layout, data: frozenset[str]) -> None:
    """Let nothing be in force any more; see `ports.Prefix.withdraw`. Restartable, and it can be repaired.

    Raises:
        InstallerError: `folder-not-writable`, `prefix-too-new`, disk codes.
    """
    refuse_newer(layout)
    if not look_at_mark(layout)[0]:
        return
    if data:
        note_data(layout, data)
    _drop(layout.current)
    with translating(layout.root):
        flush_folder(layout.root)


def remove(
    layout: Layout,
    parting: Parting,
    *,
    keep_downloads: bool = False,
    last: Callable[[], None] = lambda: None,
) -> None:
    """Remove the runtime; see `ports.Prefix.remove`. Nothing happens where no prefix of ours is.

    What goes: the files that bear our names, and the modules' folders with all that is in them, since programs write
    caches beside their own files. What stays: every other file, wherever somebody has put it, and the folders that hold
    it; and the prefix's own folder, where it was there before us.

    Restartable at every point: `current` goes first, so nothing half-removed is ever in force; launchers go while the
    generations still tell their names; `.vsrt.json`, which says that the rest is ours to remove, goes last, and only
    then the folders that were made for the prefix, which `parting` remembers until they are gone.

    With `keep_downloads` what was fetched stays, packed or unpacked: the store, its indexes and the downloads, and
    with them `.vsrt.json`. Nothing names them any more, so that the next installation looks at every byte of them.

    Raises:
        InstallerError: `prefix-too-new`, `file-in-use`, disk codes.
    """
    withdraw(layout, frozenset())
    if not look_at_mark(layout)[0]:
        return
    if _is_folder(layout.bin):  # behind a link that somebody put there lie files of somebody else
        remove_launchers(layout, recorded_commands(layout) | marked_commands(layout))
    for path in _ours(layout, keep_downloads=keep_downloads):
        whole = path.parent == layout.store or SCRIPTS_NAME.fullmatch(path.name)
        (erase if whole else _drop)(path)
    for folder in (*layout.folders, *layout.download_folders):
        discard_folder(folder)  # before the identity: a folder left behind must still be known as ours
    for path in (layout.wanted, layout.journal):
        _drop(path)
    # While the mark is there still: a power loss must bring nothing back without it.
    with translating(layout.root):
        flush_standing((*layout.folders, *layout.download_folders, layout.root))
    last()
    if not (keep_downloads and _named(_fetched(layout))):
        parting.remember(made_levels(layout))
        _drop(layout.identity)


def _drop(path: Path) -> None:
    """Delete one of our files; a folder in its place is somebody else's, and goes only when it is empty."""
    if _is_folder(path):
        discard_folder(path)
    else:
        erase(path)


_Kind = tuple[Path, re.Pattern[str]]
"""A folder, and which names in it are meant."""


def _fetched(layout: Layout) -> tuple[_Kind, ...]:
    """Return where what was fetched lies."""
    return ((layout.store, STORE_NAME), *((folder, PART_NAME) for folder in layout.download_folders))


def _ours(layout: Layout, *, keep_downloads: bool) -> list[Path]:
    named_by_us = ((layout.generations, GENERATION_NAME), (layout.generations, SCRIPTS_NAME))
    fetched = ((layout.indexes, INDEX_NAME), *_fetched(layout))
    kinds = named_by_us if keep_downloads else (*named_by_us, *fetched)
    with translating(layout.root):
        return [*_named(kinds), *leftovers(layout)]


def _named(kinds: tuple[_Kind, ...]) -> list[Path]:
    return [folder / name for folder, pattern in kinds for name in names(folder, pattern)]


def _is_folder(path: Path) -> bool:
    with translating(path):
        return is_folder(path)
