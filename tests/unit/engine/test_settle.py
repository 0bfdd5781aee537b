"""What a run's end means: the set in force, the outcome, how bad it is."""

import pytest
from simulators.engine_world import Sample, generation

from vsrt_gui.engine.resolve import Goal
from vsrt_gui.engine.settle import outcome, settled, severity
from vsrt_gui.model.events import Outcome, Severity
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.request import Wanted
from vsrt_gui.model.survey import PrefixRecord

A, B = Sample("a"), Sample("b", needs=("a",))
A2, B2 = Sample("a", version="2.0"), Sample("b", version="2.0", needs=("a",))
O1, O2 = Sample("o", optional=True), Sample("o", version="2.0", optional=True)
ON_NEW = Sample("a", version="2.0", needs=("new",))
OPTIONAL_ON_NEW = Sample("o", version="2.0", needs=("new",), optional=True)
NEW = Sample("new")
ON_O = Sample("p", needs=("o",), optional=True)
ON_O2 = Sample("p", version="2.0", needs=("o",), optional=True)


def in_force(goal: tuple[Sample, ...], good: str, current: tuple[Sample, ...]) -> dict[str, str] | None:
    """Return id to version of what is settled on; None where the current generation stays."""
    wanted = Goal(targets=tuple(sample.target for sample in goal))
    found = settled(wanted, set(good.split()), generation(*current) if current else None)
    return None if found is None else {target.id: target.module.version for target in found}


@pytest.mark.parametrize(
    ("goal", "good", "current", "expected"),
    [
        # A first installation: whatever works together is better than nothing.
        ((A, B, O1), "a b o", (), {"a": "1.0", "b": "1.0", "o": "1.0"}),
        ((A, B, O1), "a o", (), {"a": "1.0", "o": "1.0"}),
        ((A, B, O1), "b o", (), {"o": "1.0"}),  # b can't work without a
        ((A, B), "b", (), None),
        ((A,), "", (), None),
        # Nothing new: nothing is switched.
        ((A, B), "a b", (A, B), None),
        # An update: all critical modules, or none.
        ((A2, B2), "a b", (A, B), {"a": "2.0", "b": "2.0"}),
        ((A2, B2), "a", (A, B), None),
        ((A2, B2, O2), "b o", (A, B, O1), None),
        # ... while an optional one that failed keeps its old version.
        ((A2, O2), "a", (A, O1), {"a": "2.0", "o": "1.0"}),
        ((A2, O2), "a", (A,), {"a": "2.0"}),
        # ... unless its dependency is gone.
        ((A2, ON_O2), "a", (A, O1, ON_O), {"a": "2.0"}),
        # An update must not lose a critical module whose new dependency was lost on the way.
        ((NEW, ON_NEW), "a", (A,), None),
        ((NEW, ON_NEW, O2), "a o", (A, O1), None),
        # Adding modules to what is there.
        ((A, O1), "a o", (A,), {"a": "1.0", "o": "1.0"}),
        ((A, B), "a", (A,), None),
        ((A, B, O1), "a o", (A,), {"a": "1.0", "o": "1.0"}),
        # Taking modules away needs nothing to go well.
        ((A,), "a", (A, O1), {"a": "1.0"}),
        ((), "", (A,), {}),
        # A repair that failed leaves what is there in force.
        ((A, B), "b", (A, B), None),
        ((A, O1), "", (A, O1), None),
    ],
)  # fmt: skip
def test_settled(
    goal: tuple[Sample, ...], good: str, current: tuple[Sample, ...], expected: dict[str, str] | None
) -> None:
    assert in_force(goal, good, current) == expected


def test_settled_is_in_dependency_order() -> None:
    found = settled(Goal(targets=(B.target, A.target)), {"a", "b"}, None)
    assert found is not None
    assert [target.id for target in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("failing", "after", "progressed", "expected"),
    [
        ("", Severity.P4, True, Outcome.COMPLETED),
        ("", Severity.P4, False, Outcome.COMPLETED),
        ("a", Severity.P2, True, Outcome.PARTIAL),
        ("a o", Severity.P4, False, Outcome.FAILED),  # an update that did not get through
        ("o", Severity.P4, False, Outcome.PARTIAL),
        ("o", Severity.P3, False, Outcome.PARTIAL),
        ("o p", Severity.P3, False, Outcome.PARTIAL),
        ("o", Severity.P2, False, Outcome.FAILED),
        ("o", Severity.P1, False, Outcome.FAILED),  # nothing is usable
        ("-", Severity.P4, False, Outcome.FAILED),  # of no module
    ],
)
def test_outcome(failing: str, after: Severity, progressed: bool, expected: Outcome) -> None:
    faults = tuple(
        Fault(code=FaultCode.STALLED, module=None if key == "-" else key) for key in failing.split()
    )
    assert outcome(faults, {"o", "p"}, after, progressed=progressed) is expected


@pytest.mark.parametrize(
    ("current", "wanted", "damaged", "expected"),
    [
        ((), "a b o", "", Severity.P1),
        ((A, B), "b", "a b", Severity.P1),
        ((A,), "b", "", Severity.P2),
        ((A, B, O1), "b o", "a", Severity.P2),
        ((A, O1), "a o", "a", Severity.P2),
        ((A, B), "b o", "", Severity.P3),
        ((A, B, O1), "b o", "o", Severity.P3),
        ((A, B, O1), "b o", "", Severity.P4),
        ((A, B), "", "", Severity.P4),
        ((A,), "a ghost", "", Severity.P2),  # nobody knows it: it may be critical
        ((A, O1), "a", "o", Severity.P3),  # installed counts as wanted
    ],
)
def test_severity(current: tuple[Sample, ...], wanted: str, damaged: str, expected: Severity) -> None:
    record = PrefixRecord(
        current=generation(*current) if current else None,
        wanted=Wanted(modules=frozenset(wanted.split())) if wanted else None,
    )
    targets = tuple(sample.target for sample in (A, B, O1))
    assert severity(targets if wanted else (), record, set(damaged.split())) is expected


def test_severity_of_a_failed_update_over_a_working_runtime() -> None:
    record = PrefixRecord(current=generation(A, B), wanted=Wanted(modules=frozenset({"b"})))
    assert severity((A2.target, B2.target), record, set()) is Severity.P4
