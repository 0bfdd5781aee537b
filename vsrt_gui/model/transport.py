"""How servers fare with us, and we with them, as values that a screen, a command or a health check can show."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from vsrt_gui.model.value import Value


class Circuit(StrEnum):
    """One kind of request; each has breakers, a limiter and a patience of its own."""

    MANIFEST = "manifest_circuit"
    DOWNLOAD = "download_circuit"


class BreakerState(StrEnum):
    """Whether requests are let through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class BreakerView(Value):
    """One server's breaker.

    Attributes:
        circuit: for which kind of request.
        host: of the server, with its port where the address names one.
        state: whether requests are let through.
        failures: in a row.
        threshold: that many open it.
        seconds_left: until the server is asked again, 0 where it may be asked now.
        last_failure: seconds since 1970, None where it never failed.
        total_failures: since the program began.
        transitions: changes of state since the program began.
    """

    circuit: Circuit
    host: str
    state: BreakerState
    failures: int
    threshold: int
    seconds_left: float = 0.0
    last_failure: float | None = None
    total_failures: int = 0
    transitions: int = 0


class LimiterView(Value):
    """What one kind of request has under way.

    Attributes:
        circuit: which kind.
        active: requests under way.
        queued: those that wait for their turn.
        rejected: those that left before it was their turn, since the program began.
        concurrent: so many may be under way.
        gap: seconds between the beginnings of two requests.
    """

    circuit: Circuit
    active: int
    queued: int
    rejected: int
    concurrent: int
    gap: float


class Transport(Value):
    """All breakers that were ever used, by circuit and host, and both limiters."""

    breakers: tuple[BreakerView, ...] = ()
    limiters: tuple[LimiterView, ...] = ()

    @property
    def waiting(self) -> tuple[BreakerView, ...]:
        """The servers that are left alone just now."""
        return tuple(one for one in self.breakers if one.state is not BreakerState.CLOSED)


class BreakerNote(Value):
    """What programs tell each other of a server that failed too often.

    Attributes:
        format: of the note.
        circuit: for which kind of request.
        host: of the server, with its port where the address names one.
        failures: in a row.
        opened_at: since when it is left alone, seconds since 1970.
        cooldown: for how long, seconds.
    """

    format: Annotated[int, Field(ge=1, le=1)] = 1
    circuit: Circuit
    host: Annotated[str, Field(min_length=1, max_length=300)]
    failures: Annotated[int, Field(ge=1, le=1_000_000)]
    opened_at: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    cooldown: Annotated[float, Field(ge=0, le=3600)]

    def left(self, now: float) -> float:
        """Return the seconds that are left of it; 0 for one of the past, or from a clock that was wrong."""
        left = self.opened_at + self.cooldown - now
        return left if 0 < left <= self.cooldown else 0.0
