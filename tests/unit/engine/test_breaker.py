"""A server that failed too often is left alone, and let back in carefully."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vsrt_gui.engine.breaker import Breaker, Breakers, BreakerState
from vsrt_gui.model.policies import BreakerPolicy

POLICY = BreakerPolicy(threshold=3, cooldown=60.0, probe_window=30.0, successes=2)


class Clock:
    """Moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(POLICY, clock)
    for _ in range(POLICY.threshold):
        breaker.failed()
    return breaker


def test_opens_after_failures_in_a_row_only() -> None:
    breaker = Breaker(POLICY, Clock())
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert (breaker.state, breaker.failures, breaker.admit()) == (BreakerState.CLOSED, 2, 0.0)
    breaker.failed()
    assert (breaker.state, breaker.failures, breaker.admit()) == (BreakerState.OPEN, 3, 60.0)


def test_tells_the_time_left() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 59.0
    assert (breaker.admit(), breaker.state) == (1.0, BreakerState.OPEN)
    clock.now += 1.0
    assert breaker.state is BreakerState.HALF_OPEN


def test_lets_one_probe_through_at_a_time() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 60.0
    assert [breaker.admit() for _ in range(3)] == [0.0, 1.0, 1.0]
    breaker.succeeded()
    assert [breaker.admit(), breaker.admit()] == [0.0, 1.0]
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    assert [breaker.admit() for _ in range(3)] == [0.0, 0.0, 0.0]


def test_a_probe_that_never_reports_back_blocks_no_longer_than_its_window() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 60.0
    assert breaker.admit() == 0.0
    clock.now += 29.5
    assert breaker.admit() == 0.5
    clock.now += 0.5
    assert breaker.admit() == 0.0


def test_a_probe_that_showed_nothing_makes_room_at_once() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 60.0
    assert breaker.admit() == 0.0
    breaker.dropped()
    assert (breaker.admit(), breaker.state) == (0.0, BreakerState.HALF_OPEN)


def test_a_failed_probe_opens_it_for_another_cooldown() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 60.0
    breaker.admit()
    breaker.succeeded()
    breaker.admit()
    breaker.failed()
    assert (breaker.state, breaker.admit()) == (BreakerState.OPEN, 60.0)
    clock.now += 60.0
    breaker.admit()
    breaker.succeeded()
    assert breaker.state is BreakerState.HALF_OPEN  # the success before the failure counts no more


def test_reset_by_hand() -> None:
    clock = Clock()
    breakers = Breakers(POLICY, clock)
    for _ in range(3):
        breakers.of("a.test").failed()
    assert breakers.of("a.test").state is BreakerState.OPEN
    assert breakers.of("b.test").state is BreakerState.CLOSED
    breakers.reset()
    assert (breakers.of("a.test").admit(), breakers.of("a.test").failures) == (0.0, 0)


class Model:
    """What a breaker is, said without cleverness: a list of what happened since it opened."""

    def __init__(self) -> None:
        self.row = 0
        self.opened: float | None = None
        self.good = 0
        self.probe: float | None = None

    def wait(self, now: float) -> float:
        if self.opened is None:
            return 0.0
        if now < self.opened + POLICY.cooldown:
            return self.opened + POLICY.cooldown - now
        if self.probe is not None and now < self.probe + POLICY.probe_window:
            return min(1.0, self.probe + POLICY.probe_window - now)
        return 0.0


class BreakerMachine(RuleBasedStateMachine):
    """Any order of requests, answers, failures and time, against the model."""

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.breaker = Breaker(POLICY, self.clock)
        self.model = Model()
        self.passed_at: float | None = None

    @rule(seconds=st.sampled_from([0.5, 1.0, 29.5, 30.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def asks(self) -> None:
        expected = self.model.wait(self.clock.now)
        assert self.breaker.wait() == expected  # looking changes nothing
        assert self.breaker.admit() == expected
        if expected == 0.0 and self.model.opened is not None:
            self.model.probe = self.clock.now

    @rule()
    def fails(self) -> None:
        self.breaker.failed()
        self.model.row += 1
        self.model.good = 0
        if self.model.opened is not None or self.model.row >= POLICY.threshold:
            self.model.opened, self.model.probe = self.clock.now, None

    @rule()
    def succeeds(self) -> None:
        self.breaker.succeeded()
        self.model.row, self.model.probe = 0, None
        if self.model.opened is not None:
            self.model.good += 1
            if self.model.good >= POLICY.successes:
                self.model = Model()

    @precondition(lambda self: self.model.opened is not None)
    @rule()
    def drops(self) -> None:
        self.breaker.dropped()
        self.model.probe = None

    @rule()
    def is_reset(self) -> None:
        self.breaker.reset()
        self.model = Model()

    @invariant()
    def agrees(self) -> None:
        opened_at = self.model.opened
        if opened_at is None:
            expected = BreakerState.CLOSED
        elif self.clock.now < opened_at + POLICY.cooldown:
            expected = BreakerState.OPEN
        else:
            expected = BreakerState.HALF_OPEN
        assert self.breaker.state is expected
        assert self.breaker.failures == self.model.row


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, derandomize=True
)
