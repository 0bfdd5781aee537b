"""A line of the logs tells again what happened, and nothing where it can't be understood."""

import json
from pathlib import Path
from typing import get_args

import pytest
from simulators import window_states as states

from vsrt_gui.adapters.log_files import LogFiles
from vsrt_gui.engine.chronicle import Chronicle, told_again, weight
from vsrt_gui.model import events as ev
from vsrt_gui.model.logbook import LogLine, LogName, PlanOutline
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.redaction import Private, Redaction
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.settings import LogLevel

STARTED = ev.RunStarted(
    run_id="r1", request=Request(verb=Verb.INSTALL, modules=frozenset({"ruff"})), at=5.5, prefix="/p"
)
HAPPENED: tuple[ev.Event, ...] = (
    ev.ModuleFound(module="ruff", version="1", drift=Drift.DAMAGED, wrong=3),
    ev.StepStarted(module="ruff", step=ev.Step.DOWNLOAD, done=1, total=None),
    ev.StepFinished(module="ruff", step=ev.Step.DOWNLOAD, done=9, sources=("http://a/x", "http://b/x")),
    ev.Retrying(module=None, step=None, fault=states.OFFLINE, attempt=1, attempts=3, delay=2.0),
    ev.Retrying(
        module="server", step=ev.Step.DOWNLOAD, fault=states.STALLED, attempt=1, attempts=3, delay=0.5
    ),
    ev.ModuleFinished(module="ruff"),
    ev.ModuleFailed(module="pyright", fault=states.BROKEN),
    ev.DiskWarning(path="/p", free=1, total=2),
    ev.CatalogMissed(fault=states.OFFLINE, fetched_at=None),
    ev.CommandTaken(command="node", path="/p/bin/node"),
    ev.Committed(generation=2, complete=False),
    ev.RunFinished(outcome=ev.Outcome.PARTIAL, severity=ev.Severity.P3, faults=(states.BROKEN,)),
)


@pytest.mark.parametrize("event", [STARTED, *HAPPENED], ids=lambda event: event.event)
def test_what_was_told_is_told_again(event: ev.Event, tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "logs", Redaction(Private()))
    chronicle = Chronicle()
    chronicle.told(STARTED, STARTED.at)
    line = chronicle.told(event, STARTED.at)
    assert line is not None
    files.append(line)
    (read,) = files.read()
    assert told_again(read) == event
    assert weight(event) == read.level


def test_every_kind_of_event_is_tried_or_never_logged() -> None:
    tried = {event.event for event in (STARTED, *HAPPENED)}
    assert tried | {"plan-ready", "survey-progress", "step-progress", "waiting"} == {
        kind.model_fields["event"].default for kind in get_args(get_args(ev.Event)[0])
    }


def test_of_a_plan_its_outline_is_told_again() -> None:
    plan = states.plan()
    line = Chronicle().told(ev.PlanReady(plan=plan), 1.0)
    assert line is not None
    again = told_again(line.but(facts=json.loads(json.dumps(dict(line.facts)))))
    assert isinstance(again, PlanOutline)
    assert (again.to_fetch, again.to_write) == (plan.to_fetch, plan.to_write)
    assert list(again.work) == [work.target.id for work in plan.work]


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("message", {"logger": "httpx"}),
        ("something-newer", {}),
        ("step-started", {"step": "download"}),
        ("step-started", {"step": "swimming", "done": 0, "total": None}),
        ("module-finished", {"more": 1}),
        ("plan-ready", {"to_fetch": "much"}),
    ],
)
def test_what_is_not_understood_is_nothing(kind: str, facts: dict[str, object]) -> None:
    line = LogLine(
        at=1.0, level=LogLevel.INFO, log=LogName.APPLICATION, module="ruff", kind=kind, text="x", facts=facts
    )
    assert told_again(line) is None


def test_a_server_that_is_left_alone_matters_and_progress_does_not() -> None:
    assert weight(ev.Waiting(module=None, host="h", seconds=3)) is LogLevel.WARNING
    assert weight(ev.SurveyProgress(done=1, total=2)) is LogLevel.DEBUG
