"""Repeats an attempt as long as that makes sense; rate of asking and giving up are ruled by policy."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from vsrt_gui.engine.breaker import Breaker, Breakers
from vsrt_gui.engine.retry import COUNTED, DAMAGED_BYTES, pause
from vsrt_gui.model.events import Event, Retrying, Step, Waiting
from vsrt_gui.model.faults import Fault, InstallerError
from vsrt_gui.model.policies import RetryPolicy

T = TypeVar("T")
Answered = Callable[[], None]
"""An attempt calls it with the first bytes of a valid answer."""


def _no_progress() -> int:
    return 0


@dataclass(frozen=True)
class Rules:
    """What rules the attempts at one thing.

    Attributes:
        policy: how often.
        breakers: of the service.
        emit: told of each pause.
        module: for whom, None for the catalog.
        step: doing what.
        gained: bytes that the attempts brought so far.
    """

    policy: RetryPolicy
    breakers: Breakers
    emit: Callable[[Event], None]
    module: str | None = None
    step: Step | None = None
    gained: Callable[[], int] = _no_progress

    async def persist(self, url: str, attempt: Callable[[Answered], Awaitable[T]]) -> T:
        """Attempt until it succeeds or patience ends.

        Spoilt bytes are worth one more attempt, whatever the count; an open breaker costs none.

        Raises:
            InstallerError: what the last attempt failed with.
        """
        host = urlsplit(url).hostname or ""
        breaker = self.breakers.of(host)
        failures, restarted = 0, False
        while True:
            await self._admitted(breaker, host)
            before = self.gained()
            try:
                return await _counted(breaker, attempt)
            except InstallerError as error:
                fault = error.fault
                failures = 1 if self.gained() - before >= self.policy.progress else failures + 1
                delay = 0.0 if fault.code in DAMAGED_BYTES and not restarted else self._pause(fault, failures)
                if delay is None:
                    raise
                restarted = restarted or fault.code in DAMAGED_BYTES
            self._tell(fault, failures, delay)
            await asyncio.sleep(delay)

    def _pause(self, fault: Fault, failures: int) -> float | None:
        return pause(self.policy, fault, failures, random.random())  # noqa: S311 -- spreads load, guards nothing

    def _tell(self, fault: Fault, failures: int, delay: float) -> None:
        self.emit(
            Retrying(
                module=self.module,
                step=self.step,
                fault=fault,
                attempt=failures,
                attempts=self.policy.attempts,
                delay=delay,
            )
        )

    async def _admitted(self, breaker: Breaker, host: str) -> None:
        """Wait until the breaker lets a request through; looks again each second, so that a reset by hand is seen."""
        while seconds := breaker.admit():
            self.emit(Waiting(module=self.module, host=host, seconds=seconds))
            await asyncio.sleep(min(seconds, 1.0))


async def _counted(breaker: Breaker, attempt: Callable[[Answered], Awaitable[T]]) -> T:
    """Attempt once, and tell the breaker how that went, whichever way it ends."""
    told: list[bool] = []

    def answered() -> None:
        told.append(True)
        breaker.succeeded()

    try:
        return await attempt(answered)
    except InstallerError as error:
        if error.fault.code in COUNTED:
            told.append(False)
            breaker.failed()
        raise
    finally:
        if not told:
            breaker.dropped()
