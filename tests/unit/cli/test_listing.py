"""What `status` and `modules` show."""

from datetime import UTC, datetime

from cli_runs import NODE, RUFF, RUNBOOK, Paper, fault

from vsrt_gui.cli import listing
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.plan import Drift, Finding
from vsrt_gui.model.request import Trigger
from vsrt_gui.model.status import (
    Damaged,
    Installed,
    NotInstalled,
    Overview,
    PartiallyInstalled,
    RuntimeStatus,
    UpdateAvailable,
)
from vsrt_gui.model.survey import FileState, FolderSurvey, Generation, PrefixRecord


def generation(number: int) -> Generation:
    return Generation(
        number=number,
        manifest_version="1.0",
        installed_at=datetime(2026, 2, 20, 12, tzinfo=UTC),
        trigger=Trigger.MANUAL,
        complete=True,
        modules=(NODE,),
    )


def overview(status: RuntimeStatus, drift: Drift = Drift.SATISFIED) -> Overview:
    wrong = {"bin/node": FileState.CHANGED} if drift is Drift.DAMAGED else {}
    return Overview(
        status=status,
        prefix="/home/me/runtime",
        record=PrefixRecord(exists=True, current=generation(3), generations=(generation(2), generation(3))),
        available=(NODE, RUFF),
        manifest_version="1.0",
        findings=(Finding(target=NODE, drift=drift, survey=FolderSurvey(exists=True, wrong=wrong)),),
    )


def test_a_healthy_runtime(paper: Paper) -> None:
    status = Installed(version="1.0", installed_at=datetime(2026, 2, 20, tzinfo=UTC), modules=("nodejs",))
    listing.status(overview(status), paper.out, RUNBOOK)
    head, folder, number, _, row = paper.said
    assert head == "The VS Code Runtime 1.0 is installed and ready."
    assert folder == "Folder: /home/me/runtime"
    assert number.startswith("Version number 3, since 2026-02-")
    assert number.endswith("; kept to go back to: 2")
    assert row.split() == ["Node.js", "nodejs", "1.2.3", "as", "it", "should", "be"]


def test_damage_and_its_way_out(paper: Paper) -> None:
    listing.status(overview(Damaged(modules=("nodejs",)), Drift.DAMAGED), paper.out, RUNBOOK)
    assert paper.said[-2].endswith("damaged (1 file changed)")
    assert paper.said[-1] == "To repair: vsrt repair"


def test_what_is_missing_is_called_by_its_name(paper: Paper) -> None:
    status = PartiallyInstalled(installed=("nodejs",), missing=("ruff",))
    listing.status(overview(status), paper.out, RUNBOOK)
    assert paper.said[-2:] == ["Missing: Ruff.", "To finish: vsrt install"]


def test_an_update(paper: Paper) -> None:
    listing.status(overview(UpdateAvailable(current="1.0", available="2.0")), paper.out, RUNBOOK)
    assert paper.said[0] == "Version 2.0 is available. You have 1.0."
    assert paper.said[-1] == "To update: vsrt update"


def test_an_older_version_that_is_on_offer_is_not_called_an_update(paper: Paper) -> None:
    listing.status(overview(UpdateAvailable(current="1.10", available="1.9.1")), paper.out, RUNBOOK)
    assert paper.said[0] == "What is available now is version 1.9.1, which is older than 1.10 that you have."
    assert paper.said[-1] == "To go to it: vsrt update"


def test_a_version_that_was_published_anew(paper: Paper) -> None:
    listing.status(overview(UpdateAvailable(current="1.0", available="1.0")), paper.out, RUNBOOK)
    assert paper.said[0] == "Version 1.0 was published anew. You have an earlier build of it."


def test_nothing_there_and_no_list(paper: Paper) -> None:
    away = fault(FaultCode.NAME_NOT_FOUND, host="cdn.example.org")
    empty = Overview(status=NotInstalled(), prefix="/p", record=PrefixRecord(), catalog_fault=away)
    listing.status(empty, paper.out, RUNBOOK)
    assert paper.said[:2] == ["The VS Code Runtime is not installed yet.", "Folder: /p"]
    assert paper.said[2].startswith("What is available could not be looked up: The download server can't be")


def test_modules_with_what_they_need_and_weigh(paper: Paper) -> None:
    shown = overview(NotInstalled())
    needing = RUFF.model_copy(update={"module": RUFF.module.model_copy(update={"dependencies": ("nodejs",)})})
    unfit = fault(FaultCode.PLATFORM_UNSUPPORTED, module="other", platform="linux-x64")
    listing.modules(shown.but(available=(NODE, needing), unavailable=(unfit,)), paper.out, RUNBOOK)
    assert [line.split() for line in paper.said[1:3]] == [
        ["Node.js", "nodejs", "1.2.3", "1.2.3,", "as", "it", "should", "be", "60", "MB"],
        ["Ruff", "ruff", "1.2.3", "nodejs", "10", "MB"],
    ]
    assert paper.said[3] == "There is no version of other for this kind of computer (linux-x64)."
