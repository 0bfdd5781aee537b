"""The engine's port to archives, whatever their format."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from vsrt_gui.adapters.archives.inflating import range_content
from vsrt_gui.adapters.archives.patches import apply_patch
from vsrt_gui.adapters.archives.strip import Stripping
from vsrt_gui.adapters.archives.tars import TarReader
from vsrt_gui.adapters.archives.verdict import damaged
from vsrt_gui.adapters.archives.zips import ZipReader
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Put, Tick
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.manifest import ArchiveFormat, Artifact


class ArchiveLibrary:
    """Reads archives of every format; keeps nothing between two calls."""

    def index(self, path: Path, artifact: Artifact, tick: Tick, stop: Stop) -> FileIndex:
        """Read the whole archive and make its file index; `tick` counts bytes of the archive, of `path`'s size.

        Raises:
            InstallerError: `archive-damaged`, `archive-unsafe`, `disk-error`.
            StoppedError: soon after `stop`.
        """
        return _reader(path, artifact).index(tick, stop)

    def unpack(
        self, path: Path, artifact: Artifact, files: tuple[IndexedFile, ...], put: Put, stop: Stop
    ) -> None:
        """Hand the content of these files to `put`, from two threads where each has its place in the archive.

        Whatever `put` raises comes through; every thread has ended by then.

        Raises:
            InstallerError: `archive-damaged`, `archive-unsafe`, `disk-error`.
            StoppedError: soon after `stop`.
        """
        _reader(path, artifact).unpack({file.path: file for file in files}, put, stop)

    def inflate(self, file: IndexedFile, packed: Iterable[bytes]) -> Iterator[bytes]:
        """Turn the packed bytes of one file's range into its content, at most 1 MiB at a time.

        Raises:
            InstallerError: `archive-damaged`.
        """

        def objection(reason: str) -> InstallerError:
            return damaged(file.path, reason)

        if file.packed is None:
            raise objection("it has no byte range")
        return range_content(file.packed.packing, file.size, packed, objection)

    def patched(self, file: IndexedFile, base: memoryview, frame: bytes) -> Iterator[bytes]:
        """Make a file's content from an earlier one and a patch of it, at most 1 MiB at a time.

        Raises:
            InstallerError: `archive-damaged`.
        """
        return apply_patch(file, base, (frame,))


def _reader(path: Path, artifact: Artifact) -> ZipReader | TarReader:
    stripping = Stripping(artifact)
    if artifact.format is ArchiveFormat.ZIP:
        return ZipReader(path, stripping)
    return TarReader(path, artifact.format, stripping)
