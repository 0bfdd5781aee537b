"""Serves a catalog's folder over HTTP, with all that resuming and mending need of a server."""

import hashlib
import os
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Self
from urllib.parse import unquote, urlsplit

IDLE_SECONDS = 75.0
"""How long a quiet connection is kept, as nginx does."""
CLOSING_SECONDS = 5.0
"""How long closing waits for the connections' threads."""
TYPES = {".json": "application/json", ".zip": "application/zip", ".zst": "application/zstd"}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Served(NamedTuple):
    """One answer, for logs and tests: `sent` counts the body's bytes that left, `start` is where they lie."""

    method: str
    path: str
    status: int
    start: int
    sent: int


Observer = Callable[[Served], None]


class Span(NamedTuple):
    """The part of a file that an answer carries; `end` is one past its last byte."""

    start: int
    end: int


class UnsatisfiableError(Exception):
    """The range that was asked for lies outside the file."""


class CatalogServer:
    """An HTTP server for one folder, in threads of its own.

    Answers GET and HEAD; one byte range with If-Range; strong ETags made of the content. Shows no
    listings and nothing outside the folder, hidden files included.
    """

    def __init__(
        self, root: Path, host: str = "127.0.0.1", port: int = 0, observe: Observer | None = None
    ) -> None:
        """Bind the port; `start` answers.

        Args:
            root: the catalog's folder.
            host: the address to listen on; the default can be reached from this computer only.
            port: 0 takes a free one.
            observe: called from the server's threads after each answer.

        Raises:
            OSError: when the port is taken.
        """
        self._server = _Server((host, port), _Folder(root), observe)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The folder's address, with a slash at its end."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop at once: running transfers are cut off, too."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def wait(self) -> None:
        """Return only when the server was closed."""
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class _Folder:
    """Finds files below a folder and knows their ETags."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._tags: dict[tuple[int, ...], str] = {}
        self._lock = threading.Lock()

    def open(self, target: str) -> BufferedReader | None:
        """Open the file that a request's target names; None where there is none to be seen."""
        path = unquote(urlsplit(target).path)
        parts = PurePosixPath(path).parts[1:]
        if "\0" in path or "\\" in path or any(part.startswith(".") or ":" in part for part in parts):
            return None
        found = self._root.joinpath(*parts)
        with suppress(OSError):
            if found.resolve().is_relative_to(self._root) and found.is_file():
                return found.open("rb")
        return None

    def etag(self, file: BufferedReader, stat: os.stat_result) -> str:
        """Return a strong ETag: the content's hash, computed once for each version of the file."""
        key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        with self._lock:
            if key not in self._tags:
                self._tags[key] = f'"{hashlib.file_digest(file, "sha256").hexdigest()[:32]}"'
            return self._tags[key]


class _Server(ThreadingHTTPServer):
    """Keeps its connections in sight, so that closing it ends them."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], files: _Folder, observe: Observer | None) -> None:
        self.files = files
        self.observe = observe
        self._open: set[Any] = set()
        self._changed = threading.Condition()
        super().__init__(address, _Answer)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is everyday life."""

    def server_close(self) -> None:
        super().server_close()
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, CLOSING_SECONDS)


class _Answer(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "vsrt"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    error_message_format = "%(code)d %(message)s\n"
    error_content_type = "text/plain; charset=utf-8"
    server: _Server

    def do_GET(self) -> None:
        """Answer with the file, or with the part that was asked for."""
        if self.headers.get("Content-Length") or self.headers.get("Transfer-Encoding"):
            self.close_connection = True  # nobody reads that body, so nothing may follow it
        file = self.server.files.open(self.path)
        if file is None:
            self._head(HTTPStatus.NOT_FOUND, {})
            return
        with file:
            self._answer(file)

    do_HEAD = do_GET

    def _answer(self, file: BufferedReader) -> None:
        stat = os.fstat(file.fileno())
        facts = {
            "ETag": self.server.files.etag(file, stat),
            "Last-Modified": formatdate(int(stat.st_mtime), usegmt=True),
            "Accept-Ranges": "bytes",
            "Cache-Control": "no-cache",
        }
        if _names(self.headers.get("If-None-Match", ""), facts["ETag"]):
            self._head(HTTPStatus.NOT_MODIFIED, facts)
            return
        try:
            span = self._asked(facts, stat.st_size)
        except UnsatisfiableError:
            refusal = {"Content-Range": f"bytes */{stat.st_size}"}
            self._head(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, facts | refusal)
            return
        self._send(file, span, stat.st_size, facts)

    def _asked(self, facts: dict[str, str], size: int) -> Span | None:
        """Return the asked part; None for all of it, also when the client's other part is of another file."""
        validator = self.headers.get("If-Range")
        if self.command != "GET" or (validator and validator not in {facts["ETag"], facts["Last-Modified"]}):
            return None
        return parse_range(self.headers.get("Range", ""), size)

    def _send(self, file: BufferedReader, span: Span | None, size: int, facts: dict[str, str]) -> None:
        """Send a part of the file, or all of it."""
        start, end = span or (0, size)
        facts["Content-Type"] = TYPES.get(
            PurePosixPath(urlsplit(self.path).path).suffix, "application/octet-stream"
        )
        if span is None:
            status = HTTPStatus.OK
        else:
            status = HTTPStatus.PARTIAL_CONTENT
            facts["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        self._head(status, facts, length=end - start, report=False)
        file.seek(start)
        try:
            if self.command == "GET" and end > start:
                self.connection.sendfile(file, start, end - start)
        finally:
            self._report(status, start, file.tell() - start)

    def _head(
        self, status: HTTPStatus, headers: dict[str, str], *, length: int = 0, report: bool = True
    ) -> None:
        """Send the status and the headers; without `report` the body follows."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if report:
            self._report(status, 0, 0)

    def _report(self, status: HTTPStatus, start: int, sent: int) -> None:
        if self.server.observe:
            self.server.observe(Served(self.command, self.path, int(status), start, sent))

    def log_message(self, *_: object) -> None:
        """Write no log: whoever wants one observes."""


def _names(header: str, etag: str) -> bool:
    """Tell whether an If-None-Match header names this ETag."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or tags == ["*"]


def parse_range(header: str, size: int) -> Span | None:
    """Read a Range header.

    Args:
        header: as the client sent it, "" without one.
        size: bytes of the file.

    Returns:
        The part, or None where the whole file is the right answer: no range, several, an unreadable one.

    Raises:
        UnsatisfiableError: when it begins behind the file's end.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise UnsatisfiableError
    return Span(start, end)
