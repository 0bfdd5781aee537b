"""What comes over kept connections, before, behind and instead of answers, never reaches another request."""

import random
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from simulators.certificates import Certificate, make_certificate
from simulators.hostile import CONTINUE, STALE
from simulators.http_server import Behaviour, HttpServer

from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import NetworkFit

ONE, TWO = random.Random(1).randbytes(70_000), random.Random(2).randbytes(90_000)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


@pytest.fixture(params=["plain", "tls"])
def server(request: pytest.FixtureRequest, certificate: Certificate) -> Iterator[HttpServer]:
    with HttpServer(tls=certificate.server() if request.param == "tls" else None) as running:
        running.put("/one.zip", ONE)
        running.put("/two.zip", TWO)
        yield running


@pytest.fixture
def source(certificate: Certificate) -> Iterator[HttpSource]:
    made = HttpSource(NetworkFit(stall=5.0), trust=certificate.trust())
    yield made
    made.close()


def read(source: HttpSource, url: str, start: int = 0, end: int | None = None) -> bytes:
    with source.open(Ask(url=url, start=start, end=end), Stop()) as body:
        return b"".join(body)


def fault(source: HttpSource, url: str) -> tuple[FaultCode, str]:
    with pytest.raises(InstallerError) as caught:
        read(source, url)
    return caught.value.fault.code, str(caught.value.fault.facts.get("reason", ""))


@pytest.mark.parametrize("behind", [STALE, b"\0rubbish\r\n", b"\r\n"], ids=["answer", "rubbish", "line"])
def test_what_comes_behind_an_answer_reaches_nobody(
    server: HttpServer, source: HttpSource, behind: bytes
) -> None:
    server.behave("/one.zip", Behaviour(behind=behind))
    for _ in range(3):
        assert read(source, f"{server.url}/one.zip") == ONE
        assert read(source, f"{server.url}/two.zip") == TWO
    assert all(one.status == 200 for one in server.log)


def test_more_than_was_announced(server: HttpServer, source: HttpSource) -> None:
    server.behave("/one.zip", Behaviour(longer=-500))
    assert read(source, f"{server.url}/one.zip") == ONE[:-500]
    assert read(source, f"{server.url}/two.zip") == TWO


@pytest.mark.parametrize("status", [204, 304])
def test_a_body_where_there_can_be_none(server: HttpServer, source: HttpSource, status: int) -> None:
    server.behave("/one.zip", Behaviour(status=status, body=STALE))
    assert fault(source, f"{server.url}/one.zip")[0] is FaultCode.BAD_RESPONSE
    assert read(source, f"{server.url}/two.zip") == TWO


def test_preliminary_words_are_no_answers(server: HttpServer, source: HttpSource) -> None:
    server.behave("/one.zip", Behaviour(before=CONTINUE))
    assert read(source, f"{server.url}/one.zip") == ONE
    assert read(source, f"{server.url}/two.zip") == TWO
    assert {one.connection for one in server.log} == {1}


def test_clean_answers_share_a_connection(server: HttpServer, source: HttpSource) -> None:
    for start in range(0, 50_000, 10_000):
        assert read(source, f"{server.url}/one.zip", start, start + 10_000) == ONE[start : start + 10_000]
    assert read(source, f"{server.url}/two.zip") == TWO
    assert {one.connection for one in server.log} == {1}


def test_an_answer_in_chunks_costs_its_connection(server: HttpServer, source: HttpSource) -> None:
    server.behave("/one.zip", Behaviour(chunk=9_000))
    assert read(source, f"{server.url}/one.zip") == ONE
    assert read(source, f"{server.url}/two.zip") == TWO
    assert len({one.connection for one in server.log}) == 2


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_kept_connection_that_is_closed_as_it_is_used_again(
    server: HttpServer, source: HttpSource, reset: bool
) -> None:
    """Neither side is to blame: the question is asked once more, at once, over another connection."""
    server.behave("/two.zip", Behaviour(cut_header=True, reset=reset), times=1)
    assert read(source, f"{server.url}/one.zip") == ONE
    assert read(source, f"{server.url}/two.zip") == TWO
    assert [(one.path, one.connection) for one in server.log] == [
        ("/one.zip", 1),
        ("/two.zip", 1),
        ("/two.zip", 2),
    ]


def test_several_of_them(server: HttpServer, source: HttpSource) -> None:
    held = threading.Barrier(3)

    def together() -> None:
        with source.open(Ask(url=f"{server.url}/one.zip"), Stop()) as body:
            held.wait(10)
            assert b"".join(body) == ONE

    threads = [threading.Thread(target=together) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.behave("/two.zip", Behaviour(cut_header=True), times=3)
    assert read(source, f"{server.url}/two.zip") == TWO
    assert len(server.requests("/two.zip")) == 4


def test_a_new_connection_that_is_closed_is_not_asked_again_by_itself(
    server: HttpServer, source: HttpSource
) -> None:
    server.behave("/one.zip", Behaviour(cut_header=True))
    assert fault(source, f"{server.url}/one.zip")[0] is FaultCode.CONNECTION_FAILED
    assert len(server.log) == 1


def test_rubbish_where_an_answer_should_begin(server: HttpServer, source: HttpSource) -> None:
    server.behave("/two.zip", Behaviour(raw=b"\0\0\0rubbish"), times=1)
    assert read(source, f"{server.url}/one.zip") == ONE
    assert read(source, f"{server.url}/two.zip") == TWO
    server.behave("/two.zip", Behaviour(raw=b"\0\0\0rubbish"))
    assert fault(source, f"{server.url}/two.zip") == (FaultCode.BAD_RESPONSE, "it does not speak HTTP")


def test_what_may_change_something_is_not_sent_twice(server: HttpServer, source: HttpSource) -> None:
    server.behave("/two.zip", Behaviour(cut_header=True), times=1)
    assert read(source, f"{server.url}/one.zip") == ONE
    with pytest.raises(InstallerError) as caught:
        source.post(f"{server.url}/two.zip", b"a report", {}, Stop())
    assert caught.value.fault.code is FaultCode.CONNECTION_FAILED
    assert [one.method for one in server.requests("/two.zip")] == ["POST"]
    assert source.post(f"{server.url}/two.zip", b"a report", {}, Stop()) == 200


@pytest.mark.parametrize("share", [0, 1, 30_000])
def test_tls_that_ends_without_a_farewell_and_without_a_length(
    certificate: Certificate, source: HttpSource, share: int
) -> None:
    """The bytes that came may be all, or not: they are told apart where the size is known."""
    with HttpServer(tls=certificate.server()) as server:
        server.put("/one.zip", ONE)
        server.behave("/one.zip", Behaviour(endless=True, cut_after=share))
        got = bytearray()
        with suppress(InstallerError), source.open(Ask(url=f"{server.url}/one.zip"), Stop()) as body:
            assert body.total is None
            for piece in body:
                got += piece
        assert bytes(got) == ONE[:share]
