"""Unpacks a fetched package into a folder, as safely as a client unpacks a module."""

from collections.abc import Iterable
from pathlib import Path

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Put
from vsrt_gui.model.file_index import IndexedFile
from vsrt_gui.model.manifest import ArchiveFormat, Artifact
from vsrt_gui.publish.clients import ClientError
from vsrt_gui.publish.wheels import Fetched

ENDINGS = {
    ".zip": ArchiveFormat.ZIP,
    ".whl": ArchiveFormat.ZIP,
    ".vsix": ArchiveFormat.ZIP,
    ".tgz": ArchiveFormat.TAR_GZ,
    ".tar.gz": ArchiveFormat.TAR_GZ,
    ".tar.xz": ArchiveFormat.TAR_XZ,
    ".tar.bz2": ArchiveFormat.TAR_BZ2,
    ".tar.zst": ArchiveFormat.TAR_ZST,
    ".tar": ArchiveFormat.TAR,
}
_UNNAMED = "0" * 64
"""Stands for the hash of an archive that is read before anyone published it."""


def unpack(fetched: Fetched, tree: Path) -> Path:
    """Unpack a package into a folder, and return the folder.

    Raises:
        ClientError: the package is no archive that can be read.
        InstallerError: the archive is damaged or unsafe, or the disk refuses.
    """
    ending = next((ending for ending in ENDINGS if fetched.path.name.lower().endswith(ending)), None)
    if ending is None:
        raise ClientError(f"{fetched.path.name} is no archive that can be read")
    artifact = Artifact(
        url=fetched.path.name, sha256=_UNNAMED, format=ENDINGS[ending], strip_components=fetched.strip
    )
    library, stop = ArchiveLibrary(), Stop()
    index = library.index(fetched.path, artifact, lambda _: None, stop)
    files = tuple(file for file in index.files if file.link is None)
    for file in index.files:
        (tree / file.path).parent.mkdir(parents=True, exist_ok=True)
    library.unpack(fetched.path, artifact, files, _writer(tree), stop)
    for file in index.files:
        if file.link is not None:
            (tree / file.path).symlink_to(file.link)
    return tree


def _writer(tree: Path) -> Put:
    """Return what writes an unpacked file into a folder, which the archive's index was checked against."""

    def put(file: IndexedFile, content: Iterable[bytes]) -> None:
        path = tree / file.path
        with path.open("wb") as out:
            out.writelines(content)
        path.chmod(0o755 if file.executable else 0o644)

    return put
