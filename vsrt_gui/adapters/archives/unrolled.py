"""A tar as one run of bytes that is read forwards only."""

import io
from collections.abc import Iterator

from vsrt_gui.adapters.archives.inflating import PIECE, Objection
from vsrt_gui.engine.cancel import Stop


class Unrolled(io.RawIOBase):
    """What tarfile reads the headers from; content is taken out beside it with `content`.

    Attributes:
        block: what tarfile read last; zeros mark the archive's end.
    """

    def __init__(self, pieces: Iterator[bytes], objection: Objection, stop: Stop) -> None:
        self._pieces = pieces
        self._objection = objection
        self._stop = stop
        self._piece = b""
        self._used = 0
        self._position = 0
        self.block = b""

    def tell(self) -> int:
        """Return how many bytes were passed."""
        return self._position

    def seek(self, position: int, whence: int = io.SEEK_SET) -> int:
        """Go forwards to a position, or to where the bytes end."""
        if whence != io.SEEK_SET or position < self._position:
            raise self._objection("an entry's size makes no sense")
        while self._position < position and self._some(position - self._position):
            pass
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read a header: exactly so many bytes, fewer only where they end."""
        if not 0 <= size <= PIECE:
            raise self._objection("a header is too long")
        parts = []
        while size and (some := self._some(size)):
            parts.append(some)
            size -= len(some)
        self.block = b"".join(parts)
        return self.block

    def content(self, size: int) -> Iterator[bytes]:
        """Yield so many bytes in pieces."""
        while size:
            some = self._some(size)
            if not some:
                raise self._objection("it ends too early")
            size -= len(some)
            yield some

    def rest(self) -> Iterator[bytes]:
        """Yield all that is left."""
        while some := self._some(PIECE):
            yield some

    def _some(self, most: int) -> bytes:
        """Take what is at hand, at most so many bytes; nothing only at the end."""
        self._stop.check()
        if self._used == len(self._piece):
            self._piece, self._used = next(self._pieces, b""), 0
        some = self._piece[self._used : self._used + most]
        self._used += len(some)
        self._position += len(some)
        return some
