"""HttpSource through the environment's proxy: forwarding, tunnels, exceptions, refusals."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from simulators.certificates import Certificate, make_certificate
from simulators.http_server import Behaviour, HttpServer
from simulators.proxy import Proxy
from simulators.silent import unreachable

from vsrt_gui.adapters.dialing import Address, system_look_up
from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import NetworkFit, ProxyChoice

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
    ("refuse", "expected"),
    [
        (
            "403 Forbidden",
            (FaultCode.PROXY_REFUSED, {"proxy": "127.0.0.1", "host": "files.example", "status": 403}),
        ),
        ("407 Proxy Authentication Required", (FaultCode.PROXY_AUTH_REQUIRED, {"proxy": "127.0.0.1"})),
        (
            "502 Bad Gateway",
            (
                FaultCode.CONNECTION_FAILED,
                {"host": "files.example", "reason": "the proxy answered 502 Bad Gateway"},
            ),
        ),
    ],
)
def test_a_proxy_that_refuses_a_tunnel(
    environment: pytest.MonkeyPatch, refuse: str, expected: tuple[FaultCode, dict[str, object]]
) -> None:
    with Proxy(1, refuse) as proxy:
        environment.setenv("https_proxy", proxy.url)
        assert fault(HttpSource(look_up=proxy_only), "https://files.example/a.zip") == expected


def test_a_proxy_that_is_away_is_named(environment: pytest.MonkeyPatch) -> None:
    with Proxy(1) as gone:
        pass
    environment.setenv("http_proxy", gone.url)
    code, facts = fault(HttpSource(look_up=proxy_only), "http://files.example/a.zip")
    assert code is FaultCode.PROXY_UNREACHABLE
    assert facts == {"proxy": "127.0.0.1", "reason": "Connection refused"}


def test_a_proxy_that_nobody_knows(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("https_proxy", "http://proxy.example:3128")
    code, facts = fault(HttpSource(look_up=proxy_only), "https://files.example/a.zip")
    assert code is FaultCode.PROXY_UNREACHABLE
    assert facts == {"proxy": "proxy.example", "reason": "its name is not known"}


def test_a_proxy_that_does_not_answer(environment: pytest.MonkeyPatch) -> None:
    with unreachable() as dead:
        environment.setenv("http_proxy", f"http://127.0.0.1:{dead}")
        source = HttpSource(NetworkFit(download_connect=0.3))
        code, facts = fault(source, "http://files.example/a.zip")
    assert (code, facts) == (
        FaultCode.PROXY_UNREACHABLE,
        {"proxy": "127.0.0.1", "reason": "no answer within 0.3 seconds"},
    )


class TestManual:
    """The proxy that somebody set, whatever the environment says."""

    def test_it_is_used(self, server: HttpServer, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("http_proxy", "http://127.0.0.1:1")
        with Proxy(server.port) as proxy:
            fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=proxy.url)
            source = HttpSource(fit, look_up=proxy_only)
            assert read(source, "http://files.example/a.zip") == b"through the proxy"
        assert len(proxy.log) == 1

    def test_hosts_that_the_system_excepts_go_direct(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("no_proxy", "files.example")
        fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url="http://127.0.0.1:1")
        code, _ = fault(HttpSource(fit, look_up=proxy_only), "http://files.example/a.zip")
        assert code is FaultCode.NAME_NOT_FOUND

    @pytest.mark.parametrize("address", [None, "", "socks5://127.0.0.1:1", "http://", "//"])
    def test_an_address_that_is_none(self, address: str | None) -> None:
        fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=address)
        code, facts = fault(HttpSource(fit, look_up=proxy_only), "http://files.example/a.zip")
        assert (code, facts["setting"]) == (FaultCode.SETTING_INVALID, "proxy_url")

    def test_a_password_in_a_wrong_address_is_not_told(self) -> None:
        fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url="socks5://user:secret@proxy.example")
        _, facts = fault(HttpSource(fit, look_up=proxy_only), "http://files.example/a.zip")
        assert facts["value"] == "proxy.example"


def test_no_proxy_is_no_proxy(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("http_proxy", "http://127.0.0.1:1")
    fit = NetworkFit(proxy=ProxyChoice.NONE)
    code, facts = fault(HttpSource(fit, look_up=proxy_only), "http://files.example/a.zip")
    assert (code, facts) == (FaultCode.NAME_NOT_FOUND, {"host": "files.example"})


class TestReachedByTls:
    """A proxy that is spoken to over TLS itself; a tunnel through it is TLS within TLS."""

    DATA = bytes(range(256)) * 8_000

    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Certificate:
        return make_certificate(tmp_path, "IP:127.0.0.1", "DNS:files.example")

    def source(self, proxy: Proxy, certificate: Certificate, **more: Any) -> HttpSource:
        fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=proxy.url)
        return HttpSource(fit, look_up=proxy_only, trust=certificate.trust(), **more)

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("login", [None, ("müller", "p@ss wörd:1")])
    def test_all_comes_through(
        self, certificate: Certificate, scheme: str, login: tuple[str, str] | None
    ) -> None:
        tls = certificate.server()
        with (
            HttpServer(tls=tls if scheme == "https" else None) as server,
            Proxy(server.port, login=login, tls=tls) as proxy,
        ):
            server.put("/a.zip", self.DATA)
            source = self.source(proxy, certificate, secrets=Kept(login))
            url = f"{scheme}://files.example/a.zip"
            for start in (0, 1000):
                with source.open(Ask(url=url, start=start), Stop()) as body:
                    assert b"".join(body) == self.DATA[start:]
            source.close()
        first = "CONNECT files.example:443" if scheme == "https" else f"GET {url}"
        assert {line for line, _ in proxy.log} == {f"{first} HTTP/1.1"}

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_one_that_can_not_prove_who_it_is(
        self, server: HttpServer, certificate: Certificate, tmp_path: Path, scheme: str
    ) -> None:
        (tmp_path / "other").mkdir()
        other = make_certificate(tmp_path / "other", "IP:127.0.0.1")
        with Proxy(server.port, tls=other.server()) as proxy:
            code, facts = fault(self.source(proxy, certificate), f"{scheme}://files.example/a.zip")
            assert proxy.log == []
        assert (code, facts["host"]) == (FaultCode.CERTIFICATE_REJECTED, "127.0.0.1")

    def test_one_that_refuses(self, certificate: Certificate) -> None:
        with Proxy(1, "403 Forbidden", tls=certificate.server()) as proxy:
            code, facts = fault(self.source(proxy, certificate), "https://files.example/a.zip")
        assert (code, facts["proxy"]) == (FaultCode.PROXY_REFUSED, "127.0.0.1")

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize(
        ("says", "reason"), [(b"", "no answer within 0.3 seconds"), (b"HTTP/1.1 400 No\r\n\r\n", "TLS")]
    )
    def test_one_that_speaks_no_tls(
        self, certificate: Certificate, scheme: str, says: bytes, reason: str
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            fit = NetworkFit(
                proxy=ProxyChoice.MANUAL, proxy_url=f"https://127.0.0.1:{port}", download_connect=0.3
            )
            visits: list[socket.socket] = []

            def answer() -> None:
                visits.append(listener.accept()[0])
                visits[0].sendall(says)

            thread = threading.Thread(target=answer)
            thread.start()
            source = HttpSource(fit, look_up=proxy_only, trust=certificate.trust())
            code, facts = fault(source, f"{scheme}://files.example/a.zip")
            thread.join()
            visits[0].close()
        assert (code, facts["proxy"]) == (FaultCode.PROXY_UNREACHABLE, "127.0.0.1")
        assert reason in str(facts["reason"])

    def test_a_stop_ends_the_wait_within_the_tunnel(self, certificate: Certificate) -> None:
        with (
            HttpServer(tls=certificate.server()) as server,
            Proxy(server.port, tls=certificate.server()) as proxy,
        ):
            server.put("/a.zip", self.DATA)
            server.behave("/a.zip", Behaviour(stall_after=1000))
            source, stop = self.source(proxy, certificate), Stop()
            threading.Timer(0.3, stop.set).start()
            begun = time.monotonic()
            with (
                source.open(Ask(url="https://files.example/a.zip"), stop) as body,
                pytest.raises(StoppedError),
            ):
                b"".join(body)
            assert time.monotonic() - begun < 2
            source.close()


class Kept:
    """A keyring that knows one login, and how often it was asked."""

    def __init__(self, login: tuple[str, str] | None, *, available: bool = True) -> None:
        self.login = login
        self.available = available
        self.asked: list[str] = []

    def get(self, host: str) -> tuple[str, str] | None:
        self.asked.append(host)
        return self.login

    def set(self, host: str, user: str, password: str) -> None:  # noqa: ARG002
        self.login = (user, password)

    def delete(self, host: str) -> None:  # noqa: ARG002
        self.login = None


LOGIN = ("müller", "p@ss wörd:1")


class TestLogin:
    """A proxy that lets nobody through without user and password."""

    def test_the_keyring_is_asked_once_and_only_by_a_proxy_that_asks(self, server: HttpServer) -> None:
        kept = Kept(LOGIN)
        with Proxy(server.port, login=LOGIN) as proxy, Proxy(server.port) as free:
            for running in (free, proxy):
                fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=running.url)
                source = HttpSource(fit, secrets=kept, look_up=proxy_only)
                for _ in range(3):
                    with source.open(Ask(url="http://files.example/a.zip"), Stop()) as body:
                        assert b"".join(body) == b"through the proxy"
                source.close()
        assert kept.asked == ["127.0.0.1"]

    def test_a_tunnel(self, tmp_path: Path) -> None:
        certificate = make_certificate(tmp_path, "DNS:files.example")
        with HttpServer(tls=certificate.server()) as server, Proxy(server.port, login=LOGIN) as proxy:
            server.put("/a.zip", b"through the tunnel")
            fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=proxy.url, ca_file=certificate.file)
            source = HttpSource(fit, secrets=Kept(LOGIN), look_up=proxy_only)
            assert read(source, "https://files.example/a.zip") == b"through the tunnel"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize(
        "kept", [None, Kept(None), Kept(("müller", "old")), Kept(LOGIN, available=False)]
    )
    def test_without_the_right_one(self, server: HttpServer, scheme: str, kept: Kept | None) -> None:
        with Proxy(server.port, login=LOGIN) as proxy:
            fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=proxy.url)
            source = HttpSource(fit, secrets=kept, look_up=proxy_only)
            found = fault(source, f"{scheme}://files.example/a.zip")
        assert found == (FaultCode.PROXY_AUTH_REQUIRED, {"proxy": "127.0.0.1"})
        assert len(proxy.log) <= 2

    def test_a_password_that_was_put_right_meanwhile(self, server: HttpServer) -> None:
        kept = Kept(("müller", "old"))
        with Proxy(server.port, login=LOGIN) as proxy:
            fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=proxy.url)
            source = HttpSource(fit, secrets=kept, look_up=proxy_only)
            with pytest.raises(InstallerError), source.open(Ask(url="http://files.example/a"), Stop()):
                pytest.fail("it opened")
            kept.login = LOGIN
            assert read(source, "http://files.example/a.zip") == b"through the proxy"

    def test_a_password_that_changes_meanwhile(self, server: HttpServer) -> None:
        kept = Kept(LOGIN)
        server.behave("/a.zip", Behaviour(headers={"Connection": "close"}))
        with Proxy(server.port, login=LOGIN) as proxy:
            fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=proxy.url)
            source = HttpSource(fit, secrets=kept, look_up=proxy_only)
            with source.open(Ask(url="http://files.example/a.zip"), Stop()) as body:
                assert b"".join(body) == b"through the proxy"
            kept.login = proxy.login = ("müller", "new")
            assert read(source, "http://files.example/a.zip") == b"through the proxy"

    def test_a_keyring_that_takes_long_is_left_behind_on_a_stop(self, server: HttpServer) -> None:
        class Slow(Kept):
            def get(self, host: str) -> tuple[str, str] | None:
                stop.set()
                time.sleep(1.5)
                return super().get(host)

        stop = Stop()
        with Proxy(server.port, login=LOGIN) as proxy:
            fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=proxy.url)
            source = HttpSource(fit, secrets=Slow(LOGIN), look_up=proxy_only)
            begun = time.monotonic()
            with pytest.raises(StoppedError), source.open(Ask(url="http://files.example/a.zip"), stop):
                pytest.fail("it opened")
            assert time.monotonic() - begun < 1
            source.close()


def test_a_proxy_of_another_kind_is_passed_over(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("all_proxy", "socks5://127.0.0.1:1")
    code, facts = fault(HttpSource(look_up=proxy_only), "http://files.example/a.zip")
    assert (code, facts) == (FaultCode.NAME_NOT_FOUND, {"host": "files.example"})
