"""Turns what happens in a run into lines of the logs, and such lines back into what happened."""

from typing import assert_never, get_args

from pydantic import ValidationError

from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Event, Outcome, Step
from vsrt_gui.model.logbook import LogLine, LogName, PlanOutline
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.settings import LogLevel

_OWN = {"event", "run_id", "module", "at", "plan"}
"""Fields that a line says in its own way."""
_KINDS: dict[str, type[Event]] = {
    kind.model_fields["event"].default: kind for kind in get_args(get_args(Event)[0])
}


class Chronicle:
    """Knows the run that goes on, since only its first event names it."""

    def __init__(self) -> None:
        self._run_id: str | None = None

    def told(self, event: Event, at: float) -> LogLine | None:
        """Return an event's line, None for what happens many times a second.

        Args:
            event: what happened.
            at: when, in seconds since 1970.
        """
        place = _place(event)
        if place is None:
            return None
        if isinstance(event, ev.RunStarted):
            self._run_id = event.run_id
        log, level = place
        facts = event.model_dump(mode="json", exclude=_OWN)
        if isinstance(event, ev.PlanReady):
            facts = _outline(event.plan).model_dump(mode="json")
        line = LogLine(
            at=at,
            level=level,
            log=log,
            run_id=self._run_id,
            module=getattr(event, "module", None),
            kind=event.event,
            facts=facts,
        )
        if isinstance(event, ev.RunFinished):
            self._run_id = None
        return line


def told_again(line: LogLine) -> Event | PlanOutline | None:
    """Return what a line tells of: of a plan its outline, None for a message and for what is not understood.

    What was redacted stays so; a line of another version of this program may lack a field, or have one too many.
    """
    own = {"run_id": line.run_id, "module": line.module, "at": line.at}
    kind = _KINDS.get(line.kind)
    try:
        if kind is ev.PlanReady:
            return PlanOutline.model_validate(line.facts)
        if kind is None:
            return None
        known = {name: value for name, value in own.items() if name in kind.model_fields}
        return kind.model_validate({**line.facts, **known})
    except ValidationError:
        return None


def weight(event: Event) -> LogLevel:
    """Return how much an event matters, also one that happens too often for a log."""
    place = _place(event)
    if place is not None:
        return place[1]
    return LogLevel.WARNING if isinstance(event, ev.Waiting) else LogLevel.DEBUG


def _outline(plan: Plan) -> PlanOutline:
    return PlanOutline(
        work={work.target.id: f"{work.drift} {work.target.module.version}" for work in plan.work},
        keep=tuple(target.id for target in plan.keep),
        drop=tuple(target.id for target in plan.drop),
        to_fetch=plan.to_fetch,
        to_write=plan.to_write,
    )


def _place(event: Event) -> tuple[LogName, LogLevel] | None:
    """Tell in which log an event stands, and how much it matters."""
    application, infrastructure = LogName.APPLICATION, LogName.INFRASTRUCTURE
    match event:
        case ev.SurveyProgress() | ev.StepProgress() | ev.Waiting():
            return None
        case ev.RunStarted() | ev.PlanReady() | ev.ModuleFinished() | ev.Committed() | ev.ModuleFound():
            return application, LogLevel.INFO
        case ev.ModuleFailed():
            return application, LogLevel.ERROR
        case ev.RunFinished(outcome=outcome):
            return application, _OUTCOMES[outcome]
        case ev.StepStarted(step=step) | ev.StepFinished(step=step):
            return (LogName.DOWNLOADS if step is Step.DOWNLOAD else infrastructure), LogLevel.INFO
        case ev.Retrying(step=step):
            return (LogName.DOWNLOADS if step is Step.DOWNLOAD else infrastructure), LogLevel.WARNING
        case ev.DiskWarning() | ev.CatalogMissed() | ev.CommandTaken():
            return infrastructure, LogLevel.WARNING
        case _:
            assert_never(event)


_OUTCOMES = {
    Outcome.COMPLETED: LogLevel.INFO,
    Outcome.CANCELLED: LogLevel.INFO,
    Outcome.PARTIAL: LogLevel.WARNING,
    Outcome.FAILED: LogLevel.ERROR,
}
