"""Holds all downloads together to so many bytes a second, evenly."""

import threading
import time
from collections.abc import Callable, Iterator

from vsrt_gui.engine.cancel import Stop

SLICE_SECONDS = 0.1
"""Bytes are let through in portions of this much time, so that a slow limit still flows."""

SMALLEST_SLICE = 1024
BURST_SECONDS = 0.1
"""What was not used is saved up for so long, so that a pause between two pieces costs nothing."""


class Throttle:
    """A bucket that fills at the limit's rate; everything that shares the object shares the limit."""

    def __init__(self, rate: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Make a limit.

        Args:
            rate: bytes a second, more than 0; None for no limit.
            clock: seconds, which only go forward.
        """
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._paid_until = clock()

    def book(self, count: int) -> float:
        """Take that many bytes out of the bucket, and return the seconds until they may go.

        Whoever books first goes first: the lanes take turns, and none starves.
        """
        with self._lock:
            if self._rate is None:
                return 0.0
            now = self._clock()
            self._paid_until = max(self._paid_until, now - BURST_SECONDS) + count / self._rate
            return max(0.0, self._paid_until - now)

    def slowed(self, pieces: Iterator[bytes], stop: Stop) -> Iterator[bytes]:
        """Yield the same bytes, in portions small enough to flow evenly, and none before its time.

        Raises:
            StoppedError: as soon as it is stopped.
        """
        for piece in pieces:
            rate = self._rate
            if rate is None:
                yield piece
                continue
            portion = max(SMALLEST_SLICE, int(rate * SLICE_SECONDS))
            for start in range(0, len(piece), portion):
                part = piece[start : start + portion]
                if seconds := self.book(len(part)):
                    stop.wait(seconds)
                yield part
