"""Finds out what is in force in a prefix whose own notes are damaged: what is on the disk decides."""

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.planner import classify
from vsrt_gui.engine.survey import examine
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.survey import Damage, Depth, Generation, PrefixRecord


def damage_fault(damage: Damage) -> Fault:
    """Return the fault that says what is damaged."""
    return InstallerError(FaultCode.PREFIX_DAMAGED, path=damage.path, reason=damage.reason).fault


async def recovered(context: Context, record: PrefixRecord) -> PrefixRecord:
    """Return the record with a set in force where the notes that name it are damaged.

    That is the set that `current` still names, if its every file is there and right; else the newest of which that is
    true; where none is, the first of these that can be read, which a repair completes. Never one that only a manifest
    tells of. Without any, nothing is in force.

    Raises:
        InstallerError: disk codes.
    """
    if not _asked(context.request, record):
        return record
    likely = sorted(record.generations, key=lambda g: (g.number == record.named, g.number), reverse=True)
    for generation in likely:
        if await _whole(context, record, generation):
            return record.but(current=generation)
    return record.but(current=likely[0])


def _asked(request: Request, record: PrefixRecord) -> bool:
    """Tell whether the request needs to know what is in force, and the notes don't tell.

    A repair also brings back a set where `current` is gone altogether. Removing all asks for nothing, and a way back
    goes by the numbers alone.
    """
    if not record.generations or record.current is not None or request.verb is Verb.ROLLBACK:
        return False
    if request.verb is Verb.UNINSTALL and not request.modules:
        return False
    return record.lost or request.verb is Verb.REPAIR


async def _whole(context: Context, record: PrefixRecord, generation: Generation) -> bool:
    looked, faults = await examine(context, generation.modules, record, Depth.DEEP)
    return not faults and all(classify(one, generation) is Drift.SATISFIED for one in looked)
