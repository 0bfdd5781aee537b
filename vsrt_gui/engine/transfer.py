"""Brings bytes from a source to the disk, hashing them on the way; runs in a worker thread."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.meter import Gauge
from vsrt_gui.engine.mirrors import host_of, told
from vsrt_gui.engine.ports import SEVERAL, Ask, Body, Part, Source, Tick
from vsrt_gui.engine.spans import Piece, Span
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Artifact

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


def fetch_archive(line: Line, artifact: Artifact, part: Part, gauge: Gauge) -> None:
    """Bring an artifact to its `.part`, going on where an earlier attempt or program ended.

    Restartable: whatever stops it, the bytes that came are staged. What is staged is hashed again first; the answer
    is hashed while it streams. The part is whole and right when this returns. Bytes that another place sent are gone
    on from as well; the hash of all of them tells whether they fit together.

    Raises:
        InstallerError: network and disk codes; `size-mismatch` and `checksum-mismatch`, after which nothing is staged
            that is known to be wrong.
    """
    digest = sha256()
    staged = _rehash(part, digest.update, line.stop, artifact)
    gauge.done, gauge.total = staged, artifact.size
    if staged == artifact.size or digest.hexdigest() == artifact.sha256:
        line.blended()
        _check(digest.hexdigest(), artifact, part)
        if not staged:
            part.begin(None)  # an artifact of no bytes is whole before it is asked for
        return
    own = part.source() in {"", told(line.url)}  # a validator is worth nothing to another place
    ask = Ask(url=line.url, start=staged, validator=part.validator() if own else None)
    with line.source.open(ask, line.stop) as body:
        _check_total(body, artifact, part, own=own)
        gauge.total = body.total if artifact.size is None else artifact.size
        if body.start == 0:  # new, or the server could not go on where we stopped
            part.begin(body.validator, told(line.url))
            digest = sha256()
            gauge.done = 0
        else:
            line.blended()
            if not own:
                part.blend()
        pieces = _capped(_hashed(line.flow(body), digest.update), artifact, part.staged())
        part.append(pieces, gauge.add)
        _check_end(body, artifact, part, line.url)
    _check_size(part.staged(), artifact, part)
    _check(digest.hexdigest(), artifact, part)


def _rehash(part: Part, update: Callable[[bytes], None], stop: Stop, artifact: Artifact) -> int:
    """Hash what is staged and return how much that is; nothing that can't be gone on from is kept."""
    staged = part.staged()
    whole = staged == artifact.size
    blind = part.validator() is None and part.source() != SEVERAL
    if staged and not whole and (blind or staged > (artifact.size or staged)):
        part.discard()
        return 0
    for piece in part.content(stop):
        update(piece)
    return staged


def _hashed(pieces: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece


def _capped(pieces: Iterable[bytes], artifact: Artifact, count: int) -> Iterator[bytes]:
    """End after the first byte more than the manifest allows, so that no server can fill the disk.

    That byte is the proof: what is staged then has the wrong size, and is discarded once its file is closed (Windows
    deletes no open file).
    """
    for piece in pieces:
        if artifact.size is not None and count + len(piece) > artifact.size:
            yield piece[: artifact.size - count + 1]
            return
        yield piece
        count += len(piece)


def _check_total(body: Body, artifact: Artifact, part: Part, *, own: bool) -> None:
    """Refuse an answer of another size; only the place that sent what is staged can spoil that too.

    One from 0 on (a hotel's welcome page) says nothing of it either.
    """
    if artifact.size is not None and body.total not in {None, artifact.size}:
        if body.start and own:
            part.discard()
        raise _wrong_size(artifact, body.total or 0)


def _check_end(body: Body, artifact: Artifact, part: Part, url: str) -> None:
    """Tell a connection that was lost from a file that is too short, and keep what came.

    Where the server does not say how much it sends, the end of the connection is all that marks the end of the file.
    """
    if body.total is None and part.staged() < (artifact.size or 0):
        reason = "the connection ended before the file did"
        raise InstallerError(FaultCode.CONNECTION_FAILED, host=host_of(url), reason=reason)


def _check_size(staged: int, artifact: Artifact, part: Part) -> None:
    if artifact.size is not None and staged != artifact.size:
        part.discard()
        raise _wrong_size(artifact, staged)


def _wrong_size(artifact: Artifact, actual: int) -> InstallerError:
    expected = artifact.size or 0
    return InstallerError(FaultCode.SIZE_MISMATCH, file=_name(artifact), expected=expected, actual=actual)


def _check(actual: str, artifact: Artifact, part: Part) -> None:
    if actual != artifact.sha256:
        part.discard()
        raise InstallerError(
            FaultCode.CHECKSUM_MISMATCH, file=_name(artifact), expected=artifact.sha256, actual=actual
        )


def _name(artifact: Artifact) -> str:
    return artifact.url.rsplit("/", 1)[-1]


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
