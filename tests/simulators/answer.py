"""One answer of the simulated server, on its way out."""

import math
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from simulators.behaviour import Served

if TYPE_CHECKING:
    from simulators.http_server import Listener

SLICE = 1 << 20
"""Bytes handed to the kernel at once when there is no rate limit."""


class ServerClosedError(Exception):
    """The server shuts down; ends an answer that stalls."""


class Requests(BaseHTTPRequestHandler):
    """Answers on one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Listener"

    def setup(self) -> None:
        super().setup()
        self.number = self.server.owner.connected(self.connection)

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.server.owner.disconnected(self.connection)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: `HttpServer.log` is the log."""

    def handle(self) -> None:
        # The client went away, which is what many tests are about.
        with suppress(OSError, ServerClosedError):
            super().handle()

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        answer = Answer(self, unquote(urlsplit(self.path).path))
        with self.server.owner.answering(answer):
            answer.run()


@dataclass(frozen=True)
class Content:
    """What lies behind a path; `open` makes a new stream on it."""

    size: int
    etag: str
    modified: str
    open: Callable[[], BinaryIO]


class Answer:
    """One answer on its way out."""

    def __init__(self, request: Requests, path: str) -> None:
        self.path = path
        self.status = 0
        self.sent = 0
        self._request = request
        self._owner = request.server.owner
        self._behaviour = self._owner.behaviour(path)

    @property
    def served(self) -> Served:
        """What the log says of it."""
        headers = self._request.headers
        return Served(
            method=self._request.command,
            path=self.path,
            range=headers.get("Range"),
            if_range=headers.get("If-Range"),
            status=self.status,
            sent=self.sent,
            headers=dict(headers.items()),
            connection=self._request.number,
        )

    def run(self) -> None:
        """Answer as the path's behaviour wants it."""
        how = self._behaviour
        content = self._owner.content(self.path)
        self._hold(how.header_delay)
        if how.cut_header:
            self._request.close_connection = True
        elif how.raw is not None:
            self._request.wfile.write(how.raw)
            self._request.close_connection = True
        elif how.status is not None:
            self._plain(how.status, how.body)
        elif content is None:
            self._plain(404, b"nothing here\n")
        else:
            self._file(content)

    def _hold(self, seconds: float) -> None:
        self._owner.hold(seconds, self._request.connection)

    def _plain(self, status: int, body: bytes) -> None:
        self._header(status, {"Content-Type": "text/plain", "Content-Length": str(len(body))})
        self._body(BytesIO(body), 0, len(body))

    def _file(self, content: Content) -> None:
        headers = {
            "Content-Type": "application/octet-stream",
            "ETag": content.etag,
            "Last-Modified": content.modified,
            "Accept-Ranges": "bytes",
        }
        start, end = 0, content.size
        status = 200
        wanted = self._wanted_range(content)
        if wanted is not None:
            start, end = wanted
            if start >= end:
                self._header(416, {"Content-Range": f"bytes */{content.size}", "Content-Length": "0"})
                return
            status = 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{content.size}"
        self._header(status, {**headers, "Content-Length": str(end - start)})
        with content.open() as stream:
            self._body(stream, start, end - start)

    def _wanted_range(self, content: Content) -> tuple[int, int] | None:
        """Return the asked bytes as (first, one past the last), None for all of the file."""
        asked = self._request.headers.get("Range")
        condition = self._request.headers.get("If-Range")
        if asked is None or self._behaviour.ignore_range:
            return None
        if self._behaviour.ignore_if_range:
            condition = None
        if condition is not None and condition not in (content.etag, content.modified):
            return None
        first, _, last = asked.removeprefix("bytes=").partition("-")
        if not first:
            return max(0, content.size - int(last)), content.size
        return int(first), min(content.size, int(last) + 1) if last else content.size

    def _header(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        request = self._request
        request.send_response(status)
        for name, value in {**headers, **self._behaviour.headers}.items():
            if value:
                request.send_header(name, value)
        request.end_headers()

    def _body(self, stream: BinaryIO, start: int, count: int) -> None:
        if self._request.command == "HEAD":
            return
        how = self._behaviour
        limit = min((n for n in (how.stall_after, how.cut_after) if n is not None), default=count)
        self._send(stream, start, min(count, limit))
        if how.stall_after is not None:
            self._hold(math.inf)
        if how.stall_after is not None or how.cut_after is not None:
            self._request.close_connection = True

    def _send(self, stream: BinaryIO, start: int, count: int) -> None:
        while self.sent < count:
            pace = self._owner.pace  # it may change on the way
            piece = 1 if self._behaviour.trickle else pace.piece if pace else SLICE
            length = min(piece, count - self.sent)
            if pace:
                self._hold(pace.pause(length))
            stream.seek(start + self.sent)
            try:
                self._transmit(stream, length)
            finally:
                self.sent = stream.tell() - start
            self._hold(self._behaviour.trickle)

    def _transmit(self, stream: BinaryIO, length: int) -> None:
        """Send from where the stream stands, and leave it where sending stopped."""
        connection = self._request.connection
        if isinstance(stream, BytesIO) or isinstance(connection, ssl.SSLSocket):
            place = stream.tell()
            data = stream.read(length)
            stream.seek(place)
            connection.sendall(data)
            stream.seek(place + len(data))
        else:
            connection.sendfile(stream, stream.tell(), length)
