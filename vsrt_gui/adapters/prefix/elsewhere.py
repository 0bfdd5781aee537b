"""Downloads in a folder outside the prefix: the mark notes where, so that they are found and removed again."""

from hashlib import sha256
from pathlib import Path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.erasing import discard_levels
from vsrt_gui.adapters.prefix.identity import make_own, missing_levels
from vsrt_gui.adapters.prefix.layout import Layout
from vsrt_gui.adapters.prefix.mark import Mark, read_mark, write_mark
from vsrt_gui.adapters.prefix.replacing import flush_standing

_NAMELESS = f"vsrt-{'0' * 12}"
"""Stands for the name that comes with the mark; nothing is ever made there."""


def unmarked(root: Path, downloads: Path | None) -> Layout:
    """Return where everything of a prefix lies that is still to be claimed; see `laid_out`."""
    return Layout(root, downloads and downloads / _NAMELESS)


def laid_out(root: Path, downloads: Path | None) -> Layout:
    """Return where everything of a prefix lies, also what its mark notes of elsewhere.

    Args:
        root: the prefix.
        downloads: where downloads are to lie, in a folder of this prefix's own; in the prefix where None.

    Raises:
        InstallerError: disk codes.
    """
    mark = read_mark(Layout(root))
    if not isinstance(mark, Mark):
        return unmarked(root, downloads)
    name = _own_name(mark)
    return Layout(root, downloads and downloads / name, tuple(path / name for path in mark.downloads))


def claim_elsewhere(layout: Layout) -> None:
    """Make the folder for downloads outside the prefix, and note before that whatever must be made for it.

    Restartable.

    Raises:
        InstallerError: disk codes.
    """
    mark, folder = read_mark(layout), layout.elsewhere
    if folder is None or not isinstance(mark, Mark):
        return
    noted, made = mark.downloads, missing_levels(folder.parent)
    if made > noted.get(folder.parent, -1):
        places = {**noted, folder.parent: made}
        listed = [{"path": str(path), "made": levels} for path, levels in places.items()]
        write_mark(layout, {**mark.fields, "downloads": listed})
    with translating(folder, folder.parent):
        effects.make_folders(folder.parent)
    make_own(folder)


def leave_elsewhere(layout: Layout) -> None:
    """Delete the folders that were made outside the prefix, as far as they are empty. Restartable.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    mark = read_mark(layout)
    places = mark.downloads if isinstance(mark, Mark) else {}
    for path, made in places.items():
        discard_levels(path, made)
    with translating(layout.root):
        flush_standing(places)


def _own_name(mark: Mark) -> str:
    """Return the name of a prefix's folder among other prefixes' downloads, which it keeps when it is moved."""
    return f"vsrt-{sha256(mark.id.encode(errors='replace')).hexdigest()[:12]}"
