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
