"""The whole program in a company's network: a proxy that asks for a login, a certificate of the company's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_house import Catalog, Ended, Vsrt
from simulators.certificates import Certificate, make_certificate
from simulators.http_server import HttpServer
from simulators.proxy import Proxy

ADDRESS = "https://downloads.example/catalog"
LOGIN = ("anna", "p@ss:word")
NOBODYS = dict.fromkeys(
    ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "HTTPS_PROXY", "https_proxy"), ""
)
QUICK = {"VSRT_RETRY_INITIAL_DELAY_MS": "10", "VSRT_RETRY_MAX_ATTEMPTS": "2"}


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path, "DNS:downloads.example")


@pytest.fixture
def server(tmp_path: Path, certificate: Certificate) -> Iterator[HttpServer]:
    """Serve a catalog as downloads.example, which only the proxy can find."""
    root = tmp_path / "served"
    root.mkdir()
    Catalog(root / "catalog").write()
    with HttpServer(root, tls=certificate.server()) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Keep settings, caches and locks of this test to itself, on a computer without a keyring."""
    places = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "CACHE", "STATE", "DATA")}
    return {"HOME": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": "", **places, **NOBODYS, **QUICK}


def install(tmp_path: Path, env: dict[str, str]) -> Ended:
    return Vsrt(ADDRESS, tmp_path / "prefix").run("install", "--yes", "--json", **env)


def refusal(done: Ended) -> tuple[int, str, dict[str, object]]:
    (fault,) = done.end["faults"]
    return done.code, fault["code"], fault["facts"]


def with_login(url: str, login: tuple[str, str]) -> str:
    return url.replace("//", f"//{login[0]}:{login[1].replace('@', '%40').replace(':', '%3A')}@")


def test_behind_a_proxy_with_a_login_and_a_companys_certificate(
    tmp_path: Path, server: HttpServer, certificate: Certificate, home: dict[str, str]
) -> None:
    with Proxy(server.port, login=LOGIN) as proxy:
        company = {"VSRT_CA_FILE": str(certificate.file), "https_proxy": with_login(proxy.url, LOGIN)}
        done = install(tmp_path, home | company)
        assert (done.code, done.end["outcome"]) == (0, "completed")
    assert {line.split(" ")[1] for line, _ in proxy.log} == {"downloads.example:443"}


def test_without_the_login(tmp_path: Path, server: HttpServer, home: dict[str, str]) -> None:
    with Proxy(server.port, login=LOGIN) as proxy:
        set_by_hand = {"VSRT_PROXY": "manual", "VSRT_PROXY_URL": proxy.url}
        expected = (22, "proxy-auth-required", {"proxy": "127.0.0.1"})
        assert refusal(install(tmp_path, home | set_by_hand)) == expected
        said = Vsrt(ADDRESS, tmp_path / "prefix").run("install", "--yes", **home, **set_by_hand)
    assert "The company's proxy wants you to sign in" in said.out + said.err
    assert "vsrt config" in said.out + said.err


def test_without_the_companys_certificate(tmp_path: Path, server: HttpServer, home: dict[str, str]) -> None:
    with Proxy(server.port) as proxy:
        code, name, facts = refusal(install(tmp_path, home | {"https_proxy": proxy.url}))
    assert (code, name, facts["host"]) == (14, "certificate-rejected", "downloads.example")


def test_a_proxy_that_is_away(tmp_path: Path, home: dict[str, str]) -> None:
    with Proxy(1) as gone:
        pass
    expected = {"proxy": "127.0.0.1", "reason": "Connection refused"}
    assert refusal(install(tmp_path, home | {"https_proxy": gone.url})) == (21, "proxy-unreachable", expected)


def test_a_certificate_file_that_is_none(tmp_path: Path, home: dict[str, str]) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("not a certificate\n")
    code, name, facts = refusal(install(tmp_path, home | {"VSRT_CA_FILE": str(wrong)}))
    assert (code, name, facts["value"]) == (85, "setting-invalid", str(wrong))
    assert "holds no certificate" in str(facts["reason"])
