"""One writer for a prefix: a lock that a dead process lets go, with a note of who holds it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from vsrt_gui.adapters.host.processes import process_start
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.erasing import erase
from vsrt_gui.adapters.prefix.replacing import parse_json, read_file, replace_file
from vsrt_gui.model.faults import FaultCode, InstallerError

ACQUIRE_SECONDS = 0.2
"""Enough for a holder that is just letting go."""


class PrefixLock:
    """The lock of one prefix; the lock file is never deleted, the note beside it goes with the holder.

    Asking for the holder only reads the note, and so never stands in the way of a process that wants the lock.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        """Name the lock.

        Args:
            root: the prefix's real path.
            folder: where locks lie: one for all prefixes of a user.
        """
        name = sha256(os.fsencode(os.path.normcase(root))).hexdigest()
        self._root = root
        self._folder = folder
        self._file = folder / f"{name}.lock"
        self._note = folder / f"{name}.json"

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock within the block; it may be left in another thread than the one that entered.

        Raises:
            InstallerError: `already-running`, disk codes of the state folder.
        """
        lock = self._acquired()
        try:
            note = {"pid": os.getpid(), "started": process_start(os.getpid())}
            replace_file(self._note, json.dumps(note).encode())
            yield
        finally:
            try:
                erase(self._note)
            finally:
                lock.release()

    def holder(self) -> int | None:
        """Return the process that holds the lock, None when it is free.

        A note that a killed process left names no holder: no process by that number started at that time.

        Raises:
            InstallerError: disk codes.
        """
        note = parse_json(read_file(self._note))
        if not isinstance(note, dict) or not isinstance(pid := note.get("pid"), int):
            return None
        started = process_start(pid)
        return pid if started is not None and started == note.get("started") else None

    def _acquired(self) -> FileLock:
        with translating(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._file, thread_local=False, fallback_to_soft=False, preserve_lock_file=True)
            try:
                lock.acquire(timeout=ACQUIRE_SECONDS)
            except Timeout as error:
                raise InstallerError(
                    FaultCode.ALREADY_RUNNING, path=str(self._root), pid=self.holder() or 0
                ) from error
            except NotImplementedError as error:
                raise InstallerError(
                    FaultCode.DISK_ERROR, path=str(self._folder), reason="this disk keeps no locks"
                ) from error
        return lock
