"""HttpSource through the environment's proxy: forwarding, tunnels, exceptions, refusals."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from simulators.certificates import make_certificate
from simulators.http_server import HttpServer
from simulators.proxy import Proxy

from vsrt_gui.adapters.dialing import Address, system_look_up
from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as running:
        running.put("/a.zip", b"through the proxy")
        yield running


def proxy_only(host: str, port: int) -> Sequence[Address]:
    """Know the proxy and nobody else: a client behind a proxy can look up no other name."""
    if host != "127.0.0.1":
        raise socket.gaierror(socket.EAI_NONAME, "unknown")
    return system_look_up(host, port)


def read(source: HttpSource, url: str) -> bytes:
    try:
        with source.open(Ask(url=url), Stop()) as body:
            return b"".join(body)
    finally:
        source.close()


def fault(source: HttpSource, url: str) -> tuple[FaultCode, dict[str, object]]:
    with pytest.raises(InstallerError) as caught:
        read(source, url)
    return caught.value.fault.code, dict(caught.value.fault.facts)


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
def test_http_is_forwarded(server: HttpServer, environment: pytest.MonkeyPatch, name: str) -> None:
    with Proxy(server.port) as proxy:
        environment.setenv(name, proxy.url.replace("//", "//user:pass%40word@"))
        url = "http://files.example/a.zip"
        assert read(HttpSource(look_up=proxy_only), url) == b"through the proxy"
    (first, headers), *_ = proxy.log
    assert first == "GET http://files.example/a.zip HTTP/1.1"
    assert "Proxy-Authorization: Basic dXNlcjpwYXNzQHdvcmQ=" in headers


def test_a_proxy_without_a_scheme(server: HttpServer, environment: pytest.MonkeyPatch) -> None:
    with Proxy(server.port) as proxy:
        environment.setenv("http_proxy", proxy.url.removeprefix("http://"))
        url = "http://files.example/a.zip"
        assert read(HttpSource(look_up=proxy_only), url) == b"through the proxy"


def test_https_is_tunnelled(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path, "DNS:files.example")
    data = bytes(range(256)) * 10_000
    with HttpServer(tls=certificate.server()) as server, Proxy(server.port) as proxy:
        server.put("/a.zip", data)
        environment.setenv("https_proxy", proxy.url)
        source = HttpSource(look_up=proxy_only, trust=certificate.trust())
        assert read(source, "https://files.example/a.zip") == data
    assert proxy.log[0][0] == "CONNECT files.example:443 HTTP/1.1"


def test_exceptions_and_this_computer_go_direct(server: HttpServer, environment: pytest.MonkeyPatch) -> None:
    with Proxy(server.port) as proxy:
        environment.setenv("http_proxy", proxy.url)
        environment.setenv("no_proxy", "files.example")
        assert read(HttpSource(), server.url + "/a.zip") == b"through the proxy"
        code, facts = fault(HttpSource(look_up=proxy_only), "http://files.example/a.zip")
    assert (code, facts) == (FaultCode.NAME_NOT_FOUND, {"host": "files.example"})
    assert proxy.log == []


@pytest.mark.parametrize(
    ("refuse", "code"),
    [
        ("407 Proxy Authentication Required", FaultCode.ACCESS_REFUSED),
        ("502 Bad Gateway", FaultCode.CONNECTION_FAILED),
    ],
)
def test_a_proxy_that_refuses_a_tunnel(environment: pytest.MonkeyPatch, refuse: str, code: FaultCode) -> None:
    with Proxy(1, refuse) as proxy:
        environment.setenv("https_proxy", proxy.url)
        found, facts = fault(HttpSource(look_up=proxy_only), "https://files.example/a.zip")
    assert found is code
    assert facts.get("status", 407) == 407
    assert facts.get("reason", "502") in ("502", "the proxy answered 502 Bad Gateway")


def test_a_proxy_that_is_away_is_named(environment: pytest.MonkeyPatch) -> None:
    with Proxy(1) as gone:
        pass
    environment.setenv("http_proxy", gone.url)
    code, facts = fault(HttpSource(look_up=proxy_only), "http://files.example/a.zip")
    assert (code, facts["host"]) == (FaultCode.CONNECTION_FAILED, "127.0.0.1")


def test_a_proxy_of_another_kind_is_passed_over(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("all_proxy", "socks5://127.0.0.1:1")
    code, facts = fault(HttpSource(look_up=proxy_only), "http://files.example/a.zip")
    assert (code, facts) == (FaultCode.NAME_NOT_FOUND, {"host": "files.example"})
