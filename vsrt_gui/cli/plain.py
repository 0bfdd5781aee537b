"""Tells a run in plain lines, one for each step: for files, pipes and consoles that can't redraw a line."""

from collections.abc import Iterator
from typing import assert_never

from vsrt_gui.cli import prose
from vsrt_gui.cli.outlet import Outlet
from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Step
from vsrt_gui.model.run import Phase, RunState
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import size

EVERY_SECONDS = 5.0
"""Between two lines of progress: a log of a long download stays short, and a reader sees that it lives."""


class PlainLines:
    """Writes a line for each thing that happens."""

    def __init__(self, out: Outlet, err: Outlet, runbook: Runbook) -> None:
        self._out, self._err, self._runbook = out, err, runbook
        self._told_at = float("-inf")
        self._waited: set[str | None] = set()

    def on_event(self, event: ev.Event, state: RunState) -> None:
        """Write what the event means, if anything."""
        for line in self._lines(event, state):
            self._out.line(line)

    def ended(self, end: ev.RunFinished, state: RunState) -> None:
        """Write how it ended."""
        self._out.say(prose.ending(end, state, self._runbook))
        self._err.say(prose.troubles(end, state, self._runbook))

    def _lines(self, event: ev.Event, state: RunState) -> Iterator[str]:  # noqa: C901, PLR0912 -- one arm for each event
        match event:
            case ev.RunStarted():
                yield from self._started(event)
            case ev.PlanReady(plan=plan):
                yield prose.todo(plan)
                yield from prose.dragged(state.request, plan) if state.request else ()
            case ev.ModuleFound():
                yield f"{event.module} {event.version}: {prose.found(event, self._runbook)}"
            case ev.StepStarted():
                yield self._begun(event, state)
            case ev.StepProgress(at=at):
                yield from self._throttled(at, state)
            case ev.Retrying():
                yield self._retrying(event, state)
            case ev.Waiting():
                yield from self._waiting(event, state)
            case ev.ModuleFinished(module=module):
                yield f"{_name(state, module)}: {self._runbook.word('phase.finished')}"
            case ev.ModuleFailed(module=module, fault=fault):
                page = self._runbook.page(fault, prose.names(state.plan))
                yield f"{_name(state, module)}: {page.title}"
            case ev.DiskWarning():
                yield prose.disk_warning(event)
            case ev.CommandTaken():
                yield prose.taken(event)
            case ev.CatalogMissed():
                yield prose.missed(event, self._runbook)
            case ev.SurveyProgress() | ev.StepFinished() | ev.Committed() | ev.RunFinished():
                return
            case _:
                assert_never(event)

    def _started(self, event: ev.RunStarted) -> Iterator[str]:
        yield self._runbook.word(f"running.{event.request.verb}")
        if event.prefix:
            yield f"Folder: {event.prefix}"

    def _begun(self, event: ev.StepStarted, state: RunState) -> str:
        word = {Step.DOWNLOAD: "downloading", Step.UNPACK: "unpacking", Step.PROVE: "proving"}[event.step]
        said = f"{_name(state, event.module)}: {self._runbook.word(f'phase.{word}')}"
        if event.step is Step.DOWNLOAD and event.total:
            said += f" {size(event.total)}"
            if event.done:
                said += f", {size(event.done)} of it are here already"
        return said

    def _throttled(self, at: float, state: RunState) -> Iterator[str]:
        if at - self._told_at >= EVERY_SECONDS:
            self._told_at = at
            yield prose.progress(state)

    def _retrying(self, event: ev.Retrying, state: RunState) -> str:
        title = self._runbook.page(event.fault, prose.names(state.plan)).title
        again = self._runbook.phase(Phase.RETRYING, event.delay, event.elsewhere)
        tries = f"attempt {event.attempt} of {event.attempts}"
        return f"{_name(state, event.module)}: {title} ({tries}). {again}"

    def _waiting(self, event: ev.Waiting, state: RunState) -> Iterator[str]:
        """Tell a pause once, not every second of it."""
        if event.module not in self._waited:
            self._waited.add(event.module)
            yield f"{_name(state, event.module)}: {self._runbook.word('phase.waiting', seconds=event.seconds)}"


def _name(state: RunState, module: str | None) -> str:
    if module is None:
        return "List of modules"
    return next((row.name for row in state.modules if row.module == module), module)
