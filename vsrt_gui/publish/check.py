"""Verifies a published catalog as a whole: everything a client could stumble over, with the field that is wrong."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.adapters.catalog import UrlCatalog
from vsrt_gui.adapters.folder import FolderSource
from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.sources import Sources
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ordering import closure
from vsrt_gui.engine.ports import Ask, Source
from vsrt_gui.engine.resolve import available
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.launching import Place, arguments, command
from vsrt_gui.model.manifest import Artifact, Launch, Manifest, Target
from vsrt_gui.model.value import Value
from vsrt_gui.publish.check_patches import Bases, PatchInspector
from vsrt_gui.publish.shelf import Progress

ALWAYS = frozenset({FaultCode.DEPENDENCY_CYCLE, FaultCode.DEPENDENCY_MISSING})
"""Wrong for every module; that a platform is not served is wrong for a critical one only."""
_BY_CODE = {FaultCode.SIZE_MISMATCH: "sizeBytes", FaultCode.CHECKSUM_MISMATCH: "hash"}
"""The field of an artifact that a fault speaks of; the others speak of where it lies."""
_NOWHERE = Place(store="store", data="data")


class Finding(Value):
    """One thing that is wrong with a catalog.

    Attributes:
        field: where, as the manifest spells it: `modules[0].platformArtifacts.linux-x64.hash`.
        fault: what.
    """

    field: str
    fault: Fault

    def __str__(self) -> str:
        facts = ", ".join(f"{name}: {value}" for name, value in sorted(self.fault.facts.items()))
        return f"{self.field}: {self.fault.code}" + (f" ({facts})" if facts else "")


def check(location: str, progress: Progress, previous: Iterable[Path] = ()) -> tuple[Finding, ...]:
    """Verify a catalog; every archive and index is read from the first byte to the last.

    Args:
        location: http, https or file url, or local path, of a catalog's folder or its manifest.
        progress: takes a line for people; also of what could not be tried.
        previous: folders of other catalogs, with earlier versions that patches are for.

    Returns:
        All that is wrong, in the manifest's order; nothing when a client can rely on every byte of it.

    Raises:
        InstallerError: codes of catalogs: one of the previous can't be read.
    """
    with closing(HttpSource()) as http:
        source = Sources(http, FolderSource())
        catalog = UrlCatalog(location, source)
        try:
            manifest = catalog.manifest(Stop())
        except InstallerError as error:
            field = error.fault.facts.get("field", "manifest.json")
            return (Finding(field=str(field), fault=error.fault),)
        findings = list(_check_graph(manifest))
        bases = Bases(manifest, source, catalog)
        for folder in previous:
            bases.add(str(folder))
        patches = PatchInspector(source, bases)
        inspector = _Inspector(source, catalog, patches, progress)
        for number, module in enumerate(manifest.modules):
            for platform, artifact in module.artifacts.items():
                place = f"modules[{number}].platformArtifacts.{platform}"
                findings += inspector.inspect(place, artifact, artifact.launch or module.launch)
        if patches.untried:
            progress(f"Not tried: {patches.untried} patches of versions that are not at hand (--previous)")
        return tuple({str(finding): finding for finding in findings}.values())  # platforms share some


def _check_graph(manifest: Manifest) -> Iterator[Finding]:
    """Yield what is wrong with dependencies, platforms and commands, for each platform that is served at all."""
    numbers = {module.id: number for number, module in enumerate(manifest.modules)}
    for platform in sorted({platform for module in manifest.modules for platform in module.artifacts}):
        offered = available(manifest, platform, {})
        for fault in offered.faults:
            number = numbers[fault.module or ""]
            if fault.code in ALWAYS or not manifest.modules[number].optional:
                unserved = fault.code is FaultCode.PLATFORM_UNSUPPORTED
                part = f"platformArtifacts.{platform}" if unserved else "dependencies"
                yield Finding(field=f"modules[{number}].{part}", fault=fault)
        known = {target.id: target for target in offered.targets}
        for target in offered.targets:
            together = tuple(known[key] for key in closure([target.id], known))
            yield from _check_templates(f"modules[{numbers[target.id]}].launch", target, together)


def _check_templates(field: str, target: Target, together: tuple[Target, ...]) -> Iterator[Finding]:
    """Yield the commands of a module that lead nowhere."""
    launch = target.launch
    lists = [(f"{field}.proof[{number}]", proof.argv) for number, proof in enumerate(launch.proof)]
    if launch.server:
        lists.append((f"{field}.server", launch.server.argv))
    for name in launch.bin:
        try:
            command(together, name, _NOWHERE)
        except InstallerError as error:
            yield Finding(field=f"{field}.bin.{name}", fault=error.fault)
    for where, argv in lists:
        try:
            arguments(together, target, argv, _NOWHERE)
        except InstallerError as error:
            yield Finding(field=where, fault=error.fault)


class _Found(NamedTuple):
    """What reading one artifact brought."""

    wrong: tuple[tuple[str, Fault], ...]
    """Each with its place inside the artifact's record."""
    made: FileIndex | None
    """The index that its archive gives; None where that could not be read."""


class _Inspector:
    """Reads artifacts; one that several platforms share is read once."""

    def __init__(
        self, source: Source, catalog: UrlCatalog, patches: PatchInspector, progress: Progress
    ) -> None:
        self._source = source
        self._catalog = catalog
        self._patches = patches
        self._progress = progress
        self._seen: dict[str, _Found] = {}

    def inspect(self, field: str, artifact: Artifact, launch: Launch) -> Iterator[Finding]:
        """Yield what is wrong with an artifact, its mirrors, its index and the commands that it brings."""
        key = artifact.model_dump_json(exclude={"launch"})
        if key not in self._seen:
            self._progress(f"Reading {artifact.url}")
            self._seen[key] = self._read(artifact)
        wrong, index = self._seen[key]
        for place, fault in wrong:
            yield Finding(field=f"{field}.{place}", fault=fault)
        paths = {file.path for file in index.files} if index else None
        for name, entry in launch.bin.items():
            if paths is not None and isinstance(entry, str) and entry not in paths:
                reason = f"{entry} is not among the files"
                where = f"launch.bin.{name}"
                yield Finding(field=f"{field}.{where}", fault=_invalid(self._catalog.source, where, reason))

    def _read(self, artifact: Artifact) -> _Found:
        """Read an artifact from everywhere it is said to be, and compare its content with its index."""
        wrong: list[tuple[str, Fault]] = []
        index = None
        places = {"url": artifact.url} | {f"mirrors[{n}]": url for n, url in enumerate(artifact.mirrors)}
        with tempfile.TemporaryDirectory(prefix="vsrt-check-") as folder:
            for place, url in places.items():
                archive = Path(folder, place)
                try:
                    self._fetch(url, artifact, archive)
                    index = index or ArchiveLibrary().index(archive, artifact, lambda _: None, Stop())
                except InstallerError as error:
                    wrong.append((_BY_CODE.get(error.fault.code, place), error.fault))
        try:
            published = self._catalog.index(artifact, Stop())
        except InstallerError as error:
            wrong.append(("index", error.fault))
        else:
            if index and published and _plain(published) != index:
                wrong.append(("index", _unlike(_plain(published), index, artifact)))
            wrong += self._patches.inspect(artifact, published)
            if published and artifact.index and artifact.index.document:
                wrong += self._patches.inspect_index(artifact.index.document, published, artifact.index.url)
        return _Found(tuple(wrong), index)

    def _fetch(self, url: str, artifact: Artifact, archive: Path) -> None:
        """Fetch an archive.

        Raises:
            InstallerError: `size-mismatch`, `checksum-mismatch`, network and disk codes.
        """
        digest = hashlib.sha256()
        with self._source.open(Ask(url=url), Stop()) as body, translating(archive), archive.open("wb") as out:
            for piece in body:
                out.write(piece)
                digest.update(piece)
            size = out.tell()
        if artifact.size not in {None, size}:
            raise InstallerError(FaultCode.SIZE_MISMATCH, file=url, expected=artifact.size or 0, actual=size)
        actual = digest.hexdigest()
        if actual != artifact.sha256:
            raise InstallerError(
                FaultCode.CHECKSUM_MISMATCH, file=url, expected=artifact.sha256, actual=actual
            )


def _invalid(source: str, field: str, reason: str) -> Fault:
    return InstallerError(FaultCode.MANIFEST_INVALID, source=source, field=field, reason=reason).fault


def _plain(index: FileIndex) -> FileIndex:
    """Return an index as the archive alone gives it, without patches."""
    files = tuple(file.but(patches=()) for file in index.files)
    return index.but(patches=None, published=None, files=files)


def _unlike(published: FileIndex, made: FileIndex, artifact: Artifact) -> Fault:
    """Name the first file that the published index has otherwise than the archive."""
    theirs, ours = ({file.path: file for file in index.files} for index in (published, made))
    path = min(path for path in theirs.keys() | ours.keys() if theirs.get(path) != ours.get(path))
    reason = f"{path} is not as in the archive"
    return InstallerError(FaultCode.INDEX_INVALID, file=artifact.url, reason=reason).fault
