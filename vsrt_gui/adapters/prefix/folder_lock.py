"""A lock on a folder itself, for all users of it, that leaves nothing behind.

On Windows, which locks no folders, a file in it is locked instead, and deleted by who lets go.
"""

import os
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.layout import LOCK_NAME

if sys.platform != "win32":
    import errno

    _NO_LOCKS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS})
    """What network disks answer that can't lock a folder: there the lock in the state folder is all there is."""

_PAUSE = 0.01


class FolderLock:
    """The lock of one folder; it is let go when its process ends, however that happens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None
        self._file: FileLock | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds it: of the folder that bears the name, and not of one that is gone."""
        if sys.platform != "win32" and self._descriptor is not None:
            return _is_still(self._descriptor, self._folder)
        return self._file is not None

    def take(self, seconds: float) -> bool:
        """Take the lock; a folder that does not exist, and a disk without such locks, can't be taken and is not held.

        Args:
            seconds: how long to wait for a holder that is just letting go.

        Returns:
            False when another holds it.

        Raises:
            InstallerError: disk codes.
        """
        with translating(self._folder):
            if sys.platform == "win32":
                return self._take_file(seconds)
            return self._take_folder(time.monotonic() + seconds)

    def is_taken(self) -> bool:
        """Tell whether somebody holds it just now; False where that can't be told."""
        probe = FolderLock(self._folder)
        try:
            if sys.platform == "win32":
                return (self._folder / LOCK_NAME).exists() and not probe._take_file(0.0)
            return not probe._take_folder(0.0, shared=True)
        except OSError:
            return False
        finally:
            probe.release()

    def release(self) -> None:
        """Let it go; nothing happens where it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        if self._file is not None:
            self._file.release()  # deletes the file, too
        self._descriptor = self._file = None

    def _take_file(self, seconds: float) -> bool:
        if not self._folder.is_dir():
            return True
        lock = FileLock(self._folder / LOCK_NAME, thread_local=False, fallback_to_soft=False)
        try:
            effects.checkpoint("lock", self._folder / LOCK_NAME)
            lock.acquire(timeout=seconds)
        except Timeout:
            return False
        self._file = lock
        return True

    if sys.platform != "win32":

        def _take_folder(self, until: float, *, shared: bool = False) -> bool:
            """Lock the folder that bears the name: one that was removed while we waited is another one."""
            while True:
                try:
                    descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                except (FileNotFoundError, NotADirectoryError):
                    return True
                locked = _flocked(descriptor, shared=shared)
                if locked and _is_still(descriptor, self._folder):
                    self._descriptor = descriptor
                    return True
                os.close(descriptor)
                if not locked and time.monotonic() >= until:
                    return False
                time.sleep(_PAUSE)


if sys.platform != "win32":

    def _flocked(descriptor: int, *, shared: bool) -> bool:
        try:
            effects.lock(descriptor, shared=shared)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        return True

    def _is_still(descriptor: int, folder: Path) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), folder.stat())
        except FileNotFoundError:
            return False
