"""Says what went wrong last, or what a code means: the runbook's pages, without doing anything."""

from collections.abc import Iterator, Sequence
from typing import Any

from vsrt_gui.cli import prose
from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.exit_codes import FAULT_CODES
from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.options import Call
from vsrt_gui.cli.outlet import Line
from vsrt_gui.cli.stage import Stage, conduct
from vsrt_gui.cli.usage import UsageError
from vsrt_gui.engine.recovery import damage_fault
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.model.faults import FACTS, Fault, FaultCode, InstallerError
from vsrt_gui.model.survey import LastRun
from vsrt_gui.runbook.library import Runbook


def explain(doors: Doors, call: Call, code: str | None) -> None:
    """Show the page for a code, or for what is wrong with the settings and what went wrong last.

    Raises:
        typer.Exit: always, with the exit code.
        UsageError: there is no such code.
    """
    named = None if code is None else _named(code, doors.runbook)

    def job(stage: Stage) -> RunFinished:
        faults = _last(stage) if named is None else (named,)
        if isinstance(stage.screen, JsonLines):
            pages = [page_line(fault, doors.runbook) for fault in faults]
            stage.screen.write({"event": "explained", "asked": code, "pages": pages})
        else:
            stage.out.say(_said(faults, doors.runbook, known=named is None))
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job, lenient=True)


def list_codes(doors: Doors, call: Call) -> None:
    """Show every code with its title.

    Raises:
        typer.Exit: always, with the exit code.
    """

    def job(stage: Stage) -> RunFinished:
        rows = [(number, str(code), _example(code, doors.runbook)) for code, number in FAULT_CODES.items()]
        if isinstance(stage.screen, JsonLines):
            codes = [{"code": code, "exit_code": number} for number, code, _ in rows]
            stage.screen.write({"event": "codes", "codes": codes})
        else:
            for number, code, fault in rows:
                stage.out.line(f"{number:4} {code:24} {doors.runbook.page(fault).title}")
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job)


def page_line(fault: Fault, runbook: Runbook) -> dict[str, Any]:
    """Return a fault's page as JSON, with the commands that its remedies are."""
    page = runbook.page(fault)
    return {
        **page.model_dump(mode="json"),
        "exit_code": FAULT_CODES[fault.code],
        "facts": dict(fault.facts),
        "module": fault.module,
        "commands": list(prose.ways(page)),
    }


def _named(code: str, runbook: Runbook) -> Fault:
    """Return a fault of that code, or exit code, with general words for its facts."""
    by_number = {str(number): each for each, number in FAULT_CODES.items()}
    found = by_number.get(code) or next((each for each in FaultCode if each == code.lower()), None)
    if found is None:
        raise UsageError(f"There is no code {code}. To list them: vsrt explain --list")
    return _example(found, runbook)


def _example(code: FaultCode, runbook: Runbook) -> Fault:
    return Fault(code=code, facts={name: runbook.word(f"some.{name}") for name in FACTS[code]})


def _last(stage: Stage) -> tuple[Fault, ...]:
    """Return what stops every command, then what went wrong last; what keeps one from reading that counts, too."""
    wrong = stage.session.effective.faults
    try:
        record = stage.wait(lambda session: session.record())
    except InstallerError as error:
        return (*wrong, error.fault)
    return (*wrong, *(damage_fault(one) for one in record.damage), *_of_run(record.last_run))


def _of_run(run: LastRun | None) -> tuple[Fault, ...]:
    if run is None:
        return ()
    if not run.finished:
        return (Fault(code=FaultCode.INTERRUPTED),)
    return (Fault(code=FaultCode.CANCELLED),) if run.cancelled else run.faults


def _said(faults: Sequence[Fault], runbook: Runbook, *, known: bool) -> Iterator[Line]:
    if not faults:
        yield Line(runbook.word("found.nothing"))
    for number, fault in enumerate(faults):
        if number:
            yield Line()
        yield from prose.told(runbook.page(fault))
        if known:
            yield Line(f"Details for support: {prose.details(fault)}", "dim")
        else:
            yield Line(f"Exit code {FAULT_CODES[fault.code]}, in JSON {fault.code}", "dim")
