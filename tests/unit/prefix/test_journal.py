"""The journal's tail tells how the last run ended, whatever a crash did to the file."""

import json
from pathlib import Path
from typing import Any

import pytest

from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.journal import MOST_BYTES, TAIL_BYTES, Journal
from vsrt_gui.model.events import Outcome, RunFinished, RunStarted
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.survey import LastRun

FAULT = Fault(code=FaultCode.DISK_FULL, facts={"path": "/x"}, module="nodejs")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def started(run_id: str) -> dict[str, Any]:
    event = RunStarted(run_id=run_id, request=Request(verb=Verb.INSTALL), at=1.0)
    return {**event.model_dump(mode="json"), "run_id": run_id, "at": 1.0}


def finished(run_id: str, outcome: Outcome, *faults: Fault) -> dict[str, Any]:
    event = RunFinished(outcome=outcome, faults=faults)
    return {**event.model_dump(mode="json"), "run_id": run_id, "at": 2.0}


def note(run_id: str, padding: int = 0) -> dict[str, Any]:
    return {"event": "module-finished", "module": "a" * padding, "run_id": run_id, "at": 1.5}


def test_no_journal_no_run(journal: Journal) -> None:
    assert journal.last_run() is None


def test_a_run_that_was_killed_is_not_finished(journal: Journal) -> None:
    for line in (started("a"), finished("a", Outcome.COMPLETED), started("b"), note("b")):
        journal.append(line)
    assert journal.last_run() == LastRun(run_id="b", finished=False)


def test_what_began_and_what_was_done_is_flushed_and_the_rest_is_not(journal: Journal) -> None:
    passed: list[str] = []
    with effects.watched(lambda name, _where: passed.append(name)):
        journal.append(started("1"))
        journal.append(note("1"))
        journal.append(finished("1", Outcome.COMPLETED))
    assert passed == ["create", "write", "flush", "create", "write", "create", "write", "flush"]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_finished_run_tells_its_outcome(journal: Journal, outcome: Outcome) -> None:
    for line in (started("a"), note("a"), finished("a", outcome, FAULT)):
        journal.append(line)
    cancelled = outcome is Outcome.CANCELLED
    assert journal.last_run() == LastRun(run_id="a", finished=True, cancelled=cancelled, faults=(FAULT,))


def test_a_torn_line_harms_neither_itself_nor_the_next(journal: Journal, tmp_path: Path) -> None:
    journal.append(started("a"))
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes() + b'{"event":"run-fini')
    journal.append(finished("a", Outcome.PARTIAL))
    assert journal.last_run() == LastRun(run_id="a", finished=True)
    assert json.loads(path.read_bytes().splitlines()[-1])["event"] == "run-finished"


@pytest.mark.parametrize("line", [b"[1]", b"null", b"{}", b'{"run_id": 7}', b"\xff\xfe", b"[" * 5000])
def test_foreign_lines_are_passed_over(journal: Journal, tmp_path: Path, line: bytes) -> None:
    journal.append(started("a"))
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(line + b"\n")
    assert journal.last_run() == LastRun(run_id="a", finished=False)


def test_faults_of_a_newer_program_are_left_out(journal: Journal) -> None:
    line = finished("a", Outcome.FAILED)
    journal.append({**line, "faults": [{"code": "never-heard-of"}]})
    assert journal.last_run() == LastRun(run_id="a", finished=True)


def test_a_run_longer_than_the_tail_is_still_told(journal: Journal) -> None:
    journal.append(started("a"))
    for _ in range(TAIL_BYTES // 4096 + 2):
        journal.append(note("a", 4096))
    assert journal.last_run() == LastRun(run_id="a", finished=False)
    journal.append(finished("a", Outcome.COMPLETED))
    assert journal.last_run() == LastRun(run_id="a", finished=True)


def test_it_keeps_the_newer_half_when_it_grows(journal: Journal, tmp_path: Path) -> None:
    for number in range(3 * MOST_BYTES // 16384):
        journal.append(note(f"run{number}", 16384))
    path = tmp_path / "journal.jsonl"
    assert MOST_BYTES // 3 < path.stat().st_size <= MOST_BYTES + 20000
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert lines[-1]["run_id"] == f"run{3 * MOST_BYTES // 16384 - 1}"
