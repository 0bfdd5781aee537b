"""Compares a module's folder with its file index: what is missing, changed, of another kind, or there as well."""

# Strings, not Path objects: a quick look at 10,000 files must not be felt.
# ruff: noqa: PTH115

import errno
import os
import stat
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from unicodedata import normalize

from vsrt_gui.adapters.os_faults import disk_fault
from vsrt_gui.adapters.prefix.layout import TEMPORARY_NAME, is_link, is_real_folder, native
from vsrt_gui.adapters.prefix.replacing import OLD_FILE, PLAIN, PROGRAM
from vsrt_gui.adapters.prefix.writing import stamp, unfit
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Tick
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.survey import Depth, FileState, FolderSurvey

PIECE = 256 << 10
"""Bytes hashed between two looks at `stop`: less than a millisecond's work."""
BATCH_FILES, BATCH_BYTES = 100, 4 << 20
"""What one thread hashes in one go: handing over single small files takes longer than hashing them."""
_NOT_THE_FILES_FAULT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Calling files damaged because of these would make a repair fetch good ones again."""


_Doubt = tuple[IndexedFile, str, FileState | None]
"""A file to be hashed, where it lies, and what is wrong with it even if the content is right."""


def cores() -> int:
    """Return how many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Findings:
    wrong: dict[str, FileState] = field(default_factory=dict)
    right: int = 0
    doubtful: list[_Doubt] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)


class Survey:
    """One survey of one folder; extra files in it never count as damage."""

    def __init__(self, folder: Path, depth: Depth, tick: Tick, stop: Stop) -> None:
        self._root = native(folder)
        self._depth = depth
        self._tick = tick
        self._stop = stop
        self._found = _Findings()
        self._inner: Mapping[str, set[str]] = {}
        self._shared = 0

    def run(self, index: FileIndex) -> FolderSurvey:
        """Look at every file of the index.

        Raises:
            InstallerError: `too-many-open-files` and the like, which say nothing about a file.
            StoppedError: soon after the stop.
        """
        if _folder_state(self._root) is not None:
            return FolderSurvey(exists=False, wrong={file.path: FileState.MISSING for file in index.files})
        self._shared = _mode(self._root)
        folders = self._by_folder(index.files)
        for parent, files in folders.items():
            self._stop.check()
            self._look_into(parent, files)
        self._hash_doubtful()
        found = self._found
        return FolderSurvey(
            exists=True, wrong=found.wrong, good_bytes=found.right, extra=tuple(sorted(found.extra))
        )

    def _by_folder(self, files: Iterable[IndexedFile]) -> dict[str, list[IndexedFile]]:
        """Group the files by folder, and settle those in folders that are not really there.

        Folders that hold only folders come without files: there may be more in them than should be.
        """
        grouped: dict[str, list[IndexedFile]] = defaultdict(list)
        for file in files:
            grouped[file.path.rpartition("/")[0]].append(file)
        for parent in list(grouped):
            for above in _above(parent):
                grouped.setdefault(above, [])
        states: dict[str, FileState | None] = {"": None}
        for parent in list(grouped):
            state = self._state_of(parent, states)
            if state is not None:
                self._found.wrong |= {file.path: state for file in grouped.pop(parent)}
        self._inner = _inner(states)
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
        start = len(parent) + 1 if parent else 0
        closed = unfit(_mode(self._local(parent)), PROGRAM, self._shared)
        for file in files:
            self._look_at(file, entries.get(file.path[start:]), closed=closed)
        known = {file.path[start:] for file in files} | self._inner[parent]
        more = [entry for name, entry in entries.items() if name not in known]
        if more:
            self._found.extra += [f"{parent}/{name}" if parent else name for name in _extra(more, known)]

    def _look_at(self, file: IndexedFile, entry: os.DirEntry[str] | None, *, closed: bool) -> None:
        path = self._local(file.path)
        try:
            # A name that is not listed may still be there on a disk that folds case or composes accents.
            status = entry.stat(follow_symlinks=False) if entry else os.lstat(path)
            if file.link is None:
                state = _file_state(status, file, self._shared) or (FileState.WRONG_MODE if closed else None)
            else:
                state = _link_state(path, status, file.link)
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
        batches = list(_batches(doubtful))
        with ThreadPoolExecutor(min(cores(), len(batches)), thread_name_prefix="vsrt-survey") as pool:
            for batch, states in zip(batches, pool.map(self._all_checked, batches), strict=True):
                for (file, _, _), state in zip(batch, states, strict=True):
                    self._settle(file, state)

    def _all_checked(self, batch: list[_Doubt]) -> list[FileState | None]:
        return [self._checked(doubt) for doubt in batch]

    def _checked(self, doubt: _Doubt) -> FileState | None:
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


def _above(folder: str) -> Iterator[str]:
    """Yield every folder above one, the nearest first, and last the module's own."""
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _inner(folders: Iterable[str]) -> Mapping[str, set[str]]:
    """Return the names of the folders that lie in each."""
    inner: dict[str, set[str]] = defaultdict(set)
    for folder in folders:
        above, _, name = folder.rpartition("/")
        if name:
            inner[above].add(name)
    return inner


def _extra(entries: Iterable[os.DirEntry[str]], known: set[str]) -> Iterator[str]:
    """Yield the names of those that stand for nothing that is known, with `/` after a folder's."""
    folded = {_folded(name) for name in known}
    for entry in entries:
        if _folded(entry.name) not in folded and not TEMPORARY_NAME.fullmatch(entry.name):
            yield f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name


def _folded(name: str) -> str:
    """Return what a disk may take for the same name: one that folds case, or composes accents."""
    return normalize("NFC", name).casefold()


def _batches(doubtful: list[_Doubt]) -> Iterator[list[_Doubt]]:
    """Yield what is handed over to a thread at once; large files first, so that none of them is the last."""
    batch: list[_Doubt] = []
    size = 0
    for doubt in sorted(doubtful, key=lambda doubt: -doubt[0].size):
        batch.append(doubt)
        size += doubt[0].size
        if size >= BATCH_BYTES or len(batch) >= BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _folder_state(path: str) -> FileState | None:
    try:
        status = os.lstat(path)
    except OSError as error:
        return _unreadable(error, path)
    return None if is_real_folder(status) else _other_kind(status)


def _mode(folder: str) -> int:
    """Return a folder's mode; nothing is allowed in one that can't be looked at, which the files in it tell."""
    try:
        return os.lstat(folder).st_mode
    except OSError:
        return 0


def _file_state(status: os.stat_result, file: IndexedFile, shared: int) -> FileState | None:
    """Judge a file by what lstat says."""
    if not stat.S_ISREG(status.st_mode):
        return _other_kind(status)
    if status.st_size != file.size:
        return FileState.CHANGED
    if not status.st_mode & stat.S_IRUSR:
        return FileState.UNREADABLE
    if unfit(status.st_mode, PROGRAM if file.executable else PLAIN, shared):
        return FileState.WRONG_MODE
    return None


def _other_kind(status: os.stat_result) -> FileState:
    return FileState.LINK if is_link(status) else FileState.WRONG_KIND


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
        return FileState.LINK
    if error.errno in _NOT_THE_FILES_FAULT:
        raise disk_fault(error, path) from error
    return FileState.UNREADABLE
