"""Knows which bytes of one archive are there, and who is bringing which of the others; knows no disk and no network."""

import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

Range = tuple[int, int]
"""First byte, and one past the last."""

ENDLESS = sys.maxsize
"""Where an archive ends of which nobody said that."""


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return the same bytes as few ranges, in order; empty ones go."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return tuple(found)


def common(some: Iterable[Range], others: Iterable[Range]) -> tuple[Range, ...]:
    """Return the bytes that are in both, in order."""
    found = merged(others)
    return merged((max(a, c), min(b, d)) for a, b in merged(some) for c, d in found)


def gaps(ranges: Iterable[Range], end: int) -> tuple[Range, ...]:
    """Return what is missing before `end`, in order."""
    found = []
    at = 0
    for start, stop in (*merged(ranges), (end, end)):
        if at < min(start, end):
            found.append((at, min(start, end)))
        at = max(at, stop)
    return tuple(found)


@dataclass(eq=False)
class Share:
    """What one request brings.

    Attributes:
        start: its first byte.
        at: the byte that comes next.
        end: one past its last byte; it comes nearer when somebody else takes what is behind.
        asked: what `end` was at first.
        reach: one past the bytes that are being written.
        of: who brings its bytes as long as no answer to it was accepted, None where nobody does.
        accepted: whether there was such an answer.
    """

    start: int
    end: int
    of: "Share | None" = None
    at: int = field(init=False)
    asked: int = field(init=False)
    reach: int = field(init=False)
    accepted: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.at = self.reach = self.start
        self.asked = self.end

    @property
    def left(self) -> int:
        """Bytes that are still to come."""
        return self.end - self.at


class Shares:
    """Who brings what of one archive; may be used from several threads at once.

    Attributes:
        opened: whether the first answer is there, so that there is something to share.
        divided: whether the answer to a further request was accepted, so that the server is known to have ranges.
        total: bytes of the whole archive, None where nobody says that.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: list[Range] = []
        self._shares: list[Share] = []
        self.opened = self.divided = False
        self.total: int | None = None

    def open(self, held: Iterable[Range], total: int | None, start: int) -> Share:
        """Begin with what is there already, and give out what is missing from `start` on to the next of that."""
        with self._lock:
            self._held, self.total = list(held), total
            share = next(
                (Share(first, end) for first, end in self._missing() if first == start),
                Share(start, start),
            )
            self._shares = [share]
            self.opened = True
            return share

    def take(self, most: int | None) -> Share | None:
        """Give out the first bytes that nobody brings, at most so many; None where there are none."""
        with self._lock:
            free = self._free()
            if not free:
                return None
            start, end = free[0]
            share = Share(start, end if most is None else min(end, start + most))
            self._shares.append(share)
            return share

    def bid(self, share: Share, most: int, least: int) -> Share | None:
        """Name bytes for somebody else, behind those that a request brings next; nothing changes hands yet.

        Args:
            share: the request's.
            most: bytes that it keeps, and bytes that are named, where there are so many.
            least: None where either would be fewer.
        """
        with self._lock:
            keep = min(most, share.left // 2)
            if keep < least:
                return None
            start = share.at + keep
            return Share(start, min(share.end, start + most), share)

    def accept(self, share: Share) -> bool:
        """Give a request its bytes, now that its answer is the asked one; tell if they are still to be had.

        Not sooner: one who has given away what nobody else can bring would have to ask for it, and be refused as well.
        """
        with self._lock:
            if share.of is not None:
                if (
                    share.of not in self._shares
                    or not share.of.reach <= share.start < share.end <= share.of.end
                ):
                    return False
                share.of.end = share.start
                share.of = None
                self._shares.append(share)
            share.accepted = self.divided = True
            return True

    def claim(self, share: Share, count: int) -> int:
        """Tell how many of the next bytes belong to a share, and keep them from others while they are being written."""
        with self._lock:
            room = min(count, share.left)
            share.reach = share.at + room
            return room

    def came(self, share: Share, count: int) -> int:
        """Count bytes that are on the disk now; returns how many of the archive are."""
        with self._lock:
            share.at += count
            return self._count()

    def end(self, share: Share) -> None:
        """Take back what a request did not bring, and keep what it brought."""
        with self._lock:
            if share in self._shares:
                self._held.append((share.start, share.at))
                self._shares.remove(share)

    def active(self) -> tuple[Share, ...]:
        """Return what requests bring just now."""
        with self._lock:
            return tuple(self._shares)

    def done(self) -> tuple[Range, ...]:
        """Return what is on the disk."""
        with self._lock:
            return self._done()

    @property
    def left(self) -> int:
        """Bytes that are still missing."""
        with self._lock:
            return (self.total or 0) - self._count()

    def _done(self) -> tuple[Range, ...]:
        return merged((*self._held, *((share.start, share.at) for share in self._shares)))

    def _count(self) -> int:
        return sum(end - start for start, end in self._done())

    def _missing(self) -> tuple[Range, ...]:
        return gaps(self._held, ENDLESS if self.total is None else self.total)

    def _free(self) -> tuple[Range, ...]:
        taken = (*self._held, *((share.start, share.end) for share in self._shares))
        return gaps(taken, ENDLESS if self.total is None else self.total)
