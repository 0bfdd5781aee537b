"""The mark of a prefix, `.vsrt.json`: it says that the folder is ours, and whose doing what lies around it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from vsrt_gui.adapters.prefix.layout import Layout
from vsrt_gui.adapters.prefix.replacing import parse_json, read_file, replace_file


class Unread(Enum):
    """Why a file of that name says nothing."""

    BROKEN = auto()
    """It is empty, torn or nonsense, as a failing disk leaves files: it may have been a mark."""
    FOREIGN = auto()
    """It says something else: it is another program's."""


@dataclass(frozen=True)
class Mark:
    """What a mark says. Fields that this program does not know are kept as they are.

    Attributes:
        fields: its JSON object, which has a `format` of whatever shape and an `id` that is a text.
    """

    fields: Mapping[str, object]

    @property
    def id(self) -> str:
        """What no other prefix's mark has."""
        return str(self.fields["id"])

    @property
    def made(self) -> int:
        """How many folders were made for the prefix, itself and those above it.

        The marks of older programs say nothing of that; those removed the prefix's own folder, too.
        """
        made = self.fields.get("made", 1)
        return made if type(made) is int else 0

    @property
    def root(self) -> object:
        """Where the prefix was when that was written down; the marks of older programs do not say."""
        return self.fields.get("root")

    @property
    def data(self) -> frozenset[str] | None:
        """What modules keep in the user's data folder, as names right below it; None where that was not noted."""
        names = self.fields.get("data")
        if not isinstance(names, list):
            return None
        return frozenset(name for name in names if isinstance(name, str))

    @property
    def downloads(self) -> dict[Path, int]:
        """The folders outside that downloads were to lie in, and how many were made for each: itself, and above."""
        listed = self.fields.get("downloads")
        return dict(filter(None, map(_place, listed if isinstance(listed, list) else ())))


def _place(entry: object) -> tuple[Path, int] | None:
    path, made = (entry.get("path"), entry.get("made")) if isinstance(entry, dict) else (None, None)
    if isinstance(path, str) and isinstance(made, int) and Path(path).is_absolute():
        return Path(path), made
    return None


def read_mark(layout: Layout) -> Mark | Unread | None:
    """Read a folder's mark, None where there is no file of that name.

    Raises:
        InstallerError: disk codes.
    """
    content = read_file(layout.identity)
    if content is None:
        return None
    document = parse_json(content)
    if document is None:
        return Unread.BROKEN
    if not isinstance(document, dict) or "format" not in document or not isinstance(document.get("id"), str):
        return Unread.FOREIGN
    return Mark(document)


def write_mark(layout: Layout, fields: Mapping[str, object]) -> None:
    """Write a folder's mark.

    Raises:
        InstallerError: `file-in-use`, disk codes.
    """
    replace_file(layout.identity, json.dumps(fields).encode() + b"\n")
