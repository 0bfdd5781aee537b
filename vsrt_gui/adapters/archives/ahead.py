"""Runs an iterator of bytes in a thread of its own, some pieces ahead of who reads them."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Semaphore
from types import TracebackType
from typing import Self

DEPTH = 4
"""Pieces that wait at most; with 1 MiB each, enough to keep both threads busy."""


class Ahead:
    """Reads ahead within a `with` block; the thread has ended when the block has.

    The iterator must not wait for anything but the disk: leaving the block lets it make its next piece, no more.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._room = Semaphore(DEPTH)
        self._ready: SimpleQueue[bytes | None] = SimpleQueue()
        self._left = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="vsrt-ahead")
        self._pump: Future[None] | None = None

    def __enter__(self) -> Self:
        self._pump = self._pool.submit(self._run)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left = True
        self._room.release()
        self._pool.shutdown(wait=True)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces; what the iterator raises comes out here, after the pieces before it."""
        while (piece := self._ready.get()) is not None:
            self._room.release()
            yield piece
        if self._pump:
            self._pump.result()

    def _run(self) -> None:
        try:
            for piece in self._pieces:
                self._room.acquire()
                if self._left:
                    return
                self._ready.put(piece)
        finally:
            self._ready.put(None)
