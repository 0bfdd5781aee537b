"""Builds a catalog from a sources file: fetches, packs, and puts the manifest in force last of all."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.model.manifest import Manifest, Platform
from vsrt_gui.publish.addons import MAKING
from vsrt_gui.publish.clients import ClientError, NothingForPlatformError
from vsrt_gui.publish.fetch import fetch
from vsrt_gui.publish.lineage import MANIFEST, Past, trace
from vsrt_gui.publish.offering import Offer, Publisher
from vsrt_gui.publish.pack import RECIPE, Packed, file_sha256, pack, tree_sha256
from vsrt_gui.publish.reading import read_sources
from vsrt_gui.publish.selection import SelectionError
from vsrt_gui.publish.shelf import Progress, Shelf
from vsrt_gui.publish.sources import LocalFiles, ModuleSource, Sources
from vsrt_gui.publish.wheels import this_platform

WORKERS = 2
"""Modules that are fetched and packed at once."""


class Wanted(NamedTuple):
    """What a catalog is to hold, besides what its sources file says.

    Attributes:
        platforms: what to build for; None means this machine. A module that has nothing for one of them is
            left out there; one that has nothing for any of them is an error.
        past: what patches lead from.
    """

    platforms: tuple[Platform, ...] | None = None
    past: Past = Past()


def build(
    sources: Path,
    out: Path,
    cache: Path,
    progress: Progress,
    platforms: tuple[Platform, ...] | None = None,
) -> Manifest:
    """Build a catalog, with patches from what it offered before; see `build_wanted`.

    Args:
        sources: the sources file; its format stands in `sources.py`.
        out: the catalog's folder; made where it is missing.
        cache: keeps what was fetched and packed; may be shared by builds.
        progress: takes a line for people, from any thread.
        platforms: what to build for; None means this machine.
    """
    return build_wanted(sources, out, Shelf(cache, progress), Wanted(platforms))


def build_wanted(sources: Path, out: Path, shelf: Shelf, wanted: Wanted) -> Manifest:
    """Build a catalog, or leave it when it already is what its sources say.

    Restartable: archives, indexes, patches and kept manifests have names of their content, and the manifest is
    replaced last, so a build that was killed leaves the catalog as it was. Nothing that an older manifest named
    is deleted.

    Returns:
        The manifest that lies in `out`, with absolute urls.

    Raises:
        InstallerError: `sources-invalid`, disk codes; codes of catalogs, for one of the previous.
    """
    written = read_sources(sources)
    try:
        platforms = wanted.platforms or (this_platform(),)
    except ClientError as error:
        raise written.wrong("module", str(error)) from error
    with translating(out):
        lineage = trace(out, _digest(written, platforms), wanted.past)
        if lineage.text and not lineage.present:
            shelf.progress(f"{out / MANIFEST} can't be read: what this catalog offered before is not known")
        if lineage.present and lineage.is_so:
            shelf.progress("The catalog is up to date")
            return lineage.present
        offers = _pack_all(written, platforms, shelf)
        return Publisher(out, lineage, shelf).publish(written, offers)


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
