"""Writes the support file from the command line, and says where it is."""

from pathlib import Path

from vsrt_gui.cli import prose
from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.options import Call
from vsrt_gui.cli.outlet import Line
from vsrt_gui.cli.stage import Stage, conduct
from vsrt_gui.engine.support import save_support_file
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.runbook.quantities import size


def save_support(doors: Doors, call: Call, out: Path | None) -> None:
    """Write the support file, whatever is wrong with the settings: that is in it, too.

    Raises:
        typer.Exit: always, with the exit code.
    """

    def job(stage: Stage) -> RunFinished:
        desk, words = doors.local.support_desk(), doors.runbook
        path = stage.wait(
            lambda session: save_support_file(
                session, desk, lambda fault: words.page(fault).title, (out or Path()).absolute()
            )
        )
        length = path.stat().st_size
        stage.err.say(prose.unusable(stage.session.effective, words))
        if isinstance(stage.screen, JsonLines):
            stage.screen.write({"event": "support-file", "path": str(path), "bytes": length})
        else:
            stage.out.say(_said(path, length))
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job, lenient=True)


def _said(path: Path, length: int) -> list[Line]:
    return [
        Line(f"The support file is {path} ({size(length)})."),
        Line("Your name, your home folder and passwords were taken out. Look into it before you send it."),
    ]
