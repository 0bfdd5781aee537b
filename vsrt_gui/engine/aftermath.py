"""Judges what a run leaves behind: by a last look at what it mended, or by how far it got before it was cut off."""

from collections.abc import Mapping

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.context import Context
from vsrt_gui.engine.settle import severity
from vsrt_gui.model.events import Severity
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.run import Phase, RunState
from vsrt_gui.model.survey import Depth


async def damaged_again(
    context: Context, targets: tuple[Target, ...], indexes: Mapping[str, FileIndex]
) -> dict[str, Fault]:
    """Look quickly at modules that were mended, and return those that are not right all the same, with the reason.

    Something else may have changed or removed files while others were fetched. Uninterrupted.

    Args:
        context: of the run.
        targets: what was mended; each has its index.
        indexes: module id to file index.
    """
    found = {}
    for target in targets:
        try:
            fault = await _wrong(context, target, indexes[target.id])
        except InstallerError as error:
            fault = error.at(target.id, None)
        if fault is not None:
            found[target.id] = fault
    return found


async def _wrong(context: Context, target: Target, index: FileIndex) -> Fault | None:
    stop = Stop()  # a cancel comes too late
    look = context.prefix.survey
    survey = await context.workers.run(stop, look, target, index, Depth.QUICK, _uncounted, stop)
    if not survey.wrong:
        return None
    file = min(survey.wrong)
    return InstallerError(FaultCode.DAMAGED_AGAIN, module=target.id, file=file).at(target.id, None)


def _uncounted(_count: int) -> None:
    """Count nothing."""


async def left_behind(context: Context, state: RunState) -> Severity | None:
    """Return how bad the state is that a run leaves behind, None where it is as before, and nobody can say how.

    A prefix that can't be read is taken for one that can't be used only where the run may have changed it: a newer
    program's works on, and what kept us from reading may be over in a moment.

    Args:
        context: of the run.
        state: what the run told until then.
    """
    try:
        record = await context.workers.run(Stop(), context.prefix.read)
    except InstallerError:
        return Severity.P1 if state.plan else None  # nothing has any effect before its plan is told
    plan = state.plan or Plan()
    whole = {row.module for row in state.modules if row.phase is Phase.FINISHED}
    damaged = {work.target.id for work in plan.work if work.live} - whole
    return severity((*plan.keep, *(work.target for work in plan.work)), record, damaged)
