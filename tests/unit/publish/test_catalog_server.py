"""The catalog server: whole files, parts of them, and nothing that is not in its folder."""

import http.client
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import vsrt_gui
from vsrt_gui.publish.serve import CatalogServer, Served, Span, UnsatisfiableError, parse_range

CONTENT = bytes(range(256)) * 40
SIZE = len(CONTENT)


class Client:
    """One connection that is kept."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            self.connection.putheader(name.replace("_", "-"), value)
        self.connection.endheaders()
        response = self.connection.getresponse()
        return response, response.read()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    (folder / "archives").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "archives" / "a.zip").write_bytes(CONTENT)
    (folder / "archives" / "empty").write_bytes(b"")
    (folder / ".hidden").write_text("hidden")
    (tmp_path / "secret").write_text("secret")
    return folder


class Log:
    """What a server says of its answers; it says it only after the client has them."""

    def __init__(self) -> None:
        self._answers: queue.Queue[Served] = queue.Queue()
        self.note = self._answers.put

    def next(self, number: int = 1) -> list[Served]:
        return [self._answers.get(timeout=10) for _ in range(number)]


@pytest.fixture
def seen() -> Log:
    return Log()


@pytest.fixture
def server(root: Path, seen: Log) -> Iterator[CatalogServer]:
    with CatalogServer(root, observe=seen.note) as made:
        yield made


@pytest.fixture
def client(server: CatalogServer) -> Iterator[Client]:
    made = Client(server.url)
    with closing(made.connection):
        yield made


def test_sends_the_whole_file_over_a_connection_that_stays(client: Client, seen: Log) -> None:
    response, body = client.ask("/archives/a.zip")
    own = client.connection.sock
    assert (response.status, body) == (200, CONTENT)
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["ETag"].startswith('"')
    response, body = client.ask("/manifest.json")
    assert (response.status, body, response.headers["Content-Type"]) == (200, b"{}", "application/json")
    assert client.connection.sock is own
    assert seen.next(2) == [
        Served("GET", "/archives/a.zip", 200, 0, SIZE),
        Served("GET", "/manifest.json", 200, 0, 2),
    ]


def test_head_tells_all_but_sends_nothing(client: Client, seen: Log) -> None:
    whole, _ = client.ask("/archives/a.zip")
    response, body = client.ask("/archives/a.zip", "HEAD", Range="bytes=0-9")
    assert (response.status, body, response.headers["Content-Length"]) == (200, b"", str(SIZE))
    assert response.headers["ETag"] == whole.headers["ETag"]
    assert seen.next(2)[-1] == Served("HEAD", "/archives/a.zip", 200, 0, 0)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("0-0", 0, 1),
        ("100-199", 100, 200),
        ("100-", 100, SIZE),
        ("-5", SIZE - 5, SIZE),
        ("0-99999999", 0, SIZE),
    ],
)
def test_sends_a_part(client: Client, seen: Log, asked: str, start: int, end: int) -> None:
    response, body = client.ask("/archives/a.zip", Range=f"bytes={asked}")
    assert response.status == 206
    assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert response.headers["Content-Length"] == str(end - start)
    assert body == CONTENT[start:end]
    assert seen.next() == [Served("GET", "/archives/a.zip", 206, start, end - start)]


@pytest.mark.parametrize(("path", "asked"), [("a.zip", f"{SIZE}-"), ("a.zip", "-0"), ("empty", "0-")])
def test_refuses_a_part_behind_the_end_and_keeps_the_connection(
    client: Client, path: str, asked: str
) -> None:
    response, body = client.ask(f"/archives/{path}", Range=f"bytes={asked}")
    size = SIZE if path == "a.zip" else 0
    assert (response.status, body, response.headers["Content-Range"]) == (416, b"", f"bytes */{size}")
    assert client.ask("/manifest.json")[1] == b"{}"


def test_continues_only_the_same_file(client: Client) -> None:
    first, _ = client.ask("/archives/a.zip")
    for validator in (first.headers["ETag"], first.headers["Last-Modified"]):
        response, body = client.ask("/archives/a.zip", Range="bytes=10-", If_Range=validator)
        assert (response.status, body) == (206, CONTENT[10:])
    for other in ('"other"', f"W/{first.headers['ETag']}", "Thu, 01 Jan 1970 00:00:00 GMT"):
        response, body = client.ask("/archives/a.zip", Range="bytes=10-", If_Range=other)
        assert (response.status, body) == (200, CONTENT)


def test_the_etag_stands_for_the_content_not_for_the_file(client: Client, root: Path) -> None:
    first = client.ask("/archives/a.zip")[0].headers["ETag"]
    copy = root / "archives" / "copy.zip"
    copy.write_bytes(CONTENT)
    os.utime(copy, (1, 1))
    assert client.ask("/archives/copy.zip")[0].headers["ETag"] == first
    changed = root / "archives" / "new"
    changed.write_bytes(CONTENT[::-1])
    changed.replace(root / "archives" / "a.zip")
    assert client.ask("/archives/a.zip")[0].headers["ETag"] != first


def test_does_not_send_what_the_client_has(client: Client) -> None:
    etag = client.ask("/archives/a.zip")[0].headers["ETag"]
    for known in (etag, f'"x", W/{etag}', "*"):
        response, body = client.ask("/archives/a.zip", If_None_Match=known, Range="bytes=0-1")
        assert (response.status, body) == (304, b"")
    assert client.ask("/archives/a.zip", If_None_Match='"x"')[0].status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/archives",
        "/archives/",
        "/nothing",
        "/../secret",
        "/archives/../../secret",
        "/%2e%2e/secret",
        "/archives/..%2f..%2fsecret",
        "/..%5csecret",
        "/.hidden",
        "/manifest.json%00",
        "/C:/secret",
        "/link",
        "/manifest.json/x",
        f"/{'x' * 5000}",
    ],
)
def test_shows_nothing_else(client: Client, root: Path, path: str) -> None:
    (root / "link").symlink_to(root.parent / "secret")
    response, body = client.ask(path)
    assert (response.status, body) == (404, b"")


def test_knows_no_other_method(client: Client) -> None:
    response, _ = client.ask("/manifest.json", "DELETE")
    assert response.status == 501


def test_what_follows_an_unread_body_is_no_request(server: CatalogServer, seen: Log) -> None:
    address = urlsplit(server.url)
    smuggled = b"GET /archives/a.zip HTTP/1.1\r\n\r\n"
    head = b"GET /manifest.json HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(smuggled)
    with socket.create_connection((address.hostname, address.port), timeout=10) as raw:
        raw.sendall(head + smuggled)
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.count(b"HTTP/1.1") == 1
    assert [each.path for each in seen.next()] == ["/manifest.json"]


def test_closing_cuts_transfers_off_and_reports_what_left(root: Path) -> None:
    (root / "large").write_bytes(bytes(64 << 20))
    seen = Log()
    server = CatalogServer(root, observe=seen.note).start()
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as raw:
        raw.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 200")
        server.close()
    assert 0 < seen.next()[0].sent < 64 << 20
    with (
        pytest.raises(ConnectionError),
        socket.create_connection((address.hostname, address.port), timeout=1),
    ):
        pass


def test_a_port_that_is_taken_is_an_error(server: CatalogServer, root: Path) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    with pytest.raises(OSError):  # noqa: PT011 -- the system's own words differ
        CatalogServer(root, port=port)


def test_many_clients_at_once(server: CatalogServer) -> None:
    bodies: list[bytes] = []

    def fetch() -> None:
        made = Client(server.url)
        with closing(made.connection):
            bodies.append(made.ask("/archives/a.zip", Range="bytes=1-")[1])

    threads = [threading.Thread(target=fetch) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [CONTENT[1:]] * 20


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=5-3", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=0-1x", None),
        ("bytes=" + "9" * 5000 + "-", None),
        (" bytes=2-3 ", Span(2, 4)),
        ("bytes=-100", Span(0, 10)),
        ("bytes=9-", Span(9, 10)),
    ],
)
def test_reads_ranges(header: str, span: Span | None) -> None:
    assert parse_range(header, 10) == span


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_no_range_behind_the_end(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        parse_range(header, 10)


def test_needs_the_standard_library_alone() -> None:
    root = Path(vsrt_gui.__file__).parent.parent
    program = f"import sys; sys.path.insert(0, {str(root)!r}); import vsrt_gui.publish.serve"
    assert subprocess.run([sys.executable, "-I", "-S", "-c", program], check=False).returncode == 0
