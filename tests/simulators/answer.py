"""One answer of the simulated server, on its way out."""

import math
import os
import socket
import ssl
import struct
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from simulators.behaviour import Pace, Served
from simulators.twisting import BOUNDARY, Content, in_parts, moved, twisted

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

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer()

    def _answer(self) -> None:
        answer = Answer(self, unquote(urlsplit(self.path).path))
        with self.server.owner.answering(answer):
            answer.run()


class Answer:
    """One answer on its way out."""

    def __init__(self, request: Requests, path: str) -> None:
        self.path = path
        self.status = 0
        self.sent = 0
        self._request = request
        self._owner = request.server.owner
        self._behaviour = self._owner.behaviour(path)
        self._pace = Pace(self._owner.each) if self._owner.each else None

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
            self._end()
        elif how.raw is not None:
            self._request.wfile.write(how.raw)
            self._request.close_connection = True
        elif how.status is not None:
            self._plain(how.status, how.body)
        elif content is None:
            self._plain(404, b"nothing here\n")
        else:
            self._file(twisted(content, how))

    def _hold(self, seconds: float) -> None:
        self._owner.hold(seconds, self._request.connection)

    def _plain(self, status: int, body: bytes) -> None:
        self._header(status, {"Content-Type": "text/plain"}, len(body))
        self._body(BytesIO(body), 0, len(body))

    def _file(self, content: Content) -> None:
        how = self._behaviour
        headers = {
            "Content-Type": "application/octet-stream",
            "ETag": content.etag,
            "Last-Modified": content.modified,
            "Accept-Ranges": "bytes",
            "Content-Encoding": "gzip" if how.packed else "",
        }
        start, end = 0, content.size
        status = 200
        wanted = self._wanted_range(content)
        if wanted is not None:
            start, end = wanted
            if start >= end:
                self._header(416, {"Content-Range": f"bytes */{content.size}"}, 0)
                return
            status = 206
            content = moved(content, how.moved)
            if how.parts:
                body = in_parts(content, start, end)
                kind = f"multipart/byteranges; boundary={BOUNDARY}"
                self._header(status, {**headers, "Content-Type": kind}, len(body))
                self._body(BytesIO(body), 0, len(body))
                return
            told = (start + how.skew[0], end - 1 + how.skew[1], content.size + how.skew[2])
            headers["Content-Range"] = "bytes {}-{}/{}".format(*told)
            end = min(content.size, end + how.spill)
        self._header(status, headers, end - start)
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

    def _header(self, status: int, headers: Mapping[str, str], length: int) -> None:
        self.status = status
        request, how = self._request, self._behaviour
        framing = {"Content-Length": str(length + how.longer)}
        if how.chunk is not None:
            framing = {"Transfer-Encoding": "chunked"}
        elif how.endless:
            framing = {"Connection": "close"}
        request.protocol_version = "HTTP/1.0" if how.endless else "HTTP/1.1"
        request.send_response(status)
        for name, value in {**headers, **framing, **how.headers}.items():
            if value:
                request.send_header(name, value)
        self._transmit_header(how.before + b"".join(request._headers_buffer) + b"\r\n")

    def _transmit_header(self, header: bytes) -> None:
        self._request._headers_buffer = []
        if not self._behaviour.drip:
            self._request.wfile.write(header)
            return
        for number in range(len(header)):
            self._request.wfile.write(header[number : number + 1])
            self._hold(self._behaviour.drip)

    def _body(self, stream: BinaryIO, start: int, count: int) -> None:
        if self._request.command == "HEAD":
            return
        how = self._behaviour
        limit = min((n for n in (how.stall_after, how.cut_after) if n is not None), default=count)
        self._send(stream, start, min(count, limit))
        if how.stall_after is not None and self.sent < count:
            self._hold(math.inf)
        if how.cut_after is not None:
            self._end()
            return
        if last := (b"0\r\n\r\n" if how.chunk is not None else b"") + how.behind:
            self._request.wfile.write(last)
        if how.leave or how.endless:
            self._request.close_connection = True

    def _end(self) -> None:
        """Cut the connection: in good order, or by a reset, before which what was sent has a moment to arrive."""
        request = self._request
        request.close_connection = True
        if self._behaviour.torn:
            request.wfile.write(b"this is no chunk\r\n")
        if self._behaviour.reset:
            self._hold(0.01)
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(request.connection.detach())

    def _send(self, stream: BinaryIO, start: int, count: int) -> None:
        while self.sent < count:
            length = min(self._piece(), count - self.sent)
            for pace in (self._owner.pace, self._pace):  # the first may change on the way
                self._hold(pace.pause(length) if pace else 0.0)
            stream.seek(start + self.sent)
            try:
                self._transmit(stream, length)
            finally:
                self.sent = stream.tell() - start
            if self.sent <= self._behaviour.trickled:
                self._hold(self._behaviour.trickle)
            if self.sent >= self._behaviour.slows_after:
                self._hold(0.01)

    def _piece(self) -> int:
        """Return how many bytes go out at once."""
        how, pace = self._behaviour, self._owner.pace or self._pace
        if (how.trickle and self.sent < how.trickled) or self.sent >= how.slows_after:
            return 1
        return how.chunk or (pace.piece if pace else SLICE)

    def _transmit(self, stream: BinaryIO, length: int) -> None:
        """Send from where the stream stands, and leave it where sending stopped."""
        connection, chunked = self._request.connection, self._behaviour.chunk is not None
        if chunked or isinstance(stream, BytesIO) or isinstance(connection, ssl.SSLSocket):
            place = stream.tell()
            data = stream.read(length)
            stream.seek(place)
            connection.sendall(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
            stream.seek(place + len(data))
        else:
            connection.sendfile(stream, stream.tell(), length)
