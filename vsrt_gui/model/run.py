"""What a run looks like at one moment: folded from its events, and all that a screen renders."""

from collections.abc import Callable
from enum import StrEnum
from math import exp
from typing import assert_never

from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Step
from vsrt_gui.model.faults import Fault
from vsrt_gui.model.plan import ModulePlan, Plan, WholeArchive
from vsrt_gui.model.request import Request
from vsrt_gui.model.value import Value

UNPACK_WEIGHT = 0.12
"""Of a byte unpacked against a byte fetched: unpacking runs at about 600 MB/s on a laptop, a good line at 70."""
SMOOTHING_SECONDS = 3.0
"""Time constant of the speed that is shown: short enough to follow a change, long enough not to flicker."""


class Phase(StrEnum):
    """What a run, or one module of it, is doing."""

    IDLE = "idle"
    SURVEYING = "surveying"
    QUEUED = "queued"
    DOWNLOADING = "downloading"
    RETRYING = "retrying"
    WAITING = "waiting"
    UNPACKING = "unpacking"
    PROVING = "proving"
    WORKING = "working"
    FINISHED = "finished"
    FAILED = "failed"


class ModuleState(Value):
    """One row of the progress page.

    Attributes:
        module: its id.
        name: its name for people.
        phase: what happens to it now.
        fetched: bytes of it that were downloaded and lie on the disk.
        to_fetch: bytes to fetch in all (staged ones included), None where unknown.
        unpacked: bytes written to its folder.
        to_unpack: bytes to write in all.
        speed: bytes a second of its download, smoothed; 0 when it stands.
        sampled_at: monotonic seconds of the last sample that `speed` saw.
        pause: seconds until the next attempt, when retrying or waiting.
        fault: why it failed, or what the last attempt failed with.
        elsewhere: the server or folder that is asked instead, when retrying; empty where it is the same one again.
    """

    module: str
    name: str
    phase: Phase = Phase.QUEUED
    fetched: int = 0
    to_fetch: int | None = 0
    unpacked: int = 0
    to_unpack: int = 0
    speed: float = 0.0
    sampled_at: float | None = None
    pause: float = 0.0
    fault: Fault | None = None
    elsewhere: str = ""

    @property
    def weight(self) -> float:
        """Its share of the whole, in bytes of a download."""
        return (self.to_fetch or 0) + UNPACK_WEIGHT * self.to_unpack + 1.0

    @property
    def fraction(self) -> float:
        """How much of its work is done, 0 to 1."""
        if self.phase is Phase.FINISHED:
            return 1.0
        done = min(self.fetched, self.to_fetch or 0) + UNPACK_WEIGHT * min(self.unpacked, self.to_unpack)
        return min(1.0, done / self.weight)


class RunState(Value):
    """A run at one moment.

    Attributes:
        request: what was asked, None before the first run.
        phase: IDLE, SURVEYING, WORKING or FINISHED.
        modules: the modules that are worked on, in dependency order.
        progress: of the whole, 0 to 1; never runs backwards within a run.
        surveyed: how much of the survey is done, 0 to 1.
        plan: None before it is known.
        found: what verify found.
        holdup: what the catalog waits for, None while it does not.
        generation: the number that this run committed.
        disk_warning: the disk is nearly full.
        taken: commands that can't be started from the prefix's `bin`: a file of the user's own has their name.
        missed: the list of modules that the run goes on without.
        outcome: None while the run goes on.
        severity: of the resulting state, None when nothing went wrong.
        faults: what went wrong.
    """

    request: Request | None = None
    phase: Phase = Phase.IDLE
    modules: tuple[ModuleState, ...] = ()
    progress: float = 0.0
    surveyed: float = 0.0
    plan: Plan | None = None
    found: tuple[ev.ModuleFound, ...] = ()
    holdup: ev.Retrying | ev.Waiting | None = None
    generation: int | None = None
    disk_warning: ev.DiskWarning | None = None
    taken: tuple[ev.CommandTaken, ...] = ()
    missed: ev.CatalogMissed | None = None
    outcome: ev.Outcome | None = None
    severity: ev.Severity | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def running(self) -> bool:
        """Whether the run goes on."""
        return self.phase in {Phase.SURVEYING, Phase.WORKING}

    @property
    def safe_bytes(self) -> int:
        """Bytes of the downloads that are on the disk and need not be fetched again."""
        return sum(min(row.fetched, row.to_fetch or row.fetched) for row in self.modules)

    @property
    def total_bytes(self) -> int:
        """Bytes of all downloads, those of them that were staged before included."""
        return sum(row.to_fetch or row.fetched for row in self.modules)

    @property
    def speed(self) -> float:
        """Bytes a second over all downloads, smoothed."""
        return sum(row.speed for row in self.modules if row.phase is Phase.DOWNLOADING)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all is fetched at today's speed, None while that can't be told."""
        left = self.total_bytes - self.safe_bytes
        return left / self.speed if self.speed > 1 and left > 0 else None


def fold(state: RunState, event: ev.Event) -> RunState:  # noqa: C901, PLR0911, PLR0912 -- one arm for each event
    """Return the state after an event; events of a new run start from a clean state."""
    match event:
        case ev.RunStarted(request=request):
            return RunState(request=request, phase=Phase.SURVEYING)
        case ev.SurveyProgress(done=done, total=total):
            surveyed = max(state.surveyed, min(done / total, 1.0) if total else 1.0)
            return state.but(surveyed=surveyed, holdup=None)
        case ev.PlanReady(plan=plan):
            rows = tuple(_row(work) for work in plan.work)
            return state.but(phase=Phase.WORKING, holdup=None, plan=plan, modules=rows, surveyed=1.0)
        case ev.ModuleFound():
            return state.but(found=(*state.found, event))
        case ev.StepStarted() | ev.StepProgress() | ev.StepFinished():
            return _on_module(state, event.module, lambda row: _step(row, event))
        case ev.Retrying() | ev.Waiting():
            return (
                state.but(holdup=event)
                if event.module is None
                else _on_module(state, event.module, lambda row: _held(row, event))
            )
        case ev.ModuleFinished():
            return _on_module(state, event.module, _finished)
        case ev.ModuleFailed(fault=fault):
            return _on_module(
                state, event.module, lambda row: row.but(phase=Phase.FAILED, fault=fault, speed=0.0)
            )
        case ev.DiskWarning():
            return state.but(disk_warning=event)
        case ev.CatalogMissed():
            return state.but(holdup=None, missed=event)
        case ev.CommandTaken():
            return state.but(taken=(*state.taken, event))
        case ev.Committed(generation=number):
            return state.but(generation=number)
        case ev.RunFinished():
            return _ended(state, event)
        case _:
            assert_never(event)


def _ended(state: RunState, event: ev.RunFinished) -> RunState:
    progress = 1.0 if event.outcome is ev.Outcome.COMPLETED else state.progress
    state = state.but(phase=Phase.FINISHED, holdup=None, progress=progress)
    return state.but(outcome=event.outcome, severity=event.severity, faults=event.faults)


def _row(work: ModulePlan) -> ModuleState:
    whole = work.fetch if isinstance(work.fetch, WholeArchive) else None
    staged = work.fetch.staged if work.fetch else 0
    return ModuleState(
        module=work.target.id,
        name=work.target.module.name,
        fetched=staged,
        to_fetch=whole.size if whole else staged + work.to_fetch,
        to_unpack=work.unpack_bytes,
    )


def _on_module(state: RunState, module: str, change: Callable[[ModuleState], ModuleState]) -> RunState:
    rows = tuple(change(row) if row.module == module else row for row in state.modules)
    total = sum((row.weight for row in rows), 0.0)
    progress = sum(row.weight * row.fraction for row in rows) / total if total else 0.0
    return state.but(modules=rows, progress=max(state.progress, min(progress, 1.0)))


def _held(row: ModuleState, event: ev.Retrying | ev.Waiting) -> ModuleState:
    if isinstance(event, ev.Retrying):
        row = row.but(fault=event.fault, elsewhere=event.elsewhere)
        return row.but(phase=Phase.RETRYING, pause=event.delay, speed=0.0, sampled_at=None)
    return row.but(phase=Phase.WAITING, pause=event.seconds, speed=0.0, sampled_at=None)


_PHASES = {Step.DOWNLOAD: Phase.DOWNLOADING, Step.UNPACK: Phase.UNPACKING, Step.PROVE: Phase.PROVING}


def _step(row: ModuleState, event: ev.StepStarted | ev.StepProgress | ev.StepFinished) -> ModuleState:
    held = row.phase in {Phase.RETRYING, Phase.WAITING}
    if held and isinstance(event, ev.StepProgress) and event.done == row.fetched:
        return row  # no byte has come since: it is still held up
    brought = isinstance(event, ev.StepFinished) and event.step is Step.DOWNLOAD
    # What is brought is unpacked only after what it needs, which may still be on its way.
    row = row.but(phase=Phase.QUEUED if brought else _PHASES[event.step], fault=None, pause=0.0)
    total = None if isinstance(event, ev.StepFinished) else event.total
    match event.step:
        case Step.DOWNLOAD:
            return _fetched(row, event, total)
        case Step.UNPACK:
            return row.but(unpacked=max(row.unpacked, event.done), to_unpack=total or row.to_unpack)
        case Step.PROVE:
            return row
        case _:
            assert_never(event.step)


def _fetched(
    row: ModuleState, event: ev.StepStarted | ev.StepProgress | ev.StepFinished, total: int | None
) -> ModuleState:
    """Count what was fetched; a restarted transfer may show less than before, the truth of what is safe."""
    if isinstance(event, ev.StepProgress):
        row = _sampled(row, event.done - row.fetched, event.at)
    else:
        row = row.but(speed=0.0, sampled_at=None)
    return row.but(fetched=event.done, to_fetch=row.to_fetch if total is None else total)


def _sampled(row: ModuleState, gained: int, at: float) -> ModuleState:
    """Smooth the speed exponentially over time, so that uneven samples weigh by how long they took."""
    if row.sampled_at is None or at <= row.sampled_at:
        return row.but(sampled_at=at)
    seconds = at - row.sampled_at
    now = max(0.0, gained / seconds)
    keep = exp(-seconds / SMOOTHING_SECONDS) if row.speed else 0.0
    return row.but(speed=keep * row.speed + (1 - keep) * now, sampled_at=at)


def _finished(row: ModuleState) -> ModuleState:
    return row.but(
        phase=Phase.FINISHED,
        fault=None,
        speed=0.0,
        fetched=row.to_fetch if row.to_fetch is not None else row.fetched,
        unpacked=row.to_unpack,
    )
