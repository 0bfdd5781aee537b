"""Puts a catalog's files in their places: archives, indexes, patches, and the manifest last of all."""

import filecmp
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from vsrt_gui.adapters.catalog import UrlCatalog
from vsrt_gui.adapters.folder import FolderSource
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import (
    Artifact,
    IndexDocument,
    IndexPatch,
    IndexReference,
    Launch,
    Manifest,
    Module,
    PatchesReference,
    Platform,
    PublishedModule,
)
from vsrt_gui.publish.history import kept_name, releases
from vsrt_gui.publish.lineage import MANIFEST, Lineage, is_there, parsed
from vsrt_gui.publish.pack import Packed, index_file
from vsrt_gui.publish.patching import Patches, Version, index_patches, patched
from vsrt_gui.publish.shelf import Shelf
from vsrt_gui.publish.sources import ModuleSource, Sources

COPIED_BYTES = 1 << 20


class Offer(NamedTuple):
    """One module, packed for each platform that its package has files for."""

    module: ModuleSource
    packed: Mapping[Platform, Packed]


class Publisher:
    """Puts packed modules into one catalog."""

    def __init__(self, out: Path, lineage: Lineage, shelf: Shelf) -> None:
        """Take what the modules are put into.

        Args:
            out: the catalog's folder; made where it is missing.
            lineage: what it offered before.
            shelf: keeps patches that were made.
        """
        self._out = out
        self._lineage = lineage
        self._shelf = shelf
        self._source = FolderSource()
        self._catalog = UrlCatalog(str(out), self._source)

    def publish(self, sources: Sources, offers: list[Offer]) -> Manifest:
        """Put all files in their places, then the manifest that is replaced, then the new one."""
        modules = []
        for offer in offers:
            plain = offer.module.model_dump(include=set(Module.model_fields))
            modules.append(PublishedModule(**plain, artifacts=self._place_all(offer)))
        manifest = Manifest(
            version=sources.version,
            published_at=sources.published_at,
            min_client_version=sources.min_client_version,
            metadata=self._lineage.metadata,
            modules=tuple(modules),
        )
        text = manifest.model_dump_json(by_alias=True, indent=1).encode() + b"\n"
        checked = parsed(text, self._out)
        if self._lineage.replaces:
            _replace(self._out / kept_name(str(self._lineage.follows)), self._lineage.text)
        _replace(self._out / MANIFEST, text)
        return checked

    def _place_all(self, offer: Offer) -> Mapping[Platform, Artifact]:
        """Put one module's archives in their places; one that serves several platforms only once."""
        placed: dict[str, Artifact] = {}
        for packed in offer.packed.values():
            if packed.sha256 not in placed:
                platforms = [each for each, its in offer.packed.items() if its.sha256 == packed.sha256]
                placed[packed.sha256] = self._place(offer.module, packed, platforms)
        return {
            platform: placed[packed.sha256].model_copy(update={"launch": _launch_there(offer.module, packed)})
            for platform, packed in offer.packed.items()
        }

    def _place(self, module: ModuleSource, packed: Packed, platforms: list[Platform]) -> Artifact:
        """Put one archive, its patches and its index into the catalog, under names of their content."""
        title = f"{module.id}-{module.version}-{packed.platform or 'any'}"
        archive = f"archives/{title}-{packed.sha256[:8]}.{packed.format}"
        self._put(archive, packed.archive)
        artifact = Artifact(
            url=quote(archive),
            sha256=packed.sha256,
            size=packed.archive.stat().st_size,
            format=packed.format,
        )
        earlier = tuple(self._earlier(module, packed, platforms))
        made = self._patches(module, packed, earlier)
        index = self._place_index(made.files if made else packed.files, earlier)
        changes: dict[str, object] = {"index": index}
        if made:
            sha256 = _sha256(made.content)
            patches = f"patches/{title}-{sha256[:8]}.patches"
            self._put(patches, made.content)
            changes["patches"] = PatchesReference(url=quote(patches), sha256=sha256, size=len(made.content))
        return artifact.model_copy(update=changes)

    def _place_index(self, index: FileIndex, earlier: tuple[Version, ...]) -> IndexReference:
        """Put an index into the catalog, and what makes it of those of earlier versions."""
        packed, document = index_file(index), index.document
        name, patches = f"indexes/{_sha256(packed)}.json.zst", []
        self._put(name, packed)
        for base, frame in index_patches(document, len(packed), earlier).items():
            patch = IndexPatch(url=f"indexes/{_sha256(frame)}.patch", base=base, size=len(frame))
            self._put(patch.url, frame)
            patches.append(patch)
        unpacked = IndexDocument(sha256=_sha256(document), size=len(document), patches=tuple(patches))
        return IndexReference(url=name, sha256=_sha256(packed), document=unpacked if patches else None)

    def _patches(self, module: ModuleSource, packed: Packed, earlier: tuple[Version, ...]) -> Patches | None:
        """Make the patches from what the catalog and others offered of a module before."""
        if not earlier:
            return None
        artifact = Artifact(
            url=packed.archive.absolute().as_uri(), sha256=packed.sha256, format=packed.format
        )
        where = f" for {packed.platform}" if packed.platform else ""
        self._shelf.progress(f"Making patches of {module.name} {module.version}{where}")
        return patched(Version(artifact, packed.files), earlier, self._source, self._shelf)

    def _earlier(self, module: ModuleSource, packed: Packed, platforms: list[Platform]) -> Iterator[Version]:
        """Yield the versions that came before, the latest first; one that is not whole any more is passed over."""
        found = releases(self._lineage.earlier, module.id, platforms)
        others = ([each for each in one if each.sha256 != packed.sha256] for one in found)
        for artifact in chain.from_iterable(islice(filter(None, others), self._lineage.versions)):
            try:
                index = self._catalog.index(artifact, Stop()) if is_there(artifact) else None
            except InstallerError:
                index = None
            if index is None:
                self._shelf.progress(f"No patches from {artifact.url}, which is not whole any more")
            else:
                yield Version(artifact, index)

    def _put(self, name: str, content: bytes | Path) -> None:
        """Put a file in its place, unless it is there to the byte."""
        place = self._out / name
        if not place.is_file() or not _same(place, content):
            _replace(place, content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _same(place: Path, content: bytes | Path) -> bool:
    """Tell whether a file holds this."""
    if isinstance(content, Path):
        return filecmp.cmp(place, content, shallow=False)
    return place.stat().st_size == len(content) and place.read_bytes() == content


def _launch_there(module: ModuleSource, packed: Packed) -> Launch | None:
    """Return the launch for a platform whose commands are called otherwise; None where the module's will do."""
    paths = {file.path for file in packed.files.files}
    renamed = {
        name: f"{command}.exe"
        for name, command in module.launch.bin.items()
        if isinstance(command, str) and command not in paths
    }
    return module.launch.model_copy(update={"bin": {**module.launch.bin, **renamed}}) if renamed else None


def _replace(place: Path, content: bytes | Path) -> None:
    """Replace one file by bytes or by a copy, whole and on the disk before anyone sees it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f".{place.name}.new")
    with unfinished.open("wb") as out:
        if isinstance(content, bytes):
            out.write(content)
        else:
            with content.open("rb") as kept:
                shutil.copyfileobj(kept, out, COPIED_BYTES)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(place)
