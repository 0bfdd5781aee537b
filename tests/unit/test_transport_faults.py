"""Foreign exceptions, as the libraries and the system raise them, to codes and facts."""

import errno
import os
import socket
import ssl

import httpcore
import httpx
import pytest

from vsrt_gui.adapters.network_backend import NotHttpError, ProxyConnectError, ProxyConnectTimeout
from vsrt_gui.adapters.transport_faults import Timeouts, cut_short, shown, translated
from vsrt_gui.model.faults import FaultCode

URL = "https://user:secret@files.example:8443/a%20b.zip?token=secret#part"
TIMEOUTS = Timeouts(connect=10, stall=20)


def system(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def behind(outer: Exception, cause: BaseException) -> Exception:
    outer.__cause__ = cause
    return outer


def no_tls() -> ssl.SSLError:
    """Return what a server raises that answers a handshake in plain HTTP."""
    said = ssl.MemoryBIO()
    said.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(ssl.SSLError) as caught:
        ssl.create_default_context().wrap_bio(said, ssl.MemoryBIO(), server_hostname="x").do_handshake()
    return caught.value


@pytest.mark.parametrize(
    ("error", "code", "facts"),
    [
        (
            httpcore.ConnectError("proxy.example", socket.gaierror(socket.EAI_NONAME, "unknown")),
            FaultCode.NAME_NOT_FOUND,
            {"host": "proxy.example"},
        ),
        (
            httpcore.ConnectError("files.example", system(errno.ECONNREFUSED)),
            FaultCode.CONNECTION_FAILED,
            {"host": "files.example", "reason": "Connection refused"},
        ),
        (
            httpcore.ConnectTimeout("files.example", TimeoutError()),
            FaultCode.CONNECT_TIMEOUT,
            {"host": "files.example", "seconds": 10.0},
        ),
        (
            httpcore.ConnectError("files.example", system(errno.EMFILE)),
            FaultCode.TOO_MANY_OPEN_FILES,
            {"path": "files.example"},
        ),
        (
            httpcore.ReadTimeout(TimeoutError("timed out")),
            FaultCode.STALLED,
            {"host": "files.example", "seconds": 20.0},
        ),
        (
            httpcore.WriteTimeout(TimeoutError("timed out")),
            FaultCode.STALLED,
            {"host": "files.example", "seconds": 20.0},
        ),
        (
            httpcore.ReadError(system(errno.ECONNRESET)),
            FaultCode.CONNECTION_FAILED,
            {"host": "files.example", "reason": "Connection reset by peer"},
        ),
        (
            httpcore.ConnectError("files.example", no_tls()),
            FaultCode.BAD_RESPONSE,
            {
                "url": "https://files.example:8443/a%20b.zip",
                "reason": "it speaks no proper TLS (wrong version number)",
            },
        ),
        (
            httpcore.ConnectError(
                "files.example", ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
            ),
            FaultCode.CONNECTION_FAILED,
            {"host": "files.example", "reason": "eof occurred in violation of protocol"},
        ),
        (
            httpcore.RemoteProtocolError(NotHttpError("it does not speak HTTP")),
            FaultCode.BAD_RESPONSE,
            {"url": "https://files.example:8443/a%20b.zip", "reason": "it does not speak HTTP"},
        ),
        (
            ProxyConnectError("proxy.example", socket.gaierror(socket.EAI_NONAME, "unknown")),
            FaultCode.PROXY_UNREACHABLE,
            {"proxy": "proxy.example", "reason": "its name is not known"},
        ),
        (
            ProxyConnectTimeout("proxy.example", TimeoutError()),
            FaultCode.PROXY_UNREACHABLE,
            {"proxy": "proxy.example", "reason": "no answer within 10 seconds"},
        ),
        (
            ProxyConnectError("proxy.example", system(errno.EMFILE)),
            FaultCode.TOO_MANY_OPEN_FILES,
            {"path": "proxy.example"},
        ),
        (
            httpcore.ConnectError("files.example", ssl.SSLCertVerificationError("Peer sent no certificates")),
            FaultCode.CERTIFICATE_REJECTED,
            {"host": "files.example", "reason": "Peer sent no certificates"},
        ),
        (
            httpcore.ProxyError("503 Busy"),
            FaultCode.CONNECTION_FAILED,
            {"host": "files.example", "reason": "the proxy answered 503 Busy"},
        ),
        (
            httpcore.RemoteProtocolError("Server disconnected without sending a response."),
            FaultCode.CONNECTION_FAILED,
            {"host": "files.example", "reason": "the server closed the connection early"},
        ),
        (
            httpcore.RemoteProtocolError(ValueError("illegal header line")),
            FaultCode.BAD_RESPONSE,
            {"url": "https://files.example:8443/a%20b.zip", "reason": "illegal header line"},
        ),
        (
            httpx.InvalidURL("Invalid port: 'x'"),
            FaultCode.BAD_RESPONSE,
            {"url": "https://files.example:8443/a%20b.zip", "reason": "Invalid port: 'x'"},
        ),
        (
            behind(httpx.ReadError("wrapped"), system(errno.ENETUNREACH)),
            FaultCode.CONNECTION_FAILED,
            {"host": "files.example", "reason": "Network is unreachable"},
        ),
        (
            httpx.ReadError("no more is known"),
            FaultCode.CONNECTION_FAILED,
            {"host": "files.example", "reason": "no more is known"},
        ),
        (
            httpcore.ReadError(),
            FaultCode.CONNECTION_FAILED,
            {"host": "files.example", "reason": "ReadError"},
        ),
    ],
)
def test_each_finds_its_code(error: Exception, code: FaultCode, facts: dict[str, object]) -> None:
    fault = translated(error, URL, TIMEOUTS).fault
    assert (fault.code, dict(fault.facts)) == (code, facts)


def test_what_the_caller_was_handling_is_not_mistaken_for_a_cause() -> None:
    error = httpcore.ReadTimeout(TimeoutError())
    error.__context__ = socket.gaierror(socket.EAI_NONAME, "of another request")
    assert translated(error, URL, TIMEOUTS).fault.code is FaultCode.STALLED


def test_an_address_that_is_none_hides_no_other_fault() -> None:
    fault = translated(httpcore.ReadTimeout(), "http://[x/a", TIMEOUTS).fault
    assert (fault.code, fault.facts["host"]) == (FaultCode.STALLED, "http://[x/a")


def test_a_body_that_was_cut_short() -> None:
    fault = cut_short(URL).fault
    assert (fault.code, fault.facts["host"]) == (FaultCode.CONNECTION_FAILED, "files.example")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, "https://files.example:8443/a%20b.zip"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("file:///media/usb/a.zip", "file:///media/usb/a.zip"),
        ("http://user:secret@[x/a?token=secret", "[x/a"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, expected: str) -> None:
    assert shown(url) == expected
