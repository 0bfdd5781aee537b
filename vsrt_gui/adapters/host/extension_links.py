"""Links installed extensions into the folder that a server reads, and leaves the user's own alone."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from json import dumps
from pathlib import Path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.layout import STORE_NAME
from vsrt_gui.adapters.prefix.replacing import parse_json, read_file, replace_file

if sys.platform == "win32":
    from _winapi import CreateJunction

LIST = "extensions.json"
"""Where the server notes what it found at its first start; from then on it reads that instead of the folder."""
_EXTENDED = re.compile(r"^\\\\\?\\")


def link_extensions(folder: Path, store: Path, links: Mapping[str, str]) -> None:
    """Make the links of a server's extensions folder these, and no others of ours.

    Ours is a link into this store, or one that leads nowhere any more and did lead into some store. A folder or a
    link of the user's own by the same name stays as it is. Restartable.

    Args:
        folder: what the server reads; it is made where it is missing.
        store: the folder that holds the modules' folders.
        links: name to the extension's folder in the store.

    Raises:
        InstallerError: disk codes.
    """
    with translating(folder):
        effects.make_folders(folder)
        gone = {name for name, target in _ours(folder, store) if not _same(target, links.get(name))}
        for name in gone:
            effects.unlink(folder / name)  # also takes away a Windows junction, never what it leads to
        for name, target in links.items():
            if not os.path.lexists(folder / name):
                _link(folder / name, target)
        mine = {name: links[name] for name, target in _ours(folder, store) if name in links}
    _enlist(folder, mine, gone - mine.keys())


def living_links(folder: Path, store: Path) -> dict[str, str]:
    """Return the links of ours that lead to something: name to where.

    Raises:
        InstallerError: disk codes.
    """
    with translating(folder):
        return {name: target for name, target in _ours(folder, store) if Path(target).exists()}


def _ours(folder: Path, store: Path) -> Iterator[tuple[str, str]]:
    """Yield the links of ours and where each leads."""
    for path in sorted(folder.iterdir()):
        try:
            target = _plain(os.readlink(path))  # noqa: PTH115 -- Path.readlink keeps Windows' own prefix too
        except OSError:  # no link
            continue
        above = os.path.dirname(target)  # noqa: PTH120 -- a text, for another system's sake
        lost = STORE_NAME.fullmatch(os.path.basename(target)) and not os.path.exists(target)  # noqa: PTH110, PTH119
        if _same(above, str(store)) or (lost and os.path.basename(above) == "store"):  # noqa: PTH119
            yield path.name, target


def _plain(target: str) -> str:
    return os.path.normpath(_EXTENDED.sub("", target))


def _same(one: str, other: str | None) -> bool:
    return other is not None and os.path.normcase(_plain(one)) == os.path.normcase(_plain(other))


def _link(path: Path, target: str) -> None:
    if sys.platform == "win32":  # a symbolic link would need the developer mode
        effects.checkpoint("symlink", path)
        CreateJunction(os.path.normpath(target), str(path))
    else:
        effects.symlink(target, str(path), to_folder=True)


def _enlist(folder: Path, links: Mapping[str, str], gone: set[str]) -> None:
    """Keep the server's own list right about our extensions; without one it lists by itself what it finds."""
    path = folder / LIST
    before = parse_json(read_file(path))
    if not isinstance(before, list):
        return
    entries = {name: entry for name, target in links.items() if (entry := _entry(folder / name, target))}
    kept = [listed for listed in before if not _replaced(listed, entries, gone)]
    here = {name for listed in kept if (name := _name(listed))}
    after = [*kept, *(entry for name, entry in entries.items() if name not in here)]
    if after != before:
        replace_file(path, dumps(after, separators=(",", ":")).encode())


def _name(listed: object) -> str | None:
    name = listed.get("relativeLocation") if isinstance(listed, dict) else None
    return name if isinstance(name, str) else None


def _replaced(listed: object, entries: Mapping[str, Mapping[str, object]], gone: set[str]) -> bool:
    """Tell whether a line of the list is ours and no longer true."""
    name = _name(listed)
    if name is None or not isinstance(listed, dict):
        return False
    return name in gone or (name in entries and listed.get("version") != entries[name]["version"])


def _entry(link: Path, target: str) -> Mapping[str, object] | None:
    """Return the list's line for an extension, by what its own package says; None when that is no extension."""
    package = parse_json(read_file(Path(target) / "package.json"))
    if not isinstance(package, dict):
        return None
    publisher, name, version = (package.get(key) for key in ("publisher", "name", "version"))
    if not (isinstance(publisher, str) and isinstance(name, str) and isinstance(version, str)):
        return None
    path = link.as_posix()
    return {
        "identifier": {"id": f"{publisher}.{name}".lower()},
        "version": version,
        "location": {"$mid": 1, "path": path if path.startswith("/") else f"/{path}", "scheme": "file"},
        "relativeLocation": link.name,
    }
