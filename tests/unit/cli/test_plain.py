"""A run in plain lines, for a log."""

from cli_runs import PLAN, RUNBOOK, Paper, fault

from vsrt_gui.cli.plain import EVERY_SECONDS, PlainLines
from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Outcome, Step
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState, fold
from vsrt_gui.model.survey import FileState, Harm

STALLED = fault(FaultCode.STALLED, "nodejs", host="cdn.example.org", seconds=30.0)
BROKEN = fault(FaultCode.CHECKSUM_MISMATCH, "ruff", file="ruff.whl", expected="a", actual="b")
HARM = Harm(states={FileState.CHANGED: 1}, names={"bin/x": FileState.CHANGED})


def progress(at: float, done: int) -> ev.StepProgress:
    return ev.StepProgress(module="nodejs", step=Step.DOWNLOAD, done=done, total=60_000_000, at=at)


def play(paper: Paper, *events: ev.Event) -> list[str]:
    screen, state = PlainLines(paper.out, paper.err, RUNBOOK), RunState()
    for event in events:
        state = fold(state, event)
        screen.on_event(event, state)
        if isinstance(event, ev.RunFinished):
            screen.ended(event, state)
    return paper.said


BEGUN = (
    ev.RunStarted(run_id="1", request=Request(verb=Verb.INSTALL), at=0.0),
    ev.SurveyProgress(done=0, total=10),
    ev.PlanReady(plan=PLAN),
)


def test_a_run_is_one_line_a_step(paper: Paper) -> None:
    lines = play(
        paper,
        *BEGUN,
        ev.StepStarted(module="nodejs", step=Step.DOWNLOAD, done=20_000_000, total=60_000_000),
        ev.StepStarted(module="ruff", step=Step.DOWNLOAD, done=0, total=10_000_000),
        ev.Retrying(module="nodejs", step=Step.DOWNLOAD, fault=STALLED, attempt=1, attempts=3, delay=2.0),
        ev.StepFinished(module="nodejs", step=Step.DOWNLOAD, done=60_000_000),
        ev.StepStarted(module="nodejs", step=Step.UNPACK, done=0, total=240_000_000),
        ev.StepStarted(module="nodejs", step=Step.PROVE, done=0, total=None),
        ev.ModuleFinished(module="nodejs"),
        ev.ModuleFailed(module="ruff", fault=BROKEN),
        ev.DiskWarning(path="/", free=1_000_000_000, total=60_000_000_000),
        ev.Committed(generation=1, complete=False),
        ev.RunFinished(outcome=Outcome.PARTIAL, severity=ev.Severity.P3, faults=(BROKEN,)),
    )
    assert lines == [
        "Installing the VS Code Runtime",
        "2 modules, 50 MB to download instead of 70 MB, about 280 MB to write.",
        "Node.js: Downloading 60 MB, 20 MB of it are here already",
        "Ruff: Downloading 10 MB",
        "Node.js: The download came to a standstill (attempt 1 of 3). Trying again in 2 seconds",
        "Node.js: Unpacking",
        "Node.js: Trying it out",
        "Node.js: Done",
        "Ruff: A file did not arrive as it should",
        "The disk is filling up: 1.0 GB of 60 GB are free.",
    ]
    assert paper.complained[0] == "Done, except for some modules."


def test_progress_is_told_now_and_then(paper: Paper) -> None:
    ticks = [progress(100 + tenth / 10, 20_000_000 + tenth * 100_000) for tenth in range(121)]
    lines = play(paper, *BEGUN, *ticks)[2:]
    assert len(lines) == 1 + int(12 / EVERY_SECONDS)
    assert all("is safe on disk" in line for line in lines)


def test_a_pause_is_told_once(paper: Paper) -> None:
    pauses = [ev.Waiting(module="nodejs", host="h", seconds=float(left)) for left in (60, 59, 58)]
    assert play(paper, *BEGUN, *pauses)[2:] == ["Node.js: The server needs a pause: going on in 60 seconds"]


def test_the_list_of_modules_can_be_late_too(paper: Paper) -> None:
    late = ev.Retrying(
        module=None, step=None, fault=STALLED.but(module=None), attempt=1, attempts=3, delay=1.0
    )
    assert play(paper, BEGUN[0], late)[1:] == [
        "List of modules: The download came to a standstill (attempt 1 of 3). Trying again in 1 second"
    ]


def test_another_place_is_named(paper: Paper) -> None:
    elsewhere = ev.Retrying(
        module=None,
        step=None,
        fault=STALLED.but(module=None),
        attempt=1,
        attempts=3,
        delay=0.0,
        source="https://a.example/manifest.json",
        then="https://b.example/manifest.json",
    )
    assert play(paper, BEGUN[0], elsewhere)[1:] == [
        "List of modules: The download came to a standstill (attempt 1 of 3). Taking it from b.example instead"
    ]


def test_verify_names_every_module(paper: Paper) -> None:
    lines = play(
        paper,
        BEGUN[0].but(request=Request(verb=Verb.VERIFY)),
        ev.ModuleFound(module="nodejs", version="24.1", drift=Drift.SATISFIED, wrong=0),
        ev.ModuleFound(module="ruff", version="0.9", drift=Drift.DAMAGED, wrong=1, harm=HARM),
        ev.RunFinished(outcome=Outcome.COMPLETED, severity=ev.Severity.P3),
    )
    assert lines == [
        "Looking at every file",
        "nodejs 24.1: as it should be",
        "ruff 0.9: damaged (1 file changed): bin/x",
        "Some files are not as they should be. A repair puts them right.",
        "To repair: vsrt repair",
    ]


def test_no_control_character_gets_into_a_log(paper: Paper) -> None:
    play(paper, *BEGUN, progress(1, 30_000_000), ev.RunFinished(outcome=Outcome.CANCELLED))
    assert all(line.isprintable() for line in (*paper.said, *paper.complained))
