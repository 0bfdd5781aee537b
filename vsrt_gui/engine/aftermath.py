"""Judges what a run leaves behind that ended before it could tell: by the disk, and by how far the plan got."""

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.context import Context
from vsrt_gui.engine.settle import severity
from vsrt_gui.model.events import Severity
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.run import Phase, RunState


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
