"""All that a server, or what stands between us, can do wrong with one request, and which faults may come of it."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum

from simulators.behaviour import Behaviour, page, redirect
from vsrt_gui.model.faults import FaultCode as F

PORTAL = "/portal"
CIRCLE = "/circle"
SIGN_IN = b"<html><body>Sign in to the network</body></html>"
STALE = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nETag: "stale"\r\n\r\nsomewhere'
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n" * 20


class Kind(Enum):
    """What is asked for."""

    LIST = "list"
    INDEX = "index"
    ARCHIVE = "archive"


class Weight(Enum):
    """What one of it costs."""

    HARMLESS = "harmless"
    """Nothing: the bytes come."""
    PASSES = "passes"
    """An attempt, of which there are three."""
    SPOILS = "spoils"
    """A clean restart, of which each place has one."""
    ENDS = "ends"
    """That place: it is asked no more for this."""


@dataclass(frozen=True)
class Trick:
    """One thing that can go wrong.

    Attributes:
        make: makes the behaviour, of a file's size and a place in it.
        weight: what it costs where an archive is asked for.
        codes: the faults that it may end in there.
        validates: whether the server's word of which file it is stays true, so that one can go on from its bytes.
    """

    make: Callable[[int, int], Behaviour]
    weight: Weight = Weight.HARMLESS
    codes: frozenset[F] = frozenset()
    validates: bool = True


def _trick(weight: Weight, *codes: F, **parts: object) -> Trick:
    return Trick(lambda _size, _at: Behaviour(**parts), weight, frozenset(codes))  # type: ignore[arg-type]


def _status(weight: Weight, code: F, status: int, **headers: str) -> Trick:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _trick(weight, code, status=status, headers=named, body=b"no")


def _in(days: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(days=days), usegmt=True)


def _to(target: str, *codes: F, status: int = 302) -> Trick:
    return Trick(lambda _size, _at: redirect(target, status), Weight.ENDS, frozenset(codes))


HARMLESS, PASSES, SPOILS, ENDS = Weight
LOST, WRONG, ODD = (
    F.CONNECTION_FAILED,
    (F.CHECKSUM_MISMATCH, F.SIZE_MISMATCH, F.ARCHIVE_DAMAGED),
    F.BAD_RESPONSE,
)

TRICKS: Mapping[str, Trick] = {
    "honest": _trick(HARMLESS),
    "slow-start": _trick(HARMLESS, header_delay=0.03),
    "trickle": _trick(HARMLESS, trickle=0.001, trickled=20),
    "drip-header": _trick(HARMLESS, drip=0.0002),
    "chunks": _trick(HARMLESS, chunk=5000),
    "continues": _trick(HARMLESS, before=CONTINUE),
    "no-ranges": _trick(HARMLESS, ignore_range=True),
    "passes-over-if-range": _trick(HARMLESS, ignore_if_range=True),
    "second-answer-behind": _trick(HARMLESS, behind=STALE),
    "rubbish-behind": _trick(HARMLESS, behind=b"\0rubbish\r\n\r\n"),
    "leaves": _trick(HARMLESS, leave=True),
    "other-etag": Trick(lambda _s, at: Behaviour(headers={"ETag": f'"{at}"'}), validates=False),
    "no-validator": Trick(
        lambda _s, _a: Behaviour(headers={"ETag": "", "Last-Modified": ""}), validates=False
    ),
    "weak-etag": Trick(
        lambda _s, _a: Behaviour(headers={"ETag": 'W/"x"', "Last-Modified": ""}), validates=False
    ),
    # Connections that end or fall silent.
    "cut": Trick(lambda _s, at: Behaviour(cut_after=at), PASSES, frozenset({LOST})),
    "reset": Trick(lambda _s, at: Behaviour(cut_after=at, reset=True), PASSES, frozenset({LOST})),
    "cut-in-chunks": Trick(lambda _s, at: Behaviour(cut_after=at, chunk=700), PASSES, frozenset({LOST})),
    "torn-chunk": Trick(
        lambda _s, at: Behaviour(cut_after=at, chunk=700, torn=True), PASSES, frozenset({LOST})
    ),
    "cut-without-length": Trick(lambda _s, at: Behaviour(cut_after=at, endless=True), PASSES, frozenset({LOST})),
    "cut-header": _trick(PASSES, LOST, cut_header=True),
    "reset-header": _trick(PASSES, LOST, cut_header=True, reset=True),
    "stall-header": _trick(PASSES, F.STALLED, header_delay=math.inf),
    "stall": Trick(lambda _s, at: Behaviour(stall_after=at), PASSES, frozenset({F.STALLED})),
    # Servers in trouble, and pauses that they ask for.
    "500": _status(PASSES, F.SERVER_ERROR, 500),
    "502-page": _status(PASSES, F.SERVER_ERROR, 502, Content_Type="text/html"),
    "503-now": _status(PASSES, F.SERVER_ERROR, 503, Retry_After="0"),
    "429": _status(PASSES, F.RATE_LIMITED, 429),
    "429-past-date": _status(PASSES, F.RATE_LIMITED, 429, Retry_After="Thu, 01 Jan 2015 00:00:00 GMT"),
    "429-rubbish": _status(PASSES, F.RATE_LIMITED, 429, Retry_After="-1e99 soon\x7f"),
    "429-for-ever": _status(ENDS, F.RATE_LIMITED, 429, Retry_After="9" * 40),
    "429-far-date": _status(ENDS, F.RATE_LIMITED, 429, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"),
    "503-tomorrow": _status(ENDS, F.SERVER_ERROR, 503, Retry_After="86400"),
    # Answers that are none.
    "204": _status(ENDS, ODD, 204),
    "304": _status(ENDS, ODD, 304),
    "401": _status(ENDS, F.ACCESS_REFUSED, 401, WWW_Authenticate="Basic"),
    "403": _status(ENDS, F.ACCESS_REFUSED, 403),
    "407": _status(ENDS, F.ACCESS_REFUSED, 407),
    "404": _status(ENDS, F.SOURCE_GONE, 404),
    "410": _status(ENDS, F.SOURCE_GONE, 410),
    "511": _status(ENDS, ODD, 511),
    "302-nowhere": _status(ENDS, ODD, 302),
    "captive-page": Trick(lambda _s, _a: page(), ENDS, frozenset({ODD})),
    "to-captive-page": _to(PORTAL, ODD),
    "circle": _to(CIRCLE, F.REDIRECT_LOOP),
    "to-a-file": _to("file:///etc/passwd", ODD),
    "to-ftp": _to("ftp://127.0.0.1/a", ODD),
    "to-nonsense": _to("http://[::1/", ODD),
    "packed": _trick(ENDS, ODD, packed=True),
    "huge-header": _trick(ENDS, ODD, headers={"X-Huge": "x" * 300_000}),
    "no-http": _trick(ENDS, ODD, raw=b"SSH-2.0-OpenSSH_9.9\r\n"),
    "no-status": _trick(ENDS, ODD, raw=b"HTTP/1.1 twohundred\r\n\r\n"),
    "length-is-a-word": _trick(ENDS, ODD, headers={"Content-Length": "all"}),
    "two-lengths": _trick(ENDS, ODD, headers={"content-length": "5"}),
    # Other bytes than those that were asked for.
    "disguised-page": Trick(
        lambda _s, _a: Behaviour(status=200, headers={"Content-Type": "application/zip"}, body=SIGN_IN),
        SPOILS,
        frozenset(WRONG),
    ),
    "packed-secretly": _trick(SPOILS, *WRONG, packed=True, headers={"Content-Encoding": ""}),
    "spoilt": Trick(lambda _s, at: Behaviour(spoilt=at), SPOILS, frozenset(WRONG)),
    "other-file": Trick(lambda size, _a: Behaviour(content=b"o" * size), SPOILS, frozenset(WRONG)),
    "shorter-file": Trick(lambda _s, at: Behaviour(content=b"s" * at), SPOILS, frozenset(WRONG)),
    "longer-file": Trick(lambda size, _a: Behaviour(content=b"l" * (size + 9)), SPOILS, frozenset(WRONG)),
    "too-long-a-length": _trick(SPOILS, *WRONG, LOST, longer=7, leave=True),
    "too-short-a-length": _trick(SPOILS, *WRONG, longer=-7),
    # Ranges that are not the asked ones; an answer to somebody who asked for none is honest.
    "moved-range": Trick(lambda _s, at: Behaviour(moved=at or 1), SPOILS, frozenset(WRONG)),
    "other-start": _trick(SPOILS, ODD, skew=(1, 0, 0)),
    "other-end": _trick(SPOILS, ODD, skew=(0, -1, 0)),
    "other-total": _trick(SPOILS, ODD, *WRONG, skew=(0, 0, 5)),
    "range-without-a-place": _trick(SPOILS, ODD, headers={"Content-Range": ""}),
    "parts": _trick(SPOILS, ODD, parts=True),
    "416": Trick(
        lambda size, _a: Behaviour(status=416, headers={"Content-Range": f"bytes */{size}"}),
        ENDS,
        frozenset({ODD}),
    ),
    "416-without-a-place": _status(ENDS, ODD, 416),
    "206-unasked": Trick(
        lambda size, _a: Behaviour(status=206, headers={"Content-Range": f"bytes 0-3/{size}"}, body=b"abcd"),
        ENDS,
        frozenset({ODD}),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One trick at one place of a file.

    Attributes:
        name: of the trick.
        share: where in the file, from 0 to 1.
    """

    name: str
    share: float = 0.5

    def __repr__(self) -> str:
        return f"{self.name}@{self.share:g}"

    @property
    def trick(self) -> Trick:
        return TRICKS[self.name]

    def behaviour(self, size: int) -> Behaviour:
        """Return what the server does with a file of that size."""
        return self.trick.make(size, min(size - 1, int(size * self.share)))

    def codes(self, kind: Kind) -> frozenset[F]:
        """Return the faults that it may end in."""
        codes = self.trick.codes
        unmarked = self.name == "cut-without-length"
        if kind is Kind.LIST:
            wrong = codes & set(WRONG) or unmarked
            gone = F.SOURCE_GONE in codes
            named = {F.MANIFEST_UNREADABLE} if wrong else {F.CATALOG_NOT_FOUND} if gone else set()
            return codes - set(WRONG) - {F.SOURCE_GONE} | named
        if kind is Kind.INDEX and unmarked:
            return frozenset({F.CHECKSUM_MISMATCH})
        return codes

    def weight(self, kind: Kind) -> Weight:
        """Return what it costs: nothing tells how long an index is, and a list has no hash either."""
        codes = self.codes(kind)
        if kind is Kind.LIST and F.MANIFEST_UNREADABLE in codes:
            return ENDS
        return SPOILS if kind is Kind.INDEX and F.CHECKSUM_MISMATCH in codes else self.trick.weight


def survived(steps: Iterable[Step], kind: Kind) -> bool:
    """Tell whether patience must bring the right bytes through all of these, wherever they happen to fall."""
    weights = [step.weight(kind) for step in steps]
    return ENDS not in weights and weights.count(PASSES) <= 2 and weights.count(SPOILS) <= 1
