"""Leaves a server alone that failed too often, and lets it back in carefully."""

import threading
import time
from collections.abc import Callable

from vsrt_gui.model.policies import BreakerPolicy
from vsrt_gui.model.transport import BreakerNote, BreakerState, BreakerView, Circuit

__all__ = ["Breaker", "BreakerState", "Breakers", "Clock"]

Clock = Callable[[], float]


class Breaker:
    """Counts one host's failures. Thread-safe; time comes from the clocks that it is given.

    Half-open lets one probe through at a time: libraries that let all of them through (or that serialise every
    request) would hammer a server that is just getting up (or slow down a healthy one).

    Attributes:
        last_failure: when it failed last, seconds since 1970.
        total_failures: since it was made.
        transitions: changes of state since it was made.
    """

    def __init__(self, policy: BreakerPolicy, clock: Clock, wall: Clock = time.time) -> None:
        """Make a closed one.

        Args:
            policy: the numbers.
            clock: seconds that only ever grow; all waiting is measured with it.
            wall: seconds since 1970, for people and other programs.
        """
        self._policy = policy
        self._clock = clock
        self._wall = wall
        self._lock = threading.Lock()
        self._failures = 0
        self._successes = 0
        self._opened_at: float | None = None
        self._probe_until: float | None = None
        self._reset_at = 0.0
        self._reached = True
        self._cooled_told = False
        self.last_failure: float | None = None
        self.total_failures = 0
        self.transitions = 0

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self._failures

    @property
    def state(self) -> BreakerState:
        """What it is now."""
        with self._lock:
            return self._state()

    def wait(self) -> float:
        """Return what `admit` would, and change nothing."""
        with self._lock:
            return self._wait(self._clock())

    def admit(self) -> float:
        """Ask to send a request: 0 lets it through, else the seconds to wait before asking again."""
        with self._lock:
            now = self._clock()
            seconds = self._wait(now)
            if not seconds and self._opened_at is not None:
                self._note_cooled()
                self._probe_until = now + self._policy.probe_window
            return seconds

    def succeeded(self) -> None:
        """Count a request whose header was valid and whose first bytes came."""
        with self._lock:
            self._failures = 0
            self._probe_until = None
            if self._opened_at is None:
                return
            self._successes += 1
            if self._successes >= self._policy.successes:
                self._close()

    def failed(self, *, reached: bool = True) -> None:
        """Count a request that timed out, lost its connection or was answered 5xx.

        Args:
            reached: whether it says something of the server; a name that can't be looked up says more of this
                computer's own network, and is nothing to tell other programs of.
        """
        with self._lock:
            self._failures += 1
            self._successes = 0
            self._reached = reached
            self.total_failures += 1
            self.last_failure = self._wall()
            if self._opened_at is not None or self._failures >= self._policy.threshold:
                self._open(self._clock())

    def dropped(self) -> None:
        """Take note of a request that ended and showed nothing (cancelled, or a 4xx): another probe may go at once."""
        with self._lock:
            self._probe_until = None

    def reset(self) -> None:
        """Close it by hand."""
        with self._lock:
            self._failures = 0
            self._reset_at = self._wall()
            if self._opened_at is not None:
                self._close()

    def recall(self, note: BreakerNote) -> None:
        """Open, if another program found out that the server is to be left alone, and it still is."""
        with self._lock:
            left = min(note.left(self._wall()), self._policy.cooldown)
            if self._opened_at is None and left and note.opened_at > self._reset_at:
                self._failures = max(self._failures, note.failures)
                self.last_failure = max(self.last_failure or 0.0, note.opened_at)
                self._open(self._clock() + left - self._policy.cooldown)

    def note(self, circuit: Circuit, host: str) -> BreakerNote | None:
        """Return what to tell other programs; None while requests are let through."""
        with self._lock:
            left = self._wait(self._clock()) if self._state() is BreakerState.OPEN else 0.0
            if not left or not self._reached:
                return None
            return BreakerNote(
                circuit=circuit,
                host=host,
                failures=max(1, self._failures),
                opened_at=self._wall() + left - self._policy.cooldown,
                cooldown=self._policy.cooldown,
            )

    def view(self, circuit: Circuit, host: str) -> BreakerView:
        """Return what it shows."""
        with self._lock:
            return BreakerView(
                circuit=circuit,
                host=host,
                state=self._state(),
                failures=self._failures,
                threshold=self._policy.threshold,
                seconds_left=self._wait(self._clock()),
                last_failure=self.last_failure,
                total_failures=self.total_failures,
                transitions=self.transitions,
            )

    def _state(self) -> BreakerState:
        if self._opened_at is None:
            return BreakerState.CLOSED
        cooled = self._clock() >= self._opened_at + self._policy.cooldown
        return BreakerState.HALF_OPEN if cooled else BreakerState.OPEN

    def _wait(self, now: float) -> float:
        if self._opened_at is None:
            return 0.0
        cooldown = self._opened_at + self._policy.cooldown - now
        if cooldown > 0:
            return cooldown
        if self._probe_until is not None and now < self._probe_until:
            return min(1.0, self._probe_until - now)
        return 0.0

    def _open(self, at: float) -> None:
        """Open, or open anew after a failed probe; failures while it is open already change nothing but the time."""
        if self._opened_at is None or self._cooled_told:
            self.transitions += 1
        self._cooled_told = False
        self._opened_at = at
        self._probe_until = None

    def _note_cooled(self) -> None:
        """Count that it is half-open now, once: time alone has made it so, and the first probe shows it."""
        if not self._cooled_told:
            self._cooled_told = True
            self.transitions += 1

    def _close(self) -> None:
        self.transitions += 1
        self._cooled_told = False
        self._opened_at = None
        self._probe_until = None
        self._successes = 0


class Breakers:
    """One breaker for each host of one service.

    Attributes:
        resets: how often they were closed by hand; who waits for something else than a breaker looks at it too.
    """

    def __init__(self, policy: BreakerPolicy, clock: Clock, wall: Clock = time.time) -> None:
        self._policy = policy
        self._clock = clock
        self._wall = wall
        self._breakers: dict[str, Breaker] = {}
        self.resets = 0

    def of(self, host: str) -> Breaker:
        """Return the host's breaker."""
        return self._breakers.setdefault(host, Breaker(self._policy, self._clock, self._wall))

    def reset(self) -> None:
        """Close all of them by hand."""
        self.resets += 1
        for breaker in tuple(self._breakers.values()):
            breaker.reset()

    def views(self, circuit: Circuit) -> tuple[BreakerView, ...]:
        """Return what each shows, by host; a folder has no server that could be left alone."""
        return tuple(one.view(circuit, host) for host, one in sorted(self._breakers.items()) if host)
