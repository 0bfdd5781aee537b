"""One kind of request with all that rules it: patience, breakers, the limiter, and what other programs found out."""

import time
from dataclasses import dataclass
from typing import Protocol

from vsrt_gui.engine.breaker import Breakers, BreakerState, Clock
from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.limiter import Gate, Limiter
from vsrt_gui.model.policies import BreakerPolicy, LimitPolicy, Policies, RetryPolicy
from vsrt_gui.model.transport import BreakerNote, Circuit, LimiterView


class Notes(Protocol):
    """What the programs of one user tell each other of servers that failed; short, and none of it ever fails."""

    def read(self) -> tuple[BreakerNote, ...]:
        """Return every note that still holds."""
        ...

    def find(self, circuit: Circuit, host: str) -> BreakerNote | None:
        """Return the note of one server, None where there is none that still holds."""
        ...

    def write(self, note: BreakerNote) -> bool:
        """Write or replace one, and tell whether it is there now."""
        ...

    def erase(self, circuit: Circuit, host: str) -> None:
        """Take one away."""
        ...


class Service:
    """One kind of request.

    Attributes:
        circuit: which kind.
        retry: how patient its attempts are.
        breakers: one for each host.
        gate: lets through so many at a time.
        clock: seconds that only ever grow; all its waiting is measured with it.
        noted: hosts with an open breaker that a note for other programs stands for.
    """

    def __init__(
        self,
        circuit: Circuit,
        retry: RetryPolicy,
        rules: tuple[BreakerPolicy, LimitPolicy],
        clock: Clock = time.monotonic,
    ) -> None:
        self.circuit = circuit
        self.retry = retry
        self.clock = clock
        self.breakers = Breakers(rules[0], clock)
        self.gate = Gate(Limiter(rules[1], clock))
        self.noted: set[str] = set()

    def limits(self) -> LimiterView:
        """Return what its limiter shows."""
        return self.gate.limiter.view(self.circuit)


def services(policies: Policies, clock: Clock = time.monotonic) -> tuple[Service, Service]:
    """Return the service of manifests and that of artifacts."""
    manifest = (policies.manifest_breaker, policies.manifest_limit)
    download = (policies.download_breaker, policies.download_limit)
    return (
        Service(Circuit.MANIFEST, policies.manifest_retry, manifest, clock),
        Service(Circuit.DOWNLOAD, policies.download_retry, download, clock),
    )


@dataclass(frozen=True)
class Sharing:
    """Keeps one program's breakers and the notes in step; the notes are read and written in worker threads.

    Attributes:
        notes: of all programs.
        workers: the threads.
    """

    notes: Notes
    workers: Workers

    async def recall(self, service: Service, host: str) -> None:
        """Learn what other programs found out of a server; a note that one of them took away means: ask again."""
        if not host:
            return
        known = (
            host in service.noted
        )  # before one looks: a note that is being written is not one that was taken away
        note = await self.workers.run(Stop(), self.notes.find, service.circuit, host)
        breaker = service.breakers.of(host)
        key = service.circuit, host
        if note is not None:
            breaker.recall(note)
            if breaker.state is BreakerState.CLOSED:
                service.noted.discard(host)
                await self.workers.run(Stop(), self.notes.erase, *key)  # it was reset by hand here
            else:
                service.noted.add(host)
        elif known:
            service.noted.discard(host)
            if breaker.note(*key) is not None:
                breaker.reset()

    async def keep(self, service: Service, host: str) -> None:
        """Tell other programs what was found out here."""
        key = service.circuit, host
        note = service.breakers.of(host).note(*key) if host else None
        if note is not None:
            if await self.workers.run(Stop(), self.notes.write, note):
                service.noted.add(host)
        elif host in service.noted:
            service.noted.discard(host)
            await self.workers.run(Stop(), self.notes.erase, *key)
