"""Looks at manifest and disk, and finds out what is there, what is wanted and what lies between."""

import asyncio
from dataclasses import dataclass, replace

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.index_patches import earlier, made, way_to
from vsrt_gui.engine.meter import INTERVAL, Gauge
from vsrt_gui.engine.persist import Turn
from vsrt_gui.engine.planner import Looked
from vsrt_gui.engine.resolve import Available, available
from vsrt_gui.engine.retry import OF_THE_PLACE
from vsrt_gui.model.cached import Dated
from vsrt_gui.model.events import SurveyProgress
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.launching import commands
from vsrt_gui.model.manifest import Manifest, Platform, Target
from vsrt_gui.model.paths import check_index
from vsrt_gui.model.request import Verb
from vsrt_gui.model.survey import Depth, FolderSurvey, PrefixRecord

SPEAKS = frozenset(
    {
        FaultCode.CATALOG_NOT_FOUND,
        FaultCode.MANIFEST_UNREADABLE,
        FaultCode.MANIFEST_INVALID,
        FaultCode.CLIENT_TOO_OLD,
        FaultCode.SETTING_INVALID,
    }
)
"""Where the catalog's own place has spoken, what it said before no longer counts."""


STALE = frozenset(
    {
        FaultCode.SOURCE_GONE,
        FaultCode.FILE_MISSING,
        FaultCode.CHECKSUM_MISMATCH,
        FaultCode.SIZE_MISMATCH,
        FaultCode.ARCHIVE_DAMAGED,
        FaultCode.INDEX_INVALID,
    }
)
"""What an outdated manifest brings about: the next run asks for a new one."""

GONE = frozenset({FaultCode.SOURCE_GONE, FaultCode.FILE_MISSING})
UNUSABLE = OF_THE_PLACE | {FaultCode.INDEX_INVALID}
"""Why a published file index can't be had or used; one that would do harm is another matter."""


@dataclass(frozen=True)
class Offer:
    """What the catalog has for this machine.

    Attributes:
        manifest: None where there is none, not even an old one; `fault` says why.
        available: of it, for this machine.
        fault: why it could not be fetched, also where an old one stands in for it.
        fetched_at: when the manifest came, in seconds since 1970; None where it came just now or none is kept.
    """

    manifest: Manifest | None
    available: Available
    fault: Fault | None = None
    fetched_at: float | None = None

    @property
    def version(self) -> str | None:
        """The manifest's version."""
        return self.manifest.version if self.manifest else None

    @property
    def listed(self) -> frozenset[str]:
        """sha256 of the file indexes that it names."""
        artifacts = (target.artifact for target in self.available.targets)
        return frozenset(artifact.index.sha256 for artifact in artifacts if artifact.index)


def asks(context: Context, record: PrefixRecord) -> bool:
    """Tell whether the catalog has a say in a request.

    What is removed takes along what needs it. Of a wanted module that never arrived, the catalog alone knows that.
    """
    request, known = context.request, context.tools.catalog is not None
    match request.verb:
        case Verb.VERIFY | Verb.ROLLBACK:
            return False
        case Verb.REPAIR:
            return known
        case Verb.UNINSTALL:
            here = record.current.ids if record.current else frozenset()
            wanted = record.wanted.modules if record.wanted else frozenset()
            return known and bool(request.modules and wanted - here - request.modules)
        case Verb.INSTALL | Verb.CHANGE | Verb.UPDATE:
            return True


async def offer(context: Context) -> Offer:
    """Tell what this machine can have, by a manifest that is valid still, a new one, or else an old one.

    A failure is part of the answer.
    """
    kept = await _kept(context)
    fault: Fault | None = None
    if kept is None or not kept.valid or _must_ask(context):
        try:
            manifest = await _manifest(context)
        except InstallerError as error:
            fault = error.fault
            if kept is None or fault.code in SPEAKS:
                return Offer(None, Available(), fault)
        else:
            return await _offered(context, Offer(manifest, Available()))
    return await _offered(context, Offer(kept.manifest, Available(), fault, kept.fetched_at))


def _must_ask(context: Context) -> bool:
    """Tell whether somebody wants to know what is new just now."""
    return context.fresh or context.request.verb is Verb.UPDATE


async def _kept(context: Context) -> Dated | None:
    catalog = context.tools.catalog
    return None if catalog is None else await context.work(catalog.kept)


async def _offered(context: Context, found: Offer) -> Offer:
    """Add what of the manifest this machine can have."""
    platform, manifest = context.tools.platform, found.manifest
    if platform is None or manifest is None:
        fault = InstallerError(FaultCode.PLATFORM_UNSUPPORTED, module="", platform="").fault
        return Offer(None, Available(), fault)
    unmet = await context.work(_unmet, context, manifest, platform)
    return replace(found, available=available(manifest, platform, unmet))


async def _manifest(context: Context) -> Manifest:
    catalog = context.tools.catalog
    if catalog is None:
        raise InstallerError(FaultCode.CATALOG_NOT_FOUND, source="")

    async def attempt(turn: Turn) -> Manifest:
        manifest = await context.work(catalog.manifest, context.stop)
        turn.answered()
        return manifest

    return await context.catalog_rules().persist((catalog.source,), attempt)


def _unmet(context: Context, manifest: Manifest, platform: Platform) -> dict[str, Fault]:
    """Ask the system for each module that has an artifact for it and requires something."""
    faults: dict[str, Fault] = {}
    for module in manifest.modules:
        lack = context.tools.host.unmet(module.requires) if platform in module.artifacts else None
        if lack:
            requirement, needed, have = lack
            error = InstallerError(
                FaultCode.REQUIREMENT_UNMET,
                module=module.id,
                requirement=requirement,
                needed=needed,
                have=have,
            )
            faults[module.id] = error.at(module.id, None)
    return faults


@dataclass(frozen=True)
class _Listed:
    """A target's file index, None where there is none, and whether it came just now."""

    index: FileIndex | None
    fresh: bool


async def _index_of(context: Context, target: Target, record: PrefixRecord) -> _Listed:
    """Return a target's file index: the kept one, unless the manifest names another one; else the published one.

    Raises:
        InstallerError: `archive-unsafe` for a published one; why it can't be had or used, where nothing is to be
            fetched that it could be made from.
    """
    kept = await context.work(context.prefix.index, target)
    if kept is not None and not _superseded(context, target, kept):
        return _Listed(kept, fresh=False)
    passed_over = GONE if kept is None and context.request.verb is Verb.VERIFY else UNUSABLE
    index = await _published(context, target, passed_over, earlier(record, target.id))
    return _Listed(kept, fresh=False) if index is None else _Listed(index, fresh=True)


def _superseded(context: Context, target: Target, kept: FileIndex) -> bool:
    """Tell whether the manifest at hand names another index for the same archive than the one that was kept."""
    reference = target.artifact.index
    return (
        kept.published is not None
        and reference is not None
        and reference.sha256 in context.listed - {kept.published}
    )


async def _published(
    context: Context,
    target: Target,
    passed_over: frozenset[FaultCode] = UNUSABLE,
    there: tuple[Target, ...] = (),
) -> FileIndex | None:
    """Fetch a target's published file index; None where there is none: it can still be made from the archive.

    Args:
        context: of the run.
        target: whose.
        passed_over: why it can't be had, of what that is no fault.
        there: what is there of the module, whose kept indexes it may be made of by a patch.
    """
    try:
        return await _fetched(context, target, there)
    except InstallerError as error:
        if error.fault.code not in passed_over:
            raise
        return None


async def _fetched(context: Context, target: Target, there: tuple[Target, ...]) -> FileIndex | None:
    catalog, reference = context.tools.catalog, target.artifact.index
    if catalog is None or reference is None:
        return None
    way = await context.work(way_to, reference.document, there, context.prefix)
    ways = [way] if way else []

    async def attempt(turn: Turn) -> FileIndex | None:
        index = await made(context, reference, ways.pop(), turn) if ways else None
        if index is None:
            asked = reference.model_copy(update={"url": turn.url})
            artifact = target.artifact.model_copy(update={"index": asked})
            index = await context.work(catalog.index, artifact, context.stop)
        turn.answered()
        return index

    places = context.tools.copies.places(reference.url)
    index = await context.catalog_rules().persist(places, attempt)
    if index is not None:
        await context.work(check_index, index, reference.url.rsplit("/", 1)[-1], target.artifact.size)
    return index


async def examine(
    context: Context, targets: tuple[Target, ...], record: PrefixRecord, depth: Depth
) -> tuple[tuple[Looked, ...], tuple[Fault, ...]]:
    """Survey the targets' folders.

    A folder that no generation names is always hashed: after a power loss a name may stand over an empty file. So is
    one whose index came just now: nobody has compared its files with that one yet.

    Returns:
        What was found, and why targets could not be looked at.
    """
    named = {target.folder for generation in record.generations for target in generation.modules}
    indexes, lost = await _indexes(context, targets, record)
    faults = list(lost)
    gauge = Gauge(0, sum(one.index.size for one in indexes.values() if one.index is not None))
    looked: list[Looked] = []
    async with asyncio.TaskGroup() as group:
        poller = group.create_task(_poll(context, gauge))
        for target in (target for target in targets if target.id in indexes):
            index, fresh = indexes[target.id].index, indexes[target.id].fresh
            at = depth if target.folder in named and not fresh else Depth.DEEP
            try:
                survey = await look_at(context, target, index, at, gauge)
            except InstallerError as error:
                faults.append(error.at(target.id, None))
            else:
                staged = record.staged.get(target.artifact.sha256, 0)
                looked.append(Looked(target, index, survey, staged, fresh=fresh, pieces=record.staged))
        poller.cancel()
    return await _with_launchers(context, record, looked), tuple(faults)


async def _with_launchers(context: Context, record: PrefixRecord, looked: list[Looked]) -> tuple[Looked, ...]:
    """Let each module in force answer for the launchers of its commands, too."""
    current = record.current
    wrong = (await context.work(context.prefix.launchers, current)).wrong if current else {}
    if current is None or not wrong:
        return tuple(looked)
    owners = commands(current.modules)
    return tuple(
        replace(one, survey=one.survey.but(launchers=mine))
        if (
            mine := {name: state for name, state in wrong.items() if owners[name].folder == one.target.folder}
        )
        else one
        for one in looked
    )


async def look_at(
    context: Context, target: Target, index: FileIndex | None, depth: Depth, gauge: Gauge
) -> FolderSurvey:
    """Survey one folder; without an index nothing can be said but that it is not known to be right."""
    if index is None:
        return FolderSurvey(exists=False)
    return await context.work(context.prefix.survey, target, index, depth, gauge.add, context.stop)


async def look_again(context: Context, looked: Looked) -> Looked:
    """Look at a module as if no file index of it were kept: with the published one, else without any.

    Raises:
        InstallerError: disk codes; `archive-unsafe` for a published index.
    """
    target = looked.target
    index = await _published(context, target)
    survey = await look_at(context, target, index, Depth.DEEP, Gauge(0, None))
    staged = await context.work(context.prefix.part(target.artifact).staged)
    return replace(looked, index=index, survey=survey, staged=staged, fresh=True)


async def _poll(context: Context, gauge: Gauge) -> None:
    last = -1
    while True:
        if gauge.done != last:
            last = gauge.done
            context.tell(SurveyProgress(done=last, total=gauge.total or 0))
        await asyncio.sleep(INTERVAL)


async def _indexes(
    context: Context, targets: tuple[Target, ...], record: PrefixRecord
) -> tuple[dict[str, _Listed], tuple[Fault, ...]]:
    indexes: dict[str, _Listed] = {}
    faults: list[Fault] = []

    async def one(target: Target) -> None:
        try:
            indexes[target.id] = await _index_of(context, target, record)
        except InstallerError as error:
            faults.append(error.at(target.id, None))

    async with asyncio.TaskGroup() as group:
        for target in targets:
            group.create_task(one(target))
    return indexes, tuple(faults)
