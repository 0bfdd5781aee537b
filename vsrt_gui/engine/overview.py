"""Looks without changing anything: what is installed, what could be, and how it is; the disk first."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.planner import Looked, finding
from vsrt_gui.engine.resolve import Available, refreshed
from vsrt_gui.engine.serve import look_at_server
from vsrt_gui.engine.survey import Offer, examine, offer
from vsrt_gui.model.launch_state import LaunchState
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.status import Overview, derive_status
from vsrt_gui.model.survey import Depth, PrefixRecord, Volume

HEAD_START = 0.4
"""Seconds that a catalog has to answer before the disk's own state is told without it: a good line needs less, and
what then comes in one piece is calmer than two."""
NOTHING = Offer(None, Available())


@dataclass(frozen=True)
class _Disk:
    """What is known without any network."""

    record: PrefixRecord
    looked: tuple[Looked, ...]
    holder: int | None
    volume: Volume
    server: LaunchState


async def look(context: Context, depth: Depth, early: Callable[[Overview], None] | None = None) -> Overview:
    """Survey the disk while the catalog is asked.

    Args:
        context: of this look.
        depth: of the survey.
        early: told what is on the disk when the catalog lets wait for itself; its overview is `pending`.

    Raises:
        InstallerError: when the prefix itself can't be read.
    """
    record = await context.work(context.prefix.read)
    asking = asyncio.ensure_future(offer(context))
    try:
        disk = await _disk(context, record, depth)
        if early is not None and not (await asyncio.wait([asking], timeout=HEAD_START))[0]:
            early(_overview(context, disk, NOTHING).but(pending=True))
        found = await asking
    finally:
        if not asking.done():
            asking.cancel()
            await asyncio.wait([asking])
    return _overview(context, await _completed(context, disk, found, depth), found)


async def _disk(context: Context, record: PrefixRecord, depth: Depth) -> _Disk:
    """Look at what needs no catalog: every module whose file index is kept, which is all of them as a rule."""
    alone = replace(context, tools=replace(context.tools, catalog=None))
    targets = record.current.modules if record.current else ()
    looked, _ = await examine(alone, targets, record, depth)
    return _Disk(
        record=record,
        looked=tuple(one for one in looked if one.index is not None),
        holder=await context.work(context.prefix.holder),
        volume=await context.work(context.prefix.volume),
        server=await context.work(look_at_server, context.tools.servers, context.prefix, context.stop),
    )


async def _completed(context: Context, disk: _Disk, found: Offer, depth: Depth) -> _Disk:
    """Look at the modules whose file index only the catalog has."""
    known = {one.target.id: one for one in disk.looked}
    current = disk.record.current.modules if disk.record.current else ()
    unknown = tuple(refreshed(target, found.available) for target in current if target.id not in known)
    if not unknown:
        return disk
    more, _ = await examine(context, unknown, disk.record, depth)
    known |= {one.target.id: one for one in more}
    return replace(disk, looked=tuple(known[target.id] for target in current if target.id in known))


def _fresh(one: Looked, available: Available) -> Looked:
    target: Target = refreshed(one.target, available)
    return replace(one, target=target)


def _overview(context: Context, disk: _Disk, found: Offer) -> Overview:
    current = disk.record.current
    findings = tuple(finding(_fresh(one, found.available), current) for one in disk.looked)
    return Overview(
        status=derive_status(
            disk.record,
            findings,
            found.available.targets,
            manifest_version=found.version,
            busy=disk.holder is not None,
        ),
        prefix=str(context.prefix.root),
        record=disk.record,
        available=found.available.targets,
        manifest_version=found.version,
        defaults=frozenset(target.id for target in found.available.targets),
        findings=findings,
        unavailable=found.available.faults,
        catalog_fault=found.fault,
        fetched_at=found.fetched_at,
        volume=disk.volume,
        server=disk.server,
        other_pid=disk.holder,
    )
