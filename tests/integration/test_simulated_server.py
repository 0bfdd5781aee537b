"""The server of the tests itself: its log tells the truth, also as a program of its own."""

import threading
import time
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from simulators import serve
from simulators.http_server import Behaviour, HttpServer

from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask


def read(url: str, start: int = 0) -> bytes:
    source = HttpSource()
    try:
        with source.open(Ask(url=url, start=start), Stop()) as body:
            return b"".join(body)
    finally:
        source.close()


def ask(method: str, port: int, path: str) -> HTTPResponse:
    """Ask as no well-behaved client does: the path goes out as it is."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request(method, path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_a_folder_and_its_bounds(tmp_path: Path) -> None:
    (tmp_path / "served" / "sub").mkdir(parents=True)
    (tmp_path / "served" / "sub" / "ä b.zip").write_bytes(b"of the folder")
    (tmp_path / "secret").write_bytes(b"outside")
    with HttpServer(tmp_path / "served") as server:
        assert read(server.url + "/sub/%C3%A4%20b.zip") == b"of the folder"
        assert read(server.url + "/sub/%C3%A4%20b.zip", 3) == b"the folder"
        assert server.sent("/sub/ä b.zip") == 23
        for path in ("/../secret", "/%2e%2e/secret", "/sub", "/none"):
            ask("GET", server.port, path)
        assert [request.status for request in server.log] == [200, 206, 404, 404, 404, 404]


def test_a_header_alone() -> None:
    with HttpServer() as server:
        server.put("/a.zip", b"12345")
        assert ask("HEAD", server.port, "/a.zip").getheader("Content-Length") == "5"
        assert [(request.method, request.sent) for request in server.log] == [("HEAD", 0)]


def test_misbehaviour_passes() -> None:
    with HttpServer() as server:
        url = server.put("/a.zip", b"12345")
        server.behave("/a.zip", Behaviour(ignore_range=True), times=1)
        assert read(url, 2) == b"12345"
        assert read(url, 2) == b"345"


def test_bytes_are_counted_while_they_go_out() -> None:
    with HttpServer(rate=200_000) as server:
        url = server.put("/a.zip", bytes(100_000))
        reader = threading.Thread(target=read, args=(url,))
        reader.start()
        until = time.monotonic() + 5
        while server.sent_so_far("/a.zip") == 0 and time.monotonic() < until:
            time.sleep(0.01)
        assert 0 < server.sent_so_far("/a.zip") < 100_000
        server.set_rate(None)
        reader.join()
        assert server.sent("/a.zip") == server.sent_so_far("/a.zip") == 100_000


def test_a_program_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "a.zip").write_bytes(b"1234567890")
    with serve.running(tmp_path / "served", tmp_path / "log") as url:
        assert read(url + "/a.zip") == b"1234567890"
        assert read(url + "/a.zip", 8) == b"90"
        until = time.monotonic() + 5
        while len(list(serve.read_log(tmp_path / "log"))) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    log = list(serve.read_log(tmp_path / "log"))
    assert [(served.path, served.range, served.sent) for served in log] == [
        ("/a.zip", None, 10),
        ("/a.zip", "bytes=8-", 2),
    ]
