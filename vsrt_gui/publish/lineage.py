"""What a catalog offered before, and what its new manifest will say of that."""

import hashlib
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from vsrt_gui.adapters.catalog import UrlCatalog
from vsrt_gui.adapters.folder import FolderSource, path_of
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.manifest import Artifact, Manifest
from vsrt_gui.model.manifest_document import parse_manifest
from vsrt_gui.publish.history import FOLLOWS_KEY, before, follows

MANIFEST = "manifest.json"
DIGEST_KEY = "sourcesDigest"
"""Where the manifest's metadata says what it was built from."""
VERSIONS_KEY, PREVIOUS_KEY = "patchedVersions", "previous"
"""Where it says from how many earlier versions there are patches, and from which catalogs besides its own past."""
PATCHED_VERSIONS = 2
"""From so many earlier versions of a module there are patches, unless told otherwise."""


class Past(NamedTuple):
    """What patches lead from.

    Attributes:
        versions: from so many earlier versions of each module; 0 makes no patches.
        catalogs: folders of catalogs with earlier versions, the latest first; what the catalog itself offered
            comes after them.
    """

    versions: int = PATCHED_VERSIONS
    catalogs: tuple[Path, ...] = ()


class Lineage(NamedTuple):
    """A catalog's past, as seen by a build.

    Attributes:
        present: the catalog that is there and can be read.
        text: its manifest's bytes.
        earlier: the manifests that hold earlier versions, the latest first.
        versions: from so many of them patches are made, for each module.
        catalogs: the sha256 of the manifests of other catalogs among them.
        follows: the sha256 of the manifest that the new one comes after, None where it is the first.
        digest: of what is built.
    """

    present: Manifest | None
    text: bytes
    earlier: tuple[Manifest, ...]
    versions: int
    catalogs: tuple[str, ...]
    follows: str | None
    digest: str

    @property
    def metadata(self) -> Mapping[str, object]:
        """What the new manifest says of its making."""
        said = {
            DIGEST_KEY: self.digest,
            VERSIONS_KEY: self.versions,
            PREVIOUS_KEY: list(self.catalogs),
            FOLLOWS_KEY: self.follows,
        }
        return {key: value for key, value in said.items() if value is not None}

    @property
    def is_so(self) -> bool:
        """Whether the catalog that is there was built from the same, with these patches at least, and is whole."""
        if self.present is None:
            return False
        then = self.present.metadata or {}
        had = then.get(PREVIOUS_KEY)
        same = then.get(DIGEST_KEY) == self.digest and then.get(VERSIONS_KEY) == self.versions
        return same and isinstance(had, list) and set(self.catalogs).issubset(had) and _is_whole(self.present)

    @property
    def replaces(self) -> bool:
        """Whether the catalog that is there becomes one of the past."""
        return self.present is not None and self.follows == _sha256(self.text)


def trace(out: Path, digest: str, past: Past) -> Lineage:
    """Find out what a catalog offered before.

    Args:
        out: its folder.
        digest: of what is built now. Where the catalog is of the same, a build only mends it: it stays what
            it was the follower of.
        past: which earlier versions count.

    Raises:
        InstallerError: codes of catalogs: one of the past ones can't be read.
    """
    source = FolderSource()
    present, text = _present(out)
    named: str | None = None
    own: list[Manifest] = []
    if present is not None:
        mends = (present.metadata or {}).get(DIGEST_KEY) == digest
        named = follows(present) if mends else _sha256(text)
        own = ([] if mends else [present]) + list(before(present, _url(out), source))
    given = [UrlCatalog(str(folder), source) for folder in past.catalogs]
    read = [(each.manifest(Stop()), each.folder) for each in given]
    theirs = chain.from_iterable((manifest, *before(manifest, url, source)) for manifest, url in read)
    return Lineage(
        present=present,
        text=text,
        earlier=(*theirs, *own),
        versions=past.versions,
        catalogs=tuple(_sha256((folder / MANIFEST).read_bytes()) for folder in past.catalogs),
        follows=named,
        digest=digest,
    )


def parsed(text: bytes, out: Path) -> Manifest:
    """Read a catalog's manifest back as a client will.

    Raises:
        InstallerError: `manifest-unreadable`, `manifest-invalid`.
    """
    return parse_manifest(text, str(out / MANIFEST), f"{_url(out)}{MANIFEST}")


def is_there(artifact: Artifact) -> bool:
    """Tell whether an artifact's archive lies in a folder in full size, with its index."""
    indexed = artifact.index is not None and _has_size(artifact.index.url, None)
    return indexed and _has_size(artifact.url, artifact.size)


def _present(out: Path) -> tuple[Manifest | None, bytes]:
    file = out / MANIFEST
    text = file.read_bytes() if file.is_file() else b""
    try:
        return (parsed(text, out) if text else None), text
    except InstallerError:
        return None, text


def _is_whole(manifest: Manifest) -> bool:
    artifacts = [artifact for module in manifest.modules for artifact in module.artifacts.values()]
    patches = [artifact.patches for artifact in artifacts if artifact.patches]
    documents = [each.index.document for each in artifacts if each.index and each.index.document]
    sizes = [(each.url, each.size) for each in patches]
    sizes += [(each.url, each.size) for document in documents for each in document.patches]
    return all(map(is_there, artifacts)) and all(_has_size(*each) for each in sizes)


def _has_size(url: str, size: int | None) -> bool:
    if not url.startswith("file:"):
        return False
    file = path_of(url)
    return file.is_file() and size in {None, file.stat().st_size}


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _url(out: Path) -> str:
    return f"{out.resolve().as_uri()}/"
