"""Repeats an attempt as long as that makes sense, first the breaker, then the limiter, then the request."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from vsrt_gui.engine.breaker import Breaker, BreakerState
from vsrt_gui.engine.mirrors import Failure, Hunt, MirrorOrder, Place, told
from vsrt_gui.engine.retry import COUNTED
from vsrt_gui.engine.service import Service, Sharing
from vsrt_gui.model.events import Event, Retrying, Step, Waiting
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.policies import RetryPolicy

T = TypeVar("T")
LOOK_SECONDS = 1.0
"""Who waits looks again this often: a reset by hand is seen, and the countdown is true."""


def _no_progress() -> int:
    return 0


@dataclass
class Turn:
    """One attempt that may go.

    Attributes:
        place: where to ask.
        breaker: of its server.
        service: of the request.
        blended: whether bytes that were there before have a part in what comes of it.
        kept: whether a part of what it brought is proved right already, whatever comes of the rest.
        further: whether what failed was a further request of it, which says nothing against the place.
        shown: whether the server has shown how it is.
        began: when it went, on the service's clock.
    """

    place: Place
    breaker: Breaker
    service: Service
    began: float
    blended: bool = False
    kept: bool = False
    further: bool = False
    shown: bool = False

    @property
    def url(self) -> str:
        """The address to ask."""
        return self.place.url

    def answered(self) -> None:
        """Tell of the first bytes of a valid answer; called from any thread."""
        self.shown = True
        self.breaker.succeeded()

    def blend(self) -> None:
        """Take note that bytes that were there before have a part in it; called from any thread."""
        self.blended = True

    async def next(self) -> None:
        """Wait until a further request of this attempt may go."""
        if self.place.host:
            await self.service.gate.paced()


Attempt = Callable[[Turn], Awaitable[T]]


@dataclass(frozen=True)
class Rules:
    """What rules the attempts at one thing.

    Attributes:
        service: which kind of request it is.
        order: what the run knows of servers.
        emit: told of each pause.
        module: for whom, None for the catalog.
        step: doing what.
        gained: bytes that the attempts brought so far.
        sharing: tells other programs; None keeps it to oneself.
        patience: how often and after what pause; None for that of the service.
    """

    service: Service
    order: MirrorOrder
    emit: Callable[[Event], None]
    module: str | None = None
    step: Step | None = None
    gained: Callable[[], int] = _no_progress
    sharing: Sharing | None = None
    patience: RetryPolicy | None = None

    async def persist(self, urls: Iterable[str], attempt: Attempt[T]) -> T:
        """Attempt in one place after the other until one succeeds or patience ends.

        Spoilt bytes are worth one more attempt, whatever the count; an open breaker costs none.

        Args:
            urls: the places, the preferred one first.
            attempt: asks one of them.

        Raises:
            InstallerError: what the last attempt failed with.
        """
        hunt = Hunt(urls, self.order, self.patience or self.service.retry)
        clock = self.service.clock
        while True:
            place = await self._admitted(hunt)
            turn = Turn(place, self.service.breakers.of(place.host), self.service, clock())
            before = self.gained()
            try:
                result = await self._sent(hunt, turn, attempt)
            except InstallerError as error:
                brought = self.gained() - before
                failure = Failure(error.fault, brought, turn.blended, _chance(), turn.further)
                if not hunt.failed(turn.place, failure, clock()):
                    raise
                self._tell(error.fault, turn.place, self._next(hunt))
            except _ShutAgain:
                continue
            else:
                hunt.served(turn.place, self.gained() - before, clock() - turn.began)
                return result

    def _next(self, hunt: Hunt, mine: str | None = None) -> Place:
        """Choose the next place; `mine` is the host that this attempt is the probe of."""
        breakers = self.service.breakers

        def closed_for(host: str) -> float:
            probing = host == mine and breakers.of(host).state is not BreakerState.OPEN
            return 0.0 if probing else breakers.of(host).wait()

        return hunt.choose(self.service.clock(), closed_for)

    def _tell(self, fault: Fault, place: Place, then: Place) -> None:
        self.emit(
            Retrying(
                module=self.module,
                step=self.step,
                fault=fault,
                attempt=max(1, place.failures),
                attempts=(self.patience or self.service.retry).attempts,
                delay=max(0.0, then.ready_at - self.service.clock()),
                source=told(place.url),
                then=told(then.url),
            )
        )

    async def _admitted(self, hunt: Hunt) -> Place:
        """Wait until a place may be asked; a reset by hand ends every pause."""
        resets = self.service.breakers.resets
        while True:
            await self._recall(hunt)
            if self.service.breakers.resets != resets:
                resets = self.service.breakers.resets
                hunt.hurry()
            place = self._next(hunt)
            pause = place.ready_at - self.service.clock()
            if pause > 0:
                await asyncio.sleep(min(pause, LOOK_SECONDS))
                continue
            seconds = self.service.breakers.of(place.host).admit()
            if not seconds:
                return place
            self.emit(Waiting(module=self.module, host=place.host, seconds=seconds))
            await asyncio.sleep(min(seconds, LOOK_SECONDS))

    async def _recall(self, hunt: Hunt) -> None:
        if self.sharing is not None:
            for place in hunt.places:
                await self.sharing.recall(self.service, place.host)

    async def _sent(self, hunt: Hunt, turn: Turn, attempt: Attempt[T]) -> T:
        """Attempt once, in the limiter's turn, and tell the breaker how that went, whichever way it ends."""
        if not turn.place.host:  # a folder: nobody is there to be polite to
            return await attempt(turn)
        try:
            async with self.service.gate.passed():
                self._look_again(hunt, turn)
                turn.began = self.service.clock()
                return await attempt(turn)
        except InstallerError as error:
            if error.fault.code in COUNTED and not turn.further:
                turn.shown = True
                turn.breaker.failed(reached=error.fault.code is not FaultCode.NAME_NOT_FOUND)
            raise
        finally:
            if not turn.shown:
                turn.breaker.dropped()
            elif self.sharing is not None:
                await self.sharing.keep(self.service, turn.place.host)

    def _look_again(self, hunt: Hunt, turn: Turn) -> None:
        """Heed what others learned of servers while this request waited for its turn."""
        best = self._next(hunt, turn.place.host)
        if best is not turn.place:
            breaker = self.service.breakers.of(best.host)
            if best.ready_at > self.service.clock() or breaker.admit():
                raise _ShutAgain
            turn.breaker.dropped()
            turn.place, turn.breaker = best, breaker
        elif turn.breaker.state is BreakerState.OPEN:
            raise _ShutAgain


class _ShutAgain(Exception):  # noqa: N818 -- no error: who waited for his turn waits for the breaker again
    """The server failed too often while the request waited for its turn."""


def _chance() -> float:
    return random.random()  # noqa: S311 -- spreads load, guards nothing
