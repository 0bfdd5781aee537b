"""Uninstalls: removes all that is noted as ours, in an order that any rerun can finish."""

from collections.abc import Callable
from pathlib import Path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.collecting import leftovers
from vsrt_gui.adapters.prefix.commit import marked_commands, recorded_commands, remove_launchers
from vsrt_gui.adapters.prefix.elsewhere import leave_elsewhere
from vsrt_gui.adapters.prefix.erasing import discard_folder, erase
from vsrt_gui.adapters.prefix.formats import refuse_newer
from vsrt_gui.adapters.prefix.identity import look_at_mark, made_levels, note_data
from vsrt_gui.adapters.prefix.layout import Layout, is_folder
from vsrt_gui.adapters.prefix.owning import Owned
from vsrt_gui.adapters.prefix.parting import Parting
from vsrt_gui.adapters.prefix.reading import read_generations
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

    What goes: the files that we noted (see `Owned`), and the modules' folders with all that is in them, since programs
    write caches beside their own files. What stays: every other file, whatever its name and wherever somebody has put
    it, and the folders that hold it; and the prefix's own folder, where it was there before us.

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
    owned = Owned(layout, read_generations(layout))
    told = Owned(layout, ())  # of what is kept, no set tells any more
    _erase_fetched(layout, owned, told if keep_downloads else None)
    for path in (*owned.notes(), *owned.scripts()):
        _drop(path)
    # Before the identity: a folder left behind must still be known as ours. Downloads may lie in one of the others.
    for folder in layout.download_folders:
        discard_folder(folder)
    leave_elsewhere(layout)
    for folder in layout.folders:
        discard_folder(folder)
    for path in (layout.wanted, layout.journal):
        _drop(path)
    # While the mark is there still: a power loss must bring nothing back without it.
    with translating(layout.root):
        flush_standing((*layout.folders, *layout.download_folders, layout.root))
    last()
    if not (keep_downloads and (told.modules() or told.all_downloads())):
        parting.remember(made_levels(layout))
        _drop(layout.identity)


def _drop(path: Path) -> None:
    """Delete one of our files; a folder in its place is somebody else's, and goes only when it is empty."""
    if _is_folder(path):
        discard_folder(path)
    else:
        erase(path)


def _erase_fetched(layout: Layout, owned: Owned, kept: Owned | None) -> None:
    """Erase what was fetched, packed or unpacked, but what is to be kept, and what was half-written.

    Modules' folders go with all that is in them. They are gone for good before what tells that they are ours.
    """
    stays = {*kept.modules(), *_vouched(kept.all_downloads())} if kept else set()
    downloads = [path for path in owned.all_downloads() if path not in stays]
    for path in (*owned.modules(), *downloads, *leftovers(layout)):
        if path not in stays and path.suffix != ".json":
            (erase if path.parent == layout.store else _drop)(path)
    with translating(layout.root):
        flush_standing((layout.store, *layout.download_folders))
    for path in (*downloads, *(() if kept else owned.indexes())):
        _drop(path)


def _vouched(downloads: list[Path]) -> list[Path]:
    """Leave out downloads without a sidecar, of which nobody could make anything."""
    return [path for path in downloads if path.with_suffix(".json") in downloads]


def _is_folder(path: Path) -> bool:
    with translating(path):
        return is_folder(path)
