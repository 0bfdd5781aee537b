"""What the engine needs of whoever knows which modules there are."""

from typing import Protocol

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.cached import Dated
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import Artifact, IndexDocument, IndexPatch, Manifest


class Catalog(Protocol):
    """Where the manifest comes from.

    Attributes:
        source: the address or folder, for people.
    """

    source: str

    def manifest(self, stop: Stop) -> Manifest:
        """Fetch, check and parse the manifest; urls in it come back absolute.

        Raises:
            InstallerError: `catalog-not-found`, `manifest-unreadable`, `manifest-invalid`, `client-too-old`,
                network codes.
        """
        ...

    def kept(self) -> Dated | None:
        """Return the manifest that was fetched last, however old; None where none is kept."""
        ...

    def forget(self) -> None:
        """Drop what is kept: what it promised was not there."""
        ...

    def index(self, artifact: Artifact, stop: Stop) -> FileIndex | None:
        """Fetch the artifact's published index and check its hash, which it carries; None where none is published.

        Raises:
            InstallerError: `index-invalid`, `checksum-mismatch`, network codes.
        """
        ...

    def patched_index(self, document: IndexDocument, patch: IndexPatch, base: bytes, stop: Stop) -> FileIndex:
        """Fetch a patch, make a published index of an earlier one's document, and check its hash.

        Raises:
            InstallerError: `index-invalid`, `archive-damaged`, `checksum-mismatch`, network codes.
        """
        ...
