"""Leaves a server alone that failed too often, and lets it back in carefully."""

import threading
from collections.abc import Callable
from enum import StrEnum

from vsrt_gui.model.policies import BreakerPolicy

Clock = Callable[[], float]


class BreakerState(StrEnum):
    """Whether requests are let through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """Counts one host's failures. Thread-safe; time comes from the clock that it is given.

    Half-open lets one probe through at a time: libraries that let all of them through (or that serialise every
    request) would hammer a server that is just getting up (or slow down a healthy one).
    """

    def __init__(self, policy: BreakerPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._successes = 0
        self._opened_at: float | None = None
        self._probe_until: float | None = None

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self._failures

    @property
    def state(self) -> BreakerState:
        """What it is now."""
        with self._lock:
            if self._opened_at is None:
                return BreakerState.CLOSED
            cooled = self._clock() >= self._opened_at + self._policy.cooldown
            return BreakerState.HALF_OPEN if cooled else BreakerState.OPEN

    def admit(self) -> float:
        """Ask to send a request: 0 lets it through, else the seconds to wait before asking again."""
        with self._lock:
            now = self._clock()
            if self._opened_at is None:
                return 0.0
            cooldown = self._opened_at + self._policy.cooldown - now
            if cooldown > 0:
                return cooldown
            if self._probe_until is not None and now < self._probe_until:
                return min(1.0, self._probe_until - now)
            self._probe_until = now + self._policy.probe_window
            return 0.0

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

    def failed(self) -> None:
        """Count a request that timed out, lost its connection or was answered 5xx."""
        with self._lock:
            self._failures += 1
            self._successes = 0
            if self._opened_at is not None or self._failures >= self._policy.threshold:
                self._opened_at = self._clock()
                self._probe_until = None

    def dropped(self) -> None:
        """Take note of a request that ended and showed nothing (cancelled, or a 4xx): another probe may go at once."""
        with self._lock:
            self._probe_until = None

    def reset(self) -> None:
        """Close it by hand."""
        with self._lock:
            self._failures = 0
            self._close()

    def _close(self) -> None:
        self._opened_at = None
        self._probe_until = None
        self._successes = 0


class Breakers:
    """One breaker for each host of one service."""

    def __init__(self, policy: BreakerPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}

    def of(self, host: str) -> Breaker:
        """Return the host's breaker."""
        return self._breakers.setdefault(host, Breaker(self._policy, self._clock))

    def reset(self) -> None:
        """Close all of them by hand."""
        for breaker in self._breakers.values():
            breaker.reset()
