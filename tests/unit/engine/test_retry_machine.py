"""Patience as a state machine: any order of starts, answers, resets and time, against a plain model."""

import asyncio
from dataclasses import dataclass, field
from math import floor

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from simulators.memory_source import broken, lost
from simulators.virtual_time import VirtualLoop

from vsrt_gui.engine.mirrors import MirrorOrder
from vsrt_gui.engine.persist import LOOK_SECONDS, Rules, Turn
from vsrt_gui.engine.retry import LONGEST_PAUSE
from vsrt_gui.engine.service import Service
from vsrt_gui.model.events import Event, Retrying
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.policies import BreakerPolicy, LimitPolicy, MirrorPolicy, RetryPolicy
from vsrt_gui.model.transport import Circuit

URL = "https://files.test/nodejs.zip"
RETRY = RetryPolicy(attempts=3, first_delay=2.0, factor=2.0, jitter=0.0, progress=1000)
LANES = 3
ANSWERS = ("lost", "broken", "limited", "too much", "spoilt", "gained", "in use", "full", "there")


def fault_of(answer: str) -> InstallerError:
    match answer:
        case "broken":
            return broken()
        case "limited":
            return InstallerError(FaultCode.RATE_LIMITED, host="files.test", retry_after=9.0)
        case "too much":
            return InstallerError(FaultCode.RATE_LIMITED, host="files.test", retry_after=LONGEST_PAUSE + 1)
        case "spoilt":
            return InstallerError(FaultCode.CHECKSUM_MISMATCH, file="f", expected="e", actual="a")
        case "in use":
            return InstallerError(FaultCode.FILE_IN_USE, path="f", program="")
        case "full":
            return InstallerError(FaultCode.DISK_FULL, path="f")
        case _:
            return lost()


@dataclass
class Lane:
    """One thing that is fetched for real, and what the model says of it."""

    events: list[Event] = field(default_factory=list)
    began: list[float] = field(default_factory=list)
    asked: "asyncio.Future[str] | None" = None
    gained: int = 0
    task: "asyncio.Task[str] | None" = None
    expected: list[float] = field(default_factory=list)
    row: int = 0
    own: int = 0
    wrong: int = 0
    since: float = 0.0
    ready: float | None = 0.0
    """When the next attempt begins, None while one is under way or all is over."""
    end: str = ""

    async def attempt(self, turn: Turn) -> str:
        loop = asyncio.get_running_loop()
        self.began.append(loop.time())
        self.asked = loop.create_future()
        answer = await self.asked
        if answer == "there":
            turn.answered()
            return answer
        self.gained += RETRY.progress if answer == "gained" else 0
        raise fault_of(answer)

    def hear(self, answer: str, now: float) -> None:
        """Say what follows from an answer, without cleverness."""
        delay: float | None = None
        match answer:
            case "there" | "full" | "too much":
                pass
            case "spoilt":
                self.wrong += 1
                delay = 0.0 if self.wrong == 1 else None
            case "in use":
                self.own += 1
                delay = 2.0**self.own if self.own < RETRY.attempts else None
            case _:
                self.row = 1 if answer == "gained" else self.row + 1
                planned = max(2.0**self.row, 9.0 if answer == "limited" else 0.0)
                delay = planned if self.row < RETRY.attempts else None
        self.since = now
        self.ready = None if delay is None else now + delay
        self.end = answer if delay is None else ""

    def pass_to(self, now: float) -> None:
        if self.ready is not None and self.ready <= now:
            self.expected.append(self.ready)
            self.ready = None

    def be_hurried(self, now: float) -> None:
        """Who waits looks once a second, counted from when his pause began."""
        if self.ready is not None:
            looks = self.since + (floor((now - self.since) / LOOK_SECONDS) + 1) * LOOK_SECONDS
            self.ready = min(self.ready, looks)


class RetryMachine(RuleBasedStateMachine):
    """The real coroutines on a clock that only the machine moves."""

    @initialize()
    def begin(self) -> None:
        self.loop = VirtualLoop()
        breaker, limit = BreakerPolicy(threshold=10_000), LimitPolicy(concurrent=LANES, gap=0.0)
        self.service = Service(Circuit.DOWNLOAD, RETRY, (breaker, limit), self.loop.time)
        self.lanes: list[Lane] = []

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            for lane in self.lanes:
                if lane.task is not None:
                    lane.task.cancel()
            self._settle()
            self.loop.close()

    def _settle(self, seconds: float = 0.0) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            for _ in range(20):
                await asyncio.sleep(0)

        self.loop.run_until_complete(wait())

    @precondition(lambda self: sum(not lane.end for lane in self.lanes) < LANES)
    @rule()
    def a_lane_starts(self) -> None:
        lane = Lane(since=self.loop.time(), ready=self.loop.time())
        order = MirrorOrder(MirrorPolicy())
        rules = Rules(self.service, order, lane.events.append, gained=lambda: lane.gained)
        lane.task = self.loop.create_task(rules.persist((URL,), lane.attempt))
        self.lanes.append(lane)
        self._settle()
        lane.pass_to(self.loop.time())

    def _asking(self) -> list[Lane]:
        return [lane for lane in self.lanes if lane.ready is None and not lane.end]

    @precondition(lambda self: self._asking())
    @rule(which=st.integers(0, LANES - 1), answer=st.sampled_from(ANSWERS))
    def an_answer_comes(self, which: int, answer: str) -> None:
        asking = self._asking()
        lane = asking[which % len(asking)]
        assert lane.asked is not None
        lane.asked.set_result(answer)
        told, now = len(lane.events), self.loop.time()
        self._settle()
        lane.hear(answer, now)
        news = lane.events[told:]
        if lane.ready is None:
            assert news == []
        else:
            (event,) = news
            assert isinstance(event, Retrying)
            assert event.delay == lane.ready - now
        lane.pass_to(now)

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 9.0]))
    def time_passes(self, seconds: float) -> None:
        self._settle(seconds)
        for lane in self.lanes:
            lane.pass_to(self.loop.time())

    @rule()
    def somebody_resets(self) -> None:
        self.service.breakers.reset()
        for lane in self.lanes:
            lane.be_hurried(self.loop.time())
        self._settle()

    @invariant()
    def agrees(self) -> None:
        for lane in getattr(self, "lanes", []):
            assert lane.task is not None
            assert lane.began == lane.expected
            assert lane.task.done() is bool(lane.end)
            if lane.end == "there":
                assert lane.task.result() == "there"
            elif lane.end:
                error = lane.task.exception()
                assert isinstance(error, InstallerError)
                assert error.fault.code is fault_of(lane.end).fault.code

    @invariant()
    def only_those_that_ask_hold_a_turn(self) -> None:
        if hasattr(self, "service"):
            assert self.service.limits().active == len(self._asking())


TestRetryMachine = RetryMachine.TestCase
TestRetryMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)
