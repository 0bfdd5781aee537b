"""Compares a module's folder with its file index: what is missing, changed, or of another kind."""

# Strings, not Path objects: a quick look at 10,000 files must not be felt.
# ruff: noqa: PTH115

import errno
import os
import stat
import sys
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from vsrt_gui.adapters.os_faults import disk_fault
from vsrt_gui.adapters.prefix.layout import is_real_folder, native
from vsrt_gui.adapters.prefix.replacing import OLD_FILE
from vsrt_gui.adapters.prefix.writing import stamp
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Tick
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.survey import Depth, FileState, FolderSurvey

PIECE = 256 << 10
"""Bytes hashed between two looks at `stop`: less than a millisecond's work."""
THREADS = min(4, os.cpu_count() or 1)
_NOT_THE_FILES_FAULT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Calling files damaged because of these would make a repair fetch good ones again."""


@dataclass
class _Findings:
    wrong: dict[str, FileState] = field(default_factory=dict)
    right: int = 0
    doubtful: list[tuple[IndexedFile, str, FileState | None]] = field(default_factory=list)
    """To be hashed: the file, where it lies, and what is wrong with it even if the content is right."""


class Survey:
    """One survey of one folder; extra files in it never count as damage."""

    def __init__(self, folder: Path, depth: Depth, tick: Tick, stop: Stop) -> None:
        self._root = native(folder)
        self._depth = depth
        self._tick = tick
        self._stop = stop
        self._found = _Findings()

    def run(self, index: FileIndex) -> FolderSurvey:
        """Look at every file of the index.

        Raises:
            InstallerError: `too-many-open-files` and the like, which say nothing about a file.
            StoppedError: soon after the stop.
        """
        if _folder_state(self._root) is not None:
            return FolderSurvey(exists=False, wrong={file.path: FileState.MISSING for file in index.files})
        for parent, files in self._by_folder(index.files).items():
            self._stop.check()
            self._look_into(parent, files)
        self._hash_doubtful()
        return FolderSurvey(exists=True, wrong=self._found.wrong, good_bytes=self._found.right)

    def _by_folder(self, files: Iterable[IndexedFile]) -> dict[str, list[IndexedFile]]:
        """Group the files by folder, and settle those in folders that are not really there."""
        grouped: dict[str, list[IndexedFile]] = defaultdict(list)
        for file in files:
            grouped[file.path.rpartition("/")[0]].append(file)
        states: dict[str, FileState | None] = {"": None}
        for parent in list(grouped):
            state = self._state_of(parent, states)
            if state is not None:
                self._found.wrong |= {file.path: state for file in grouped.pop(parent)}
        return grouped

    def _state_of(self, folder: str, states: dict[str, FileState | None]) -> FileState | None:
        """Return what is wrong with a folder or one above it; no path may run through a link."""
        if folder not in states:
            above = self._state_of(folder.rpartition("/")[0], states)
            states[folder] = above or _folder_state(self._local(folder))
        return states[folder]

    def _look_into(self, parent: str, files: list[IndexedFile]) -> None:
        try:
            with os.scandir(self._local(parent)) as listing:
                entries = {entry.name: entry for entry in listing}
        except OSError as error:
            state = _unreadable(error, self._local(parent))
            self._found.wrong |= {file.path: state for file in files}
            return
        for file in files:
            self._look_at(file, entries.get(file.path[len(parent) + 1 if parent else 0 :]))

    def _look_at(self, file: IndexedFile, entry: os.DirEntry[str] | None) -> None:
        path = self._local(file.path)
        try:
            # A name that is not listed may still be there on a disk that folds case or composes accents.
            status = entry.stat(follow_symlinks=False) if entry else os.lstat(path)
            state = _file_state(status, file) if file.link is None else _link_state(path, status, file.link)
        except OSError as error:
            self._settle(file, _unreadable(error, path))
            return
        hashable = file.link is None and state in {None, FileState.WRONG_MODE}
        if hashable and (self._depth is Depth.DEEP or status.st_mtime_ns != stamp(file)):
            self._found.doubtful.append((file, path, state))
        else:
            self._settle(file, state)

    def _hash_doubtful(self) -> None:
        doubtful = self._found.doubtful
        if not doubtful:
            return
        with ThreadPoolExecutor(THREADS, thread_name_prefix="vsrt-survey") as pool:
            for (file, _, _), state in zip(doubtful, pool.map(self._checked, doubtful), strict=True):
                self._settle(file, state)

    def _checked(self, doubt: tuple[IndexedFile, str, FileState | None]) -> FileState | None:
        file, path, otherwise = doubt
        try:
            same = self._digest(path, file.size) == file.sha256
        except OSError as error:
            return _unreadable(error, path)
        return otherwise if same else FileState.CHANGED

    def _digest(self, path: str, size: int) -> str:
        digest = sha256()
        descriptor = os.open(path, OLD_FILE)
        try:
            while size > 0:
                self._stop.check()
                piece = os.read(descriptor, min(size, PIECE))
                if not piece:
                    break
                digest.update(piece)
                self._tick(len(piece))
                size -= len(piece)
        finally:
            os.close(descriptor)
        return digest.hexdigest()

    def _settle(self, file: IndexedFile, state: FileState | None) -> None:
        if state is None:
            self._found.right += file.size
        else:
            self._found.wrong[file.path] = state

    def _local(self, path: str) -> str:
        if os.sep != "/":
            path = path.replace("/", os.sep)
        return f"{self._root}{os.sep}{path}" if path else self._root


def _folder_state(path: str) -> FileState | None:
    try:
        status = os.lstat(path)
    except OSError as error:
        return _unreadable(error, path)
    return None if is_real_folder(status) else FileState.WRONG_KIND


def _file_state(status: os.stat_result, file: IndexedFile) -> FileState | None:
    """Judge a file by what lstat says; a mode that allows more than the index asks for does no harm."""
    if not stat.S_ISREG(status.st_mode):
        return FileState.WRONG_KIND
    if status.st_size != file.size:
        return FileState.CHANGED
    if not status.st_mode & stat.S_IRUSR:
        return FileState.UNREADABLE
    if file.executable and sys.platform != "win32" and not status.st_mode & stat.S_IXUSR:
        return FileState.WRONG_MODE
    return None


def _link_state(path: str, status: os.stat_result, target: str) -> FileState | None:
    if not stat.S_ISLNK(status.st_mode):
        return FileState.WRONG_KIND
    found = os.readlink(path)
    if sys.platform == "win32":
        found = found.removeprefix("\\\\?\\").replace("\\", "/")
    return None if found == target else FileState.CHANGED


def _unreadable(error: OSError, path: str) -> FileState:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return FileState.MISSING
    if error.errno == errno.ELOOP:
        return FileState.WRONG_KIND
    if error.errno in _NOT_THE_FILES_FAULT:
        raise disk_fault(error, path) from error
    return FileState.UNREADABLE
