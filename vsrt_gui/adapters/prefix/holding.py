"""Finds content that the store holds already, by the file indexes that are kept with it."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterator

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.layout import INDEX_NAME, STORE_NAME, Layout, names, native
from vsrt_gui.adapters.prefix.reading import read_index
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.paths import path_refusal
from vsrt_gui.model.survey import Held


def held(layout: Layout, wanted: frozenset[str], besides: frozenset[Held]) -> dict[str, tuple[Held, ...]]:
    """Find files of this content; see `ports.Prefix.held`.

    A folder of any generation will do, and one that an interrupted run or an uninstall has left.

    Raises:
        InstallerError: disk codes.
    """
    found: defaultdict[str, list[Held]] = defaultdict(list)
    for folder, index in _indexed(layout):
        root = native(layout.store / folder)
        for file in index.files:
            if file.link is not None or file.sha256 not in wanted:
                continue
            one = Held(folder=folder, path=file.path)
            if one not in besides and _is_there(root, file):
                found[file.sha256].append(one)
    return {digest: tuple(places) for digest, places in found.items()}


def _indexed(layout: Layout) -> Iterator[tuple[str, FileIndex]]:
    """Yield the folders of the store whose file index is kept; both are named by the artifact's digest."""
    with translating(layout.root):
        folders = names(layout.store, STORE_NAME)
        kept = {name[:8]: name for name in names(layout.indexes, INDEX_NAME)}
    for folder in folders:
        name = kept.get(folder[-8:])
        index = read_index(layout.indexes / name) if name else None
        if index is not None:
            yield folder, index


def _is_there(root: str, file: IndexedFile) -> bool:
    """Tell whether a file of that size lies there; what it holds is checked when it is copied."""
    if path_refusal(file.path):
        return False
    try:
        status = os.lstat(f"{root}{os.sep}{file.path.replace('/', os.sep)}")
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == file.size
