"""The command line's front door: turns whatever a command ends with into an exit code, and lets no traceback out."""

import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import typer
from typer.core import TyperGroup

from vsrt_gui.cli import exit_codes
from vsrt_gui.cli.completing import answer_shells
from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.usage import explain, report, stopped_early
from vsrt_gui.model.faults import FaultCode, FaultsError, InstallerError
from vsrt_gui.runbook.library import Runbook

Hook = Callable[[type[BaseException], BaseException, TracebackType | None], None]


class Front(TyperGroup):
    """The group of all commands; what it needs is set by the class that `front` makes."""

    doors: Doors
    runbook: Runbook

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line: leave with its exit code, or return it where the caller leaves by himself."""
        given = list(sys.argv[1:] if args is None else args)
        sys.excepthook, before = _calm(self.runbook, given), sys.excepthook
        extra |= {"complete_var": complete_var, "windows_expand_args": windows_expand_args}
        code = self._code(given, {"prog_name": prog_name or "vsrt", **extra})
        sys.excepthook = before
        if standalone_mode:
            sys.exit(code)
        return code

    def _code(self, args: list[str], settings: dict[str, Any]) -> int:
        try:
            code = super().main(args, standalone_mode=False, **settings)
        except typer.TyperException as problem:
            return explain(problem, args)
        except typer.Abort:
            return stopped_early(args)
        except InstallerError as stopped:
            return report((stopped.fault,), self.runbook, args)
        except FaultsError as stopped:
            return report(stopped.faults, self.runbook, args)
        return code if isinstance(code, int) else exit_codes.COMPLETED


def front(doors: Doors) -> type[Front]:
    """Return the group's class that has these doors, and speaks with their words."""
    answer_shells()
    return type("Commands", (Front,), {"doors": doors, "runbook": doors.runbook})


def _calm(runbook: Runbook, args: list[str]) -> Hook:
    """Return the last resort: a bug of ours ends with the runbook's page for it, not with a traceback."""

    def hook(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.exit(exit_codes.CANCELLED)
        fault = InstallerError(FaultCode.UNEXPECTED, kind=kind.__name__, detail=str(error)).fault
        sys.exit(report((fault,), runbook, args))

    return hook
