"""A real HTTP server on loopback: ranges, ETags, keep-alive, a log of what it sent, and misbehaviour on demand.

    with HttpServer(root=folder, rate=None) as server:
        server.put("/a.zip", b"bytes without a file")
        server.behave("/a.zip", Behaviour(cut_after=1000), times=1)
        ... server.url ... server.log ... server.sent("/a.zip")

`serve.py` runs it as a program of its own.
"""

import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulators.answer import Answer, Requests, ServerClosedError
from simulators.behaviour import NORMAL, STALL, Behaviour, Pace, Served, page, redirect
from simulators.twisting import Content, validator

__all__ = ["STALL", "Behaviour", "HttpServer", "Served", "page", "redirect"]

SEND_BUFFER = 1 << 18
"""Kept small, so that the log does not count much that never reached the client."""
SETTLE_SECONDS = 2.0
"""How long the log waits for answers that are still going out."""


class Listener(ThreadingHTTPServer):
    """The listening socket; its threads are waited for when it closes."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, owner: "HttpServer", port: int, tls: ssl.SSLContext | None) -> None:
        self.owner = owner
        self._tls = tls
        super().__init__(("127.0.0.1", port), Requests)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS in the connection's own thread, so that a slow handshake holds up nobody else."""
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(10)  # a client that never shakes hands must not keep the server open
        with suppress(OSError), self._tls.wrap_socket(request, server_side=True) as secured:
            secured.settimeout(None)
            super().finish_request(secured, client_address)

    def shutdown_request(self, request: Any) -> None:
        with suppress(OSError):
            super().shutdown_request(request)


class HttpServer:
    """Serves a folder and given bytes on 127.0.0.1 within a `with` block.

    Attributes:
        url: of the server, without a slash at the end.
        port: that it listens on.
        pace: its bandwidth, None for as fast as it goes.
        each: bytes a second that one answer gets at most, None for as fast as it goes.
    """

    def __init__(
        self,
        root: Path | None = None,
        rate: float | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        on_served: Callable[[Served], None] = lambda _: None,
    ) -> None:
        """Prepare the server; it listens from here on and answers within the `with` block.

        Args:
            root: folder to serve, None for given bytes only.
            rate: bytes a second, all connections together; None for as fast as it goes.
            tls: context with the server's certificate, None for plain HTTP.
            port: 0 for a free one.
            on_served: called after each request, in the request's thread.
        """
        self._root = root
        self.pace = Pace(rate) if rate else None
        self.each: float | None = None
        self._bytes: dict[str, bytes] = {}
        self._scripts: dict[str, deque[Behaviour]] = {}
        self._standing: dict[str, Behaviour] = {}
        self._log: dict[int, Served] = {}  # by when their requests came
        self._begun = 0
        self._connections: set[socket.socket] = set()
        self._count = 0
        self._active: set[Answer] = set()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._closing = threading.Event()
        self._on_served = on_served
        self._listener = Listener(self, port, tls)
        self.port = self._listener.server_port
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._listener.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # below TLS, whose own shutdown is not for other threads
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        self._listener.server_close()

    def put(self, path: str, data: bytes) -> str:
        """Serve these bytes at a path, before a file of the folder; returns the full url."""
        with self._lock:
            self._bytes[path] = data
        return self.url + path

    def behave(self, path: str, behaviour: Behaviour, times: int | None = None) -> None:
        """Misbehave at a path: for the next `times` requests, or until told otherwise."""
        with self._lock:
            if times is None:
                self._standing[path] = behaviour
            else:
                self._scripts.setdefault(path, deque()).extend([behaviour] * times)

    def reform(self) -> None:
        """Behave well from now on."""
        with self._lock:
            self._scripts.clear()
            self._standing.clear()

    @property
    def connected_to(self) -> int:
        """How many connections are open just now."""
        with self._lock:
            return len(self._connections)

    def set_rate(self, rate: float | None) -> None:
        """Change the bandwidth, also of answers that are on their way; bytes a second."""
        self.pace = Pace(rate) if rate else None

    @property
    def log(self) -> tuple[Served, ...]:
        """The answers that ended so far, in the order of their requests; waits a moment for those just ending."""
        with self._changed:
            self._changed.wait_for(lambda: not self._active, SETTLE_SECONDS)
            return tuple(served for _, served in sorted(self._log.items(), key=lambda item: item[0]))

    def requests(self, path: str) -> tuple[Served, ...]:
        """Return the answered requests for a path."""
        return tuple(served for served in self.log if served.path == path)

    def sent(self, path: str) -> int:
        """Return how many bytes of bodies went out for a path in all answers that ended."""
        return sum(served.sent for served in self.requests(path))

    def sent_so_far(self, path: str) -> int:
        """Return the same at once, answers under way included."""
        with self._lock:
            ended = sum(served.sent for served in self._log.values() if served.path == path)
            return ended + sum(answer.sent for answer in self._active if answer.path == path)

    def under_way(self, path: str) -> bool:
        """Tell whether a request for a path is being answered just now."""
        with self._lock:
            return any(answer.path == path for answer in self._active)

    def forget(self) -> None:
        """Empty the log; waits a moment for answers that are just ending."""
        with self._changed:
            self._changed.wait_for(lambda: not self._active, SETTLE_SECONDS)
            self._log.clear()

    def behaviour(self, path: str) -> Behaviour:
        with self._lock:
            script = self._scripts.get(path)
            return script.popleft() if script else self._standing.get(path, NORMAL)

    def content(self, path: str) -> Content | None:
        with self._lock:
            data = self._bytes.get(path)
        if data is not None:
            return Content(len(data), validator(data), formatdate(0, usegmt=True), lambda: BytesIO(data))
        file = self._file(path)
        if file is None:
            return None
        status = file.stat()
        etag = f'"{status.st_size:x}-{status.st_mtime_ns:x}"'
        return Content(
            status.st_size, etag, formatdate(status.st_mtime, usegmt=True), lambda: file.open("rb")
        )

    def _file(self, path: str) -> Path | None:
        if self._root is None:
            return None
        file = (self._root / path.lstrip("/")).resolve()
        inside = file.is_relative_to(self._root.resolve())
        return file if inside and file.is_file() else None

    @contextmanager
    def answering(self, answer: Answer) -> Iterator[None]:
        """Count an answer as under way within the block, and log it after."""
        with self._lock:
            self._begun += 1
            number = self._begun
            self._active.add(answer)
        try:
            yield
        finally:
            served = answer.served
            with self._changed:
                self._active.discard(answer)
                self._log[number] = served
                self._changed.notify_all()
            self._on_served(served)

    def hold(self, seconds: float, connection: socket.socket) -> None:
        """Wait, but not longer than the client or the server lives."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._closing.wait(min(left, 0.05)):
                raise ServerClosedError
            if left > 0.05 and _gone(connection):
                raise ConnectionAbortedError

    def connected(self, connection: socket.socket) -> int:
        """Count a connection and return its number."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        with self._lock:
            self._connections.add(connection)
            self._count += 1
            return self._count

    def disconnected(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._connections.discard(connection)


def _gone(connection: socket.socket) -> bool:
    """Tell whether the client has closed; looks below TLS, and past what it asked last where the system can."""
    if hasattr(select, "POLLRDHUP"):
        poll = select.poll()
        poll.register(connection, select.POLLRDHUP)
        return bool(poll.poll(0))
    if not select.select([connection], [], [], 0)[0]:
        return False
    return not socket.socket.recv(connection, 1, socket.MSG_PEEK)
