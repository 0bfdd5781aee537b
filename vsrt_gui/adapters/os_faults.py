"""Turns what the operating system says about files into our faults, in one place."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vsrt_gui.adapters.holders import holders
from vsrt_gui.model.faults import FaultCode, InstallerError

_BY_ERRNO = {
    errno.ENOSPC: FaultCode.DISK_FULL,
    errno.EDQUOT: FaultCode.DISK_FULL,
    errno.EACCES: FaultCode.FOLDER_NOT_WRITABLE,
    errno.EPERM: FaultCode.FOLDER_NOT_WRITABLE,
    errno.EROFS: FaultCode.FOLDER_NOT_WRITABLE,
    errno.EMFILE: FaultCode.TOO_MANY_OPEN_FILES,
    errno.ENFILE: FaultCode.TOO_MANY_OPEN_FILES,
    errno.ETXTBSY: FaultCode.FILE_IN_USE,
}
# Windows' own numbers say more than the errno that Python makes of them.
_BY_WINERROR = {
    32: FaultCode.FILE_IN_USE,  # ERROR_SHARING_VIOLATION
    33: FaultCode.FILE_IN_USE,  # ERROR_LOCK_VIOLATION
    1224: FaultCode.FILE_IN_USE,  # ERROR_USER_MAPPED_FILE
    39: FaultCode.DISK_FULL,  # ERROR_HANDLE_DISK_FULL
    112: FaultCode.DISK_FULL,  # ERROR_DISK_FULL
    1295: FaultCode.DISK_FULL,  # ERROR_DISK_QUOTA_EXCEEDED
}


def winerror(error: OSError) -> int | None:
    """Return Windows' own number of an error, None elsewhere."""
    number = getattr(error, "winerror", None)
    return number if isinstance(number, int) else None


def disk_fault(error: OSError, path: Path | str) -> InstallerError:
    """Return our error for one of the operating system's.

    Args:
        error: what a file operation raised.
        path: what a person would recognise: the file, or the folder that was to be written.
    """
    code = _BY_WINERROR.get(winerror(error) or 0) or _BY_ERRNO.get(error.errno or 0)
    if code is None:
        reason = error.strerror or type(error).__name__
        return InstallerError(FaultCode.DISK_ERROR, path=str(path), reason=reason)
    return file_in_use(path) if code is FaultCode.FILE_IN_USE else InstallerError(code, path=str(path))


def file_in_use(path: Path | str) -> InstallerError:
    """Return our error for a file that another program holds, and name that program if the system does."""
    return InstallerError(FaultCode.FILE_IN_USE, path=str(path), program=holders(path))


@contextmanager
def translating(path: Path | str, folder: Path | str | None = None) -> Iterator[None]:
    """Within the block, an OSError becomes an InstallerError that names `path`.

    Args:
        path: the file or folder that is worked on.
        folder: named instead where the system forbids to write; `path` itself where None.

    Raises:
        InstallerError: `disk-full`, `folder-not-writable`, `too-many-open-files`, `file-in-use`, else `disk-error`.
    """
    try:
        yield
    except OSError as error:
        fault = disk_fault(error, path)
        if folder is not None and fault.fault.code is FaultCode.FOLDER_NOT_WRITABLE:
            fault = disk_fault(error, folder)
        raise fault from error
