"""What is known of the manifests that were fetched before."""

from vsrt_gui.model.manifest import Manifest
from vsrt_gui.model.value import Value


class Dated(Value):
    """A manifest and when it came.

    Attributes:
        manifest: parsed.
        fetched_at: seconds since 1970, UTC.
        valid: whether it is young enough to be used without asking again.
    """

    manifest: Manifest
    fetched_at: float
    valid: bool = True


class CacheStats(Value):
    """What the manifest cache holds, and how often this process could use it.

    Attributes:
        total: entries.
        valid: of them, young enough to be used without asking.
        expired: of them, kept only for when the network is down.
        size: bytes on the disk.
        hits: answers from memory or disk.
        misses: questions that had to go to the network.
    """

    total: int = 0
    valid: int = 0
    expired: int = 0
    size: int = 0
    hits: int = 0
    misses: int = 0
