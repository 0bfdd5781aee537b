"""Brings bytes from a source, and those of single files to whoever makes them; runs in a worker thread."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask, Body, Source, Tick
from vsrt_gui.engine.spans import Piece, Span
from vsrt_gui.model.faults import FaultCode, InstallerError

Take = Callable[[Piece, Iterable[bytes]], None]
"""Makes a file from the bytes of its piece."""


def _ignore(_count: int) -> None:
    """Count nothing."""


def _nothing() -> None:
    """Take no note."""


@dataclass(frozen=True)
class Line:
    """One attempt's way to a source.

    Attributes:
        source: who fetches.
        url: from where.
        stop: ends it at once.
        answered: called with the first bytes of each answer; the breaker counts that as a success.
        came: told of the bytes of each piece.
        blended: called when bytes that were there before have a part in what comes of it.
    """

    source: Source
    url: str
    stop: Stop
    answered: Callable[[], None]
    came: Tick = _ignore
    blended: Callable[[], None] = _nothing

    def flow(self, body: Body) -> Iterator[bytes]:
        """Yield the body's pieces, watching for `stop` and telling of the first one."""
        fresh = True
        for piece in body:
            self.stop.check()
            if fresh:
                self.answered()
                fresh = False
            self.came(len(piece))
            yield piece


def fetch_span(line: Line, span: Span, take: Take) -> None:
    """Bring neighbouring pieces by one range request and hand over each.

    Restartable: a file that was written is right, and is not asked for again.

    Raises:
        InstallerError: network codes, and what `take` raises; `bad-response` where the source can't serve ranges.
    """
    if span.start == span.end:  # empty files only; there is no range of no bytes
        for piece in span.pieces:
            take(piece, ())
        return
    with line.source.open(Ask(url=line.url, start=span.start, end=span.end), line.stop) as body:
        if body.start != span.start:
            raise InstallerError(FaultCode.BAD_RESPONSE, url=line.url, reason="no byte ranges")
        reader = _Reader(line.flow(body), span.start, line.url)
        for piece in span.pieces:
            reader.skip_to(piece.start)
            take(piece, reader.take(piece.end - piece.start))


class _Reader:
    """Cuts a stream of pieces at given places."""

    def __init__(self, pieces: Iterator[bytes], position: int, url: str) -> None:
        self._pieces = pieces
        self._position = position
        self._rest = b""
        self._url = url

    def skip_to(self, offset: int) -> None:
        """Pass over the bytes before this place."""
        for _ in self.take(offset - self._position):
            pass

    def take(self, count: int) -> Iterator[bytes]:
        """Yield exactly that many bytes."""
        while count > 0:
            piece = self._rest or next(self._pieces, b"")
            if not piece:
                raise InstallerError(FaultCode.BAD_RESPONSE, url=self._url, reason="the answer is too short")
            cut = min(count, len(piece))
            self._rest = piece[cut:]
            self._position += cut
            count -= cut
            yield piece[:cut]
