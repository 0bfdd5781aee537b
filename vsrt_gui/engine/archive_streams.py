"""Brings an archive's bytes to its partial file, one answer at a time; runs in worker threads."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256

from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.engine.meter import Gauge
from vsrt_gui.engine.mirrors import host_of, told
from vsrt_gui.engine.part_port import SEVERAL, Part
from vsrt_gui.engine.ports import Ask, Body
from vsrt_gui.engine.shares import Share, Shares
from vsrt_gui.engine.transfer import Line
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Artifact


@dataclass
class Errand:
    """One attempt at one archive.

    Attributes:
        line: to the source.
        artifact: what is fetched.
        part: where it is staged.
        gauge: counts its bytes.
        shares: who brings which of them.
        validator: of the answers that belong together, None where nobody vouches for that.
        noted: whether the part's sidecar says which of its bytes count, so that more must be noted as they come.
        hashed: how many bytes, from the first one, have been hashed.
        spoilt: whether what is staged is known to be wrong. It is thrown away once nobody writes to it any more, since
            Windows deletes no open file.
    """

    line: Line
    artifact: Artifact
    part: Part
    gauge: Gauge
    shares: Shares = field(default_factory=Shares)
    validator: str | None = None
    noted: bool = False
    hashed: int = 0
    spoilt: bool = False

    def __post_init__(self) -> None:
        self._digest = sha256()

    def hash(self, piece: bytes) -> None:
        """Hash what comes next."""
        self._digest.update(piece)
        self.hashed += len(piece)

    def hash_again(self) -> None:
        """Forget what was hashed."""
        self._digest, self.hashed = sha256(), 0

    @property
    def digest(self) -> str:
        """The hash of all that was hashed."""
        return self._digest.hexdigest()

    def came(self, share: Share) -> Callable[[int], None]:
        """Return what counts the bytes of a share."""

        def tick(count: int) -> None:
            self.gauge.done = self.shares.came(share, count)

        return tick


def request_digest(url: str) -> str:
    """Return what tells one request for an archive from another: its address without secrets, and how it is packed."""
    return sha256(f"GET {told(url)}\nAccept-Encoding: identity\n".encode()).hexdigest()


def first_stream(errand: Errand, stop: Stop) -> bool:
    """Bring what can be brought by one answer, going on where an earlier attempt or program ended.

    Restartable: whatever stops it, the bytes that came are staged. What is staged is hashed again first; the answer
    is hashed while it streams. It ends where somebody else's share begins. Bytes that another place sent are gone on
    from as well; the hash of all of them tells whether they fit together.

    Args:
        errand: what to bring.
        stop: ends this answer and nothing else; others bring the rest.

    Returns:
        Whether there was anything to ask for.

    Raises:
        InstallerError: network and disk codes; `size-mismatch`, after which `errand.spoilt` tells of what is staged.
    """
    with _ending(errand.line, stop) as line:
        return _first(errand, line)
    return True


def _first(errand: Errand, line: Line) -> bool:
    artifact, part = errand.artifact, errand.part
    _rehash(errand)
    errand.gauge.done, errand.gauge.total = part.staged(), artifact.size
    if artifact.size == errand.hashed or errand.digest == artifact.sha256:
        line.blended()
        if not errand.hashed:
            part.begin(None)  # an artifact of no bytes is whole before it is asked for
        return False
    own = (
        part.request() == request_digest(line.url)
        if part.request()
        else part.source() in {"", told(line.url)}
    )
    next_there = next((start for start, _ in part.ranges() if start > errand.hashed), None)
    validator = part.validator() if own else None
    # A power loss may spoil just what lies before all the rest: an answer that begins there is no new beginning.
    front = next_there is not None and not errand.hashed
    ask = Ask(url=line.url, start=errand.hashed, end=next_there, validator=validator, strict=front)
    try:
        _take(errand, line, ask, own=own)
    except InstallerError as error:
        part_only = front or (next_there is not None and validator is None)
        if errand.shares.opened or not part_only or error.fault.code is not FaultCode.BAD_RESPONSE:
            raise
        _take(errand, line, Ask(url=line.url), own=own)  # nothing can be gone on from
    return True


def _take(errand: Errand, line: Line, ask: Ask, *, own: bool) -> None:
    artifact, part = errand.artifact, errand.part
    with line.source.open(ask, line.stop) as body:
        share = _shared(errand, body, own=own, goes_on=body.start > 0 or ask.strict)
        try:
            pieces = _cut(errand, share, line.flow(body), lambda size: _wrong_size(artifact, size))
            part.append(_hashed(pieces, errand.hash), errand.came(share), share.start)
            _check_end(errand, share, body)
        except InstallerError as error:
            errand.spoilt = error.fault.code is FaultCode.SIZE_MISMATCH
            raise
        finally:
            errand.shares.end(share)


def fetch_share(errand: Errand, share: Share, stop: Stop) -> None:
    """Bring one range of the archive that an earlier answer of the same place has begun.

    Restartable: what came is staged. Nothing is taken of an answer that is not that very range of that very file, and
    before there is one nothing is taken from who brings these bytes, either.

    Args:
        errand: what the range is of.
        share: the range.
        stop: ends this answer and nothing else; others bring the rest.

    Raises:
        InstallerError: network and disk codes; `bad-response` where the answer is not what was asked for.
    """
    with _ending(errand.line, stop) as line:
        _fetch(errand, share, line)


def _fetch(errand: Errand, share: Share, line: Line) -> None:
    total = errand.shares.total
    end = None if share.end == total else share.end  # some serve only what is open at its end
    ask = Ask(url=line.url, start=share.start, end=end, validator=errand.validator, strict=True)
    try:
        with line.source.open(ask, line.stop) as body:
            if body.start != share.start or body.total not in {None, total}:
                raise _odd(line, "no such byte range")
            if not errand.shares.accept(share):
                return
            pieces = _cut(errand, share, line.flow(body), lambda _: _odd(line, "the answer is too long"))
            errand.part.append(pieces, errand.came(share), share.start)
        if share.left:
            raise _odd(line, "the answer is too short")
    finally:
        errand.shares.end(share)


@contextmanager
def _ending(line: Line, stop: Stop) -> Iterator[Line]:
    """Give a request an end of its own, beside that of the run."""
    with line.stop.waking(stop.set):
        try:
            yield replace(line, stop=stop)
        except StoppedError:
            if line.stop.is_set():
                raise


def finish(errand: Errand) -> None:
    """Hash what is not hashed yet, and check that the archive is whole and right.

    Restartable: it only reads, and throws away what is wrong.

    Raises:
        InstallerError: `size-mismatch`, after which nothing is staged; `checksum-mismatch`, after which nothing is
            that a power loss may have spoilt, or nothing at all; disk codes.
    """
    for piece in errand.part.content(errand.line.stop, errand.hashed):
        errand.hash(piece)
    size = errand.artifact.size
    if size is not None and errand.hashed != size:
        errand.part.discard()
        raise _wrong_size(errand.artifact, errand.hashed)
    if errand.digest != errand.artifact.sha256:
        errand.part.distrust()
        expected, actual = errand.artifact.sha256, errand.digest
        raise InstallerError(
            FaultCode.CHECKSUM_MISMATCH, file=_name(errand.artifact), expected=expected, actual=actual
        )


def _rehash(errand: Errand) -> None:
    """Hash what is staged from the first byte on; nothing that can't be gone on from is kept."""
    part, artifact = errand.part, errand.artifact
    for piece in part.content(errand.line.stop):
        errand.hash(piece)
    ranges, size = part.ranges(), part.size() if artifact.size is None else artifact.size
    if not ranges or errand.digest == artifact.sha256 or ranges == ((0, artifact.size),):
        return
    blind = part.validator() is None and part.source() != SEVERAL
    if blind or (ranges[0][0] if size is None else ranges[-1][1] > size):
        part.discard()
        errand.hash_again()


def _shared(errand: Errand, body: Body, *, own: bool, goes_on: bool) -> Share:
    """Judge an answer's header, and give its bytes their place beside those that are there."""
    part, line = errand.part, errand.line
    _check_total(body, errand, own=own and goes_on)
    total = body.total if errand.artifact.size is None else errand.artifact.size
    errand.gauge.total = total
    if not goes_on:  # new, or the server could not go on where we stopped
        part.begin(body.validator, told(line.url), request=request_digest(line.url), size=total)
        errand.hash_again()
        errand.gauge.done = 0
        errand.validator = body.validator
        return errand.shares.open((), total, 0)
    line.blended()
    errand.validator = part.validator() if own else None
    errand.noted = part.noted()
    if not own:
        part.blend()
    return errand.shares.open(part.ranges(), total, body.start)


def _check_end(errand: Errand, share: Share, body: Body) -> None:
    """Tell a connection that was lost from a file that is too short, and keep what came.

    Where the server does not say how much it sends, the end of the connection is all that marks the end of the file.
    """
    if not share.left or errand.artifact.size is None:
        return
    if body.total is not None:
        raise _wrong_size(errand.artifact, share.at)
    reason = "the connection ended before the file did"
    raise InstallerError(FaultCode.CONNECTION_FAILED, host=host_of(errand.line.url), reason=reason)


def _cut(
    errand: Errand, share: Share, pieces: Iterable[bytes], excess: Callable[[int], InstallerError]
) -> Iterator[bytes]:
    """Yield the bytes of a share, to its end or to where somebody else's begins.

    More than the manifest allows, or than was asked for, ends it, so that no server can fill the disk: `excess` makes
    a fault of the place where it would end. To its own end an answer is read wholly, so that its connection can be
    used again.
    """
    for piece in pieces:
        room = errand.shares.claim(share, len(piece))
        if len(piece) > room and share.end == share.asked:
            raise excess(share.at + len(piece))
        if room:
            yield piece[:room]
        if not share.left and share.end < share.asked:
            return


def _hashed(pieces: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece


def _check_total(body: Body, errand: Errand, *, own: bool) -> None:
    """Refuse an answer of another size; only the place that sent what is staged (`own`) can spoil that too.

    One that does not go on from it (a hotel's welcome page) says nothing of it either.
    """
    expected = errand.artifact.size
    if expected is None and own:
        expected = errand.part.size()  # of the file as it was when its first bytes came
    if expected is not None and body.total not in {None, expected}:
        if own:
            errand.part.discard()
        raise _wrong_size(errand.artifact, body.total or 0, expected)


def _wrong_size(artifact: Artifact, actual: int, expected: int | None = None) -> InstallerError:
    told_size = artifact.size or expected or 0
    return InstallerError(FaultCode.SIZE_MISMATCH, file=_name(artifact), expected=told_size, actual=actual)


def _odd(line: Line, reason: str) -> InstallerError:
    return InstallerError(FaultCode.BAD_RESPONSE, url=told(line.url), reason=reason)


def _name(artifact: Artifact) -> str:
    return artifact.url.rsplit("/", 1)[-1]
