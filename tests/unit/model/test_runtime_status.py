"""What the runtime is: derived from disk and manifest, never stored."""

from datetime import UTC, datetime

import pytest
from simulators.engine_world import Sample

from vsrt_gui.model.events import Severity
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.plan import Drift, Finding
from vsrt_gui.model.request import Trigger, Wanted
from vsrt_gui.model.status import (
    Damaged,
    Failed,
    Installed,
    Installing,
    NotInstalled,
    PartiallyInstalled,
    RuntimeStatus,
    UpdateAvailable,
    derive_status,
    judge,
    outdated,
)
from vsrt_gui.model.survey import FolderSurvey, Generation, LastRun, PrefixRecord

AT = datetime(2026, 1, 1, tzinfo=UTC)
NODE, NODE2, RUFF = Sample("nodejs"), Sample("nodejs", version="2.0"), Sample("ruff", optional=True)
FAULT = Fault(code=FaultCode.STALLED, facts={"host": "h", "seconds": 30})
KILLED = LastRun(run_id="1", finished=False)
CANCELLED = LastRun(run_id="1", finished=True, cancelled=True, faults=(FAULT,))
FAILED = LastRun(run_id="1", finished=True, faults=(FAULT,))
DONE = LastRun(run_id="1", finished=True)


def record(*samples: Sample, wanted: str | None = None, last: LastRun | None = None) -> PrefixRecord:
    current = Generation(
        number=1,
        manifest_version="1.0.0",
        installed_at=AT,
        trigger=Trigger.MANUAL,
        complete=True,
        modules=tuple(sample.target for sample in samples),
    )
    return PrefixRecord(
        exists=True,
        current=current if samples else None,
        wanted=None if wanted is None else Wanted(modules=frozenset(wanted.split())),
        last_run=last,
    )


def findings(**drifts: Drift) -> tuple[Finding, ...]:
    samples = {"nodejs": NODE, "ruff": RUFF}
    return tuple(
        Finding(target=samples[key].target, drift=drift, survey=FolderSurvey(exists=True))
        for key, drift in drifts.items()
    )


SPOILT = findings(nodejs=Drift.SATISFIED, ruff=Drift.DAMAGED)
BEGUN = PartiallyInstalled(installed=(), missing=("nodejs", "ruff"))
HALF = PartiallyInstalled(installed=("nodejs",), missing=("ruff",))
ALL = Installed(version="1.0.0", installed_at=AT, modules=("nodejs", "ruff"))


@pytest.mark.parametrize(
    ("found", "seen", "offered", "expected"),
    [
        (PrefixRecord(), (), (NODE,), NotInstalled()),
        (record(wanted="nodejs ruff", last=KILLED), (), (NODE,), BEGUN),
        (record(wanted="nodejs", last=CANCELLED), (), (NODE,), PartiallyInstalled(installed=(), missing=("nodejs",))),
        (record(wanted="nodejs", last=FAILED), (), (NODE,), Failed(fault=FAULT)),
        (record(last=DONE), (), (NODE,), NotInstalled()),
        (record(NODE, RUFF, wanted="ruff"), (), (NODE, RUFF), ALL),
        (record(NODE, RUFF), (), (NODE, RUFF), ALL),
        (record(NODE, RUFF, wanted="ruff"), (), None, ALL),  # no manifest: what is there counts
        (record(NODE, RUFF, wanted="ruff", last=FAILED), (), (NODE, RUFF), ALL),  # an update failed; the old works
        (record(NODE, wanted="nodejs ruff"), (), (NODE, RUFF), HALF),
        (record(NODE, wanted="nodejs ruff"), (), (NODE2, RUFF), HALF),
        (record(NODE, RUFF), (), (NODE2, RUFF), UpdateAvailable(current="1.0.0", available="2.0.0")),
        (record(NODE, RUFF), (), (NODE, RUFF, Sample("new")), ALL),  # a module that nobody asked for is no update
        (record(NODE, RUFF), SPOILT, (NODE2,), Damaged(modules=("ruff",))),
        (record(NODE, wanted="nodejs ruff"), findings(nodejs=Drift.DAMAGED), (), Damaged(modules=("nodejs",))),
        (record(NODE, RUFF), findings(nodejs=Drift.SATISFIED, ruff=Drift.SATISFIED), (NODE, RUFF), ALL),
    ],
)  # fmt: skip
def test_derive_status(
    found: PrefixRecord,
    seen: tuple[Finding, ...],
    offered: tuple[Sample, ...] | None,
    expected: RuntimeStatus,
) -> None:
    version = None if offered is None else "2.0.0"
    available = tuple(sample.target for sample in offered or ())
    assert derive_status(found, seen, available, manifest_version=version, busy=False) == expected


@pytest.mark.parametrize("found", [PrefixRecord(), record(NODE, RUFF), record(wanted="nodejs", last=FAILED)])
def test_while_a_run_goes_on(found: PrefixRecord) -> None:
    assert derive_status(found, (), (), manifest_version=None, busy=True) == Installing()


def test_outdated_is_another_version_or_other_content() -> None:
    artifact = NODE.target.artifact.model_copy(update={"sha256": "0" * 64})
    rebuilt = NODE.target.model_copy(update={"artifact": artifact})
    installed = (NODE.target, RUFF.target)
    assert outdated(installed, (NODE2.target, RUFF.target)) == (NODE2.target,)
    assert outdated(installed, (rebuilt,)) == (rebuilt,)
    assert outdated(installed, (NODE.target, Sample("new").target)) == ()


@pytest.mark.parametrize(
    ("usable", "wanted", "critical", "expected"),
    [
        ("", "a o", "a", Severity.P1),
        ("", "", "", Severity.P1),
        ("o", "a o", "a", Severity.P2),
        ("a", "a o", "a", Severity.P3),
        ("a o", "a o", "a", Severity.P4),
        ("a", "a", "a b", Severity.P4),  # a critical module that nobody wants
    ],
)
def test_judge(usable: str, wanted: str, critical: str, expected: Severity) -> None:
    assert judge(set(usable.split()), set(wanted.split()), set(critical.split())) is expected
