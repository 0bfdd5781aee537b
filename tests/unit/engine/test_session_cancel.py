"""A run ends when it is told to: at once, once, and with all that came kept."""

import asyncio
import threading

import pytest
from simulators.engine_world import Sample, World

from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import (
    Committed,
    Event,
    Outcome,
    PlanReady,
    RunFinished,
    RunStarted,
    Severity,
    StepProgress,
)
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState
from vsrt_gui.model.value import Value

NODE = Sample("nodejs")
RUFF = Sample("ruff", optional=True)
INSTALL = Request(verb=Verb.INSTALL)


class TestCancel:
    def test_it_ends_at_once_and_what_came_is_kept(self) -> None:
        world = World(NODE, RUFF)
        world.silence(NODE)
        ended = world.cancelled()
        assert (ended.outcome, ended.severity, ended.faults) == (Outcome.CANCELLED, Severity.P1, ())
        assert world.events[-1] == ended
        assert world.prefix.holding is None
        assert (world.source.open_now, world.prefix.current) == (0, None)
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert world.source.sent[NODE.url] == len(NODE.archive)

    def test_clicking_many_times_ends_it_once(self) -> None:
        world = World(NODE)
        world.silence(NODE)
        assert world.cancelled(times=20).outcome is Outcome.CANCELLED
        assert [type(event) for event in world.events].count(RunFinished) == 1

    def test_before_the_first_step(self) -> None:
        world = World(NODE)

        async def work(session: Session) -> RunFinished:
            session.start(INSTALL)
            session.cancel()
            return await session.finished()

        assert world.within(work).outcome is Outcome.CANCELLED
        assert [event.event for event in world.events] == ["run-started", "run-finished"]

    @pytest.mark.parametrize("kind", [RunStarted, PlanReady, StepProgress, Committed, RunFinished])
    def test_from_a_listener(self, kind: type[Value]) -> None:
        world = World(Sample("nodejs", items=None))
        world.source.piece = 10
        world.silence(NODE)  # so that there is progress to be told of

        async def work(session: Session) -> RunFinished:
            def listen(event: Event, _state: RunState) -> None:
                if isinstance(event, kind):
                    session.cancel()

            session.subscribe(listen)
            session.start(INSTALL)
            if kind in {Committed, RunFinished}:
                world.source.troubles.clear()
            return await session.finished()

        ended = world.within(work)
        expected = Outcome.COMPLETED if kind in {Committed, RunFinished} else Outcome.CANCELLED
        assert ended.outcome is expected
        assert world.events[-1] == ended

    def test_an_update_leaves_the_old_runtime_working(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        newer = Sample("nodejs", version="2.0")
        world.publish(newer, version="2.0.0")
        world.silence(newer)
        ended = world.cancelled(Verb.UPDATE)
        assert (ended.outcome, ended.severity) == (Outcome.CANCELLED, Severity.P4)
        assert world.installed == {"nodejs": "1.0"}

    def test_a_repair_leaves_damage_that_is_told_of(self) -> None:
        world = World(NODE, RUFF)
        world.run(Verb.INSTALL)
        world.spoil(RUFF, "lib/a.js")
        world.silence(RUFF, after=100)
        assert world.cancelled(Verb.REPAIR).severity is Severity.P3

    def test_finishing_an_installation_that_lacks_an_optional_module(self) -> None:
        world = World(NODE, RUFF)
        del world.source.shelves[RUFF.url]
        assert world.run(Verb.INSTALL).severity is Severity.P3
        world.publish(NODE, RUFF)
        world.silence(RUFF)
        assert world.cancelled().severity is Severity.P3

    def test_when_nothing_goes_on(self) -> None:
        world = World(NODE)

        async def work(session: Session) -> None:
            session.cancel()
            session.start(INSTALL)
            await session.finished()
            session.cancel()
            assert session.state.outcome is Outcome.COMPLETED

        world.within(work)

    def test_closing_cancels_and_waits(self) -> None:
        world = World(NODE)
        world.silence(NODE)

        async def work(session: Session) -> None:
            session.start(INSTALL)
            await world.hung()

        world.within(work)
        assert isinstance(world.events[-1], RunFinished)
        assert world.events[-1].outcome is Outcome.CANCELLED
        assert world.source.open_now == 0

    def test_waiting_for_the_end_may_be_given_up(self) -> None:
        world = World(NODE)
        world.silence(NODE)

        async def work(session: Session) -> RunFinished:
            session.start(INSTALL)
            waiter = asyncio.create_task(session.finished())
            await world.hung()
            waiter.cancel()
            await asyncio.gather(waiter, return_exceptions=True)
            assert session.state.running
            session.cancel()
            return await session.finished()

        assert world.within(work).outcome is Outcome.CANCELLED


def cancelled_during(world: World, operation: str, request: Request = INSTALL) -> RunFinished:
    """Run a request and click Cancel twice while this operation of the prefix goes on."""
    world.events.clear()

    async def work(session: Session) -> RunFinished:
        loop = asyncio.get_running_loop()
        clicked = threading.Event()

        def click() -> None:
            session.cancel()
            session.cancel()
            loop.call_later(0.02, clicked.set)  # the operation goes on for a while after the click

        def meanwhile() -> None:
            loop.call_soon_threadsafe(click)
            assert clicked.wait(10)

        world.prefix.meanwhile[operation] = meanwhile
        session.start(request)
        return await session.finished()

    return world.within(work)


class TestTooLate:
    """Once the run has begun to put things into force it ends by itself, and says what is true."""

    @pytest.mark.parametrize("operation", ["commit", "collect"])
    def test_an_installation(self, operation: str) -> None:
        world = World(NODE, RUFF)
        ended = cancelled_during(world, operation)
        assert (ended.outcome, ended.severity, ended.faults) == (Outcome.COMPLETED, None, ())
        assert world.installed == {"nodejs": "1.0", "ruff": "1.0"}
        assert len(world.told(Committed)) == 1
        assert world.events[-1] == ended

    def test_an_update(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.publish(Sample("nodejs", version="2.0"), version="2.0.0")
        assert cancelled_during(world, "commit", Request(verb=Verb.UPDATE)).outcome is Outcome.COMPLETED
        assert world.installed == {"nodejs": "2.0"}

    def test_a_rollback(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.publish(Sample("nodejs", version="2.0"), version="2.0.0")
        world.run(Verb.UPDATE)
        assert cancelled_during(world, "switch", Request(verb=Verb.ROLLBACK)).outcome is Outcome.COMPLETED
        assert world.installed == {"nodejs": "1.0"}

    def test_a_repair(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.spoil(NODE, "lib/a.js")
        ended = cancelled_during(world, "switch", Request(verb=Verb.REPAIR))
        assert (ended.outcome, ended.faults) == (Outcome.COMPLETED, ())
        assert "survey" in world.prefix.done[world.prefix.done.index("switch") :]

    def test_an_uninstallation(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        assert cancelled_during(world, "remove", Request(verb=Verb.UNINSTALL)).outcome is Outcome.COMPLETED
        assert world.installed == {}

    def test_a_commit_that_fails_is_no_cancelled_one(self) -> None:
        world = World(NODE)
        world.prefix.troubles["commit"] = InstallerError(FaultCode.DISK_FULL, path="/memory")
        ended = cancelled_during(world, "commit")
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P1)
        assert [fault.code for fault in ended.faults] == [FaultCode.DISK_FULL]

    def test_when_the_uninstallation_is_planned_it_is_in_time(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)

        async def work(session: Session) -> RunFinished:
            def listen(event: Event, _state: RunState) -> None:
                if isinstance(event, PlanReady):
                    session.cancel()

            session.subscribe(listen)
            session.start(Request(verb=Verb.UNINSTALL))
            return await session.finished()

        assert world.within(work).outcome is Outcome.CANCELLED
        assert world.installed == {"nodejs": "1.0"}

    def test_a_moment_earlier_is_in_time(self) -> None:
        world = World(NODE)
        assert cancelled_during(world, "keep_index").outcome is Outcome.CANCELLED
        assert (world.installed, "commit" in world.prefix.done) == ({}, False)
