"""Gives a shell the script that completes our commands, or installs it for the user."""

from typer._completion_shared import get_completion_script

from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.options import Call
from vsrt_gui.cli.outlet import Line
from vsrt_gui.cli.stage import Stage, conduct
from vsrt_gui.model.events import Outcome, RunFinished

PROGRAM = "vsrt"
VARIABLE = "_VSRT_COMPLETE"
"""By which the script asks for what fits."""


def completion(doors: Doors, call: Call, shell: str, *, install: bool) -> None:
    """Print the script, or install it.

    Args:
        doors: the ways out of this room.
        call: how the command was called.
        shell: one that Typer has a script for.
        install: whether to install it.

    Raises:
        typer.Exit: always, with the exit code.
    """
    script = get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell)

    def job(stage: Stage) -> RunFinished:
        files = [str(path) for path in doors.local.install_completion(shell, script)] if install else []
        if isinstance(stage.screen, JsonLines):
            said = {"files": files} if install else {"script": script}
            stage.screen.write({"event": "completion", "shell": shell, **said})
        elif install:
            stage.out.say(Line(f"Written: {path}") for path in files)
            stage.out.say([Line("It works in every shell that is started from now on.")])
        else:
            for line in script.splitlines():
                stage.out.line(line)
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job)
