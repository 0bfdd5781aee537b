"""A source in memory: shelves of bytes that answer as a web server does, and troubles that strike on request."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError


@dataclass
class Shelf:
    """What lies under one url, and how well its server speaks HTTP."""

    content: bytes
    validator: str | None = '"v1"'
    ranges: bool = True
    tells_total: bool = True


@dataclass(frozen=True)
class Trouble:
    """Strikes one answer: at once, or after so many bytes; without an error the line just goes silent."""

    error: InstallerError | None
    after: int | None = None


@dataclass
class MemoryBody:
    """Answers `ports.Body`."""

    start: int
    total: int | None
    validator: str | None
    pieces: Iterator[bytes]

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces


def lost(host: str = "files.test") -> InstallerError:
    return InstallerError(FaultCode.CONNECTION_FAILED, host=host, reason="reset")


def broken(status: int = 503, host: str = "files.test") -> InstallerError:
    return InstallerError(FaultCode.SERVER_ERROR, host=host, status=status, retry_after=0.0)


def gone(url: str) -> InstallerError:
    return InstallerError(FaultCode.SOURCE_GONE, url=url, status=404)


def unsafe() -> InstallerError:
    return InstallerError(
        FaultCode.ARCHIVE_UNSAFE, file="index", member="../x", reason="it leaves the folder"
    )


@dataclass
class MemorySource:
    """Answers `ports.Source` from memory; remembers what was asked and how much was sent."""

    piece: int = 1000
    shelves: dict[str, Shelf] = field(default_factory=dict)
    troubles: defaultdict[str, list[Trouble]] = field(default_factory=lambda: defaultdict(list))
    asks: list[Ask] = field(default_factory=list)
    sent: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    open_now: int = 0
    open_at_most: int = 0
    silent: threading.Event = field(default_factory=threading.Event)
    """Set when an answer went silent."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def open(self, ask: Ask, stop: Stop) -> Iterator[MemoryBody]:
        stop.check()
        with self._lock:
            self.asks.append(ask)
            waiting = self.troubles[ask.url]
            trouble = waiting.pop(0) if waiting else None
            self.open_now += 1
            self.open_at_most = max(self.open_at_most, self.open_now)
        try:
            yield self._answer(ask, trouble, stop)
        finally:
            with self._lock:
                self.open_now -= 1

    def close(self) -> None:
        """Nothing is kept open."""

    def _answer(self, ask: Ask, trouble: Trouble | None, stop: Stop) -> MemoryBody:
        if trouble and trouble.after is None:
            self._strike(trouble, stop)
        shelf = self.shelves.get(ask.url)
        if shelf is None:
            raise gone(ask.url)
        same = ask.validator is None or ask.validator == shelf.validator
        start, end = (ask.start, ask.end) if shelf.ranges and same else (0, None)
        if ask.strict and (start, end) != (ask.start, ask.end):
            raise InstallerError(FaultCode.BAD_RESPONSE, url=ask.url, reason="no such part")
        content = shelf.content[start:end]
        total = len(shelf.content) if shelf.tells_total else None
        return MemoryBody(start, total, shelf.validator, self._pieces(ask.url, content, trouble, stop))

    def _pieces(self, url: str, content: bytes, trouble: Trouble | None, stop: Stop) -> Iterator[bytes]:
        limit = len(content) if trouble is None or trouble.after is None else trouble.after
        for at in range(0, min(limit, len(content)), self.piece):
            stop.check()
            piece = content[at : min(at + self.piece, limit)]
            with self._lock:
                self.sent[url] += len(piece)
            yield piece
        if trouble is not None:
            self._strike(trouble, stop)

    def _strike(self, trouble: Trouble, stop: Stop) -> None:
        if trouble.error is not None:
            raise trouble.error
        self.silent.set()
        stop.wait(30.0)  # no test waits that long: a stop wakes it
        raise lost()
