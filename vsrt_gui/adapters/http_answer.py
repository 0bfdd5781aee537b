"""Judges a server's status and headers against what was asked: whose bytes these are, and where they lie."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from vsrt_gui.adapters.transport_faults import host_of, shown
from vsrt_gui.engine.part_port import is_validator
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.value import Value

_CONTENT_RANGE = re.compile(r"bytes (?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]{1,18}|\*)")
_WHOLE, _PART, _UNSATISFIABLE = 200, 206, 416
_GONE = (404, 410)
_BUSY = 429
_YEAR = 31_536_000.0
_SIGN_IN = 511
"""Network Authentication Required, RFC 6585: said by a captive portal, never by the server itself."""


class Answer(Value):
    """What an answer's header says of its body.

    Attributes:
        start: where in the file the body begins.
        total: bytes of the whole file, None where the server did not say.
        validator: for a later If-Range, None where the server gave nothing usable.
        empty: the asked start is the file's end; there is no body to read.
    """

    start: int
    total: int | None
    validator: str | None
    empty: bool = False


class StartOver(Value):
    """The server has no such range of this file, or lies about it: ask again, for all of it."""


def asked(ask: Ask) -> dict[str, str]:
    """Return the headers of a request."""
    headers = {"Accept-Encoding": "identity", "Accept": "*/*"}
    if ask.start or ask.end is not None:
        last = "" if ask.end is None else str(ask.end - 1)
        headers["Range"] = f"bytes={ask.start}-{last}"
        if ask.validator is not None:
            headers["If-Range"] = ask.validator
    return headers


def judged(ask: Ask, status: int, headers: Mapping[str, str]) -> Answer | StartOver:
    """Say what an answer's body is.

    Args:
        ask: what was asked.
        status: of the answer.
        headers: of the answer, found by lower-case names.

    Raises:
        InstallerError: `source-gone`, `rate-limited`, `access-refused`, `server-error`, `bad-response`.
    """
    ranged = "Range" in asked(ask)
    match status:
        case 200 if ranged and ask.strict:
            return StartOver()
        case 200:
            _check_body(ask, headers)
            return Answer(start=0, total=_length(ask, headers), validator=validator_of(headers))
        case 206 if ranged:
            _check_body(ask, headers)
            return _part(ask, headers)
        case 416 if ranged:
            return _past_the_end(ask, headers)
        case 416:
            raise bad(ask.url, "it has no such part, where all of it was asked for")
        case _:
            raise _refused(ask.url, status, headers)


def validator_of(headers: Mapping[str, str]) -> str | None:
    """Return what If-Range may carry: an ETag that is not weak, else the date of the last change."""
    etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
    if etag.startswith('"') and is_validator(etag):
        return etag
    return modified if is_validator(modified) else None


def _part(ask: Ask, headers: Mapping[str, str]) -> Answer | StartOver:
    """Check that a part is the asked one, to the byte."""
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if found is None or found[1] is None:
        return _unusable(ask, "a part came without saying which")
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if first != ask.start or last != _last(ask, total, last) or last < first:
        return _unusable(ask, f"bytes {first} to {last} came, from {ask.start} on were asked")
    length = _length(ask, headers)
    if length not in (None, last - first + 1):
        return _unusable(ask, "the part's length contradicts its range")
    validator = validator_of(headers)
    if ask.validator is not None and validator not in (None, ask.validator):
        return StartOver()  # the server passes over If-Range, and the file is another one now
    return Answer(start=first, total=total, validator=validator)


def _unusable(ask: Ask, reason: str) -> StartOver:
    """Let who goes on with a file start over; all of it helps nobody who wants but a part.

    Raises:
        InstallerError: `bad-response`.
    """
    if ask.end is not None and ask.validator is None:
        raise bad(ask.url, reason)
    return StartOver()


def _last(ask: Ask, total: int | None, told: int) -> int:
    """Return the last byte that the asked part must have."""
    ends = [end for end in (ask.end, total) if end is not None]
    return min(ends) - 1 if ends else told


def _past_the_end(ask: Ask, headers: Mapping[str, str]) -> Answer | StartOver:
    """Judge 416: nothing is missing if the file ends where we asked and If-Range says that it is the same file."""
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if ask.validator is not None and found and found[3] == str(ask.start):
        return Answer(start=ask.start, total=ask.start, validator=ask.validator, empty=True)
    return StartOver()


def _check_body(ask: Ask, headers: Mapping[str, str]) -> None:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise bad(ask.url, f"it came as {encoding}, which was not asked for")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise bad(ask.url, "a web page came instead of the file")


def _length(ask: Ask, headers: Mapping[str, str]) -> int | None:
    """Return the body's length, None for one that comes in chunks or until the connection ends."""
    told = headers.get("content-length")
    if told is None or "transfer-encoding" in headers:
        return None
    if not told.isascii() or not told.isdecimal():
        raise bad(ask.url, "its length is no number")
    return int(told)


def _refused(url: str, status: int, headers: Mapping[str, str]) -> InstallerError:
    if status in _GONE:
        return InstallerError(FaultCode.SOURCE_GONE, url=shown(url), status=status)
    if status == _SIGN_IN:
        return bad(url, "the network wants you to sign in first")
    seconds = retry_after(headers.get("retry-after", ""), datetime.now(UTC))
    if status == _BUSY:
        return InstallerError(FaultCode.RATE_LIMITED, host=host_of(url), retry_after=seconds)
    if 400 <= status < 500:  # noqa: PLR2004 -- HTTP's own classes
        return InstallerError(FaultCode.ACCESS_REFUSED, url=shown(url), status=status)
    if status >= 500:  # noqa: PLR2004
        host = host_of(url)
        return InstallerError(FaultCode.SERVER_ERROR, host=host, status=status, retry_after=seconds)
    return bad(url, f"the server answered {status}")


def retry_after(told: str, now: datetime) -> float:
    """Return the seconds that a Retry-After header asks for, 0 where it says nothing that makes sense."""
    if told.isascii() and told.isdecimal():
        return min(_YEAR, float(told))  # more is as good as never, and an endless number is none in JSON
    try:
        seconds = (parsedate_to_datetime(told).astimezone(UTC) - now).total_seconds()
    except (ValueError, OverflowError):  # OverflowError: a zone that lies beyond all numbers
        return 0.0
    return min(_YEAR, max(0.0, seconds))


def bad(url: str, reason: str) -> InstallerError:
    """Return the fault of an answer that makes no sense."""
    return InstallerError(FaultCode.BAD_RESPONSE, url=shown(url), reason=reason)
