"""Servers that speak something else than HTTP, or stand in the way of it: each ends at once, under its own name."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from simulators.certificates import Certificate, make_certificate
from simulators.http_server import Behaviour, HttpServer, page

from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError

SSH = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
MAIL = b"220 mail.example ESMTP\r\n"
TLS_ALERT = b"\x15\x03\x01\x00\x02\x02\x28"
REDIS = b"-ERR wrong number of arguments\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


@contextmanager
def stranger(says: bytes, tls: ssl.SSLContext | None = None, *, leaves: bool = False) -> Iterator[str]:
    """Yield the address of a server that says one thing to each visitor, and then listens, or leaves."""
    visitors: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                visitor, _ = listener.accept()
                visitors.append(visitor)
                with suppress(OSError):
                    if tls is not None:
                        visitor = tls.wrap_socket(visitor, server_side=True)
                        visitors.append(visitor)
                    visitor.sendall(says)
                    if leaves:
                        visitor.recv(65536)
                        visitor.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}/a.zip"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for visitor in visitors:
                visitor.close()


def fault(source: HttpSource, url: str) -> tuple[FaultCode, str]:
    begun = time.monotonic()
    with pytest.raises(InstallerError) as caught, source.open(Ask(url=url), Stop()) as body:
        b"".join(body)
    source.close()
    assert time.monotonic() - begun < 2  # and not after the patience with a stalled transfer
    return caught.value.fault.code, str(caught.value.fault.facts.get("reason", ""))


@pytest.mark.parametrize("leaves", [True, False])
@pytest.mark.parametrize("says", [SSH, MAIL, TLS_ALERT, REDIS, b"\0" * 500, b"<html>", b"\n"])
def test_another_language(says: bytes, leaves: bool) -> None:
    with stranger(says, leaves=leaves) as place:
        code, reason = fault(HttpSource(), f"http://{place}")
    assert (code, reason) == (FaultCode.BAD_RESPONSE, "it does not speak HTTP")


def test_another_language_behind_tls(certificate: Certificate) -> None:
    with stranger(SSH, certificate.server()) as place:
        code, reason = fault(HttpSource(trust=certificate.trust()), f"https://{place}")
    assert (code, reason) == (FaultCode.BAD_RESPONSE, "it does not speak HTTP")


@pytest.mark.parametrize("says", [SSH, MAIL, b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_no_tls_where_tls_is_asked(says: bytes) -> None:
    with stranger(says) as place:
        code, reason = fault(HttpSource(), f"https://{place}")
    assert code is FaultCode.BAD_RESPONSE
    assert "TLS" in reason


def test_plain_http_on_a_port_of_tls(certificate: Certificate) -> None:
    with HttpServer(tls=certificate.server()) as server:
        url = server.url.replace("https:", "http:")
        code, _ = fault(HttpSource(), f"{url}/a.zip")
    assert code in (FaultCode.BAD_RESPONSE, FaultCode.CONNECTION_FAILED)  # some answer, others only hang up


def test_a_server_that_hangs_up_without_a_word() -> None:
    with stranger(b"", leaves=True) as place:
        assert fault(HttpSource(), f"http://{place}")[0] is FaultCode.CONNECTION_FAILED


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe beginning"])
def test_a_connection_that_is_reset(sent: bytes) -> None:
    """A firewall does so in the middle, and the system says another thing than at a proper end."""

    def reset(listener: socket.socket) -> None:
        visitor, _ = listener.accept()
        visitor.recv(65536)
        visitor.sendall(sent)
        time.sleep(0.05)
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        visitor.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=reset, args=(listener,))
        thread.start()
        found = fault(HttpSource(), f"http://127.0.0.1:{listener.getsockname()[1]}/a.zip")
        thread.join()
    assert found == (FaultCode.CONNECTION_FAILED, "Connection reset by peer")


def test_nonsense_after_a_proper_beginning() -> None:
    with stranger(b"HTTP/1.1 twohundred\r\n\r\n") as place:
        assert fault(HttpSource(), f"http://{place}")[0] is FaultCode.BAD_RESPONSE


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (page(), "a web page came instead of the file"),
        (
            Behaviour(status=511, headers={"Content-Type": "text/html"}),
            "the network wants you to sign in first",
        ),
    ],
)
def test_a_network_that_wants_a_sign_in(behaviour: Behaviour, reason: str) -> None:
    with HttpServer() as server:
        server.behave("/a.zip", behaviour)
        assert fault(HttpSource(), f"{server.url}/a.zip") == (FaultCode.BAD_RESPONSE, reason)


def test_a_header_that_comes_letter_by_letter(tmp_path: Path) -> None:
    data = tmp_path.name.encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data)

    def trickle(listener: socket.socket) -> None:
        visitor, _ = listener.accept()
        with visitor:
            visitor.recv(65536)
            visitor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for number in range(len(answer)):
                visitor.sendall(answer[number : number + 1])
                time.sleep(0.002)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle, args=(listener,))
        thread.start()
        source = HttpSource()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.zip"
        with source.open(Ask(url=url), Stop()) as body:
            assert b"".join(body) == data
        source.close()
        thread.join()
