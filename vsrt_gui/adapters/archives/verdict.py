"""What is said of an archive that can't be read or trusted, in the faults' own words."""

from pathlib import PurePosixPath
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
