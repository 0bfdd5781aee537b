"""Knows how fast the requests for one archive are, each by itself and all together; time and bytes are handed to it."""

import math
from collections import deque
from collections.abc import Iterable

from vsrt_gui.engine.shares import Share

FAR = 4
"""A request that is so many times slower than another one lags: its connection is worse than a new one will be."""


class _Trail:
    """How far something came in the last seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: deque[tuple[float, int]] = deque()

    def look(self, now: float, at: int) -> None:
        self._seen.append((now, at))
        while len(self._seen) > 1 and now - self._seen[1][0] >= self._seconds:
            self._seen.popleft()

    def rate(self, least: float) -> float | None:
        """Return bytes a second, None where it was not looked at for so many seconds yet."""
        (then, had), (now, has) = self._seen[0], self._seen[-1]
        return (has - had) / (now - then) if now - then >= least else None


class Speeds:
    """How fast the requests for one archive are."""

    def __init__(self, soon: float, sure: float) -> None:
        """Begin to look.

        Args:
            soon: seconds after which a speed is known well enough to divide what is left.
            sure: seconds after which that of one request, which comes in bursts, is known well enough to end it.
        """
        self._soon, self._sure = soon, sure
        self._all = _Trail(soon)
        self._trails: dict[Share, _Trail] = {}
        self._best = 0.0

    def look(self, now: float, done: int, shares: Iterable[Share]) -> None:
        """Take note of where all of it is, and what those requests are at that are under way."""
        self._all.look(now, done)
        self._trails = {share: self._trails.get(share) or _Trail(self._sure) for share in shares}
        for share, trail in self._trails.items():
            trail.look(now, share.at)
            self._best = max(self._best, trail.rate(self._soon) or 0.0)

    @property
    def together(self) -> float:
        """Bytes a second of all, 0 while that is not known."""
        return max(0.0, self._all.rate(self._soon) or 0.0)

    def left(self, share: Share) -> float:
        """Return the seconds that a request still takes, if it goes on as it does; a new one goes as fast as most."""
        trail = self._trails.get(share)
        rate = trail.rate(self._soon) if trail else None
        if rate is None:
            rate = self.together / max(1, len(self._trails))
        return share.left / rate if rate > 0 else math.inf

    def lags(self, share: Share, patience: float) -> bool:
        """Tell whether a request takes longer than that, and far longer than others would.

        Others are those that are under way, as a network may be slow for all of them; the fastest one that there was,
        where there are none.
        """
        trail = self._trails.get(share)
        rate = trail.rate(self._sure) if trail else None
        if rate is None or self.left(share) <= patience:
            return False
        others = [one.rate(self._soon) for other, one in self._trails.items() if other is not share]
        return FAR * rate < max((one for one in others if one is not None), default=self._best)
