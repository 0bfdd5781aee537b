"""Shows which servers are left alone after too many failures, and has them asked again at once."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.options import Call, Catalog, Json, Prefix
from vsrt_gui.cli.outlet import Line
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.model.transport import BreakerState, BreakerView, Circuit, Transport
from vsrt_gui.runbook.quantities import duration

if TYPE_CHECKING:  # `--help` never waits for the loop and Rich
    from vsrt_gui.cli.stage import Job, Stage

Which = Annotated[
    Circuit | None,
    typer.Argument(metavar="CIRCUIT", help="download_circuit or manifest_circuit; without it, both."),
]
_KINDS = {Circuit.DOWNLOAD: "downloads", Circuit.MANIFEST: "the list of modules"}


def breaker_app(doors: Doors) -> typer.Typer:
    """Return the group of commands.

    Args:
        doors: what the commands need of the rest of the program.
    """
    app = typer.Typer(
        no_args_is_help=True,
        help="See or reset which servers are left alone for a moment, because they failed too often.",
    )

    @app.command()
    def show(catalog: Catalog = None, prefix: Prefix = None, as_json: Json = False) -> None:
        """Show the servers that are left alone, by this or another of your programs, and for how long."""
        _show(doors, Call(catalog, prefix, as_json=as_json))

    @app.command()
    def reset(
        circuit: Which = None, catalog: Catalog = None, prefix: Prefix = None, as_json: Json = False
    ) -> None:
        """Ask them again at once, in all your programs that wait for them just now, too."""
        _reset(doors, Call(catalog, prefix, as_json=as_json), circuit)

    return app


def _show(doors: Doors, call: Call) -> None:
    def job(stage: "Stage") -> RunFinished:
        found = stage.wait(lambda session: session.transport.recalled())
        if isinstance(stage.screen, JsonLines):
            stage.screen.write({"event": "breakers", **_listed(found)})
        else:
            stage.out.say(_words(found))
        return stage.finish(Outcome.COMPLETED)

    _conduct(doors, call, job)


def _reset(doors: Doors, call: Call, circuit: Circuit | None) -> None:
    def job(stage: "Stage") -> RunFinished:
        before = stage.insist(lambda session: session.transport.forget(circuit))
        gone = [view for view in before.waiting if circuit in (None, view.circuit)]
        if isinstance(stage.screen, JsonLines):
            hosts = [{"circuit": view.circuit, "host": view.host} for view in gone]
            stage.screen.write({"event": "breakers-reset", "reset": hosts})
        elif gone:
            stage.out.say(Line(f"{view.host} is asked again at once.") for view in gone)
        else:
            stage.out.say([Line("No server is being left alone.")])
        return stage.finish(Outcome.COMPLETED)

    _conduct(doors, call, job)


def _listed(found: Transport) -> dict[str, object]:
    """Return each circuit with its worst state, and the servers that make it so."""
    return {
        "circuits": {
            circuit: _worst(view.state for view in found.waiting if view.circuit is circuit)
            for circuit in Circuit
        },
        "breakers": [view.model_dump(mode="json") for view in found.waiting],
    }


def _worst(states: Iterator[BreakerState]) -> BreakerState:
    found = set(states)
    ranked = (BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED)
    return next((state for state in ranked if state in found), BreakerState.CLOSED)


def _words(found: Transport) -> Iterator[Line]:
    for view in found.waiting:
        yield Line(_sentence(view), "yellow")
    if found.waiting:
        yield Line("To have them asked at once: vsrt breaker reset")
    else:
        yield Line("All servers may be asked. None is being left alone.")


def _sentence(view: BreakerView) -> str:
    what = f"{view.host} ({_KINDS[view.circuit]}) failed {view.failures} times in a row"
    return f"{what} and is asked again in {duration(view.seconds_left)}."


def _conduct(doors: Doors, call: Call, job: "Job") -> None:
    from vsrt_gui.cli.stage import conduct  # noqa: PLC0415 -- `--help` never waits for the loop and Rich

    conduct(doors, call, job)
