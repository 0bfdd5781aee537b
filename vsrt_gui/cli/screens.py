"""Chooses how a run is told: as JSON lines, as a live picture, or line by line."""

import sys
from typing import Protocol

from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.outlet import Outlet
from vsrt_gui.cli.plain import PlainLines
from vsrt_gui.model.events import Event, RunFinished
from vsrt_gui.model.run import RunState
from vsrt_gui.runbook.library import Runbook


class Screen(Protocol):
    """Shows a run to somebody."""

    def on_event(self, event: Event, state: RunState) -> None:
        """Show what happened; also called, with a RunFinished alone, for what ended before a run began."""
        ...

    def ended(self, end: RunFinished, state: RunState) -> None:
        """Say how it ended; called once, last."""
        ...


def console() -> tuple[Outlet, Outlet]:
    """Return standard output and standard error."""
    return Outlet(sys.stdout), Outlet(sys.stderr)


def choose(out: Outlet, err: Outlet, runbook: Runbook, *, as_json: bool) -> Screen:
    """Return the screen that fits who is reading."""
    if as_json:
        return JsonLines(out)
    if out.is_terminal:
        from vsrt_gui.cli.progress import LiveRows  # noqa: PLC0415 -- Rich only where it draws

        return LiveRows(out, err, runbook)
    return PlainLines(out, err, runbook)
