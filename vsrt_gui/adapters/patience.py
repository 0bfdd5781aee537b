"""How long a request may wait, and what ends its waiting early."""

import math
import time
from typing import Self

from vsrt_gui.engine.cancel import Stop

TURN_SECONDS = 0.1
"""A blocked call looks at its stop this often.

Shutting a socket down from another thread wakes a blocked call on Linux, but not on every system; waiting in
short turns ends it on all of them, and costs ten wake-ups a second only where nothing arrives anyway.
"""


class Patience(float):
    """A timeout in seconds that carries the stop of its request.

    httpcore hands a request's timeouts untouched to each call of the network backend, also on a connection that
    another request has opened; so the stop arrives wherever the request waits, without any thread-bound state.
    """

    stop: Stop

    def __new__(cls, seconds: float, stop: Stop) -> Self:
        """Make a timeout of that many seconds, ended early by `stop`."""
        made = super().__new__(cls, seconds)
        made.stop = stop
        return made

    @classmethod
    def of(cls, timeout: float | None) -> "Patience":
        """Return what httpcore hands over as what it is; anything else becomes a timeout that nothing stops."""
        if isinstance(timeout, Patience):
            return timeout
        return cls(math.inf if timeout is None else timeout, Stop())

    def begin(self) -> "Waiting":
        """Start to wait."""
        return Waiting(self)


class Waiting:
    """One wait that has begun."""

    def __init__(self, patience: Patience) -> None:
        self._stop = patience.stop
        self._until = time.monotonic() + patience

    def turn(self) -> float:
        """Return how long the next turn may last, in seconds.

        Raises:
            StoppedError: once the request was stopped.
            TimeoutError: once the patience is at its end.
        """
        self._stop.check()
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, TURN_SECONDS)
