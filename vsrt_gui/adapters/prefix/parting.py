"""Remembers which folders were made for a prefix, while nothing in them says so: at its very beginning and end."""

import json
import os
from itertools import islice
from pathlib import Path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.erasing import discard_empty, discard_levels, erase
from vsrt_gui.adapters.prefix.replacing import (
    flush_folder,
    flush_standing,
    parse_json,
    read_file,
    rename,
    write_new,
)


class Parting:
    """What one prefix's first and last steps leave to a later run if they are cut off in between.

    A folder is there before the mark in it that says who made it, and is still there when that mark has gone. So it is
    noted outside of it, meanwhile.
    """

    def __init__(self, root: Path, note: Path) -> None:
        """Name the folder, and the file that the note is kept in, which no other prefix has."""
        self._root = root
        self._note = note

    def remember(self, levels: int) -> None:
        """Note how many folders were made: the prefix, and those above it.

        Raises:
            InstallerError: disk codes of the state folder.
        """
        if levels > 0:
            with translating(self._note.parent):
                effects.make_folders(self._note.parent)
            fresh = self._note.with_suffix(".parting-new")  # always this name: nobody sweeps the state folder
            erase(fresh)
            with translating(self._note, self._note.parent):
                write_new(fresh, json.dumps({"made": levels}).encode())
                rename(fresh, self._note)
                flush_folder(self._note.parent)

    def levels(self) -> int:
        """Return how many folders are noted; 0 without a note.

        Raises:
            InstallerError: disk codes.
        """
        note = parse_json(read_file(self._note))
        levels = note.get("made") if isinstance(note, dict) else None
        return levels if isinstance(levels, int) else 0

    def finish(self) -> None:
        """Delete the folders that were made and are empty now, and then the note. Restartable.

        Raises:
            InstallerError: `file-in-use`, disk codes: an empty folder can't go, and the note stays for the next run.
        """
        discard_levels(self._root, self.levels())
        with translating(self._root):
            flush_standing((self._root,))
        self.forget()

    def give_up(self) -> None:
        """Delete what was made above a folder that itself could not be made, and the note.

        Raises:
            InstallerError: disk codes of the state folder.
        """
        for folder in islice(self._root.parents, max(0, self.levels() - 1)):
            discard_empty(folder)
        self.forget()

    def forget(self) -> None:
        """Delete the note: a prefix is there again, or its folders are gone.

        Raises:
            InstallerError: disk codes.
        """
        if os.path.lexists(self._note):
            erase(self._note)
