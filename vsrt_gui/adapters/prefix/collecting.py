"""Deletes what nothing names any more: old generations, their folders and indexes, used-up downloads."""

import time
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path
from re import Pattern

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.commit import recorded_commands, remove_launchers
from vsrt_gui.adapters.prefix.erasing import erase
from vsrt_gui.adapters.prefix.layout import (
    GENERATION_NAME,
    INDEX_NAME,
    PART_NAME,
    SCRIPTS_NAME,
    STORE_NAME,
    TEMPORARY_NAME,
    Layout,
    is_folder,
    names,
)
from vsrt_gui.adapters.prefix.owning import Owned
from vsrt_gui.adapters.prefix.reading import read_current, read_generations
from vsrt_gui.adapters.prefix.replacing import flush_folder, flush_standing
from vsrt_gui.engine.ports import Keep
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.launching import commands
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.survey import Generation, staying

FRESH_SECONDS = 30 * 24 * 3600
"""How long the work of an interrupted run is kept for its resume."""


@dataclass(frozen=True)
class Holding:
    """What stays and what goes.

    Attributes:
        kept: the generations that stay.
        doomed: the modules of the generations that go.
        begun: the first digits of the file indexes that folders were begun by; theirs go with them.
        keep: what was asked for.
    """

    kept: tuple[Generation, ...]
    doomed: tuple[Target, ...]
    begun: frozenset[str]
    keep: Keep

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every module of a generation that stays."""
        return tuple(target for generation in self.kept for target in generation.modules)

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of the generations that stay."""
        return frozenset(generation.number for generation in self.kept)


def collect(layout: Layout, keep: Keep) -> int:
    """Delete what nothing names any more; see `ports.Prefix.collect`.

    With `unfinished` a folder that no generation ever named stays for 30 days after it was touched. A download stays
    on the same terms, unless a generation that stays has its module whole; with `used` that one stays as long as the
    generation does. What another program holds open is left for the next time.

    Restartable: generations go before the folders that they name, so no listed generation ever lacks its folder.

    Returns:
        The bytes of the deleted files.

    Raises:
        InstallerError: `prefix-damaged`, disk codes.
    """
    holding = _holding(layout, keep)
    unwanted = recorded_commands(layout) - commands(holding.targets).keys()
    remove_launchers(layout, unwanted)
    owned = Owned(layout, read_generations(layout))
    ours = {*owned.notes(), *owned.scripts(), *owned.modules(), *owned.indexes(), *owned.all_downloads()}
    _call_old(layout, holding)
    freed = _let_go(ours, _generations(layout, holding))
    with translating(layout.generations):
        if layout.generations.exists():
            flush_folder(layout.generations)
    freed += _let_go(ours, _folders(layout, holding))
    # A power loss must bring nothing back without what tells that it is ours: an index, and a sidecar.
    with translating(layout.store):
        flush_standing((layout.store,))
    freed += _let_go(ours, _indexes(layout, holding))
    spent = list(_downloads(layout, holding))
    for kind in (".part", ".json"):
        freed += _let_go(ours, (path for path in spent if path.suffix == kind))
        with translating(layout.root):
            flush_standing(layout.download_folders)
    found = list(leftovers(layout))
    return freed + _let_go(set(found), found)


def leftovers(layout: Layout) -> Iterable[Path]:
    """List the temporary files that a killed run left behind.

    Raises:
        InstallerError: disk codes.
    """
    with translating(layout.root):
        scripts = [layout.generations / name for name in names(layout.generations, SCRIPTS_NAME)]
        modules = [layout.store / name for name in names(layout.store, STORE_NAME)]
        folders = (layout.root, *layout.folders, *layout.download_folders, *scripts, *modules)
        real = [folder for folder in folders if folder.is_dir() and not folder.is_symlink()]
        return [folder / name for folder in real for name in names(folder, TEMPORARY_NAME)]


def _holding(layout: Layout, keep: Keep) -> Holding:
    current = read_current(layout)
    there = read_generations(layout)
    numbers = staying(there, current.number if current else None, keep.generations)
    going = (generation for generation in there if generation.number not in numbers)
    return Holding(
        kept=tuple(generation for generation in there if generation.number in numbers),
        doomed=tuple(target for generation in going for target in generation.modules),
        begun=frozenset(name[-8:] for name in _names(layout.store, STORE_NAME)),
        keep=keep,
    )


def _call_old(layout: Layout, holding: Holding) -> None:
    """Give the folders that are to go an old time: one that stays for now must never be taken for unfinished work.

    A process may run from it, or the program be killed before its turn comes; nothing names it any more then.
    """
    for name in {target.folder for target in holding.doomed} - {target.folder for target in holding.targets}:
        path = layout.store / name
        with translating(path):
            if is_folder(path):
                effects.utime(path, 0)


def _generations(layout: Layout, holding: Holding) -> Iterable[Path]:
    for pattern in (GENERATION_NAME, SCRIPTS_NAME):
        for name in _names(layout.generations, pattern):
            if int(name.partition(".")[0]) not in holding.numbers:
                yield layout.generations / name


def _folders(layout: Layout, holding: Holding) -> Iterable[Path]:
    named = {target.folder for target in holding.targets} | holding.keep.spare
    for name in _names(layout.store, STORE_NAME):
        path = layout.store / name
        unfinished = holding.keep.unfinished and _is_fresh(path)
        if name not in named and not unfinished:
            yield path


def _indexes(layout: Layout, holding: Holding) -> Iterable[Path]:
    """List indexes that neither a generation nor an unfinished folder needs, nor a download that was just begun."""
    named = {target.artifact.digest for target in holding.targets}
    unfinished = {name[-8:] for name in _names(layout.store, STORE_NAME)}
    for name in _names(layout.indexes, INDEX_NAME):
        digest, path = name.partition(".")[0], layout.indexes / name
        begun = holding.keep.unfinished and digest[:8] not in holding.begun and _is_fresh(path)
        if digest not in named and digest[:8] not in unfinished and not begun:
            yield path


def _downloads(layout: Layout, holding: Holding) -> Iterable[Path]:
    for folder in layout.download_folders:
        yield from _spent(folder, holding)


def _spent(folder: Path, holding: Holding) -> Iterable[Path]:
    """List the downloads of one folder that nobody needs any more."""
    installed = {target.artifact.sha256 for target in holding.targets} - holding.keep.spare
    doomed = {target.artifact.sha256 for target in holding.doomed}
    found = set(_names(folder, PART_NAME))
    for name in sorted(found):
        sha256, _, kind = name.partition(".")
        alone = f"{sha256}.{'json' if kind == 'part' else 'part'}" not in found
        unfinished = holding.keep.unfinished and sha256 not in doomed and _is_fresh(folder / f"{sha256}.part")
        stays = holding.keep.used if sha256 in installed else unfinished
        if alone or not stays:
            yield folder / name


def _names(folder: Path, pattern: Pattern[str]) -> list[str]:
    with translating(folder):
        return names(folder, pattern)


def _is_fresh(path: Path) -> bool:
    with translating(path):
        try:
            return path.lstat().st_mtime > time.time() - FRESH_SECONDS
        except FileNotFoundError:
            return False


def _let_go(ours: Container[Path], paths: Iterable[Path]) -> int:
    return sum(_erased(path) for path in list(paths) if path in ours)


def _erased(path: Path) -> int:
    try:
        return erase(path)
    except InstallerError as error:
        if error.fault.code is FaultCode.FILE_IN_USE:
            return 0
        raise
