"""Asks servers politely: only so many requests at a time, and a little pause between their beginnings."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from vsrt_gui.engine.breaker import Clock
from vsrt_gui.model.policies import LimitPolicy
from vsrt_gui.model.transport import Circuit, LimiterView


class Ticket:
    """One request's place in the queue, and then its permission."""


class Limiter:
    """Who may send a request, and when; first come, first served. Time comes from the clock that it is given.

    Attributes:
        active: requests under way.
        rejected: requests that left before it was their turn.
    """

    def __init__(self, policy: LimitPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._queue: deque[Ticket] = deque()
        self._inside: set[Ticket] = set()
        self._last = -math.inf
        self.rejected = 0

    @property
    def active(self) -> int:
        """Requests under way."""
        return len(self._inside)

    @property
    def queued(self) -> int:
        """Requests that wait for their turn."""
        return len(self._queue)

    @property
    def free(self) -> bool:
        """Whether a place is left that nobody waits for."""
        return not self._queue and len(self._inside) < self._policy.concurrent

    @property
    def crowded(self) -> bool:
        """Whether somebody waits for others to end."""
        return bool(self._queue) and len(self._inside) >= self._policy.concurrent

    def join(self) -> Ticket:
        """Get in line."""
        ticket = Ticket()
        self._queue.append(ticket)
        return ticket

    def admit(self, ticket: Ticket) -> float:
        """Ask to send: 0 lets it through; else the seconds until it may, infinite while others must end first."""
        if self._queue[0] is not ticket or len(self._inside) >= self._policy.concurrent:
            return math.inf
        seconds = self.pace()
        if not seconds:
            self._queue.popleft()
            self._inside.add(ticket)
        return seconds

    def slip_in(self) -> Ticket | None:
        """Ask to send what may as well be left: only where nobody waits, and at once; None where that can't be."""
        if not self.free or self.pace():
            return None
        ticket = Ticket()
        self._inside.add(ticket)
        return ticket

    def pace(self) -> float:
        """Ask for a further request of one that is inside: 0 lets it through, else the seconds until it may."""
        now = self._clock()
        seconds = max(0.0, self._last + self._policy.gap - now)
        if not seconds:
            self._last = now
        return seconds

    def leave(self, ticket: Ticket) -> None:
        """Let the next one in; one that never got in has given up."""
        if ticket in self._inside:
            self._inside.remove(ticket)
        else:
            self._queue.remove(ticket)
            self.rejected += 1

    def view(self, circuit: Circuit) -> LimiterView:
        """Return what it shows."""
        return LimiterView(
            circuit=circuit,
            active=self.active,
            queued=self.queued,
            rejected=self.rejected,
            concurrent=self._policy.concurrent,
            gap=self._policy.gap,
        )


class Gate:
    """Lets coroutines through as a limiter says."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter
        self._moved = asyncio.Event()

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Wait for one's turn, and hold it within the block."""
        ticket = self.limiter.join()
        try:
            while seconds := self.limiter.admit(ticket):
                await self._wait(seconds)
            self._move()  # the next one is the first in line now
            yield
        finally:
            self.limiter.leave(ticket)
            self._move()

    @contextmanager
    def slipped_in(self) -> Iterator[bool]:
        """Hold a place that nobody else waits for within the block, if there is one; yields whether there is."""
        ticket = self.limiter.slip_in()
        try:
            yield ticket is not None
        finally:
            if ticket is not None:
                self.limiter.leave(ticket)
                self._move()

    async def paced(self) -> None:
        """Wait until somebody inside may send a further request."""
        while seconds := self.limiter.pace():  # noqa: ASYNC110 -- the place may be taken by another one meanwhile
            await asyncio.sleep(seconds)

    async def _wait(self, seconds: float) -> None:
        moved = self._moved
        with suppress(TimeoutError):
            async with asyncio.timeout(None if math.isinf(seconds) else seconds):
                await moved.wait()

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
