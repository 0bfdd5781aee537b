"""The commands for those who look for help: explain, support, completion."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from vsrt_gui.cli.completing import complete_codes
from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.options import Call, Catalog, Json, Prefix

# What the commands do is imported where it is done, so that `--help` never waits for the engine.


class Shell(StrEnum):
    """The shells that there is a completion script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"
    PWSH = "pwsh"


Code = Annotated[
    str | None,
    typer.Argument(
        metavar="CODE",
        autocompletion=complete_codes,
        help="What `--json` calls it, or an exit code; without one, what went wrong last.",
    ),
]
All = Annotated[bool, typer.Option("--list", help="List all codes.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE|DIR", help="Where to write it; a folder gets a file with the time."),
]
ForShell = Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish, powershell or pwsh.")]
Install = Annotated[bool, typer.Option("--install", help="Install it for you instead of printing it.")]


def add_helping(app: typer.Typer, doors: Doors) -> None:
    """Add them.

    Args:
        app: the command line.
        doors: what the commands need of the rest of the program.
    """
    _add_explain(app, doors)
    _add_support(app, doors)
    _add_completion(app, doors)


def _add_explain(app: typer.Typer, doors: Doors) -> None:
    @app.command("explain")
    def explain_command(
        code: Code = None,
        *,
        every: All = False,
        catalog: Catalog = None,
        prefix: Prefix = None,
        as_json: Json = False,
    ) -> None:
        """Say what went wrong last, or what a code means, and what to do."""
        from vsrt_gui.cli.explain import explain, list_codes  # noqa: PLC0415 -- as said above

        call = Call(catalog, prefix, as_json=as_json)
        if every:
            list_codes(doors, call)
        else:
            explain(doors, call, code)


def _add_support(app: typer.Typer, doors: Doors) -> None:
    @app.command("support")
    def support_command(
        out: Out = None, catalog: Catalog = None, prefix: Prefix = None, as_json: Json = False
    ) -> None:
        """Write a file for support: versions, what is installed, what was done; no names and no passwords."""
        from vsrt_gui.cli.support import save_support  # noqa: PLC0415 -- as said above

        save_support(doors, Call(catalog, prefix, as_json=as_json), out)


def _add_completion(app: typer.Typer, doors: Doors) -> None:
    @app.command("completion")
    def completion_command(shell: ForShell, install: Install = False, as_json: Json = False) -> None:
        """Print the script that lets a shell complete these commands, or install it."""
        from vsrt_gui.cli.completion import completion  # noqa: PLC0415 -- as said above

        completion(doors, Call(None, None, as_json=as_json), shell.value, install=install)
