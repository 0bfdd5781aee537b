"""What the simulated server can do wrong, how fast it sends, and what it remembers of a request."""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Behaviour:
    """What the server does otherwise than it should; the parts can be combined.

    Attributes:
        status: answer with this status and `body`, instead of the file.
        headers: replace or add headers; an empty value leaves one out.
        body: of an answer with `status`.
        header_delay: seconds before the header; `math.inf` stalls there.
        stall_after: stop sending after so many bytes of the body, keep the connection.
        cut_after: close the connection after so many bytes of the body.
        cut_header: close the connection instead of answering.
        raw: send these bytes instead of any answer, and close the connection.
        ignore_range: answer 200 with the whole file.
        ignore_if_range: send the asked range also of another file.
        trickle: pause in seconds after each byte.
        trickled: so many bytes trickle, the others come as fast as they go.
        slows_after: after so many bytes of the body each further one takes 10 ms.
        drip: pause in seconds after each byte of the header.
        reset: where a cut ends the connection, by a reset and not in good order.
        content: serve these bytes, with a validator of their own, whatever lies there.
        spoilt: serve what lies there with this byte of it changed, and tell nobody.
        skew: added to what Content-Range says of the first byte, the last byte and the total.
        moved: send the bytes that lie so far behind the asked ones.
        spill: send so many bytes behind an asked range as well, if there are any.
        parts: send an asked range as multipart/byteranges.
        chunk: send the body in chunks of so many bytes, without a length.
        torn: where a cut ends the connection in chunks, send something first that is no chunk.
        endless: send the body without a length; the connection's end is its end.
        longer: added to the length that is told.
        packed: send the body packed by gzip.
        before: send these bytes in front of the header.
        behind: send these bytes behind the body, on the same connection.
        leave: close the connection after the answer, and do not say so before.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    header_delay: float = 0.0
    stall_after: int | None = None
    cut_after: int | None = None
    cut_header: bool = False
    raw: bytes | None = None
    ignore_range: bool = False
    ignore_if_range: bool = False
    trickle: float = 0.0
    trickled: float = math.inf
    slows_after: float = math.inf
    drip: float = 0.0
    reset: bool = False
    content: bytes | None = None
    spoilt: int | None = None
    skew: tuple[int, int, int] = (0, 0, 0)
    moved: int = 0
    spill: int = 0
    parts: bool = False
    chunk: int | None = None
    torn: bool = False
    endless: bool = False
    longer: int = 0
    packed: bool = False
    before: bytes = b""
    behind: bytes = b""
    leave: bool = False


NORMAL = Behaviour()
STALL = Behaviour(header_delay=math.inf)


def redirect(to: str, status: int = 302) -> Behaviour:
    """Send the client elsewhere; to the path itself makes a loop."""
    return Behaviour(status=status, headers={"Location": to})


def page(text: str = "<html><body>Sign in to the network</body></html>") -> Behaviour:
    """Answer as a captive portal does."""
    return Behaviour(status=200, headers={"Content-Type": "text/html; charset=utf-8"}, body=text.encode())


@dataclass(frozen=True)
class Served:
    """One request; `sent` counts the body's bytes that went out."""

    method: str
    path: str
    range: str | None
    if_range: str | None
    status: int
    sent: int
    headers: Mapping[str, str]
    connection: int
    """Numbers the connections, so that a test can see whether one was used again."""


class Pace:
    """Lets through so many bytes a second, over all connections."""

    def __init__(self, rate: float) -> None:
        self.piece = max(1024, min(65536, int(rate / 50)))
        self._rate = rate
        self._lock = threading.Lock()
        self._free_at = 0.0

    def pause(self, count: int) -> float:
        """Book `count` bytes and return how long to wait before they may go out, in seconds."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + count / self._rate
            return self._free_at - now
