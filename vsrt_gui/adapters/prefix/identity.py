"""Says whose a folder is: `.vsrt.json` makes it ours, and a foreign one gets a subfolder."""

import errno
import os
import re
from itertools import count
from pathlib import Path
from uuid import uuid4

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.clearing import clear
from vsrt_gui.adapters.prefix.formats import index_format, refuse_newer
from vsrt_gui.adapters.prefix.layout import (
    FORMAT,
    GENERATION_NAME,
    INDEX_NAME,
    LOCK_NAME,
    STORE_NAME,
    TEMPORARY_NAME,
    Layout,
    is_folder,
    names,
)
from vsrt_gui.adapters.prefix.mark import Mark, Unread, read_mark, write_mark
from vsrt_gui.adapters.prefix.owning import tells_of_a_set
from vsrt_gui.adapters.prefix.replacing import (
    flush_standing,
    make_folders,
)
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.survey import Damage, Note

SUBFOLDER = "vscode-runtime"
_NO_FOLDER = frozenset({errno.ENOTDIR, errno.ELOOP})
"""What the system says of a file, or of links that lead in a circle, where a folder should be."""
SUBFOLDER_NAME = re.compile(r"vscode-runtime(?:-([2-9]|[1-9][0-9]{1,8}))?")
_LITTER = frozenset({".DS_Store", "desktop.ini", "Thumbs.db", LOCK_NAME})
"""What a file manager leaves in a folder by looking at it, and our own lock."""


def choose_prefix(folder: Path) -> Path:
    """Return the prefix for a folder that a person chose, making nothing.

    A folder that is missing, empty or ours is taken as it is; any other gets `vscode-runtime` below it, or
    `vscode-runtime-2` and so on when that is foreign too; the first that is ours already, where one is. One among the
    modules or notes of a runtime means that runtime: another one in there would go with it.

    Raises:
        InstallerError: `not-a-folder`; disk codes, when it can't be looked into.
    """
    around = _around(folder)
    if around or _usable(folder):
        return around or folder
    with translating(folder):
        found = names(Path(os.path.realpath(folder)), SUBFOLDER_NAME)
    numbers = sorted(int(SUBFOLDER_NAME.sub(r"\1", name) or 1) for name in found)
    ours = (one for number in numbers if look_at_mark(Layout(one := _subfolder(folder, number)))[0])
    free = (one for number in count(1) if _usable(one := _subfolder(folder, number)))
    return next(ours, None) or next(free)


def _around(folder: Path) -> Path | None:
    """Return the prefix that a folder is a part of; None for one that is ours itself, and for any other."""
    real = Path(os.path.realpath(folder))
    inside = (above for above in real.parents if any(map(real.is_relative_to, Layout(above).folders)))
    found = next((above for above in inside if isinstance(read_mark(Layout(above)), Mark)), None)
    return None if found is None or isinstance(read_mark(Layout(real)), Mark) else found


def _subfolder(folder: Path, number: int) -> Path:
    return folder / (SUBFOLDER if number == 1 else f"{SUBFOLDER}-{number}")


def look_at_mark(layout: Layout) -> tuple[bool, Damage | None]:
    """Tell whether the folder is a prefix, and what is wrong with the mark that says so.

    One that a power cut or a copy without hidden files took the mark from is still known by what else lies there. One
    that says something else is another program's, whatever lies there.

    Raises:
        InstallerError: disk codes.
    """
    match read_mark(layout):
        case Mark():
            return True, None
        case Unread.FOREIGN:
            return False, None
        case Unread.BROKEN if _plainly_ours(layout) or _holds_listed(layout):
            return True, Damage(note=Note.MARK, path=str(layout.identity), reason="it can't be read")
        case None if _plainly_ours(layout):
            return True, Damage(note=Note.MARK, path=str(layout.identity), reason="it is missing")
        case _:
            return False, None


def made_levels(layout: Layout) -> int:
    """Return how many folders were made for the prefix: itself and those above it; 0 where it was there before.

    None counts as made without a mark that can be read, since nothing else vouches for it. Where the mark tells of
    another place, the prefix was moved here: its own folder came along, and those above it are somebody else's. Where
    it is still there, too, this is a copy, which may have been put into a folder that was there before.

    Raises:
        InstallerError: disk codes.
    """
    mark = read_mark(layout)
    if not isinstance(mark, Mark):
        return 0
    if mark.root == str(layout.root):
        return mark.made
    return 0 if isinstance(mark.root, str) and _is_at(mark, Path(mark.root)) else min(mark.made, 1)


def _is_at(mark: Mark, root: Path) -> bool:
    """Tell whether a prefix lies there with the very same mark, or may do so: it can't be looked at."""
    try:
        there = read_mark(Layout(root))
    except InstallerError:
        return True
    return isinstance(there, Mark) and there.id == mark.id


def note_data(layout: Layout, names: frozenset[str]) -> None:
    """Note in the mark what modules keep in the user's data folder, besides what it says already.

    Restartable: one file is replaced.

    Raises:
        InstallerError: `folder-not-writable`, disk codes.
    """
    mark = read_mark(layout)
    noted = mark.data if isinstance(mark, Mark) else None
    if noted is None or not names <= noted:
        fields = mark.fields if isinstance(mark, Mark) else _fields(layout, 0)
        write_mark(layout, {**fields, "data": sorted(names | (noted or frozenset()))})


def _fields(layout: Layout, made: int) -> dict[str, object]:
    return {"format": FORMAT, "id": uuid4().hex, "made": made, "root": str(layout.root)}


def missing_levels(folder: Path) -> int:
    """Return how many folders must be made for this one to be there: itself, and those above it.

    Raises:
        InstallerError: disk codes.
    """
    with translating(folder):
        return sum(not path.exists() for path in (folder, *folder.parents))


def damaged(path: Path, reason: str) -> InstallerError:
    """Return the error for a file of ours that makes no sense."""
    return InstallerError(FaultCode.PREFIX_DAMAGED, path=str(path), reason=reason)


def claim(layout: Layout, made: int = 0) -> None:
    """Make a folder ours, with our folders in it; what is there stays, or is set aside where it is in the way.

    Restartable: `.vsrt.json` comes first, so that a half-made prefix is not taken for a foreign folder.

    Args:
        layout: of the prefix.
        made: how many folders were, or are here, made for it.

    Raises:
        InstallerError: `folder-not-writable`, `prefix-too-new`, `prefix-damaged` (not ours and not empty), disk codes.
    """
    with translating(layout.root):
        make_folders(layout.root)
    refuse_newer(layout)
    ours, damage = look_at_mark(layout)
    if not ours and not _usable(layout.root):
        raise damaged(layout.root, "it holds other files")
    clear(layout)
    if damage or not ours:
        with translating(layout.root):
            flush_standing((layout.root.parent,))  # a killed run may have made the folder, and no more
        # A mark that was lost takes along who made the folder, which may have been there before us, and what data is.
        write_mark(layout, _fields(layout, 0) if ours else {**_fields(layout, made), "data": []})
    for folder in layout.folders:
        if folder != layout.elsewhere:
            make_own(folder)


def make_own(folder: Path) -> None:
    """Make one folder that is ours alone, where it is not there.

    Raises:
        InstallerError: `prefix-damaged` where something else stands there, disk codes.
    """
    with translating(folder, folder.parent):
        try:
            effects.mkdir(folder)
            effects.chmod(folder, 0o755)  # other users may read a system-wide prefix, whatever the umask
        except FileExistsError:
            if not is_folder(folder):
                raise damaged(folder, "it is not a folder") from None


def _usable(folder: Path) -> bool:
    with translating(folder):
        try:
            entries = os.listdir(folder)  # noqa: PTH208 -- names only
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno in _NO_FOLDER:
                raise InstallerError(FaultCode.NOT_A_FOLDER, path=str(folder)) from error
            raise
    return look_at_mark(Layout(folder))[0] or all(
        name in _LITTER or TEMPORARY_NAME.fullmatch(name) for name in entries
    )


def _plainly_ours(layout: Layout) -> bool:
    """Tell by the notes of a set of modules, and by module folders of our making, that a prefix was there."""
    with translating(layout.root):
        numbers = names(layout.generations, GENERATION_NAME)
        stored = names(layout.store, STORE_NAME)
    return bool(stored) and any(tells_of_a_set(layout.generations / name) for name in numbers)


def _holds_listed(layout: Layout) -> bool:
    """Tell whether there is a module's folder and the file index that its name goes by; chance makes no such pair."""
    with translating(layout.root):
        stored = {name[-8:] for name in names(layout.store, STORE_NAME)}
        kept = [name for name in names(layout.indexes, INDEX_NAME) if name[:8] in stored]
    return any(index_format(layout.indexes / name) is not None for name in kept)
