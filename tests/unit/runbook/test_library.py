"""A fault's facts in its page's words."""

from pathlib import Path

import pytest

from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.run import Phase
from vsrt_gui.model.runbook import Remedy
from vsrt_gui.runbook.library import Runbook, load

WORDS = Path(__file__).parents[3] / "resources" / "runbook" / "en.toml"


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(WORDS.read_text(encoding="utf-8"))


def test_sizes_are_put_into_words(runbook: Runbook) -> None:
    facts = {"path": "/home/x", "needed": 1_400_000_000, "free": 312_000_000}
    page = runbook.page(Fault(code=FaultCode.DISK_SPACE_LOW, facts=facts))
    assert page.cause == "1.4 GB are needed on the disk that holds /home/x, and 312 MB are free."
    assert page.remedies[0] is Remedy.FREE_SPACE


def test_versions_in_facts_that_are_sizes_elsewhere_stay(runbook: Runbook) -> None:
    page = runbook.page(Fault(code=FaultCode.CLIENT_TOO_OLD, facts={"needed": "2.0", "have": "0.1"}))
    assert "version 2.0 of" in page.cause


@pytest.mark.parametrize(
    ("pid", "words"),
    [(4711, "number 4711 in the system's list"), (0, "one that another user of this computer started")],
)
def test_who_works_there_is_named(runbook: Runbook, pid: int, words: str) -> None:
    fault = Fault(code=FaultCode.ALREADY_RUNNING, facts={"path": "/home/x", "pid": pid})
    assert words in runbook.page(fault).cause


def test_two_sizes_that_differ_by_one_byte_look_different(runbook: Runbook) -> None:
    facts = {"file": "a.zip", "expected": 57_000_001, "actual": 57_000_000}
    cause = runbook.page(Fault(code=FaultCode.SIZE_MISMATCH, facts=facts)).cause
    assert "57,000,001 bytes" in cause
    assert "57,000,000 bytes" in cause


def test_times_are_put_into_words(runbook: Runbook) -> None:
    page = runbook.page(Fault(code=FaultCode.STALLED, facts={"host": "cdn.example.org", "seconds": 30.0}))
    assert "from cdn.example.org for 30 seconds," in page.cause


def test_modules_are_called_by_their_names(runbook: Runbook) -> None:
    fault = Fault(
        code=FaultCode.DEPENDENCY_FAILED,
        facts={"module": "pyright", "dependency": "nodejs"},
        module="pyright",
    )
    page = runbook.page(fault, {"nodejs": "Node.js"})
    assert page.cause == "pyright needs Node.js, and Node.js could not be installed."


@pytest.mark.parametrize("joined", ["a-b, c", "a-b c", "a-b → c → a-b"])
def test_a_row_of_modules_is_named_however_it_is_joined(runbook: Runbook, joined: str) -> None:
    page = runbook.page(
        Fault(code=FaultCode.DEPENDENCY_CYCLE, facts={"modules": joined}), {"a-b": "Alpha", "c": "Gamma"}
    )
    assert joined.replace("a-b", "Alpha").replace("c", "Gamma") in page.cause


def test_braces_in_a_fact_are_just_text(runbook: Runbook) -> None:
    page = runbook.page(Fault(code=FaultCode.DISK_FULL, facts={"path": "/odd/{host}/{"}))
    assert "/odd/{host}/{" in page.cause


def test_a_fact_that_was_not_recorded_does_not_cost_the_page(runbook: Runbook) -> None:
    assert "(unknown)" in runbook.page(Fault(code=FaultCode.DISK_FULL)).cause


def test_short_words_take_facts(runbook: Runbook) -> None:
    assert runbook.word("phase.retrying", seconds=3.2) == "Trying again in 4 seconds"
    assert runbook.phase(Phase.RETRYING, 3.2) == "Trying again in 4 seconds"
    assert runbook.phase(Phase.RETRYING) == "Trying again now"
    assert runbook.phase(Phase.RETRYING, 0, "b.example") == "Taking it from b.example instead"
    assert runbook.phase(Phase.RETRYING, 3, "b.example") == "Trying again in 3 seconds"
    assert runbook.phase(Phase.WAITING, 0, "b.example") == "Going on now"
    assert runbook.phase(Phase.WAITING, -1.0) == "Going on now"
    assert runbook.phase(Phase.UNPACKING) == "Unpacking"
    assert runbook.word("remedy.retry") == "Try again"
    with pytest.raises(KeyError):
        runbook.word("remedy.pray")


@pytest.mark.parametrize(("program", "named"), [("Code.exe", "Code.exe"), ("", "another program")])
def test_what_was_not_found_out_is_put_into_words_too(runbook: Runbook, program: str, named: str) -> None:
    page = runbook.page(Fault(code=FaultCode.FILE_IN_USE, facts={"path": "/x/node", "program": program}))
    assert page.cause == f"/x/node is open in {named}, so it can't be replaced just now."
