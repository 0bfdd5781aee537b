"""Verifies published patches: where they lie, and that each makes the right file of the earlier one it is for."""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import chain

from vsrt_gui.adapters.archives.patches import apply_patch, is_patch
from vsrt_gui.adapters.archives.verdict import damaged
from vsrt_gui.adapters.catalog import UrlCatalog
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask, Source
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile, Patch
from vsrt_gui.model.manifest import Artifact, IndexDocument, Manifest, PatchesReference
from vsrt_gui.publish.history import before, content_of

Base = tuple[Artifact, IndexedFile]
"""An earlier file, and the archive that it lies in."""
_BY_CODE = {FaultCode.SIZE_MISMATCH: "sizeBytes", FaultCode.CHECKSUM_MISMATCH: "hash"}
"""The field of the patches' record that a fault speaks of; the others speak of where they lie."""


class Bases:
    """The files of earlier versions that patches may be for, as far as the catalog still has them."""

    def __init__(self, manifest: Manifest, source: Source, catalog: UrlCatalog) -> None:
        self._manifests = [(manifest, catalog.folder)]
        self._source = source
        self._catalog = catalog
        self._found: dict[str, Base] = {}
        self._documents: dict[str, FileIndex] = {}
        self._farther = self._files()

    def add(self, folder: str) -> None:
        """Let another catalog's files count, too.

        Raises:
            InstallerError: codes of catalogs, where it can't be read.
        """
        other = UrlCatalog(folder, self._source)
        self._manifests.append((other.manifest(Stop()), other.folder))

    def content(self, sha256: str) -> bytes | None:
        """Return an earlier file's content; None where its archive is not at hand."""
        while sha256 not in self._found:
            if not self._go_farther():
                return None
        base = self._found[sha256]
        try:
            return content_of(*base, self._source)
        except InstallerError:
            return None

    def document(self, sha256: str) -> bytes | None:
        """Return an earlier file index before it was packed; None where it is not at hand."""
        while sha256 not in self._documents:
            if not self._go_farther():
                return None
        return self._documents[sha256].document

    def _go_farther(self) -> bool:
        files = next(self._farther, None)
        self._found = (files or {}) | self._found
        return files is not None

    def _files(self) -> Iterator[dict[str, Base]]:
        """Yield the files of one archive after the other, by their sha256; the latest first."""
        seen: set[str] = set()
        chains = ((first, *before(first, folder, self._source)) for first, folder in self._manifests)
        for manifest in chain.from_iterable(chains):
            for artifact in (each for module in manifest.modules for each in module.artifacts.values()):
                if artifact.digest not in seen:
                    seen.add(artifact.digest)
                    index = self._index(artifact)
                    self._documents[hashlib.sha256(index.document).hexdigest()] = index
                    yield {file.sha256: (artifact, file) for file in index.files if file.packed}

    def _index(self, artifact: Artifact) -> FileIndex:
        """Return an artifact's index; an empty one where it can't be had, which is no fault of a patch."""
        try:
            return self._catalog.index(artifact, Stop()) or FileIndex(files=())
        except InstallerError:
            return FileIndex(files=())


class PatchInspector:
    """Reads the patches of artifacts and tries each of them.

    Attributes:
        untried: how many could not be, since what they are for is not at hand.
    """

    def __init__(self, source: Source, bases: Bases) -> None:
        """Take where patches, and the files that they are for, come from."""
        self._source = source
        self._bases = bases
        self.untried = 0

    def inspect(self, artifact: Artifact, index: FileIndex | None) -> Iterator[tuple[str, Fault]]:
        """Yield what is wrong with an artifact's patches, each with its place in the artifact's record.

        Args:
            artifact: which they are for.
            index: as published, which says where each patch lies; None where there is none.
        """
        content: bytes | None = None
        published = artifact.patches
        if published:
            for place, url in enumerate((published.url, *published.mirrors), -1):
                try:
                    content = self._fetched(url, published)
                except InstallerError as error:
                    where = "url" if place < 0 else f"mirrors[{place}]"
                    yield f"patches.{_BY_CODE.get(error.fault.code, where)}", error.fault
            if content is None:
                return
            if index and index.patches != published.sha256:
                reason = "it says the places of other patches than are published with it"
                yield "index", InstallerError(FaultCode.INDEX_INVALID, file=artifact.url, reason=reason).fault
        for fault in self._try(artifact, index or FileIndex(files=()), content or b""):
            yield ("index" if fault.code is FaultCode.INDEX_INVALID else "patches"), fault

    def inspect_index(
        self, document: IndexDocument, index: FileIndex, url: str
    ) -> Iterator[tuple[str, Fault]]:
        """Yield what is wrong with the patches of a file index, each with its place in the artifact's record.

        Args:
            document: what the manifest says of it.
            index: as published.
            url: where that is.
        """
        made = index.document
        if (document.sha256, document.size) != (hashlib.sha256(made).hexdigest(), len(made)):
            reason = "its patches make another one"
            yield "index.document", InstallerError(FaultCode.INDEX_INVALID, file=url, reason=reason).fault
        for number, patch in enumerate(document.patches):
            place = f"index.document.patches[{number}]"
            file = IndexedFile(path=patch.url, size=document.size, sha256=document.sha256)
            try:
                frame = self._sized(patch.url, patch.size)
            except InstallerError as error:
                yield f"{place}.{_BY_CODE.get(error.fault.code, 'url')}", error.fault
                continue
            old = self._bases.document(patch.base)
            self.untried += old is None
            if fault := _wrong(file, old, frame):
                yield place, fault

    def _fetched(self, url: str, reference: PatchesReference) -> bytes:
        """Fetch all patches of an artifact.

        Raises:
            InstallerError: `size-mismatch`, `checksum-mismatch`, network and disk codes.
        """
        content = self._sized(url, reference.size)
        actual = hashlib.sha256(content).hexdigest()
        if actual != reference.sha256:
            raise InstallerError(
                FaultCode.CHECKSUM_MISMATCH, file=url, expected=reference.sha256, actual=actual
            )
        return content

    def _sized(self, url: str, size: int) -> bytes:
        """Fetch what must have this size."""
        content = bytearray()
        with self._source.open(Ask(url=url), Stop()) as body:
            for piece in body:
                content += piece
                if len(content) > size:
                    break
        if len(content) != size:
            raise InstallerError(FaultCode.SIZE_MISMATCH, file=url, expected=size, actual=len(content))
        return bytes(content)

    def _try(self, artifact: Artifact, index: FileIndex, content: bytes) -> Iterator[Fault]:
        """Yield what is wrong with each patch; one whose earlier file is not at hand can't be tried."""
        base, old = "", None
        for file, patch in _in_order(index):
            if patch.offset + patch.length > len(content):
                reason = f"a patch of {file.path} lies outside what is published"
                yield InstallerError(FaultCode.INDEX_INVALID, file=artifact.url, reason=reason).fault
                continue
            if patch.base != base:
                base, old = patch.base, self._bases.content(patch.base)
            self.untried += old is None
            if fault := _wrong(file, old, content[patch.offset :][: patch.length]):
                yield fault


def _in_order(index: FileIndex) -> Iterator[tuple[IndexedFile, Patch]]:
    """Yield each patch once, those of one earlier file together."""
    found: Mapping[tuple[str, int, str], tuple[IndexedFile, Patch]] = {
        (patch.base, patch.offset, file.sha256): (file, patch)
        for file in index.files
        for patch in file.patches
    }
    yield from (found[key] for key in sorted(found))


def _wrong(file: IndexedFile, old: bytes | None, frame: bytes) -> Fault | None:
    """Try a patch; without what it is for, look whether it is one at all."""
    if old is None:
        return (
            None
            if is_patch(file, frame)
            else damaged(file.path, "what is published for it is no patch").fault
        )
    digest = hashlib.sha256()
    try:
        for piece in apply_patch(file, old, [frame]):
            digest.update(piece)
    except InstallerError as error:
        return error.fault
    actual = digest.hexdigest()
    if actual == file.sha256:
        return None
    return InstallerError(
        FaultCode.CHECKSUM_MISMATCH, file=file.path, expected=file.sha256, actual=actual
    ).fault
