"""The numbers that rule patience, politeness and room; defaults are those of the system we replace."""

from vsrt_gui.model.value import Value

MEBIBYTE = 1 << 20
GIGABYTE = 10**9


class RetryPolicy(Value):
    """How often and after what pause something is tried again.

    Attributes:
        attempts: in all, the first included.
        first_delay: seconds before the second attempt.
        factor: each further pause is this many times the one before.
        jitter: share of the pause that is left to chance, so that many machines do not come back at once.
        progress: an attempt that brought this many bytes starts the count anew.
    """

    attempts: int = 3
    first_delay: float = 2.0
    factor: float = 2.0
    jitter: float = 0.25
    progress: int = MEBIBYTE


class BreakerPolicy(Value):
    """When a server is left alone, and when it is asked again; seconds.

    Attributes:
        threshold: failures in a row that open it.
        cooldown: how long nothing is asked then.
        probe_window: how long the one probe of a half-open breaker may take before another is let through.
        successes: probes in a row that close it.
    """

    threshold: int = 5
    cooldown: float = 60.0
    probe_window: float = 30.0
    successes: int = 3


class LimitPolicy(Value):
    """How politely servers are asked.

    The gap guards a server from bursts. Ranges for single files that follow each other over one connection are no
    burst: the next one is asked for when the one before is done, so the server sets the pace, and all of them take one
    of the places. They keep the gap too once the server failed or said that it is asked too much.

    Attributes:
        concurrent: requests under way at the same time.
        gap: seconds between the beginnings of two requests.
    """

    concurrent: int = 3
    gap: float = 0.1


class MirrorPolicy(Value):
    """When another place of the same bytes is preferred.

    Attributes:
        slow: bytes a second below which a place goes after those that are faster or not yet known.
        enough: bytes that a transfer must have brought before its speed says something.
    """

    slow: int = 256 << 10
    enough: int = MEBIBYTE


class DiskPolicy(Value):
    """How much room there must be, bytes.

    Attributes:
        minimum: free before a whole module is installed, whatever it needs.
        reserve: left over beyond what the plan needs, for the file system's own books.
        recommended: below this a warning is shown.
        warn_used: share of the disk in use from which a warning is shown.
    """

    minimum: int = GIGABYTE
    reserve: int = 16 * MEBIBYTE
    recommended: int = 2 * GIGABYTE
    warn_used: float = 0.8


class Policies(Value):
    """All of them."""

    manifest_retry: RetryPolicy = RetryPolicy(first_delay=1.0)
    manifest_breaker: BreakerPolicy = BreakerPolicy(threshold=3, cooldown=30.0)
    manifest_ttl: float = 86_400.0
    """Seconds for which a fetched manifest is used without asking again."""
    manifest_limit: LimitPolicy = LimitPolicy(concurrent=2, gap=0.2)
    download_retry: RetryPolicy = RetryPolicy()
    download_breaker: BreakerPolicy = BreakerPolicy()
    download_limit: LimitPolicy = LimitPolicy()
    mirrors: MirrorPolicy = MirrorPolicy()
    disk: DiskPolicy = DiskPolicy()
    kept_generations: int = 1
    """Generations kept besides the current one, to roll back to."""
    keep_downloads: bool = False
    """Whether the downloads of what is installed stay, for the next installation."""
