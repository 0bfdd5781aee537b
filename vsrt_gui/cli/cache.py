"""The commands that look at, tidy and empty the manifest cache."""

from typing import TYPE_CHECKING

import typer

from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.options import Call, Catalog, Json, Prefix, Yes
from vsrt_gui.cli.outlet import Line
from vsrt_gui.model.cached import CacheStats
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.runbook.quantities import counted, size

if TYPE_CHECKING:
    from vsrt_gui.cli.stage import Job, Stage


def cache_app(doors: Doors) -> typer.Typer:
    """Return the group `vsrt cache`.

    Args:
        doors: what the commands need of the rest of the program.
    """
    app = typer.Typer(
        no_args_is_help=True, help="Look at, tidy or empty what is kept of the lists of modules."
    )

    @app.command()
    def stats(catalog: Catalog = None, prefix: Prefix = None, as_json: Json = False) -> None:
        """Show how many lists are kept, and how many of them are too old to be used without asking."""
        _show(doors, Call(catalog, prefix, as_json=as_json))

    @app.command()
    def cleanup(
        catalog: Catalog = None, prefix: Prefix = None, yes: Yes = False, as_json: Json = False
    ) -> None:
        """Remove the lists that are too old."""
        _remove(doors, Call(catalog, prefix, yes, as_json), everything=False)

    @app.command()
    def clear(
        catalog: Catalog = None, prefix: Prefix = None, yes: Yes = False, as_json: Json = False
    ) -> None:
        """Remove all lists; the next command asks for a new one."""
        _remove(doors, Call(catalog, prefix, yes, as_json), everything=True)

    return app


def _show(doors: Doors, call: Call) -> None:
    def job(stage: "Stage") -> RunFinished:
        found = stage.wait(lambda session: session.cache_stats())
        if isinstance(stage.screen, JsonLines):
            stage.screen.write({"event": "cache-stats", **found.model_dump(exclude={"hits", "misses"})})
        else:
            stage.out.say([Line(_words(found))])
        return stage.finish(Outcome.COMPLETED)

    _conduct(doors, call, job)


def _words(found: CacheStats) -> str:
    if not found.total:
        return "No list of modules is kept."
    kept = f"{counted(found.total, 'list')} of modules kept, {size(found.size)}"
    return f"{kept}: {found.valid} valid, {found.expired} expired."


def _remove(doors: Doors, call: Call, *, everything: bool) -> None:
    def job(stage: "Stage") -> RunFinished:
        gone = stage.insist(lambda session: session.clean_cache(everything=everything))
        if isinstance(stage.screen, JsonLines):
            stage.screen.write({"event": "cache-cleaned", "removed": gone})
        else:
            words = f"{counted(gone, 'list')} of modules removed." if gone else "There was nothing to remove."
            stage.out.say([Line(words)])
        return stage.finish(Outcome.COMPLETED)

    _conduct(doors, call, job)


def _conduct(doors: Doors, call: Call, job: "Job") -> None:
    from vsrt_gui.cli.stage import conduct  # noqa: PLC0415 -- `--help` never waits for the loop and Rich

    conduct(doors, call, job)
