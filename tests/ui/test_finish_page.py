"""The last page: what it says beside the outcome."""

from collections.abc import Callable
from typing import Any

from house import House
from simulators import window_states as states
from simulators.window_driver import Driver

from vsrt_gui.model.events import CommandTaken, RunStarted
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState, fold
from vsrt_gui.ui.pages.finish import Ending
from vsrt_gui.ui.pages.page import PageId

Play = Callable[[Any], Any]


def show(drive: Driver, *commands: str) -> None:
    """Show how a run ended that met these files of the user's own."""
    verb, completed = states.ENDINGS["completed"]
    state = fold(RunState(), RunStarted(run_id="1", request=Request(verb=Verb.INSTALL), at=0.0))
    for command in commands:
        state = fold(state, CommandTaken(command=command, path=f"{states.FOLDER}/bin/{command}"))
    drive.wizard.go(PageId.FINISH)
    drive.wizard.finish.show_ending(
        Ending(verb, completed.but(taken=state.taken), states.FOLDER, states.NAMES)
    )


def test_files_of_the_users_own_in_place_of_commands_are_named_calmly(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            show(drive)
            assert not drive.sees("takenNotice")
            show(drive, "node", "npm")
            assert drive.sees("takenNotice")
            said = drive.text("takenNotice").splitlines()
            assert said == [
                f"{states.FOLDER}/bin/{name} is a file of your own and stays: "
                f"it does not start the runtime's {name}."
                for name in ("node", "npm")
            ]
            assert drive.title == "The VS Code Runtime is ready", "it is no fault"
            assert not drive.sees("finishNotice")
            show(drive, "node", "npm", "npx", "ruff", "pyright")
            said = drive.text("takenNotice").splitlines()
            assert len(said) == 4
            assert said[-1] == "The same with: ruff and pyright."
            show(drive)
            assert not drive.sees("takenNotice")

    play(scenario())
