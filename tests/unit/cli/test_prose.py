"""What is said of a plan, of a run on its way, and of its end."""

import pytest
from cli_runs import NODE, PLAN, RUFF, RUNBOOK, fault, folded, target, work

from vsrt_gui.cli import prose
from vsrt_gui.model.events import (
    CatalogMissed,
    DiskWarning,
    ModuleFound,
    Outcome,
    PlanReady,
    RunFinished,
    RunStarted,
    Severity,
    Step,
    StepProgress,
)
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.plan import Drift, Plan, WholeArchive
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState
from vsrt_gui.model.survey import Damage, FileState, FolderSurvey, Harm, Note


def begun(verb: Verb) -> RunStarted:
    return RunStarted(run_id="1", request=Request(verb=verb), at=0.0)


WORKING = folded([begun(Verb.INSTALL), PlanReady(plan=PLAN)])
LOST = fault(FaultCode.NAME_NOT_FOUND, "nodejs", host="cdn.example.org")


def said(end: RunFinished, state: RunState = WORKING) -> list[str]:
    return [line.text for line in prose.troubles(end, state, RUNBOOK)]


def test_progress_says_what_is_safe_and_how_long_it_takes() -> None:
    def at(seconds: float, done: int) -> StepProgress:
        return StepProgress(module="nodejs", step=Step.DOWNLOAD, done=done, total=60_000_000, at=seconds)

    assert prose.progress(WORKING).endswith("% done, 20 MB of 70 MB is safe on disk")
    state = folded([begun(Verb.INSTALL), PlanReady(plan=PLAN), at(0, 20_000_000), at(1, 30_000_000)])
    assert prose.progress(state).endswith("30 MB of 70 MB is safe on disk, about 4 seconds left")


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (PLAN, "2 modules, 50 MB to download instead of 70 MB, about 280 MB to write."),
        (Plan(work=(work(RUFF),)), "1 module, 10 MB to download, about 40 MB to write."),
        (Plan(drop=(RUFF,)), "1 module to remove."),
        (Plan(keep=(RUFF,)), "Nothing needs to be fetched."),
    ],
)
def test_a_plan_in_one_line(plan: Plan, words: str) -> None:
    assert prose.todo(plan) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (1_000_000, "About 10 seconds."),
        (60_000_000, "Less than a minute."),
        (300_000_000, "About 2 minutes, depending on your connection."),
    ],
)
def test_about_how_long_a_plan_takes(size: int, words: str) -> None:
    one = work(RUFF).but(fetch=WholeArchive(size=size), unpack_bytes=size)
    assert prose.about(Plan(work=(one,))) == words


def test_how_much_of_a_module_is_damaged() -> None:
    def said(harm: Harm) -> str:
        return prose.state(Drift.DAMAGED, harm, RUNBOOK)

    assert said(Harm(states={FileState.CHANGED: 1})) == "damaged (1 file changed)"
    assert said(Harm(states={FileState.WRONG_MODE: 2})) == "damaged (2 files with wrong permissions)"
    assert said(Harm(commands=("node",))) == "damaged (1 command)"
    several = {FileState.MISSING: 1, FileState.CHANGED: 1, FileState.LINK: 3}
    assert said(Harm(states=several, commands=("node", "npm"))) == (
        "damaged (5 files: 1 missing, 1 changed, 3 replaced by a link; 2 commands)"
    )
    assert said(Harm()) == "damaged"
    assert prose.state(Drift.MISSING, Harm(), RUNBOOK) == "missing"


def test_what_is_known_to_come_is_the_least_where_something_is_unknown() -> None:
    known = work(RUFF).but(fetch=WholeArchive(size=9_000_000), unpack_bytes=0)
    unknown = work(NODE).but(fetch=WholeArchive(size=None), unpack_bytes=0)
    here = work(NODE).but(fetch=WholeArchive(size=7, staged=7), unpack_bytes=0)
    assert prose.todo(Plan(work=(known, unknown))).startswith("2 modules, at least 9.0 MB to download")
    assert prose.todo(Plan(work=(known, here))).startswith("2 modules, 9.0 MB to download")


def test_a_command_alone_is_something_to_do() -> None:
    one = work(RUFF, Drift.DAMAGED).but(fetch=None, unpack_bytes=0, harm=Harm(commands=("ruff",)))
    assert prose.todo(Plan(work=(one,))) == "1 module, 1 command to write anew."


def test_uninstalling_says_what_goes_what_stays_and_what_is_never_touched() -> None:
    lines = [
        line.text for line in prose.changes(Request(verb=Verb.UNINSTALL), Plan(drop=(RUFF,), keep=(NODE,)))
    ]
    assert lines == [
        "Removed: Ruff 1.2.3.",
        "Stays as it is: Node.js 1.2.3.",
        "Your own settings, and extensions that you added, are not touched.",
    ]


def test_updating_says_that_the_old_one_works_meanwhile() -> None:
    newer = target("nodejs", "Node.js", version="2.0")
    lines = prose.changes(Request(verb=Verb.UPDATE), Plan(work=(work(newer, Drift.OUTDATED),)))
    assert [line.text for line in lines] == ["Until all of it is in place, what you have now keeps working."]


@pytest.mark.parametrize("verb", Verb)
def test_what_worked_is_said_in_one_sentence(verb: Verb) -> None:
    end = RunFinished(outcome=Outcome.COMPLETED)
    lines = [line.text for line in prose.ending(end, folded([begun(verb), end]), RUNBOOK)]
    assert lines == [RUNBOOK.word(f"completed.{verb}")]
    assert said(end) == []


def test_a_repair_says_that_it_repaired_only_where_it_did() -> None:
    end = RunFinished(outcome=Outcome.COMPLETED)

    def said(plan: Plan) -> list[str]:
        state = folded([begun(Verb.REPAIR), PlanReady(plan=plan), end])
        return [line.text for line in prose.ending(end, state, RUNBOOK)]

    assert said(Plan(keep=(NODE,))) == ["Every file was looked at, and nothing had to be put right."]
    repaired = ["The VS Code Runtime is repaired, and every file is as it should be."]
    assert said(Plan(work=(work(RUFF),))) == repaired
    note = Damage(note=Note.MARK, path="/p/.vsrt.json", reason="it is not there")
    assert said(Plan(mends=(note,))) == repaired


def test_verify_that_found_damage_names_the_way_out() -> None:
    end = RunFinished(outcome=Outcome.COMPLETED, severity=Severity.P2)
    survey = FolderSurvey(
        exists=True,
        wrong={"lib/b": FileState.LINK, "lib/a": FileState.MISSING},
        launchers={"node": FileState.MISSING},
    )
    found = ModuleFound(
        module="nodejs", version="1", drift=Drift.DAMAGED, wrong=survey.count, harm=survey.harm
    )
    state = folded([begun(Verb.VERIFY), found, end])
    assert [line.text for line in prose.ending(end, state, RUNBOOK)] == [
        "Some files are not as they should be. A repair puts them right.",
        "To repair: vsrt repair",
    ]
    assert prose.found(found, RUNBOOK) == (
        "damaged (2 files: 1 missing, 1 replaced by a link; 1 command): lib/a, lib/b, the command node"
    )
    wrong = {f"{number:03}": FileState.CHANGED for number in reversed(range(200))}
    many = found.but(wrong=200, harm=FolderSurvey(exists=True, wrong=wrong).harm)
    assert prose.found(many, RUNBOOK) == "damaged (200 files changed)"
    assert list(many.harm.names) == [f"{number:03}" for number in range(100)]


def test_what_lies_there_besides_is_named_calmly() -> None:
    found = ModuleFound(module="nodejs", version="1", drift=Drift.SATISFIED, wrong=0)
    some = found.but(extra=2, extra_names=("lib/mine/", "no\x1btes"))
    assert prose.found(some, RUNBOOK) == (
        "as it should be; there is more in its folder, which does no harm: lib/mine/, notes"
    )
    many = found.but(extra=7, extra_names=tuple("abcdefg"))
    assert prose.found(many, RUNBOOK).endswith("which does no harm: a, b, c, … (7 in all)")


def test_a_failure_says_how_bad_it_is_then_the_page_then_the_details() -> None:
    lines = said(RunFinished(outcome=Outcome.FAILED, severity=Severity.P1, faults=(LOST,)))
    assert lines[:4] == [
        "This could not be finished.",
        "The runtime can't be used yet.",
        "",
        "Node.js: The download server can't be found",
    ]
    assert "To try again, run the same command once more." in lines
    assert lines[-1] == (
        "Details for support: name-not-found host=cdn.example.org module=nodejs step=download"
    )


def test_steps_are_numbered() -> None:
    lines = prose.troubles(RunFinished(outcome=Outcome.FAILED, faults=(LOST,)), WORKING, RUNBOOK)
    assert [line.indent for line in lines if line.indent] == ["  1. ", "  2. ", "  3. ", "  4. "]


def test_what_struck_two_modules_is_explained_once() -> None:
    twice = (LOST, LOST.but(module="ruff"))
    lines = said(RunFinished(outcome=Outcome.FAILED, faults=twice))
    assert [line for line in lines if line.endswith("can't be found")] == [
        "Node.js and Ruff: The download server can't be found"
    ]
    assert len([line for line in lines if line.startswith("Details for support: ")]) == 2


def test_a_module_that_only_waits_takes_one_line() -> None:
    waits = fault(FaultCode.DEPENDENCY_FAILED, "ruff", module="ruff", dependency="nodejs")
    lines = said(RunFinished(outcome=Outcome.FAILED, faults=(LOST, waits)))
    assert lines[-2:] == ["", "Ruff needs Node.js, and Node.js could not be installed."]


def test_a_cancelled_run_says_that_nothing_is_lost() -> None:
    lines = said(RunFinished(outcome=Outcome.CANCELLED, severity=Severity.P1))
    assert lines[0] == "Stopped before it was finished"
    assert "what was downloaded is kept" in " ".join(lines)


@pytest.mark.parametrize("state", [RunState(), folded([begun(Verb.VERIFY)])])
def test_where_nothing_was_done_nothing_is_explained(state: RunState) -> None:
    assert said(RunFinished(outcome=Outcome.CANCELLED), state) == ["Stopped. Nothing was changed."]


def test_a_disk_that_fills_up() -> None:
    event = DiskWarning(path="/", free=3_000_000_000, total=60_000_000_000)
    assert prose.disk_warning(event) == "The disk is filling up: 3.0 GB of 60 GB are free."


def test_going_on_without_the_list_of_modules() -> None:
    title = "The download server can't be found."
    none = prose.missed(CatalogMissed(fault=LOST), RUNBOOK)
    assert none == f"{title} It goes on without a new list of modules."
    older = prose.missed(CatalogMissed(fault=LOST, fetched_at=1_793_700_000.0), RUNBOOK)
    assert older.startswith(f"{title} It goes on with the list of modules of 2026-11-0")


def test_what_stands_in_the_place_of_a_folder_is_named_with_its_new_name() -> None:
    link = Damage(note=Note.FOLDER, path="/rt/store", reason="r", aside="store-set-aside", leads="/big/store")
    file = Damage(note=Note.FOLDER, path="/rt/bin", reason="r", aside="bin-set-aside-2")
    lost = Damage(note=Note.EARLIER, path="/rt/generations/1.json", reason="r")
    assert [line.text for line in prose.mends((link, file, lost))] == [
        "/rt/store is a link to /big/store. It is renamed to store-set-aside, and a new folder is made.",
        "/rt/bin is no folder of the runtime. It is renamed to bin-set-aside-2, and a new folder is made.",
        "Removed: /rt/generations/1.json. It can't be read, so nothing can go back to that version any more.",
    ]
