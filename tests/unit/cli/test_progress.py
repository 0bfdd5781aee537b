"""The picture of a run on a terminal."""

import io
from collections.abc import Iterable

from cli_runs import PLAN, RUNBOOK, Paper, fault, folded, target, work
from rich.console import Console

from vsrt_gui.cli.outlet import Outlet
from vsrt_gui.cli.progress import LiveRows, picture
from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Outcome, Step
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.plan import Drift, Plan
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState, fold
from vsrt_gui.model.survey import FileState, Harm

BEGUN = ev.RunStarted(run_id="1", request=Request(verb=Verb.INSTALL), at=0.0)
STALLED = fault(FaultCode.STALLED, "ruff", host="h", seconds=30.0)


def drawn(
    events: Iterable[ev.Event], pauses: dict[str, float] | None = None, height: int = 30, width: int = 100
) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(picture(folded(events), RUNBOOK, pauses or {}))
    return [line.rstrip() for line in captured.get().splitlines()]


def progress(at: float, done: int) -> ev.StepProgress:
    return ev.StepProgress(module="nodejs", step=Step.DOWNLOAD, done=done, total=60_000_000, at=at)


def test_a_row_for_each_module_and_one_for_all() -> None:
    title, node, ruff, whole = drawn(
        [BEGUN, ev.PlanReady(plan=PLAN), progress(0, 20_000_000), progress(1, 30_000_000)]
    )
    assert title == "Installing the VS Code Runtime"
    assert node.startswith("Node.js  Downloading ")
    assert node.endswith("30 MB of 60 MB   10 MB/s")
    assert ruff.startswith("Ruff     Waiting for its turn ")
    assert ruff.endswith("0 bytes of 10 MB")
    assert whole.endswith("30 MB of 70 MB is safe on disk, about 4 seconds left")


def test_a_pause_counts_down() -> None:
    stalled = ev.Retrying(module="ruff", step=Step.DOWNLOAD, fault=STALLED, attempt=1, attempts=3, delay=9.0)
    row = drawn([BEGUN, ev.PlanReady(plan=PLAN), stalled], {"ruff": 3.2})[2]
    assert row.startswith("Ruff     Trying again in 4 seconds ")


def test_another_place_is_named() -> None:
    elsewhere = ev.Retrying(
        module="ruff",
        step=Step.DOWNLOAD,
        fault=STALLED,
        attempt=1,
        attempts=3,
        delay=0.0,
        source="https://a.example/ruff.zip",
        then="file:///media/stick/ruff.zip",
    )
    row = drawn([BEGUN, ev.PlanReady(plan=PLAN), elsewhere])[2]
    assert row.startswith("Ruff     Taking it from /media/stick instead ")
    late = drawn([BEGUN, elsewhere.but(module=None, step=None)])
    assert late[1] == "Taking it from /media/stick instead"


def test_on_a_usual_terminal_nothing_is_cut_off() -> None:
    long = target("server", "VS Code Server", size=400_000_000)
    waits = ev.Retrying(module="server", step=Step.DOWNLOAD, fault=STALLED, attempt=1, attempts=3, delay=20.0)
    events = (BEGUN, ev.PlanReady(plan=Plan(work=(work(long, staged=99_000_000),))), waits)
    row = drawn(events, {"server": 20.0}, width=80)[1]
    assert row.startswith("VS Code Server  Trying again in 20 seconds ")
    assert row.endswith("99 MB of 400 MB")


def test_looking_at_the_disk_comes_first() -> None:
    assert drawn([BEGUN, ev.SurveyProgress(done=1, total=2)])[1].endswith("Looking at what is there")


def test_a_list_of_modules_that_is_late_is_told() -> None:
    late = ev.Waiting(module=None, host="h", seconds=30.0)
    assert drawn([BEGUN, late], {"": 12.0})[1] == "The server needs a pause: going on in 12 seconds"


def test_unpacking_counts_what_is_written() -> None:
    unpacking = ev.StepProgress(module="ruff", step=Step.UNPACK, done=20_000_000, total=40_000_000, at=1.0)
    row = drawn([BEGUN, ev.PlanReady(plan=PLAN), unpacking])[2]
    assert row.startswith("Ruff     Unpacking ")
    assert row.endswith("20 MB of 40 MB")


def test_a_disk_that_fills_up_is_told_below() -> None:
    full = ev.DiskWarning(path="/", free=10**9, total=6 * 10**10)
    assert drawn([BEGUN, ev.PlanReady(plan=PLAN), full])[-1].startswith("The disk is filling up")


def test_verify_lists_what_it_found() -> None:
    harm = Harm(states={FileState.CHANGED: 3})
    found = ev.ModuleFound(module="ruff", version="0.9", drift=Drift.DAMAGED, wrong=3, harm=harm)
    verify = BEGUN.but(request=Request(verb=Verb.VERIFY))
    assert "ruff  0.9  damaged (3 files changed)" in drawn([verify, found])


def test_where_rows_must_go_those_at_work_stay() -> None:
    plan = Plan(work=tuple(work(target(f"m{number}", size=1000)) for number in range(40)))
    busy = ev.StepStarted(module="m33", step=Step.DOWNLOAD, done=0, total=1000)
    lines = drawn([BEGUN, ev.PlanReady(plan=plan), ev.ModuleFinished(module="m0"), busy], height=16)
    assert len(lines) <= 16
    assert any(line.startswith("m33 ") for line in lines)
    assert not any(line.startswith("m0 ") for line in lines)
    assert "and 30 more" in lines


def test_a_live_run_leaves_its_last_picture_and_its_end() -> None:
    stream = io.StringIO()
    paper = Paper()
    screen, state = LiveRows(Outlet(stream), paper.err, RUNBOOK), RunState()
    end = ev.RunFinished(outcome=Outcome.COMPLETED)
    for event in (BEGUN, ev.PlanReady(plan=PLAN), progress(0, 60_000_000), end):
        state = fold(state, event)
        screen.on_event(event, state)
    screen.ended(end, state)
    assert "100% done, 60 MB of 70 MB is safe on disk" in stream.getvalue()
    assert stream.getvalue().endswith("The VS Code Runtime is ready.\n")
    assert paper.complained == []


def test_a_name_from_outside_is_no_markup_and_no_control_code() -> None:
    odd = target("odd", "[/b]:+1:\x1b[31m", size=1000)
    stream = io.StringIO()
    screen = LiveRows(Outlet(stream), Paper().err, RUNBOOK)
    state = RunState()
    for event in (BEGUN, ev.PlanReady(plan=Plan(work=(work(odd),))), ev.RunFinished(outcome=Outcome.FAILED)):
        state = fold(state, event)
        screen.on_event(event, state)
    assert "[/b]:+1:[31m" in stream.getvalue()
    assert "\x1b[31m" not in stream.getvalue()
