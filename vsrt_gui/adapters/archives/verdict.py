"""What is said of an archive that can't be read or trusted, in the faults' own words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Artifact
from vsrt_gui.model.paths import Refusal, printable


def archive_name(artifact: Artifact) -> str:
    """Return the archive's own name, which says more than the digest it is stored under."""
    name = PurePosixPath(unquote(urlsplit(artifact.url).path)).name
    return printable(name or artifact.sha256)


def damaged(file: str, reason: str) -> InstallerError:
    """Make the fault of an archive that is not what its format asks for."""
    return InstallerError(FaultCode.ARCHIVE_DAMAGED, file=file, reason=printable(reason))


def unsafe(file: str, member: str, refusal: Refusal) -> InstallerError:
    """Make the fault of an archive with an entry that could do harm."""
    return InstallerError(FaultCode.ARCHIVE_UNSAFE, file=file, member=printable(member), reason=refusal.value)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Within the block, an archive that the disk doesn't give back is a `disk-error`."""
    try:
        yield
    except OSError as exc:
        raise _disk_error(path, exc) from exc


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Within the block, a disk that takes no more is `disk-full`, one that fails otherwise a `disk-error`."""
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InstallerError(FaultCode.DISK_FULL, path=str(path)) from exc
        raise _disk_error(path, exc) from exc


def _disk_error(path: Path, exc: OSError) -> InstallerError:
    reason = exc.strerror or type(exc).__name__
    return InstallerError(FaultCode.DISK_ERROR, path=str(path), reason=reason)
