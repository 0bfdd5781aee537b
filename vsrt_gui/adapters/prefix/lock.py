"""One writer for a prefix: locks that a dead process lets go, with a note of who holds them."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from vsrt_gui.adapters.host.processes import process_start
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.erasing import erase
from vsrt_gui.adapters.prefix.folder_lock import FolderLock
from vsrt_gui.adapters.prefix.parting import Parting
from vsrt_gui.adapters.prefix.replacing import make_folders, parse_json, read_file, rename, write_new
from vsrt_gui.model.faults import FaultCode, InstallerError

ACQUIRE_SECONDS = 0.2
"""Enough for a holder that is just letting go."""
TURNS = 5
"""How often a lock is tried whose holder has not said yet who it is, or not any more."""


class PrefixLock:
    """The two locks of one prefix.

    One lies in the user's state folder: its file is never deleted, and the note beside it, which names the holder, goes
    with the holder. The other is on the prefix itself, so that users who share a prefix exclude each other; it needs no
    file of its own that an uninstall could leave behind, and a prefix that does not exist yet gets it by `claimed`.

    Asking for the holder only looks, and so never stands in the way of a process that wants the lock.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        """Name the locks.

        Args:
            root: the prefix's real path.
            folder: where locks lie: one for all prefixes of a user.
        """
        name = sha256(os.fsencode(os.path.normcase(root))).hexdigest()
        self._root = root
        self._folder = folder
        self._file = folder / f"{name}.lock"
        self._note = folder / f"{name}.json"
        self._shared: FolderLock | None = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the locks within the block; it may be left in another thread than the one that entered.

        Raises:
            InstallerError: `already-running`, disk codes of the state folder and of the prefix.
        """
        lock = self._acquired()
        try:
            self._write_note()
            self._shared = FolderLock(self._root)
            self._take_shared()
            yield
        finally:
            try:
                self._let_go()
            finally:
                lock.release()

    def claimed(self, make: Callable[[], None]) -> None:
        """Make the prefix's folder where it is missing, and hold its lock before anything is written there.

        Args:
            make: claims the folder.

        Raises:
            InstallerError: `already-running` when another user was faster; what `make` raises.
        """
        shared = self._shared
        if shared is not None and not shared.held:
            shared.release()  # of a folder that whoever held it before took away, if any
            with translating(self._root):
                make_folders(self._root)
            self._take_shared()
            if (self._root / ".vsrt.json").exists():  # what was planned no longer fits what is there
                raise self._taken()
        make()

    def leave(self, parting: Parting) -> None:
        """Let go of the prefix's folder, which an uninstall has emptied; then it can go itself, if it was made by us.

        On Windows the lock's own file is the last thing in it.
        """
        if self._shared is not None:
            self._shared.release()
        if not (self._root / ".vsrt.json").exists():
            parting.finish()

    @property
    def parting(self) -> Path:
        """Where is noted what goes last: beside the locks, under their name."""
        return self._file.with_suffix(".parting")

    def holder(self) -> int | None:
        """Return the process that holds the locks, 0 for one of another user, None when they are free.

        A note that a killed process left names no holder: no process by that number started at that time.

        Raises:
            InstallerError: disk codes.
        """
        note = parse_json(read_file(self._note))
        if isinstance(note, dict) and isinstance(pid := note.get("pid"), int):
            started = process_start(pid)
            if started is not None and started == note.get("started"):
                return pid
        return 0 if FolderLock(self._root).is_taken() else None

    def _acquired(self) -> FileLock:
        with translating(self._folder):
            effects.make_folders(self._folder)
            lock = FileLock(self._file, thread_local=False, fallback_to_soft=False, preserve_lock_file=True)
            effects.checkpoint("lock", self._file)
            try:
                self._acquire(lock)
            except NotImplementedError as error:
                raise InstallerError(
                    FaultCode.DISK_ERROR, path=str(self._folder), reason="this disk keeps no locks"
                ) from error
        return lock

    def _acquire(self, lock: FileLock) -> None:
        for turn in range(1, TURNS + 1):
            try:
                lock.acquire(timeout=ACQUIRE_SECONDS)
            except Timeout as error:
                if turn == TURNS or self.holder():
                    raise self._taken() from error
            else:
                return

    def _write_note(self) -> None:
        """Name ourselves; who holds the lock alone writes, so a name that a killed holder left can be used again."""
        note = {"pid": os.getpid(), "started": process_start(os.getpid())}
        fresh = self._note.with_suffix(".new")
        erase(fresh)
        with translating(self._note, self._folder):
            write_new(fresh, json.dumps(note).encode())
            rename(fresh, self._note)

    def _take_shared(self) -> None:
        if self._shared is not None and not self._shared.take(ACQUIRE_SECONDS):
            # The note in the state folder is our own by now, and says nothing about the other user's process.
            raise InstallerError(FaultCode.ALREADY_RUNNING, path=str(self._root), pid=0)

    def _let_go(self) -> None:
        shared, self._shared = self._shared, None
        try:
            erase(self._note)
        finally:
            if shared is not None:
                shared.release()

    def _taken(self) -> InstallerError:
        return InstallerError(FaultCode.ALREADY_RUNNING, path=str(self._root), pid=self.holder() or 0)
