"""Plays one command from its start to its exit code, however it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from vsrt_gui.cli import exit_codes, prose
from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.interrupts import Interrupts
from vsrt_gui.cli.options import Call
from vsrt_gui.cli.screens import choose, console
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.model.faults import Fault, FaultsError, InstallerError
from vsrt_gui.model.request import Request
from vsrt_gui.model.run import RunState

if TYPE_CHECKING:
    from vsrt_gui.engine.session import Session

T = TypeVar("T")
Job = Callable[["Stage"], RunFinished]
"""Does what a command is for, and tells the screen how it ended."""


class Stage:
    """What a command plays on: the session, who watches, and how it is stopped."""

    def __init__(self, doors: Doors, call: Call, *, lenient: bool = False) -> None:
        """Set it; nothing is opened yet.

        Args:
            doors: what the command needs of the rest of the program.
            call: how it was called.
            lenient: whether it goes on where settings can't be used: it only looks, and says so.
        """
        self.doors, self.call, self._lenient = doors, call, lenient
        self.out, self.err = console()
        self.screen = choose(self.out, self.err, doors.runbook, as_json=call.as_json)
        self.interrupts = Interrupts()
        self.runner = asyncio.Runner()
        self._session: Session | None = None

    @property
    def session(self) -> "Session":
        """The session, opened at its first use.

        Raises:
            InstallerError, FaultsError: what keeps it from opening, such as a setting that can't be used.
        """
        if self._session is None:
            self._session = self.runner.run(self._open())
        return self._session

    async def _open(self) -> "Session":
        session = self.doors.open_session(self.call.given)
        wrong = session.effective.faults
        if wrong and not self._lenient:
            # An admin's roll-out must not go on with another value than the one that was meant.
            await session.close()
            raise FaultsError(wrong)
        self.err.say(prose.overruled(session.effective))
        return session

    def wait(self, work: Callable[["Session"], Awaitable[T]]) -> T:
        """Run something that changes nothing, and that Ctrl-C ends at once.

        Raises:
            CancelledError: it was stopped.
        """
        session = self.session

        async def stoppable() -> T:
            task = asyncio.current_task()
            with self.interrupts.cancelling(lambda: task and task.cancel()):
                return await work(session)

        return self.runner.run(stoppable())

    def insist(self, work: Callable[["Session"], Awaitable[T]]) -> T:
        """Run something short to its end, whatever comes: half of it would be neither done nor undone."""
        session = self.session

        async def through() -> T:
            return await work(session)

        return self.runner.run(through())

    def run(self, request: Request) -> RunFinished:
        """Run a request to its end, shown on the screen; Ctrl-C, or a reader who went away, cancels it."""
        session = self.session

        async def go() -> RunFinished:
            end_telling = session.subscribe(self.screen.on_event)
            self.out.on_closed = session.cancel
            session.start(request)
            try:
                with self.interrupts.cancelling(session.cancel):
                    return await session.finished()
            finally:
                end_telling()

        return self.runner.run(go())

    def finish(self, outcome: Outcome, faults: tuple[Fault, ...] = ()) -> RunFinished:
        """End without a run: tell the screen, as a run would."""
        end = RunFinished(outcome=outcome, faults=faults)
        self.screen.on_event(end, self.state)
        return end

    @property
    def state(self) -> RunState:
        """The last run's state, a blank one before any."""
        return self._session.state if self._session else RunState()

    def close(self) -> None:
        """Let go of everything."""
        if self._session is not None:
            self.runner.run(self._session.close())
        self.runner.close()


def conduct(doors: Doors, call: Call, job: Job, *, lenient: bool = False) -> None:
    """Do a command's job, say how it ended, and leave with its exit code.

    Args:
        doors: what it needs of the rest of the program.
        call: how it was called.
        job: what it does.
        lenient: whether it goes on where settings can't be used.

    Raises:
        typer.Exit: always.
    """
    stage = Stage(doors, call, lenient=lenient)
    with stage.interrupts.watching():
        try:
            end = _settled(stage, job)
            stage.interrupts.too_late = True
            stage.screen.ended(end, stage.state)
            code = exit_codes.of_run(end, stage.state)
        finally:
            stage.close()
    raise typer.Exit(code)


def _settled(stage: Stage, job: Job) -> RunFinished:
    """Turn every way a job ends into the one event that all front ends know."""
    try:
        return job(stage)
    except InstallerError as stopped:
        return stage.finish(Outcome.FAILED, (stopped.fault,))
    except FaultsError as stopped:
        return stage.finish(Outcome.FAILED, stopped.faults)
    except asyncio.CancelledError:
        # The outermost frame: there is nobody left to hand the cancellation on to.
        return stage.finish(Outcome.CANCELLED)
