"""Gathers an archive's files into a file index that passes the safety rules."""

from math import isfinite

from vsrt_gui.adapters.archives.verdict import damaged, unsafe
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.paths import MAX_FILES, MAX_MTIME, Refusal, check_index


class Listing:
    """The files of one archive, as they are found; `add` is called from one thread."""

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._files: dict[str, IndexedFile] = {}

    def add(self, file: IndexedFile) -> None:
        """Take one file or link; a second one of the same path must be the same in all but its place.

        Raises:
            InstallerError: `archive-unsafe` for a second one that differs, or for too many.
        """
        first = self._files.setdefault(file.path, file)
        if first is not file and first.but(packed=None, mtime=0) != file.but(packed=None, mtime=0):
            raise unsafe(self._archive, file.path, Refusal.SAME_NAME)
        if len(self._files) > MAX_FILES:
            raise unsafe(self._archive, file.path, Refusal.TOO_MANY)

    def index(self) -> FileIndex:
        """Return the checked index.

        Raises:
            InstallerError: `archive-unsafe`; `archive-damaged` where stripping left nothing.
        """
        if not self._files:
            raise damaged(self._archive, "it holds no file for this module")
        index = FileIndex(files=tuple(self._files[path] for path in sorted(self._files)))
        check_index(index, self._archive)
        return index


def kept_mtime(seconds: float) -> int:
    """Return the time stamp that the index keeps: whole seconds that every file system can hold, 0 for nonsense."""
    return min(max(int(seconds), 0), MAX_MTIME) if isfinite(seconds) else 0
