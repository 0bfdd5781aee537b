"""Fetches one archive, with further requests for ranges of it where one alone would take long."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ParamSpec, Protocol, TypeVar

from vsrt_gui.engine.archive_streams import Errand, fetch_share, finish, first_stream
from vsrt_gui.engine.breaker import BreakerState
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.persist import Turn
from vsrt_gui.engine.retry import RETRYABLE
from vsrt_gui.engine.shares import Share
from vsrt_gui.engine.speeds import Speeds
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.policies import MEBIBYTE

P = ParamSpec("P")
T = TypeVar("T")

UNIT = 8 * MEBIBYTE
"""Bytes of one range: what a request costs is small beside it, and what a kill costs too."""
UNIT_SECONDS = 0.5
"""A range takes at least so long, so that the pause between two requests never holds up fast ones."""
WORTH_SECONDS = 2.0
"""Further requests are sent only where more than this much time remains."""
MOST = 3
"""Further requests at a time, besides the first one."""
LEAST = MEBIBYTE
"""Smaller ranges are not taken from somebody who brings them already."""
LOOK = 0.1
"""Seconds between two looks at how fast it goes, and at who waits."""
MEASURED = 0.5
"""Seconds that a speed is measured over."""
NOTED = 0.25
"""Seconds between two notes of what came: what a kill may cost at most."""
PATIENT = 4.0
"""Seconds that a request is looked at, and may still take, before one that lags is ended."""


class Work(Protocol):
    """Runs blocking work in a thread, as `Context.work` does."""

    def __call__(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Run it; a cancelled run waits for it to end."""
        ...


@dataclass
class Trust:
    """Whether ranges are worth asking for; outlives the attempts at one archive.

    Attributes:
        ended: whether they are not, so that one request at a time brings all.
    """

    ended: bool = False


async def fetch_archive(errand: Errand, turn: Turn, work: Work, trust: Trust) -> None:
    """Bring an archive to its partial file, going on where an earlier attempt or program ended.

    Restartable: whatever stops it, what came is staged; a kill costs what came since the last note, a quarter of a
    second of it, and nothing while there is one request only. The part is whole and right when this returns. What
    goes wrong with a further request costs no more than that request.

    Args:
        errand: what to bring.
        turn: the attempt; its server alone is asked.
        work: runs the requests.
        trust: of this archive.

    Raises:
        InstallerError: network and disk codes; `size-mismatch` and `checksum-mismatch`, after which nothing is staged
            that is known to be wrong.
    """
    crew = Crew(errand, turn, work, trust)
    failure: InstallerError | None = None
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(crew.watch(group))
            try:
                await _bring_all(crew)
            except InstallerError as error:
                failure = error  # a task group would hand it on in a group
            finally:
                crew.dismiss()
    except asyncio.CancelledError:
        with suppress(InstallerError):  # a pause ends as one, whatever the disk makes of the last note
            await crew.leave()
        raise
    await crew.leave()
    if failure is not None:
        raise failure
    try:
        await work(finish, errand)
    except InstallerError:
        trust.ended = trust.ended or errand.shares.divided
        raise


async def _bring_all(crew: "Crew") -> None:
    """Bring the first answer's bytes, and then what is left over by others, one range after the other."""
    errand = crew.errand
    if not await crew.work(first_stream, errand, crew.own):
        return
    while errand.shares.left > 0:
        share = await crew.next_share()
        if share is not None:
            await crew.fetch(share)


@dataclass
class Crew:
    """The further requests for one archive.

    Attributes:
        errand: what they help with.
        turn: the attempt that they belong to.
        work: runs them.
        trust: whether there are any.
        own: ends the first answer, and nothing else.
        noting: whether the sidecar says which bytes of the partial file count.
        least: bytes of the smallest range that is worth a request.
    """

    errand: Errand
    turn: Turn
    work: Work
    trust: Trust
    own: Stop = field(default_factory=Stop)
    noting: bool = False
    least: int = LEAST
    _stops: dict[Stop, None] = field(default_factory=dict)
    _lines: dict[Share, Stop] = field(default_factory=dict)
    _failed: bool = False
    _refusal: InstallerError | None = None
    _quiet_until: float = 0.0
    _ahead: int = 1
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _speeds: Speeds = field(default_factory=lambda: Speeds(MEASURED, PATIENT))
    _patience: float = field(default_factory=lambda: PATIENT)
    _noted_at: float = 0.0

    @property
    def unit(self) -> int:
        """Bytes of the next range: smaller towards the end, so that all end together."""
        return max(self.least, min(UNIT, self.errand.shares.left // (2 + len(self._stops))))

    @property
    def busy(self) -> bool:
        """Whether one of them is under way."""
        return bool(self._stops)

    async def watch(self, group: asyncio.TaskGroup) -> None:
        """Send further requests while that is worth it, and note what came, until they are dismissed."""
        while not self._over.is_set():
            if self.errand.shares.opened:
                await self._look(group)
            await _happened(self._over, LOOK)

    def dismiss(self) -> None:
        """End all of it; what came stays."""
        self._over.set()
        self._stop_all()

    async def leave(self) -> None:
        """Write down what lies there, or throw it away if it is wrong; nobody writes any more.

        Raises:
            InstallerError: disk codes.
        """
        if self.errand.spoilt:
            await self.work(self.errand.part.discard)
        elif self.errand.shares.opened and await self.work(self.errand.part.noted):
            await self.work(self.errand.part.note, self.errand.shares.done())

    async def next_share(self) -> Share | None:
        """Return what the first line brings next; None to look again.

        Where a further request was refused it is the only line: it waits for the others, and as long as was asked for.
        """
        share = None
        if not (self.trust.ended and self.busy):
            if self._refusal is not None and time.monotonic() < self._quiet_until:
                self.turn.further = True
                raise self._refusal
            share = self.errand.shares.take(self.unit if self.busy else None) or self._bid()
        if share is None:
            self._moved.clear()
            await _happened(self._moved, LOOK)
        return share

    async def fetch(self, share: Share) -> None:
        """Bring a range by the first line, which asks again where others were in the way."""
        await self.turn.next()
        try:
            await self._fetched(share, Stop())
        except InstallerError as error:
            self._heed(share, error)
            lost = share.accepted and error.fault.code is not FaultCode.BAD_RESPONSE
            if lost or not self.busy:
                self.turn.further = not lost
                raise

    def _heed(self, share: Share, error: InstallerError) -> None:
        """Ask for no more than one range at a time where a server refuses that, or brings something else."""
        if share.accepted and error.fault.code in RETRYABLE:
            return  # a connection may be lost
        self.trust.ended = True
        self._refusal = error
        asked = float(error.fault.facts.get("retry_after", 0.0))
        self._quiet_until = max(self._quiet_until, time.monotonic() + asked)

    async def _fetched(self, share: Share, stop: Stop) -> None:
        self._lines[share] = stop
        try:
            await self.work(fetch_share, self.errand, share, stop)
        finally:
            del self._lines[share]

    def _bid(self) -> Share | None:
        """Ask for bytes of the request that would take longest, if ranges of it are worth asking for."""
        slowest = None if self.trust.ended else self._slowest()
        return self.errand.shares.bid(slowest, self.unit * self._ahead, self.least) if slowest else None

    def _slowest(self) -> Share | None:
        shares, left = self.errand.shares.active(), self._speeds.left
        long = [share for share in shares if share.left >= 2 * self.least and left(share) > WORTH_SECONDS]
        return max(long, key=left, default=None)

    async def _look(self, group: asyncio.TaskGroup) -> None:
        limiter = self.turn.service.gate.limiter
        if self.noting or self.errand.noted:
            await self._note()
        self._speeds.look(time.monotonic(), self.errand.gauge.done, self.errand.shares.active())
        self._end_one_that_lags()
        if limiter.crowded:
            self._let_one_in()
        elif self._worth_it() and limiter.free:
            group.create_task(self._help())

    async def _note(self) -> None:
        """Write down what came, from time to time."""
        now = time.monotonic()
        if not self.noting or now - self._noted_at >= NOTED:
            try:
                await self.work(self.errand.part.note, self.errand.shares.done())
            except InstallerError:
                self._failed = True  # the last note, or the next byte, tells what is wrong
                return
            self.noting = True
            self._noted_at = now

    def _worth_it(self) -> bool:
        """Tell whether a further request would save time, and whether it may be sent."""
        shares, speed = self.errand.shares, self._speeds.together
        if not speed:
            return False
        lines = 1 + len(self._stops)
        self.least = max(LEAST, int(speed / lines * UNIT_SECONDS))
        # A date may stand for two files of one second.
        vouched = (self.errand.validator or "").startswith('"')
        over = self._over.is_set() or self._failed or self.trust.ended
        most = MOST if shares.divided else 1  # one shows whether the server has ranges
        wanted = not over and len(self._stops) < most
        polite = bool(self.turn.place.host) and self.turn.breaker.state is BreakerState.CLOSED
        much = shares.left > max(2 * UNIT, speed * WORTH_SECONDS)
        return vouched and wanted and polite and (much or (shares.divided and self._slowest() is not None))

    async def _help(self) -> None:
        """Bring one range after the other, as long as there are any and nobody else wants the place."""
        gate, stop = self.turn.service.gate, Stop()
        with gate.slipped_in() as free:
            if not free:
                return
            self._stops[stop] = None
            try:
                await self._note()
                more = self.noting
                while more and not stop.is_set():
                    more = await self._helped(stop)
                    if more:
                        await gate.paced()
            finally:
                del self._stops[stop]
                self._moved.set()

    async def _helped(self, stop: Stop) -> bool:
        """Bring one range, and tell whether to go on."""
        share = self.errand.shares.take(self.unit) or self._bid()
        if share is None:
            return False
        try:
            await self._fetched(share, stop)
        except InstallerError as error:
            self._failed = True
            self._heed(share, error)
        else:
            self._ahead *= 1 if share.accepted else 2  # its answer came late: the bytes were there
        self._moved.set()
        return not (self._failed or self.trust.ended)

    def _let_one_in(self) -> None:
        """Make room for somebody else's first request."""
        for stop in reversed(self._stops):
            if not stop.is_set():
                stop.set()
                return

    def _end_one_that_lags(self) -> None:
        """End a request that takes long where a new one would not; each time that needs more patience than before."""
        for share in self.errand.shares.active() if self.errand.shares.divided else ():
            stop = self._lines.get(share, self.own)
            if not stop.is_set() and self._speeds.lags(share, self._patience):
                self._patience *= 2
                stop.set()
                return

    def _stop_all(self) -> None:
        for stop in self._stops:
            stop.set()


async def _happened(event: asyncio.Event, seconds: float) -> bool:
    """Wait for something that long, and tell whether it happened."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
