"""What the commands do: bring something about, or show something."""

from vsrt_gui.cli import consent, listing
from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.options import Call
from vsrt_gui.cli.outlet import Line
from vsrt_gui.cli.stage import Stage, conduct
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.runbook.quantities import size


def bring_about(doors: Doors, call: Call, wish: Request) -> None:
    """Bring about what a request says, after asking where that is due.

    Raises:
        typer.Exit: always, with the exit code.
        UsageError: nobody can be asked, and `--yes` is missing.
    """
    asks = wish.verb is not Verb.VERIFY and not call.yes
    if asks:
        consent.check_askable(call)

    def job(stage: Stage) -> RunFinished:
        if asks and not consent.given(stage, wish):
            return stage.finish(Outcome.CANCELLED)
        return stage.run(wish)

    conduct(doors, call, job)


def show_status(doors: Doors, call: Call) -> None:
    """Show what is installed, and how it is.

    Raises:
        typer.Exit: always, with the exit code.
    """

    def job(stage: Stage) -> RunFinished:
        overview = stage.wait(lambda session: session.look())
        if isinstance(stage.screen, JsonLines):
            stage.screen.overview(overview)
        else:
            listing.status(overview, stage.out, doors.runbook)
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job)


def show_modules(doors: Doors, call: Call) -> None:
    """Show the modules that can be had.

    Raises:
        typer.Exit: always, with the exit code.
    """

    def job(stage: Stage) -> RunFinished:
        overview = stage.wait(lambda session: session.look())
        if overview.catalog_fault is not None:
            return stage.finish(Outcome.FAILED, (overview.catalog_fault,))
        _offer(stage, overview)
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job)


def _offer(stage: Stage, overview: Overview) -> None:
    if isinstance(stage.screen, JsonLines):
        stage.screen.modules(overview)
    else:
        listing.modules(overview, stage.out, stage.doors.runbook)


def show_generations(doors: Doors, call: Call) -> None:
    """Show the versions that can be gone back to, and the one in force.

    Raises:
        typer.Exit: always, with the exit code.
    """

    def job(stage: Stage) -> RunFinished:
        record = stage.wait(lambda session: session.record())
        if isinstance(stage.screen, JsonLines):
            stage.screen.generations(record)
        else:
            listing.generations(record, stage.out)
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job)


def clean_up(doors: Doors, call: Call) -> None:
    """Remove leftover downloads and what is no longer needed.

    Raises:
        typer.Exit: always, with the exit code.
    """

    def job(stage: Stage) -> RunFinished:
        gained = stage.insist(lambda session: session.free_space())
        if isinstance(stage.screen, JsonLines):
            stage.screen.write({"event": "cleaned", "bytes": gained})
        else:
            stage.out.say([Line(f"{size(gained)} freed." if gained else "There was nothing to remove.")])
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job)
