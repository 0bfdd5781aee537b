"""What ends a command before it can show anything: a command line that can't be followed, or a fault at the door."""

from collections.abc import Sequence

import typer

from vsrt_gui.cli import exit_codes, prose
from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.screens import console
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.run import RunState
from vsrt_gui.runbook.library import Runbook


class UsageError(typer.TyperException):
    """The command line lacks something, or asks for what can't be."""

    exit_code = exit_codes.USAGE


def explain(problem: typer.TyperException, args: Sequence[str]) -> int:
    """Say what is wrong with a command line, and return the exit code.

    Args:
        problem: what the parser, or a command, found wrong.
        args: the command line.
    """
    out, err = console()
    reason = problem.format_message()
    if "--json" in args:
        line = " ".join(args)
        fault = InstallerError(
            FaultCode.SETTING_INVALID, setting="command line", value=line, reason=reason
        ).fault
        JsonLines(out).on_event(RunFinished(outcome=Outcome.FAILED, faults=(fault,)), RunState())
    elif reason.strip():  # where it is empty, the help was shown instead
        err.line(reason)
        err.line("To see what can be said: vsrt --help")
    return problem.exit_code


def stopped_early(args: Sequence[str]) -> int:
    """Say that Ctrl-C ended a command that no screen was there for, and return the exit code."""
    if "--json" in args:
        JsonLines(console()[0]).on_event(RunFinished(outcome=Outcome.CANCELLED), RunState())
    return exit_codes.CANCELLED


def report(faults: tuple[Fault, ...], runbook: Runbook, args: Sequence[str]) -> int:
    """Say what went wrong where no screen could, and return the exit code."""
    out, err = console()
    end = RunFinished(outcome=Outcome.FAILED, faults=faults)
    if "--json" in args:
        JsonLines(out).on_event(end, RunState())
    else:
        err.say(prose.troubles(end, RunState(), runbook))
    return exit_codes.of_faults(faults)
