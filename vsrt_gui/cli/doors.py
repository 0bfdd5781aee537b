"""What the command line needs of the rest of the program; the composition root hands it over."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vsrt_gui.runbook.library import Runbook

if TYPE_CHECKING:  # the engine is loaded by the first command that needs it, not by `--help`
    from vsrt_gui.engine.session import Session


@dataclass(frozen=True)
class Doors:
    """The ways out of this room.

    Attributes:
        open_session: makes the session for a catalog (address or folder, None for the usual one) and a prefix
            (None for the usual one); called on the running loop. May raise InstallerError.
        runbook: the words for faults.
        window: opens the window with the same two choices and returns the program's exit code.
        extra: further groups of commands, by name.
    """

    open_session: Callable[[str | None, Path | None], "Session"]
    runbook: Runbook
    window: Callable[[str | None, Path | None], int]
    extra: tuple[tuple[str, typer.Typer], ...] = ()
