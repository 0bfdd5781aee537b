"""Decides by fault code whether something is worth another attempt, where, and after what pause."""

from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.policies import RetryPolicy

COUNTED = frozenset(
    {
        FaultCode.NAME_NOT_FOUND,
        FaultCode.CONNECTION_FAILED,
        FaultCode.CONNECT_TIMEOUT,
        FaultCode.STALLED,
        FaultCode.SERVER_ERROR,
    }
)
"""What a breaker counts: timeouts, connection errors and 5xx; never 4xx, which is an answer."""

RETRYABLE = COUNTED | {
    FaultCode.RATE_LIMITED,
    FaultCode.PROXY_UNREACHABLE,
    FaultCode.PROXY_SCRIPT,
    FaultCode.FILE_IN_USE,
}
"""What passes by itself. A proxy's trouble says nothing against the server behind it."""

DAMAGED_BYTES = frozenset({FaultCode.CHECKSUM_MISMATCH, FaultCode.SIZE_MISMATCH, FaultCode.ARCHIVE_DAMAGED})
"""What one clean restart may mend: bytes that were spoilt on their way, or spliced from two versions."""

OF_THE_PLACE = (
    COUNTED
    | DAMAGED_BYTES
    | {
        FaultCode.RATE_LIMITED,
        FaultCode.CERTIFICATE_REJECTED,
        FaultCode.ACCESS_REFUSED,
        FaultCode.SOURCE_GONE,
        FaultCode.REDIRECT_LOOP,
        FaultCode.BAD_RESPONSE,
        FaultCode.FOLDER_MISSING,
        FaultCode.FILE_MISSING,
        FaultCode.FILE_UNREADABLE,
        FaultCode.PROXY_UNREACHABLE,
        FaultCode.PROXY_AUTH_REQUIRED,
        FaultCode.PROXY_REFUSED,
        FaultCode.PROXY_SCRIPT,
    }
)
"""What another place of the same bytes may do better; a full disk is not among it."""

LONGEST_PAUSE = 300.0
"""Seconds; a server that asks for more patience than this is treated as out of order."""


def pause(policy: RetryPolicy, fault: Fault, failures: int, chance: float) -> float | None:
    """Return the seconds to wait before the next attempt, or None when there is to be none.

    Args:
        policy: how patient to be.
        fault: what the last attempt failed with.
        failures: attempts in a row that brought nothing, the last one included.
        chance: a random number from 0 to 1.
    """
    if fault.code not in RETRYABLE or failures >= policy.attempts:
        return None
    asked = float(fault.facts.get("retry_after", 0.0))
    if asked > LONGEST_PAUSE:
        return None
    planned = policy.first_delay * policy.factor ** max(0, failures - 1)
    return max(asked, planned * (1 - policy.jitter * chance))
