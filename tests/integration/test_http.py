"""HttpSource against a real server: ranges, validators, statuses, redirects, bodies that end early."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from simulators.http_server import STALL, Behaviour, HttpServer, page, redirect
from simulators.silent import mute, unreachable

from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import NetworkFit

DATA = random.Random(7).randbytes(3_000_000)
OTHER = random.Random(8).randbytes(2_900_000)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as running:
        running.put("/a.zip", DATA)
        yield running


@pytest.fixture
def source() -> Iterator[HttpSource]:
    made = HttpSource(NetworkFit(download_connect=0.5, stall=0.5))
    yield made
    made.close()


def read(source: HttpSource, ask: Ask) -> tuple[int, int | None, str | None, bytes]:
    with source.open(ask, Stop()) as body:
        return body.start, body.total, body.validator, b"".join(body)


def collect(source: HttpSource, url: str, got: bytearray) -> None:
    with source.open(Ask(url=url), Stop()) as body:
        for piece in body:
            got += piece


def fault(source: HttpSource, ask: Ask) -> tuple[FaultCode, dict[str, object]]:
    with pytest.raises(InstallerError) as caught:
        read(source, ask)
    return caught.value.fault.code, dict(caught.value.fault.facts)


def test_all_of_a_file(server: HttpServer, source: HttpSource) -> None:
    start, total, validator, data = read(source, Ask(url=server.url + "/a.zip"))
    assert (start, total, data) == (0, len(DATA), DATA)
    assert validator is not None
    assert validator.startswith('"')
    request = server.log[0]
    assert (request.range, request.if_range, request.sent) == (None, None, len(DATA))
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["User-Agent"].startswith("vsrt-gui/")


def test_pieces_are_large_but_not_too_large(server: HttpServer, source: HttpSource) -> None:
    server.put("/big.zip", bytes(64 << 20))
    with source.open(Ask(url=server.url + "/big.zip"), Stop()) as body:
        lengths = [len(piece) for piece in body]
    assert max(lengths) <= 1 << 18
    assert sum(lengths) / len(lengths) >= 1 << 16


def test_the_rest_of_the_same_file(server: HttpServer, source: HttpSource) -> None:
    url = server.url + "/a.zip"
    validator = read(source, Ask(url=url))[2]
    start, total, again, data = read(source, Ask(url=url, start=1_000_000, validator=validator))
    assert (start, total, again, data) == (1_000_000, len(DATA), validator, DATA[1_000_000:])
    assert server.log[1].range == "bytes=1000000-"
    assert server.log[1].if_range == validator
    assert server.sent("/a.zip") == 2 * len(DATA) - 1_000_000


def test_a_part_in_the_middle_and_one_past_the_end(server: HttpServer, source: HttpSource) -> None:
    url = server.url + "/a.zip"
    assert read(source, Ask(url=url, start=10, end=20))[3] == DATA[10:20]
    assert read(source, Ask(url=url, end=5))[3] == DATA[:5]
    assert read(source, Ask(url=url, start=len(DATA) - 5, end=len(DATA) + 99))[3] == DATA[-5:]


def test_a_file_that_has_changed_comes_whole(server: HttpServer, source: HttpSource) -> None:
    url = server.url + "/a.zip"
    validator = read(source, Ask(url=url))[2]
    server.put("/a.zip", OTHER)
    start, total, again, data = read(source, Ask(url=url, start=1000, validator=validator))
    assert (start, total, data) == (0, len(OTHER), OTHER)
    assert again != validator


def test_a_server_that_passes_over_if_range_is_asked_again(server: HttpServer, source: HttpSource) -> None:
    server.behave("/a.zip", Behaviour(ignore_if_range=True))
    ask = Ask(url=server.url + "/a.zip", start=1000, validator='"of another file"')
    start, _, _, data = read(source, ask)
    assert (start, data) == (0, DATA)
    assert [request.range for request in server.log] == ["bytes=1000-", None]


def test_a_server_without_ranges_sends_everything(server: HttpServer, source: HttpSource) -> None:
    server.behave("/a.zip", Behaviour(ignore_range=True))
    assert read(source, Ask(url=server.url + "/a.zip", start=1000))[::3] == (0, DATA)


def test_a_start_past_the_end_begins_again(server: HttpServer, source: HttpSource) -> None:
    url = server.url + "/a.zip"
    validator = read(source, Ask(url=url))[2]
    server.forget()
    assert read(source, Ask(url=url, start=len(DATA) + 1, validator=validator))[::3] == (0, DATA)
    assert [request.status for request in server.log] == [416, 200]


def test_nothing_is_left_of_a_file_that_is_whole(server: HttpServer, source: HttpSource) -> None:
    url = server.url + "/a.zip"
    validator = read(source, Ask(url=url))[2]
    server.forget()
    whole = read(source, Ask(url=url, start=len(DATA), validator=validator))
    assert whole == (len(DATA), len(DATA), validator, b"")
    assert [request.status for request in server.log] == [416]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 0-99/3000000"},
        {"Content-Range": "bytes 1000-1999/1500"},
        {"Content-Range": "items 1000-1999/3000000"},
        {"Content-Range": "bytes 1000-1999"},
        {"Content-Range": "bytes */3000000"},
        {"Content-Range": "bytes 1000-1998/3000000"},
        {"Content-Range": ""},
        {"Content-Type": "multipart/byteranges; boundary=x", "Content-Range": ""},
    ],
)
def test_a_part_that_is_not_the_asked_one(
    server: HttpServer, source: HttpSource, headers: dict[str, str]
) -> None:
    server.behave("/a.zip", Behaviour(headers=headers))
    code, facts = fault(source, Ask(url=server.url + "/a.zip", start=1000, end=2000))
    assert (code, facts["url"]) == (FaultCode.BAD_RESPONSE, server.url + "/a.zip")


def test_a_part_that_nobody_asked_for(server: HttpServer, source: HttpSource) -> None:
    server.behave("/a.zip", Behaviour(status=206, headers={"Content-Range": "bytes 0-3/4"}, body=b"abcd"))
    assert fault(source, Ask(url=server.url + "/a.zip"))[0] is FaultCode.BAD_RESPONSE


@pytest.mark.parametrize(
    ("status", "code", "facts"),
    [
        (404, FaultCode.SOURCE_GONE, {"url", "status"}),
        (410, FaultCode.SOURCE_GONE, {"url", "status"}),
        (400, FaultCode.ACCESS_REFUSED, {"url", "status"}),
        (401, FaultCode.ACCESS_REFUSED, {"url", "status"}),
        (403, FaultCode.ACCESS_REFUSED, {"url", "status"}),
        (451, FaultCode.ACCESS_REFUSED, {"url", "status"}),
        (500, FaultCode.SERVER_ERROR, {"host", "status", "retry_after"}),
        (503, FaultCode.SERVER_ERROR, {"host", "status", "retry_after"}),
        (204, FaultCode.BAD_RESPONSE, {"url", "reason"}),
        (304, FaultCode.BAD_RESPONSE, {"url", "reason"}),
    ],
)
def test_statuses(
    server: HttpServer, source: HttpSource, status: int, code: FaultCode, facts: set[str]
) -> None:
    server.behave("/a.zip", Behaviour(status=status))
    found, said = fault(source, Ask(url=server.url + "/a.zip?token=secret"))
    assert (found, set(said)) == (code, facts)
    assert said.get("status", status) == status
    assert said.get("url", server.url + "/a.zip") == server.url + "/a.zip"
    assert said.get("host", "127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, FaultCode.RATE_LIMITED), (503, FaultCode.SERVER_ERROR), (500, FaultCode.SERVER_ERROR)],
)
def test_a_server_says_how_long_to_wait(
    server: HttpServer, source: HttpSource, status: int, expected: FaultCode
) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    for told, least, most in (("17", 17, 17), (soon, 80, 90), ("later", 0, 0), ("", 0, 0)):
        server.behave("/a.zip", Behaviour(status=status, headers={"Retry-After": told}), times=1)
        code, facts = fault(source, Ask(url=server.url + "/a.zip"))
        assert (code, facts["host"]) == (expected, "127.0.0.1")
        assert least <= float(str(facts["retry_after"])) <= most


@pytest.mark.parametrize("path", ["/a.zip", "/manifest.json"])
def test_the_page_of_a_captive_portal_is_no_file(server: HttpServer, source: HttpSource, path: str) -> None:
    server.behave(path, redirect("/portal"))
    server.behave("/portal", page())
    code, facts = fault(source, Ask(url=server.url + path))
    assert code is FaultCode.BAD_RESPONSE
    assert "web page" in str(facts["reason"])


def test_a_packed_body_is_refused(server: HttpServer, source: HttpSource) -> None:
    server.behave("/a.zip", Behaviour(headers={"Content-Encoding": "gzip"}))
    code, facts = fault(source, Ask(url=server.url + "/a.zip"))
    assert code is FaultCode.BAD_RESPONSE
    assert "gzip" in str(facts["reason"])


@pytest.mark.parametrize(("steps", "arrives"), [(5, True), (6, False)])
def test_it_is_sent_on_five_times_at_most(
    server: HttpServer, source: HttpSource, steps: int, arrives: bool
) -> None:
    for step in range(steps):
        server.behave(f"/{step}", redirect(f"/{step + 1}" if step + 1 < steps else "/a.zip"))
    ask = Ask(url=server.url + "/0", start=1000)
    if arrives:
        assert read(source, ask)[3] == DATA[1000:]
        assert server.log[-1].range == "bytes=1000-"
    else:
        assert fault(source, ask) == (FaultCode.REDIRECT_LOOP, {"url": server.url + "/0"})


@pytest.mark.parametrize("to", ["ftp://127.0.0.1/a.zip", "http://host:port/", "file:///etc/passwd"])
def test_it_is_sent_on_to_nonsense(server: HttpServer, source: HttpSource, to: str) -> None:
    server.behave("/a.zip", redirect(to))
    assert fault(source, Ask(url=server.url + "/a.zip"))[0] is FaultCode.BAD_RESPONSE


@pytest.mark.parametrize("cut", [0, 1, 1_000_000])
def test_a_connection_that_closes_early(server: HttpServer, source: HttpSource, cut: int) -> None:
    server.behave("/a.zip", Behaviour(cut_after=cut))
    got = bytearray()
    with pytest.raises(InstallerError) as caught:
        collect(source, server.url + "/a.zip", got)
    assert caught.value.fault.code is FaultCode.CONNECTION_FAILED
    assert caught.value.fault.facts["host"] == "127.0.0.1"
    assert bytes(got) == DATA[:cut]


def test_a_connection_that_closes_without_an_answer(server: HttpServer, source: HttpSource) -> None:
    server.behave("/a.zip", Behaviour(cut_header=True))
    assert fault(source, Ask(url=server.url + "/a.zip"))[0] is FaultCode.CONNECTION_FAILED


def test_what_is_not_http(source: HttpSource, server: HttpServer) -> None:
    server.behave("/a.zip", Behaviour(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))
    assert fault(source, Ask(url=server.url + "/a.zip"))[0] is FaultCode.BAD_RESPONSE


def test_a_body_without_a_length(server: HttpServer, source: HttpSource) -> None:
    server.behave("/a.zip", Behaviour(headers={"Content-Length": "", "Connection": "close"}))
    start, total, _, data = read(source, Ask(url=server.url + "/a.zip"))
    assert (start, total, data) == (0, None, DATA)


@pytest.mark.parametrize(
    ("etag", "modified", "expected"),
    [
        ('"strong"', "Thu, 01 Jan 1970 00:00:00 GMT", '"strong"'),
        ('W/"weak"', "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ('W/"weak"', "", None),
        ("", "", None),
        ("bare", "", None),
    ],
)
def test_validators(
    server: HttpServer, source: HttpSource, etag: str, modified: str, expected: str | None
) -> None:
    server.behave("/a.zip", Behaviour(headers={"ETag": etag, "Last-Modified": modified}))
    assert read(source, Ask(url=server.url + "/a.zip"))[2] == expected


def test_a_connection_is_used_again(server: HttpServer, source: HttpSource) -> None:
    for start in range(0, 300, 100):
        read(source, Ask(url=server.url + "/a.zip", start=start, end=start + 100))
    assert {request.connection for request in server.log} == {1}


def test_a_body_that_is_left_early_costs_its_connection_only(server: HttpServer, source: HttpSource) -> None:
    with source.open(Ask(url=server.url + "/a.zip"), Stop()) as body:
        assert next(iter(body))
    assert read(source, Ask(url=server.url + "/a.zip", end=5))[3] == DATA[:5]


def test_many_threads_share_one_source(server: HttpServer, source: HttpSource) -> None:
    def part(number: int) -> bytes:
        return read(source, Ask(url=server.url + "/a.zip", start=number * 1000, end=number * 1000 + 1000))[3]

    with ThreadPoolExecutor(8) as threads:
        assert b"".join(threads.map(part, range(200))) == DATA[:200_000]


def test_nobody_listens(source: HttpSource) -> None:
    with HttpServer() as gone:
        url = gone.url
    code, facts = fault(source, Ask(url=url + "/a.zip"))
    assert (code, facts["host"]) == (FaultCode.CONNECTION_FAILED, "127.0.0.1")
    assert facts["reason"] == "Connection refused"


def test_a_name_that_nobody_knows(source: HttpSource) -> None:
    assert fault(source, Ask(url="http://nowhere.invalid/a.zip")) == (
        FaultCode.NAME_NOT_FOUND,
        {"host": "nowhere.invalid"},
    )


def test_an_address_that_is_none(source: HttpSource) -> None:
    assert fault(source, Ask(url="http://127.0.0.1:99999/a.zip"))[0] is FaultCode.CONNECTION_FAILED
    assert fault(source, Ask(url="http://127.0.0.1:port/a.zip"))[0] is FaultCode.BAD_RESPONSE


def test_patience_with_connecting_ends(source: HttpSource) -> None:
    facts = {"host": "127.0.0.1", "seconds": 0.5}
    with unreachable() as port:
        assert fault(source, Ask(url=f"http://127.0.0.1:{port}/")) == (FaultCode.CONNECT_TIMEOUT, facts)
    with mute() as port:
        assert fault(source, Ask(url=f"https://127.0.0.1:{port}/")) == (FaultCode.CONNECT_TIMEOUT, facts)


def test_patience_with_a_silent_server_ends(server: HttpServer, source: HttpSource) -> None:
    facts = {"host": "127.0.0.1", "seconds": 0.5}
    server.behave("/header", STALL)
    server.behave("/a.zip", Behaviour(stall_after=1000))
    for path in ("/header", "/a.zip"):
        assert fault(source, Ask(url=server.url + path)) == (FaultCode.STALLED, facts)


def test_a_trickle_is_no_stall(server: HttpServer, source: HttpSource) -> None:
    server.put("/slow.zip", b"abcdefgh")
    server.behave("/slow.zip", Behaviour(trickle=0.15, header_delay=0.2))
    assert read(source, Ask(url=server.url + "/slow.zip"))[3] == b"abcdefgh"


def test_the_bandwidth_is_what_it_was_told(source: HttpSource) -> None:
    with HttpServer(rate=2_000_000) as server:
        url = server.put("/a.zip", DATA[:1_000_000])
        begun = datetime.now(UTC)
        read(source, Ask(url=url))
        assert 0.45 <= (datetime.now(UTC) - begun).total_seconds() < 2
