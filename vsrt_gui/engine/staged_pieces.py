"""Brings a large piece of a published file to a partial download of its own; runs in worker threads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vsrt_gui.engine.archive_streams import request_digest
from vsrt_gui.engine.mirrors import told
from vsrt_gui.engine.part_port import SEVERAL, Part
from vsrt_gui.engine.ports import Ask, Body, Tick
from vsrt_gui.engine.spans import Span
from vsrt_gui.engine.transfer import Line
from vsrt_gui.model.faults import FaultCode, InstallerError


@dataclass(frozen=True)
class Staging:
    """One attempt at one piece.

    Attributes:
        line: to the source.
        span: the piece alone.
        part: where it is staged.
        total: bytes of the published file, None where that is not known.
        there: told how many bytes of the piece lie on the disk, as they come.
    """

    line: Line
    span: Span
    part: Part
    total: int | None
    there: Tick

    @property
    def own(self) -> bool:
        """Whether what is staged came from the very place that is asked."""
        return self.part.request() == request_digest(self.line.url)


def stage(staging: Staging) -> None:
    """Bring a piece, going on where an earlier attempt or program ended.

    Restartable: whatever stops it, what came is staged. Bytes that another place sent are gone on from as well: what
    is made of all of them is checked by its hash. Where the file has changed since, it starts over, once.

    Raises:
        InstallerError: network and disk codes; `bad-response` where the source can't serve that range of that file.
    """
    line, span, part = staging.line, staging.span, staging.part
    had = _usable(part, span.size)
    if had:
        line.blended()
    if had == span.size:
        return
    validator = part.validator() if had and staging.own else None
    ask = Ask(url=line.url, start=span.start + had, end=span.end, validator=validator)
    with line.source.open(ask, line.stop) as body:
        known = None in {body.total, staging.total} or body.total == staging.total
        if known and body.start == ask.start:
            _take(staging, body, had)
            return
    if not known or validator is None or body.validator == validator:
        raise _bad(line, "no byte ranges")
    part.discard()
    stage(staging)


def _usable(part: Part, size: int) -> int:
    """Return how many bytes can be gone on from; of a part that nobody vouches for, only a whole one counts."""
    staged = part.staged()
    vouched = part.validator() is not None or part.source() == SEVERAL
    return staged if staged == size or (vouched and staged < size) else 0


def _take(staging: Staging, body: Body, had: int) -> None:
    """Write an answer's bytes behind those that are there."""
    line, span, part = staging.line, staging.span, staging.part
    if not had:
        part.begin(body.validator, told(line.url), request=request_digest(line.url), size=span.size)
    elif not staging.own:
        part.blend()
    at = had

    def came(count: int) -> None:
        nonlocal at
        at += count
        staging.there(at)

    part.append(_first(line.flow(body), span.size - had), came)
    if at < span.size:
        raise _bad(line, "the answer is too short")


def _first(pieces: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Yield so many bytes, or what there is; nothing behind them is read."""
    for piece in pieces:
        yield piece[:count]
        count -= len(piece)
        if count <= 0:
            return


def _bad(line: Line, reason: str) -> InstallerError:
    return InstallerError(FaultCode.BAD_RESPONSE, url=told(line.url), reason=reason)
