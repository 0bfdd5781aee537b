"""One object a line, whatever is in it."""

import json
from datetime import UTC, datetime

from cli_runs import NODE, PLAN, RUFF, Paper, fault, folded

from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.model.events import Outcome, PlanReady, RunFinished, RunStarted, Severity
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.plan import Drift, Finding
from vsrt_gui.model.request import Request, Trigger, Verb, Wanted
from vsrt_gui.model.run import RunState
from vsrt_gui.model.status import Damaged, Overview
from vsrt_gui.model.survey import FileState, FolderSurvey, Generation, PrefixRecord

EVENTS = (
    RunStarted(run_id="1", request=Request(verb=Verb.INSTALL), at=0.0),
    PlanReady(plan=PLAN),
    RunFinished(
        outcome=Outcome.PARTIAL,
        severity=Severity.P3,
        faults=(fault(FaultCode.NAME_NOT_FOUND, "ruff", host="cdn.example.org"),),
    ),
)


def test_every_event_is_a_line_that_reads_back(paper: Paper) -> None:
    lines = JsonLines(paper.out)
    for event in EVENTS:
        lines.on_event(event, folded([event]))
    lines.ended(EVENTS[-1], RunState())
    assert [
        type(event).model_validate_json(line) for event, line in zip(EVENTS, paper.said, strict=True)
    ] == [*EVENTS]
    assert paper.complained == []


def test_the_last_line_is_how_it_ended(paper: Paper) -> None:
    JsonLines(paper.out).on_event(EVENTS[-1], RunState())
    end = json.loads(paper.said[-1])
    assert list(end) == ["event", "outcome", "severity", "faults"]
    assert (end["event"], end["outcome"], end["severity"]) == ("run-finished", "partial", "P3")
    assert end["faults"][0]["code"] == "name-not-found"
    assert end["faults"][0]["facts"] == {"host": "cdn.example.org"}
    assert end["faults"][0]["module"] == "ruff"


def test_lines_are_ascii_even_for_a_name_that_is_no_unicode(paper: Paper) -> None:
    path = "/home/\udcff/Zoë"
    end = RunFinished(outcome=Outcome.FAILED, faults=(fault(FaultCode.DISK_FULL, path=path),))
    JsonLines(paper.out).on_event(end, RunState())
    assert paper.said[0].isascii()
    assert json.loads(paper.said[0])["faults"][0]["facts"]["path"] == path


def overview() -> Overview:
    generation = Generation(
        number=2,
        manifest_version="1.0",
        installed_at=datetime(2026, 2, 20, tzinfo=UTC),
        trigger=Trigger.MANUAL,
        complete=True,
        modules=(NODE,),
    )
    survey = FolderSurvey(exists=True, wrong={"bin/node": FileState.MISSING})
    return Overview(
        status=Damaged(modules=("nodejs",)),
        prefix="/home/me/runtime",
        record=PrefixRecord(
            exists=True,
            current=generation,
            generations=(generation,),
            wanted=Wanted(modules=frozenset({"ruff", "nodejs"})),
        ),
        available=(NODE, RUFF),
        manifest_version="1.0",
        findings=(Finding(target=NODE, drift=Drift.DAMAGED, survey=survey),),
        unavailable=(fault(FaultCode.PLATFORM_UNSUPPORTED, module="x", platform="linux-x64"),),
    )


def test_status_is_one_line(paper: Paper) -> None:
    JsonLines(paper.out).overview(overview())
    (line,) = map(json.loads, paper.said)
    assert line["event"] == "status"
    assert line["status"] == {"status": "damaged", "modules": ["nodejs"], "notes": []}
    assert (line["prefix"], line["generation"], line["generations"]) == ("/home/me/runtime", 2, [2])
    assert line["wanted"] == ["nodejs", "ruff"]
    assert line["modules"] == [{"id": "nodejs", "version": "1.2.3", "drift": "damaged", "wrong": 1}]
    assert line["catalog_fault"] is None


def test_modules_are_one_line(paper: Paper) -> None:
    JsonLines(paper.out).modules(overview())
    (line,) = map(json.loads, paper.said)
    assert [(m["id"], m["installed"], m["optional"], m["size"]) for m in line["modules"]] == [
        ("nodejs", True, False, 60_000_000),
        ("ruff", False, True, 10_000_000),
    ]
    assert line["unavailable"][0]["code"] == "platform-unsupported"
