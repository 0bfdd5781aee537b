"""Says whose a folder is: `.vsrt.json` makes it ours, and a foreign one gets a subfolder."""

import json
import os
from pathlib import Path
from uuid import uuid4

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.layout import FORMAT, LOCK_NAME, TEMPORARY_NAME, Layout, is_real_folder
from vsrt_gui.adapters.prefix.replacing import parse_json, read_file, replace_file
from vsrt_gui.model.faults import FaultCode, InstallerError

SUBFOLDER = "vscode-runtime"
_LITTER = frozenset({".DS_Store", "desktop.ini", "Thumbs.db", LOCK_NAME})
"""What a file manager leaves in a folder by looking at it, and our own lock."""


def choose_prefix(folder: Path) -> Path:
    """Return the prefix for a folder that a person chose, making nothing.

    A folder that is missing, empty or ours is taken as it is; any other gets `vscode-runtime` below it, or
    `vscode-runtime-2` and so on when that is foreign too.

    Raises:
        InstallerError: disk codes, when it can't be looked into.
    """
    chosen, tried = folder, 0
    while not _usable(chosen):
        tried += 1
        chosen = folder / (SUBFOLDER if tried == 1 else f"{SUBFOLDER}-{tried}")
    return chosen


def is_ours(layout: Layout) -> bool:
    """Tell whether the folder is a prefix that this program can read.

    Raises:
        InstallerError: `prefix-too-new`, `prefix-damaged`, disk codes.
    """
    content = read_file(layout.identity)
    if content is None:
        return False
    identity = parse_json(content)
    found = identity.get("format") if isinstance(identity, dict) else None
    if not isinstance(found, int):
        raise damaged(layout.identity, "it can't be read")
    refuse_newer(layout, found)
    return True


def refuse_newer(layout: Layout, found: int) -> None:
    """Raise `prefix-too-new` when a file of the prefix has a format that only a newer program knows."""
    if found > FORMAT:
        raise InstallerError(FaultCode.PREFIX_TOO_NEW, path=str(layout.root), format=found, supported=FORMAT)


def damaged(path: Path, reason: str) -> InstallerError:
    """Return the error for a file of ours that makes no sense."""
    return InstallerError(FaultCode.PREFIX_DAMAGED, path=str(path), reason=reason)


def claim(layout: Layout) -> None:
    """Make a folder ours, with all folders in it; what is there stays.

    Restartable: `.vsrt.json` comes first, so that a half-made prefix is not taken for a foreign folder.

    Raises:
        InstallerError: `folder-not-writable`, `prefix-too-new`, `prefix-damaged` (not ours and not empty), disk codes.
    """
    with translating(layout.root):
        effects.make_folders(layout.root)
    if not is_ours(layout):
        if not _usable(layout.root):
            raise damaged(layout.root, "it holds other files")
        identity = {"format": FORMAT, "id": uuid4().hex}
        replace_file(layout.identity, json.dumps(identity).encode() + b"\n")
    if layout.elsewhere is not None:
        with translating(layout.elsewhere, layout.elsewhere.parent):
            effects.make_folders(layout.elsewhere.parent)
    for folder in layout.folders:
        _make(folder)


def _make(folder: Path) -> None:
    with translating(folder, folder.parent):
        try:
            effects.mkdir(folder)
            effects.chmod(folder, 0o755)  # other users may read a system-wide prefix, whatever the umask
        except FileExistsError:
            if not is_real_folder(folder.lstat()):
                raise damaged(folder, "it is not a folder") from None


def _usable(folder: Path) -> bool:
    with translating(folder):
        try:
            entries = os.listdir(folder)  # noqa: PTH208 -- names only
        except FileNotFoundError:
            return True
    ours = ".vsrt.json" in entries
    return ours or all(name in _LITTER or TEMPORARY_NAME.fullmatch(name) for name in entries)
