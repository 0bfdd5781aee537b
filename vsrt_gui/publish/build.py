"""Builds a catalog from a sources file: fetches, packs, and puts the manifest in force last of all."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from vsrt_gui.adapters.folder import path_of
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.manifest import (
    ArchiveFormat,
    Artifact,
    IndexReference,
    Launch,
    Manifest,
    Module,
    Platform,
    PublishedModule,
)
from vsrt_gui.model.manifest_document import parse_manifest
from vsrt_gui.publish.addons import MAKING
from vsrt_gui.publish.clients import ClientError, NothingForPlatformError
from vsrt_gui.publish.fetch import fetch
from vsrt_gui.publish.pack import RECIPE, Packed, file_sha256, pack, tree_sha256
from vsrt_gui.publish.reading import read_sources
from vsrt_gui.publish.selection import SelectionError
from vsrt_gui.publish.shelf import Progress, Shelf
from vsrt_gui.publish.sources import LocalFiles, ModuleSource, Sources
from vsrt_gui.publish.wheels import this_platform

MANIFEST = "manifest.json"
DIGEST_KEY = "sourcesDigest"
"""Where the manifest's metadata says what it was built from."""
COPIED_BYTES = 1 << 20
WORKERS = 2
"""Modules that are fetched and packed at once."""


class Offer(NamedTuple):
    """One module, packed for each platform that its package has files for."""

    module: ModuleSource
    packed: Mapping[Platform, Packed]


def build(
    sources: Path,
    out: Path,
    cache: Path,
    progress: Progress,
    platforms: tuple[Platform, ...] | None = None,
) -> Manifest:
    """Build a catalog, or leave it when it already is what its sources say.

    Restartable: archives and indexes have names of their content, and the manifest is replaced last, so a
    build that was killed leaves the catalog as it was. Nothing that an older manifest named is deleted.

    Args:
        sources: the sources file; its format stands in `sources.py`.
        out: the catalog's folder; made where it is missing.
        cache: keeps what was fetched and packed; may be shared by builds.
        progress: takes a line for people, from any thread.
        platforms: what to build for; None means this machine. A module that has nothing for one of them is
            left out there; one that has nothing for any of them is an error.

    Returns:
        The manifest that lies in `out`, with absolute urls.

    Raises:
        InstallerError: `sources-invalid`, disk codes.
    """
    written = read_sources(sources)
    try:
        wanted = platforms or (this_platform(),)
    except ClientError as error:
        raise written.wrong("module", str(error)) from error
    with translating(out):
        digest = _digest(written, wanted)
        present = _present(out, digest)
        if present is not None:
            progress("The catalog is up to date")
            return present
        offers = _pack_all(written, wanted, Shelf(cache, progress))
        return _publish(written, offers, out, digest)


def _digest(sources: Sources, platforms: tuple[Platform, ...]) -> str:
    """Digest all that decides what a build makes."""
    parts: list[object] = [RECIPE, MAKING, hashlib.sha256(sources.text).hexdigest(), sorted(platforms)]
    for module in sources.modules:
        if isinstance(module.source, LocalFiles):
            parts += [_content(sources, module.source, platform) for platform in platforms]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _content(sources: Sources, source: LocalFiles, platform: Platform) -> str | None:
    """Digest a release engineer's own files, which can change while the sources file stays the same."""
    path = source.place(sources.file.parent, platform)
    if path.is_dir():
        return tree_sha256(path)
    return file_sha256(path) if path.is_file() else None


def _present(out: Path, digest: str) -> Manifest | None:
    """Return the manifest of the catalog that is there if it was built from the same and is whole."""
    file = out / MANIFEST
    if not file.is_file():
        return None
    try:
        manifest = _parse(file.read_bytes(), out)
    except InstallerError:
        return None
    built_from = (manifest.metadata or {}).get(DIGEST_KEY)
    artifacts = [artifact for module in manifest.modules for artifact in module.artifacts.values()]
    whole = all(_is_there(artifact) for artifact in artifacts)
    return manifest if built_from == digest and whole else None


def _is_there(artifact: Artifact) -> bool:
    """Tell whether an artifact's archive lies in the folder in full size, with its index."""
    archive = path_of(artifact.url)
    whole = archive.is_file() and archive.stat().st_size == artifact.size
    return whole and artifact.index is not None and path_of(artifact.index.url).is_file()


def _parse(text: bytes, out: Path) -> Manifest:
    """Read a manifest back as a client will."""
    return parse_manifest(text, str(out / MANIFEST), (out.resolve() / MANIFEST).as_uri())


def _pack_all(sources: Sources, platforms: tuple[Platform, ...], shelf: Shelf) -> list[Offer]:
    """Fetch and pack all modules, several at once; the first failure stops those that have not begun."""
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="publish") as pool:
        futures = [pool.submit(_pack_one, sources, module, platforms, shelf) for module in sources.modules]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)  # after a success there is none left to cancel


def _pack_one(sources: Sources, module: ModuleSource, platforms: tuple[Platform, ...], shelf: Shelf) -> Offer:
    """Fetch and pack one module, for one platform after the other."""
    offer: dict[Platform, Packed] = {}
    try:
        for platform in [each for each in platforms if each in (module.platforms or platforms)]:
            try:
                offer[platform] = pack(fetch(sources, module, platform, shelf), module, platform, shelf)
            except NothingForPlatformError as error:
                shelf.progress(f"{module.name} {module.version} has nothing for {platform}")
                if module.platforms or (platform is platforms[-1] and not offer):
                    raise ClientError(f"has nothing for {platform}, or there is no such version") from error
    except SelectionError as error:
        raise sources.wrong(f"module.{module.id}.{error.key}", error.reason) from error
    except ClientError as error:
        raise sources.wrong(f"module.{module.id}.source", str(error)) from error
    return Offer(module, offer)


def _publish(sources: Sources, offers: list[Offer], out: Path, digest: str) -> Manifest:
    """Put archives and indexes in their places, then the manifest."""
    modules = []
    for module, packed in offers:
        artifacts = {each: _place(module, packed[each], out) for each in packed}
        plain = module.model_dump(include=set(Module.model_fields))
        modules.append(PublishedModule(**plain, artifacts=artifacts))
    manifest = Manifest(
        version=sources.version,
        published_at=sources.published_at,
        min_client_version=sources.min_client_version,
        metadata={DIGEST_KEY: digest},
        modules=tuple(modules),
    )
    text = manifest.model_dump_json(by_alias=True, indent=1).encode() + b"\n"
    checked = _parse(text, out)
    _replace(out / MANIFEST, text)
    return checked


def _place(module: ModuleSource, packed: Packed, out: Path) -> Artifact:
    """Put one archive and its index into the catalog, under names of their content."""
    name = f"{module.id}-{module.version}-{packed.platform or 'any'}-{packed.sha256[:8]}.zip"
    archive, index = f"archives/{name}", f"indexes/{packed.index_sha256}.json.zst"
    for kept, place in ((packed.archive, out / archive), (packed.file_index, out / index)):
        if not place.is_file() or place.stat().st_size != kept.stat().st_size:
            _replace(place, kept)
    return Artifact(
        url=quote(archive),
        sha256=packed.sha256,
        size=packed.archive.stat().st_size,
        format=ArchiveFormat.ZIP,
        index=IndexReference(url=index, sha256=packed.index_sha256),
        launch=_launch_there(module, packed),
    )


def _launch_there(module: ModuleSource, packed: Packed) -> Launch | None:
    """Return the launch for a platform whose commands are called otherwise; None where the module's will do."""
    renamed = {
        name: f"{command}.exe"
        for name, command in module.launch.bin.items()
        if isinstance(command, str) and command not in packed.paths
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
