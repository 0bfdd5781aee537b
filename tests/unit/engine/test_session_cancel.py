"""A run ends when it is told to: at once, once, and with all that came kept."""

import asyncio

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
        expected = Outcome.COMPLETED if kind is RunFinished else Outcome.CANCELLED
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
