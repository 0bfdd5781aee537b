"""Starts and stops the installed server from the command line, and says where it is to be found."""

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.jsonl import JsonLines
from vsrt_gui.cli.options import Call
from vsrt_gui.cli.outlet import Line
from vsrt_gui.cli.stage import Stage, conduct
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.model.launch_state import Crashed, LaunchState, Ready, Starting, Stopped
from vsrt_gui.runbook.library import Runbook


def launch(doors: Doors, call: Call, *, browser: bool) -> None:
    """Start the server, or find the one that runs, and say where it is; it goes on when this command has ended.

    Raises:
        typer.Exit: always, with the exit code.
    """

    def job(stage: Stage) -> RunFinished:
        session = stage.session
        end_telling = session.launcher.subscribe(lambda state: _tell(stage, state))
        try:
            stage.wait(lambda session: session.launch(browser=browser))
        finally:
            end_telling()
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job)


def stop(doors: Doors, call: Call) -> None:
    """Stop the server with all its children.

    Raises:
        typer.Exit: always, with the exit code.
    """

    def job(stage: Stage) -> RunFinished:
        ran = stage.insist(lambda session: session.stop_server())
        if isinstance(stage.screen, JsonLines):
            stage.screen.write(launch_line(Stopped()) | {"ran": ran})
        else:
            stage.out.say([Line(doors.runbook.word("launch.ended" if ran else "launch.stopped"))])
        return stage.finish(Outcome.COMPLETED)

    conduct(doors, call, job)


def launch_line(state: LaunchState) -> dict[str, Any]:
    """Return the JSON line for a state of the server."""
    return {"event": "launch", **state.model_dump(mode="json")}


def served(state: LaunchState, words: Runbook) -> Iterator[Line]:
    """Say in a line what the server is; nothing where none runs, and never the secret."""
    match state:
        case Ready() | Starting():
            facts: Mapping[str, str] = {"name": state.name, "version": state.version}
            address = {"address": state.address} if isinstance(state, Ready) else {}
            yield Line(words.word(f"launch.{state.state}", **facts, **address))
        case Crashed():
            yield Line(words.page(state.fault).cause, "yellow")
        case Stopped():
            return
        case _:
            assert_never(state)


def _tell(stage: Stage, state: LaunchState) -> None:
    if isinstance(stage.screen, JsonLines):
        stage.screen.write(launch_line(state))
    elif isinstance(state, Starting | Ready):
        stage.out.say(_told(state, stage.doors.runbook))


def _told(state: Starting | Ready, words: Runbook) -> Iterator[Line]:
    yield from served(state, words)
    if isinstance(state, Ready):
        yield Line(words.word("launch.page", page=state.page))
        if state.password is not None:
            yield Line(words.word("launch.password", password=state.password))
        yield Line(words.word("launch.stays"))
