"""The code that a run ends with."""

import pytest
from cli_runs import NODE, PLAN, RUFF, fault, folded

from vsrt_gui.cli import exit_codes
from vsrt_gui.model.events import ModuleFound, Outcome, PlanReady, RunFinished, RunStarted
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.request import Request, Verb

STARTED = RunStarted(run_id="1", request=Request(verb=Verb.INSTALL), at=0.0)
WORKING = folded([STARTED, PlanReady(plan=PLAN)])
LOST = fault(FaultCode.NAME_NOT_FOUND, NODE.id, host="h")
BROKEN = fault(FaultCode.CHECKSUM_MISMATCH, RUFF.id, file="f", expected="a", actual="b")


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (RunFinished(outcome=Outcome.COMPLETED), 0),
        (RunFinished(outcome=Outcome.PARTIAL, faults=(BROKEN,)), 3),
        (RunFinished(outcome=Outcome.CANCELLED), 130),
        (RunFinished(outcome=Outcome.FAILED, faults=(LOST,)), 10),
        (RunFinished(outcome=Outcome.FAILED, faults=(BROKEN, LOST)), 10),
        (RunFinished(outcome=Outcome.FAILED, faults=(BROKEN,)), 30),
        (RunFinished(outcome=Outcome.FAILED), 100),
    ],
)
def test_the_fault_of_a_critical_module_decides(end: RunFinished, code: int) -> None:
    assert exit_codes.of_run(end, WORKING) == code


@pytest.mark.parametrize(("drift", "code"), [(Drift.SATISFIED, 0), (Drift.DAMAGED, 1), (Drift.MISSING, 1)])
def test_verify_tells_damage_by_its_code(drift: Drift, code: int) -> None:
    found = ModuleFound(module="nodejs", version="1", drift=drift, wrong=0)
    state = folded([STARTED.but(request=Request(verb=Verb.VERIFY)), found])
    assert exit_codes.of_run(RunFinished(outcome=Outcome.COMPLETED), state) == code


def test_verify_tells_what_it_could_not_look_at() -> None:
    end = RunFinished(outcome=Outcome.COMPLETED, faults=(LOST,))
    assert exit_codes.of_run(end, WORKING) == exit_codes.DAMAGE_FOUND
