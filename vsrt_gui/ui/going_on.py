"""Makes one picture of a run that was paused and the run that goes on with it, so that nothing shown runs backwards."""

from vsrt_gui.model.plan import Plan, WholeArchive
from vsrt_gui.model.run import ModuleState, Phase, RunState

SETTLED = frozenset({Phase.FINISHED, Phase.FAILED})
"""What a module's row stays at until the run ends."""


def joined(before: RunState, now: RunState) -> RunState:
    """Return what to show of both runs.

    Until the new run knows its plan, the old rows stand where they stood. From then on each row goes on from what is
    there already, and what was finished before stays in the picture.

    Args:
        before: the picture when the run was paused.
        now: the run that goes on with it.
    """
    if now.plan is None:
        rows = tuple(_waiting(row) for row in before.modules)
        surveyed = max(before.surveyed, now.surveyed)
        return now.but(modules=rows, progress=before.progress, plan=before.plan, surveyed=surveyed)
    rows = _rows(before, now, now.plan)
    total = sum((row.weight for row in rows), 0.0)
    done = sum(row.weight * row.fraction for row in rows) / total if total else now.progress
    return now.but(modules=rows, progress=max(before.progress, now.progress, min(done, 1.0)))


def _waiting(row: ModuleState) -> ModuleState:
    return row if row.phase in SETTLED else row.but(phase=Phase.QUEUED, fault=None, pause=0.0, speed=0.0)


def _rows(before: RunState, now: RunState, plan: Plan) -> tuple[ModuleState, ...]:
    """Return the rows in the old order; new ones follow, and what is no longer wanted is left out."""
    running = {row.module: row for row in now.modules}
    right = {target.id for target in plan.keep}
    whole = {work.target.id for work in plan.work if isinstance(work.fetch, WholeArchive)}
    rows = [
        _carried(old, running.pop(old.module), staged=old.module in whole)
        if old.module in running
        else _finished(old)
        for old in before.modules
        if old.module in running or old.module in right
    ]
    return (*rows, *running.values())


def _carried(old: ModuleState, new: ModuleState, *, staged: bool) -> ModuleState:
    """Count what the new plan need not do again as done.

    Args:
        old: the row when it was paused.
        new: the row of the new plan, which names only what is left.
        staged: whether it counts what is staged by itself, as it does for whole archives.
    """
    fetched = 0 if staged else _spared(old.to_fetch, new.to_fetch, old.fetched)
    unpacked = _spared(old.to_unpack, new.to_unpack, old.unpacked)
    return new.but(
        fetched=fetched + new.fetched,
        to_fetch=None if new.to_fetch is None else fetched + new.to_fetch,
        unpacked=unpacked + new.unpacked,
        to_unpack=unpacked + new.to_unpack,
    )


def _spared(total: int | None, left: int | None, done: int) -> int:
    """Return the bytes that are there already: no more than were brought, nor than are no longer needed."""
    return max(0, min(done, (total or 0) - (left or 0)))


def _finished(row: ModuleState) -> ModuleState:
    """Return the row of a module that the new run found right as it is."""
    return row.but(
        phase=Phase.FINISHED,
        fault=None,
        speed=0.0,
        fetched=row.fetched if row.to_fetch is None else row.to_fetch,
        unpacked=row.to_unpack,
    )
