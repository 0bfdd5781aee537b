"""Looks at, and removes, what installed modules keep in the user's data folder: by recorded names, and nothing else."""

import os
from collections.abc import Iterator
from pathlib import Path

from vsrt_gui.adapters.host.extension_links import LIST, link_extensions, living_links
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.erasing import discard_empty, erase, weigh
from vsrt_gui.adapters.prefix.layout import is_folder, stands
from vsrt_gui.adapters.prefix.replacing import parse_json, read_file
from vsrt_gui.model.survey import OwnData


def look_at_data(data: Path, names: frozenset[str], prefix: Path) -> OwnData:
    """Tell what is there under these names.

    Raises:
        InstallerError: disk codes.
    """
    with translating(data):
        found = [path for path in _named(data, names, prefix) if stands(path)]
    return OwnData(paths=tuple(map(str, found)), size=sum(map(weigh, found)))


def remove_data(data: Path, names: frozenset[str], prefix: Path) -> None:
    """Delete what is there under these names, and the data folder itself if that was all. Restartable.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    for path in _named(data, names, prefix):
        erase(path)
    discard_empty(data)


def unlink_extensions(folder: Path, store: Path, *, lost: bool = False) -> None:
    """Take the links into a store out of a server's folder of extensions, which goes if nothing is left in it.

    A link that somebody put in its place stays, and so does the folder that it leads to.

    Args:
        folder: what the server reads; it need not be there.
        store: what the links lead into.
        lost: only those that lead nowhere any more.

    Raises:
        InstallerError: disk codes.
    """
    with translating(folder):
        if not folder.is_dir():
            return
    link_extensions(folder, store, living_links(folder, store) if lost else {})
    with translating(folder):
        if not is_folder(folder):
            return
        left = os.listdir(folder)  # noqa: PTH208 -- names only
    if left == [LIST] and parse_json(read_file(folder / LIST)) == []:
        erase(folder / LIST)  # the server's list of what is there, which is nothing
    discard_empty(folder)


def _named(data: Path, names: frozenset[str], prefix: Path) -> Iterator[Path]:
    """Yield the places of these names; never one that the prefix lies in, or that lies in the prefix."""
    real = Path(os.path.realpath(data))
    for name in sorted(names):
        path = real / name
        if (
            name != ".."
            and path.parent == real
            and not prefix.is_relative_to(path)
            and not path.is_relative_to(prefix)
        ):
            yield path
