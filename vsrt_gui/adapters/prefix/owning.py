"""Tells what in a prefix is ours to delete: what we noted, never what only bears a name like ours."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from re import Pattern

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.formats import index_format
from vsrt_gui.adapters.prefix.launchers import SUFFIX, is_start_script
from vsrt_gui.adapters.prefix.layout import (
    COMMAND_NAME,
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
from vsrt_gui.adapters.prefix.replacing import parse_json, read_file
from vsrt_gui.model.launching import commands
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.survey import Generation

_SET_BEGINS = b'{\n "'
_SIDECAR_BEGINS = b'{"format": '


@dataclass(frozen=True)
class Owned:
    """What is ours in a prefix.

    A set of modules is known by its own note; a module's folder by the set that names it, or by the kept file index
    that its name ends with, which is there before the folder's first file; a download by its sidecar. Notes of ours
    that are empty or torn, as a failing disk leaves them, are ours still.

    Attributes:
        layout: of the prefix.
        sets: those that can be read.
    """

    layout: Layout
    sets: tuple[Generation, ...]

    def modules(self) -> list[Path]:
        """Return the modules' folders.

        Raises:
            InstallerError: disk codes.
        """
        named = {target.folder for target in self._targets()}
        listed = {path.name[:8] for path in _found(self.layout.indexes, INDEX_NAME) if _is_index(path)}
        found = _found(self.layout.store, STORE_NAME)
        return [path for path in found if path.name in named or path.name[-8:] in listed]

    def indexes(self) -> list[Path]:
        """Return the kept file indexes.

        Raises:
            InstallerError: disk codes.
        """
        named = {target.artifact.digest for target in self._targets()}
        found = _found(self.layout.indexes, INDEX_NAME)
        return [path for path in found if path.name[:64] in named or _is_index(path) or _is_torn(path, b"")]

    def notes(self) -> list[Path]:
        """Return the notes of the sets; one that can't be read is known by the start scripts beside it.

        Raises:
            InstallerError: disk codes.
        """
        read = {f"{one.number}.json" for one in self.sets}
        used = {f"{path.stem}.json" for path in self.scripts() if path.suffix == ".bin"}
        found = _found(self.layout.generations, GENERATION_NAME)
        ours = (
            path.name in read | used or tells_of_a_set(path) or _is_torn(path, _SET_BEGINS) for path in found
        )
        return list(compress(found, ours))

    def scripts(self) -> list[Path]:
        """Return the sets' start scripts, and after them their folder, if nothing else is in it.

        Raises:
            InstallerError: disk codes.
        """
        named = {f"{name}{SUFFIX}" for one in self.sets for name in commands(one.modules)}
        ours: list[Path] = []
        for folder in _found(self.layout.generations, SCRIPTS_NAME):
            with translating(folder):
                inside = sorted(folder.iterdir()) if is_folder(folder) else []
            mine = [path for path in inside if _is_script(path, named)]
            ours += [*mine, folder] if mine == inside else mine
        return ours

    def all_downloads(self) -> list[Path]:
        """Return the downloads, and their sidecars, in every folder that they may lie in.

        Raises:
            InstallerError: disk codes.
        """
        return [path for folder in self.layout.download_folders for path in self._downloads(folder)]

    def _downloads(self, folder: Path) -> list[Path]:
        found = _found(folder, PART_NAME)
        kept = {path.stem for path in found if path.suffix == ".json" and _is_sidecar(path)}
        alone = [path for path in found if path.suffix == ".part" and path.stem not in kept]
        told = kept | set(self._told_of(alone))
        return [path for path in found if path.stem in (kept if path.suffix == ".json" else told)]

    def _told_of(self, parts: Iterable[Path]) -> Iterator[str]:
        """Yield the digests of downloads without a sidecar that are empty, or of an archive that our notes name."""
        named = {target.artifact.sha256 for target in self._targets()}
        journal = read_file(self.layout.journal) or b""
        for path in parts:
            if path.stem in named or path.stem.encode() in journal or _is_empty(path):
                yield path.stem

    def _targets(self) -> Iterator[Target]:
        return (target for one in self.sets for target in one.modules)


def tells_of_a_set(path: Path) -> bool:
    """Tell whether a file is the note of a set of modules, also of one that makes no sense otherwise.

    Raises:
        InstallerError: disk codes.
    """
    note = parse_json(read_file(path))
    if not isinstance(note, dict):
        return False
    return f"{note.get('number')}.json" == path.name and isinstance(note.get("modules"), list)


def _found(folder: Path, kind: Pattern[str]) -> list[Path]:
    with translating(folder):
        return [folder / name for name in names(folder, kind)]


def _is_index(path: Path) -> bool:
    return index_format(path) is not None


def _is_script(path: Path, named: set[str]) -> bool:
    with translating(path):
        if is_folder(path):
            return False
    if path.name in named or TEMPORARY_NAME.fullmatch(path.name):
        return True
    return bool(COMMAND_NAME.fullmatch(path.name)) and is_start_script(read_file(path) or b"")


def _is_sidecar(path: Path) -> bool:
    """Tell by a file's first line, as later formats have more of them."""
    note = parse_json((read_file(path) or b"").partition(b"\n")[0])
    told = isinstance(note, dict) and "format" in note and note.get("sha256") == path.stem
    return told or _is_torn(path, _SIDECAR_BEGINS)


def _is_torn(path: Path, begins: bytes) -> bool:
    """Tell whether a file has no more than the beginning of what we write there: all of it may be zeros."""
    content = read_file(path)
    if content is None or parse_json(content) is not None:
        return False
    rest = content.rstrip(b"\0")
    return begins.startswith(rest) or bool(begins and rest.startswith(begins))


def _is_empty(path: Path) -> bool:
    with translating(path):
        return path.lstat().st_size == 0
