"""Looks without changing anything: what is installed, what could be, and how it is."""

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.planner import finding
from vsrt_gui.engine.resolve import refreshed
from vsrt_gui.engine.serve import look_at_server
from vsrt_gui.engine.survey import examine, offer
from vsrt_gui.model.plan import Finding
from vsrt_gui.model.status import Overview, derive_status
from vsrt_gui.model.survey import Depth


async def look(context: Context, depth: Depth) -> Overview:
    """Survey disk and manifest.

    Raises:
        InstallerError: when the prefix itself can't be read.
    """
    record = await context.work(context.prefix.read)
    found = await offer(context)
    current = record.current
    targets = tuple(refreshed(t, found.available) for t in current.modules) if current else ()
    looked, _ = await examine(context, targets, record, depth)
    findings: tuple[Finding, ...] = tuple(finding(one, current) for one in looked)
    holder = await context.work(context.prefix.holder)
    return Overview(
        status=derive_status(
            record,
            findings,
            found.available.targets,
            manifest_version=found.version,
            busy=holder is not None,
        ),
        prefix=str(context.prefix.root),
        record=record,
        available=found.available.targets,
        manifest_version=found.version,
        defaults=frozenset(target.id for target in found.available.targets),
        findings=findings,
        unavailable=found.available.faults,
        catalog_fault=found.fault,
        fetched_at=found.fetched_at,
        volume=await context.work(context.prefix.volume),
        server=await context.work(look_at_server, context.tools.servers, context.prefix, context.stop),
        other_pid=holder,
    )
