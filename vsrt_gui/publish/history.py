"""The catalogs that a catalog replaced: each keeps the manifest before its own, and so on back."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urljoin

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.adapters.catalog import MANIFEST_LIMIT, MANIFEST_NAME
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask, Source
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import ByteRange, IndexedFile, Packing
from vsrt_gui.model.manifest import Artifact, Manifest, Platform
from vsrt_gui.model.manifest_document import parse_manifest

FOLLOWS_KEY = "follows"
"""Where a manifest's metadata names the one that it replaced, by its sha256."""
FARTHEST = 200
"""Manifests that are gone back at most."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


def kept_name(sha256: str) -> str:
    """Return where in its catalog a manifest that was replaced lies."""
    return f"manifests/{sha256}.json"


def follows(manifest: Manifest) -> str | None:
    """Return the sha256 of the manifest that this one replaced; None where it was the first."""
    named = (manifest.metadata or {}).get(FOLLOWS_KEY)
    return named if isinstance(named, str) and _SHA256.fullmatch(named) else None


def before(manifest: Manifest, folder: str, source: Source) -> Iterator[Manifest]:
    """Yield the manifests that one came after, the newest first, as far back as they can be read.

    Args:
        manifest: which; it is not among them.
        folder: the url of its catalog, with a slash at its end.
        source: gets them.
    """
    return islice(_chain(manifest, folder, source), FARTHEST)


def _chain(manifest: Manifest, folder: str, source: Source) -> Iterator[Manifest]:
    while sha256 := follows(manifest):
        try:
            manifest = _read(sha256, folder, source)
        except InstallerError:  # it was tidied away; those that it names are out of reach with it
            return
        yield manifest


def _read(sha256: str, folder: str, source: Source) -> Manifest:
    """Read one manifest; its urls are relative to where it once lay."""
    url = urljoin(folder, kept_name(sha256))
    data = bytearray()
    with source.open(Ask(url=url), Stop()) as body:
        for piece in body:
            data += piece
            if len(data) > MANIFEST_LIMIT:
                break
    actual = hashlib.sha256(data).hexdigest()
    if actual != sha256:
        raise InstallerError(FaultCode.CHECKSUM_MISMATCH, file=url, expected=sha256, actual=actual)
    return parse_manifest(bytes(data), url, urljoin(folder, MANIFEST_NAME))


def releases(
    manifests: Iterable[Manifest], module_id: str, platforms: Iterable[Platform]
) -> Iterator[tuple[Artifact, ...]]:
    """Yield what each manifest has anew of a module for these platforms, of the first manifest first.

    One archive may follow several, each of which served another platform.
    """
    seen: set[str] = set()
    wanted = tuple(platforms)
    for manifest in manifests:
        module = manifest.module(module_id)
        found = [module.artifacts[each] for each in wanted if each in module.artifacts] if module else []
        new = {artifact.digest: artifact for artifact in found if artifact.digest not in seen}
        seen |= new.keys()
        if new:
            yield tuple(new.values())


def content_of(artifact: Artifact, file: IndexedFile, source: Source) -> bytes:
    """Fetch one file's range and unpack it.

    Raises:
        InstallerError: `archive-damaged`, `checksum-mismatch`, network and disk codes.
    """
    where = file.packed or ByteRange(offset=0, length=0, packing=Packing.STORED)
    ask = Ask(url=artifact.url, start=where.offset, end=where.offset + where.length)
    with source.open(ask, Stop()) as body:
        packed = b"".join(body)[where.offset - body.start :][: where.length]  # it may have sent the whole
    content = b"".join(ArchiveLibrary().inflate(file, [packed]))
    actual = hashlib.sha256(content).hexdigest()
    if actual != file.sha256:
        raise InstallerError(FaultCode.CHECKSUM_MISMATCH, file=file.path, expected=file.sha256, actual=actual)
    return content
