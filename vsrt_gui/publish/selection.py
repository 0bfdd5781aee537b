"""Chooses which of a package's files become a module's files, and under which names."""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from vsrt_gui.model.manifest import InsidePath, Platform
from vsrt_gui.publish.sources import Selection


class Chosen(NamedTuple):
    """One file or link of a module.

    Attributes:
        path: in the module, with `/`.
        file: where its content lies, None for a link.
        link: the link's target, None for a file.
        executable: whether it may be run.
    """

    path: InsidePath
    file: Path | None
    link: str | None
    executable: bool


class SelectionError(Exception):
    """A selection can't be right; carries the key inside the module and what is wrong with it."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason)
        self.key = key
        self.reason = reason


def choose(tree: Path, selection: Selection, platform: Platform | None) -> tuple[Chosen, ...]:
    """Choose files of an unpacked package.

    Args:
        tree: the package's folder.
        selection: as the sources file has it.
        platform: that the module is packed for; None where one archive serves all.

    Returns:
        The files and links, sorted by path.

    Raises:
        SelectionError: nothing is left, or two files would have one name.
    """
    chosen: dict[str, Chosen] = {}
    for found in _walk(tree):
        path = _strip(selection.rename.get(found.path, found.path), selection.strip_prefix)
        if path is None or not _wanted(path, selection):
            continue
        if path in chosen:
            raise SelectionError("files.rename", f"gives two files the name {path}")
        runs = found.executable or _matches(path, selection.executable)
        chosen[path] = found._replace(path=path, executable=runs and found.link is None)
    if not chosen:
        raise SelectionError("files.include", f"leaves no file of {sum(1 for _ in _walk(tree))}")
    if platform is not Platform.WINDOWS_X64:
        chosen |= {path: Chosen(path, None, to, executable=False) for path, to in selection.link.items()}
    return tuple(chosen[path] for path in sorted(chosen))


def _walk(tree: Path) -> Iterator[Chosen]:
    """Yield every file and link below a folder; a link to a folder is a link, not a folder."""
    for folder, folders, files in os.walk(tree):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in files + links:
            file = Path(folder, name)
            path = file.relative_to(tree).as_posix()
            if file.is_symlink():
                yield Chosen(path, None, file.readlink().as_posix(), executable=False)
            else:
                yield Chosen(path, file, None, executable=os.access(file, os.X_OK) and os.name != "nt")


def _strip(path: str, prefix: str | None) -> str | None:
    """Take a folder off a path; None for what lies elsewhere."""
    if prefix is None:
        return path
    folder = prefix.rstrip("/") + "/"
    return path.removeprefix(folder) if path.startswith(folder) else None


def _wanted(path: str, selection: Selection) -> bool:
    return _matches(path, selection.include) and not _matches(path, selection.exclude)


def _matches(path: str, globs: tuple[str, ...]) -> bool:
    return any(_pattern(glob).fullmatch(path) for glob in globs)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """Turn a glob into a regular expression (`glob.translate` comes with Python 3.13 only)."""
    words = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts), re.DOTALL)
