"""Only so many requests at a time, with a gap between their beginnings, first come, first served."""

import asyncio
import math
from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from simulators.virtual_time import now, run

from vsrt_gui.engine.limiter import Gate, Limiter, Ticket
from vsrt_gui.model.policies import LimitPolicy, Policies
from vsrt_gui.model.transport import Circuit, LimiterView

POLICY = LimitPolicy(concurrent=2, gap=0.2)


class Clock:
    """Moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_inherited_numbers() -> None:
    policies = Policies()
    assert (policies.manifest_limit.concurrent, policies.manifest_limit.gap) == (2, 0.2)
    assert (policies.download_limit.concurrent, policies.download_limit.gap) == (3, 0.1)


def test_first_come_first_served() -> None:
    clock = Clock()
    limiter = Limiter(POLICY, clock)
    first, second, third = limiter.join(), limiter.join(), limiter.join()
    assert limiter.admit(second) == math.inf
    assert limiter.admit(first) == 0.0
    assert limiter.admit(second) == pytest.approx(0.2)
    clock.now += 0.2
    assert limiter.admit(second) == 0.0
    clock.now += 60.0
    assert limiter.admit(third) == math.inf  # two are under way
    limiter.leave(first)
    assert limiter.admit(third) == 0.0


def test_what_it_shows() -> None:
    limiter = Limiter(POLICY, Clock())
    inside, gone, _waiting = limiter.join(), limiter.join(), limiter.join()
    limiter.admit(inside)
    limiter.leave(gone)
    assert limiter.view(Circuit.DOWNLOAD) == LimiterView(
        circuit=Circuit.DOWNLOAD, active=1, queued=1, rejected=1, concurrent=2, gap=0.2
    )


def starts(count: int, seconds: float, policy: LimitPolicy) -> list[float]:
    """Send so many requests at once, each taking so long, and return when each began."""
    began: list[float] = []

    async def one(gate: Gate) -> None:
        async with gate.passed():
            began.append(round(now(), 6))
            await asyncio.sleep(seconds)

    async def all_of_it() -> None:
        gate = Gate(Limiter(policy, asyncio.get_running_loop().time))
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(one(gate))
        assert (gate.limiter.active, gate.limiter.queued, gate.limiter.rejected) == (0, 0, 0)

    run(all_of_it())
    return began


def test_short_requests_keep_their_distance() -> None:
    assert starts(4, 0.01, POLICY) == [0.0, 0.2, 0.4, 0.6]


def test_long_requests_wait_for_a_place() -> None:
    assert starts(5, 10.0, POLICY) == [0.0, 0.2, 10.0, 10.2, 20.0]


def test_who_is_cancelled_in_line_holds_nobody_up() -> None:
    began: list[float] = []

    async def one(gate: Gate, seconds: float) -> None:
        async with gate.passed():
            began.append(now())
            await asyncio.sleep(seconds)

    async def all_of_it() -> int:
        gate = Gate(Limiter(LimitPolicy(concurrent=1, gap=0.0), asyncio.get_running_loop().time))
        async with asyncio.TaskGroup() as group:
            group.create_task(one(gate, 5.0))
            impatient = group.create_task(one(gate, 5.0))
            group.create_task(one(gate, 5.0))
            await asyncio.sleep(1.0)
            impatient.cancel()
        return gate.limiter.rejected

    assert run(all_of_it()) == 1
    assert began == [0.0, 5.0]


def test_a_further_request_of_one_inside_keeps_its_distance_too() -> None:
    async def all_of_it() -> list[float]:
        gate = Gate(Limiter(POLICY, asyncio.get_running_loop().time))
        began = []
        async with gate.passed():
            began.append(now())
            for _ in range(2):
                await gate.paced()
                began.append(round(now(), 6))
        return began

    assert run(all_of_it()) == [0.0, 0.2, 0.4]


class LimiterMachine(RuleBasedStateMachine):
    """Any order of joining, asking, leaving and time, against a line of numbers."""

    tickets = Bundle("tickets")

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.limiter = Limiter(POLICY, self.clock)
        self.line: list[Ticket] = []
        self.inside: list[Ticket] = []
        self.began: list[float] = []
        self.gone = 0

    @rule(seconds=st.sampled_from([0.05, 0.2, 1.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(target=tickets)
    def joins(self) -> Ticket:
        ticket = self.limiter.join()
        self.line.append(ticket)
        return ticket

    def _gap(self) -> float:
        return max(0.0, self.began[-1] + POLICY.gap - self.clock.now) if self.began else 0.0

    @rule(ticket=tickets)
    def asks(self, ticket: Ticket) -> None:
        if ticket not in self.line:
            return
        may = self.line[0] is ticket and len(self.inside) < POLICY.concurrent
        expected = self._gap() if may else math.inf
        assert self.limiter.admit(ticket) == expected
        if expected == 0.0:
            self.inside.append(self.line.pop(0))
            self.began.append(self.clock.now)

    @rule()
    def sends_a_further_one(self) -> None:
        expected = self._gap()
        assert self.limiter.pace() == expected
        if expected == 0.0:
            self.began.append(self.clock.now)

    @rule(ticket=tickets)
    def leaves(self, ticket: Ticket) -> None:
        if ticket in self.inside:
            self.inside.remove(ticket)
        elif ticket in self.line:
            self.line.remove(ticket)
            self.gone += 1
        else:
            return
        self.limiter.leave(ticket)

    @invariant()
    def agrees(self) -> None:
        shown = (self.limiter.active, self.limiter.queued, self.limiter.rejected)
        assert shown == (len(self.inside), len(self.line), self.gone)
        assert all(distance >= POLICY.gap - 1e-9 for distance in self._distances())

    def _distances(self) -> Iterator[float]:
        return (later - earlier for earlier, later in zip(self.began, self.began[1:], strict=False))


TestLimiterMachine = LimiterMachine.TestCase
TestLimiterMachine.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True
)
