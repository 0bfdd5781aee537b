"""What the command line needs of the rest of the program; the composition root hands it over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vsrt_gui.runbook.library import Runbook

if TYPE_CHECKING:  # the engine is loaded by the first command that needs it, not by `--help`
    from vsrt_gui.engine.session import Session
    from vsrt_gui.engine.settings_port import SettingsFiles
    from vsrt_gui.engine.support import SupportDesk
    from vsrt_gui.model.hints import Hints


@dataclass(frozen=True)
class Local:
    """What commands do on this computer besides.

    Attributes:
        support_desk: returns what makes support files.
        hints: returns what a shell can offer, for what the command line says; asks no server.
        install_completion: puts a script where this shell finds it, and returns the files; may raise InstallerError.
    """

    support_desk: Callable[[], "SupportDesk"]
    hints: Callable[[Mapping[str, object]], "Hints"]
    install_completion: Callable[[str, str], tuple[Path, ...]]


@dataclass(frozen=True)
class Doors:
    """The ways out of this room.

    Attributes:
        open_session: makes the session for what the command line says, setting by setting; called on the running
            loop. May raise InstallerError.
        runbook: the words for faults.
        window: opens the window for the same and returns the program's exit code.
        settings: returns where settings stand, for the same.
        extra: further groups of commands, by name.
        local: what commands do on this computer besides.
    """

    open_session: Callable[[Mapping[str, object]], "Session"]
    runbook: Runbook
    window: Callable[[Mapping[str, object]], int]
    settings: Callable[[Mapping[str, object]], "SettingsFiles"]
    extra: tuple[tuple[str, typer.Typer], ...] = ()
    local: Local = field(kw_only=True)
