"""One run at a time, and every way that it can end is told of last."""

from collections.abc import Callable

import pytest
from simulators.engine_world import Sample, World
from simulators.memory_source import Trouble, lost

from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import (
    Event,
    Outcome,
    PlanReady,
    RunFinished,
    RunStarted,
    Severity,
)
from vsrt_gui.model.faults import FaultCode, FaultsError, InstallerError
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import Phase, RunState
from vsrt_gui.model.status import Failed, Installed, NotInstalled, PartiallyInstalled

NODE = Sample("nodejs")
PYRIGHT = Sample("pyright", needs=("nodejs",))
RUFF = Sample("ruff", optional=True)
INSTALL = Request(verb=Verb.INSTALL)


class TestEnds:
    def test_completed(self) -> None:
        world = World(NODE, PYRIGHT)
        ended = world.run(Verb.INSTALL)
        assert ended == RunFinished(outcome=Outcome.COMPLETED)
        assert isinstance(world.events[0], RunStarted)
        assert world.events[-1] == ended
        assert [event.model_dump()["event"] for event in world.events].count("run-finished") == 1

    def test_the_state_is_the_fold_of_the_events(self) -> None:
        world = World(NODE)
        seen: list[tuple[Event, RunState]] = []

        async def work(session: Session) -> RunState:
            stop_listening = session.subscribe(lambda event, state: seen.append((event, state)))
            session.start(INSTALL)
            assert session.state.running
            await session.finished()
            stop_listening()
            assert session.state == seen[-1][1]
            return session.state

        state = world.within(work)
        assert (state.phase, state.outcome, state.progress) == (Phase.FINISHED, Outcome.COMPLETED, 1.0)
        assert [event for event, _ in seen] == world.events

    def test_failed_before_the_first_effect(self) -> None:
        world = World(NODE)
        world.catalog.troubles = [InstallerError(FaultCode.MANIFEST_UNREADABLE, source="s", reason="r")]
        ended = world.run(Verb.INSTALL)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P1)
        assert [fault.code for fault in ended.faults] == [FaultCode.MANIFEST_UNREADABLE]
        assert not world.prefix.exists
        assert world.prefix.wanted is None
        assert world.prefix.journal == []

    def test_the_same_over_a_working_runtime(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.catalog.troubles = [lost()] * 3
        ended = world.run(Verb.UPDATE)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P4)

    def test_several_faults_at_once(self) -> None:
        ended = World(NODE).run(Verb.INSTALL, "ghost", "phantom")
        assert [fault.code for fault in ended.faults] == [FaultCode.MODULE_UNKNOWN] * 2

    def test_a_bug_becomes_a_fault_that_says_so(self) -> None:
        world = World(NODE)
        world.source.troubles[NODE.url] = [Trouble(KeyError("surprise"), after=10)]  # type: ignore[arg-type]
        ended = world.run(Verb.INSTALL)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P1)
        (fault,) = ended.faults
        assert fault.code is FaultCode.UNEXPECTED
        assert fault.facts["kind"] == "KeyError"
        assert "memory_source.py" in str(fault.facts["detail"])
        assert world.prefix.holding is None  # the lock is let go
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED

    def test_another_program_holds_the_lock(self) -> None:
        world = World(NODE)
        world.prefix.holding = 99
        ended = world.run(Verb.INSTALL)
        assert [fault.code for fault in ended.faults] == [FaultCode.ALREADY_RUNNING]
        assert world.prefix.holding == 99

    @pytest.mark.parametrize(
        "error",
        [
            InstallerError(FaultCode.PREFIX_TOO_NEW, path="/", format=9, supported=1),
            InstallerError(FaultCode.TOO_MANY_OPEN_FILES, path="/"),
        ],
    )
    def test_a_prefix_that_was_not_touched_and_cannot_be_read(self, error: InstallerError) -> None:
        world = World(NODE)
        world.prefix.troubles["read"] = error
        ended = world.run(Verb.INSTALL)
        assert (ended.faults, ended.severity) == ((error.fault,), None)

    def test_a_prefix_that_cannot_be_read_any_more(self) -> None:
        world = World(NODE)

        def listen(event: Event, _state: RunState) -> None:
            if isinstance(event, PlanReady):
                world.prefix.troubles["read"] = InstallerError(FaultCode.DISK_ERROR, path="/", reason="r")

        async def work(session: Session) -> RunFinished:
            session.subscribe(listen)
            session.start(INSTALL)
            return await session.finished()

        ended = world.within(work)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P1)

    def test_too_little_room(self) -> None:
        world = World(NODE)
        world.prefix.disk = world.prefix.disk.but(free=10**9 - 1)
        ended = world.run(Verb.INSTALL)
        assert ended.faults[0].code is FaultCode.DISK_SPACE_LOW
        assert ended.faults[0].facts["needed"] == 10**9
        assert not world.prefix.exists
        assert world.source.asks == []

    def test_rubbish_that_cannot_be_taken_out_fails_nothing(self) -> None:
        world = World(NODE)
        world.prefix.troubles["collect"] = InstallerError(FaultCode.DISK_ERROR, path="/", reason="r")
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED

    def test_a_commit_that_fails_changes_nothing(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.prefix.troubles["commit"] = InstallerError(FaultCode.DISK_FULL, path="/")
        world.publish(Sample("nodejs", version="2.0"), version="2.0.0")
        ended = world.run(Verb.UPDATE)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P4)
        assert world.installed == {"nodejs": "1.0"}

    def test_the_journal_tells_it_all(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        told = [line["event"] for line in world.prefix.journal]
        assert (told[0], told[-1]) == ("run-started", "run-finished")
        assert "step-progress" not in told
        last = world.prefix.read().last_run
        assert last is not None
        assert (last.finished, last.cancelled, last.faults) == (True, False, ())


class TestRules:
    def test_one_run_at_a_time(self) -> None:
        world = World(NODE)

        async def work(session: Session) -> None:
            session.start(INSTALL)
            with pytest.raises(RuntimeError):
                session.start(INSTALL)
            await session.finished()
            session.start(INSTALL)
            await session.finished()

        world.within(work)

    def test_no_end_without_a_beginning(self) -> None:
        async def work(session: Session) -> None:
            with pytest.raises(RuntimeError):
                await session.finished()

        World(NODE).within(work)

    def test_a_quote_changes_nothing(self) -> None:
        world = World(NODE, PYRIGHT)

        async def work(session: Session) -> int:
            return (await session.quote(INSTALL)).to_fetch

        assert world.within(work) == len(NODE.archive) + len(PYRIGHT.archive)
        assert not world.prefix.exists
        assert world.events == []

    def test_a_quote_says_why_not(self) -> None:
        async def work(session: Session) -> None:
            with pytest.raises(FaultsError):
                await session.quote(Request(verb=Verb.REPAIR))

        World(NODE).within(work)

    def test_free_space_lets_downloads_and_leftovers_go(self) -> None:
        world = World(NODE)
        world.silence(NODE)
        world.cancelled()

        async def work(session: Session) -> int:
            return await session.free_space()

        assert world.within(work) == 2000
        assert (world.prefix.downloads, world.prefix.folders) == ({}, {})
        assert world.within(work) == 0

    def test_breakers_can_be_reset(self) -> None:
        world = World(NODE)

        async def work(session: Session) -> None:
            breaker = session._tools.download_service.breakers.of("files.test")
            for _ in range(1000):
                breaker.failed()
            assert breaker.admit() > 0
            session.reset_breakers()
            assert breaker.admit() == 0

        world.within(work)


class TestLook:
    def look(self, world: World, check: Callable[[object], None] | None = None) -> object:
        async def work(session: Session) -> object:
            overview = await session.look()
            if check:
                check(overview)
            return overview.status

        return world.within(work)

    def test_statuses_of_a_life(self) -> None:
        world = World(NODE, RUFF)
        assert self.look(world) == NotInstalled()
        world.silence(NODE)
        world.cancelled()
        assert self.look(world) == PartiallyInstalled(installed=(), missing=("nodejs", "ruff"))
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        found = self.look(world)
        assert isinstance(found, Installed)
        assert found.modules == ("nodejs", "ruff")
        assert world.run(Verb.UNINSTALL).outcome is Outcome.COMPLETED
        assert self.look(world) == NotInstalled()

    def test_a_failed_first_installation(self) -> None:
        world = World(NODE)
        world.source.shelves.clear()
        world.run(Verb.INSTALL)
        found = self.look(world)
        assert isinstance(found, Failed)
        assert found.fault.code is FaultCode.SOURCE_GONE

    def test_without_a_network_what_is_installed_is_still_shown(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.catalog.troubles = [lost()] * 3
        assert isinstance(self.look(world), Installed)

    def test_a_look_writes_nothing(self) -> None:
        world = World(NODE)
        self.look(world)
        assert world.prefix.done == ["read", "volume"]
        assert world.events == []

    def test_findings(self) -> None:
        world = World(NODE, RUFF)
        world.run(Verb.INSTALL)
        world.spoil(RUFF, "lib/a.js")

        async def work(session: Session) -> dict[str, Drift]:
            overview = await session.look()
            assert overview.defaults == {"nodejs", "ruff"}
            return {finding.target.id: finding.drift for finding in overview.findings}

        assert world.within(work) == {"nodejs": Drift.SATISFIED, "ruff": Drift.DAMAGED}
