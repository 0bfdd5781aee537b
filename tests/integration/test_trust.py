"""Whom is believed: the system, a company's certificate file besides it, and never more than that."""

import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certifi
import pytest
import truststore
from simulators.certificates import Certificate, make_certificate
from simulators.http_server import HttpServer
from simulators.proxy import Proxy

from vsrt_gui.adapters import network_backend, trust
from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.trust import LARGEST, authorities, trusted
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import NetworkFit, ProxyChoice
from vsrt_gui.settings import LayeredSettings

DATA = b"from a trusted server"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("company"), "IP:127.0.0.1", "DNS:files.example")


@pytest.fixture
def server(company: Certificate) -> Iterator[HttpServer]:
    with HttpServer(tls=company.server()) as running:
        running.put("/a.zip", DATA)
        yield running


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


def test_a_companys_file_is_believed_besides_the_system(server: HttpServer, company: Certificate) -> None:
    assert fault(HttpSource(), server.url + "/a.zip")[0] is FaultCode.CERTIFICATE_REJECTED
    assert read(HttpSource(NetworkFit(ca_file=company.file)), server.url + "/a.zip") == DATA
    usual, more = len(trusted().get_ca_certs()), len(trusted(company.file).get_ca_certs())
    assert (usual > 50, more) == (True, usual + 1)


def test_a_proxy_that_looks_into_connections(company: Certificate, tmp_path: Path) -> None:
    """It shows a certificate of its own for every server; the company's file makes it believed."""
    with HttpServer(tls=company.server()) as looking_in, Proxy(looking_in.port) as proxy:
        looking_in.put("/a.zip", DATA)
        fit = NetworkFit(proxy=ProxyChoice.MANUAL, proxy_url=proxy.url)
        code, facts = fault(HttpSource(fit), "https://files.example/a.zip")
        assert (code, facts["host"]) == (FaultCode.CERTIFICATE_REJECTED, "files.example")
        other = make_certificate(tmp_path, "DNS:files.example")
        wrong = fit.but(ca_file=other.file)
        assert fault(HttpSource(wrong), "https://files.example/a.zip")[0] is FaultCode.CERTIFICATE_REJECTED
        right = fit.but(ca_file=company.file)
        assert read(HttpSource(right), "https://files.example/a.zip") == DATA


def test_several_certificates_with_words_between(company: Certificate, tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "DNS:other.example")
    both = tmp_path / "both.pem"
    both.write_bytes("# Zertifikate der Müller AG\n".encode("latin-1"))
    with both.open("ab") as stream:
        stream.write(other.file.read_bytes() + b"\r\nAnd ours:\r\n" + company.file.read_bytes())
    assert len(trusted(both).get_ca_certs()) == len(trusted().get_ca_certs()) + 2


def spoilt(company: Certificate, path: Path) -> None:
    text = company.file.read_text()
    path.write_text(text[:100] + "AAAA" + text[104:])


FILES = {
    "missing": (lambda _company, _path: None, "it can't be read (No such file or directory)"),
    "a folder": (lambda _company, path: path.mkdir(), "it can't be read (Is a directory)"),
    "empty": (lambda _company, path: path.write_bytes(b" \n"), "it is empty"),
    "a key": (
        lambda company, path: path.write_bytes(company.key.read_bytes()),
        "it holds no certificate in PEM form",
    ),
    "binary": (
        lambda company, path: path.write_bytes(ssl.PEM_cert_to_DER_cert(company.file.read_text())),
        "it holds no certificate in PEM form",
    ),
    "damaged": (spoilt, "a certificate in it is damaged"),
    "cut off": (
        lambda company, path: path.write_bytes(company.file.read_bytes()[:200]),
        "a certificate in it is damaged",
    ),
    "a film": (
        lambda _company, path: path.write_bytes(bytes(LARGEST + 1)),
        "it is far too large for certificates",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_can_not_be_used(company: Certificate, tmp_path: Path, kind: str) -> None:
    make, reason = FILES[kind]
    path = tmp_path / "company.pem"
    make(company, path)
    expected = {"setting": "ca_file", "value": str(path), "reason": reason}
    with pytest.raises(InstallerError) as caught:
        authorities(path)
    assert (caught.value.fault.code, caught.value.fault.facts) == (FaultCode.SETTING_INVALID, expected)
    source = HttpSource(NetworkFit(ca_file=path))  # the program starts all the same
    assert fault(source, "https://127.0.0.1:1/a.zip") == (FaultCode.SETTING_INVALID, expected)


def test_only_a_file_that_can_be_used_is_kept_as_a_setting(company: Certificate, tmp_path: Path) -> None:
    kept = tmp_path / "settings.toml"
    store = LayeredSettings({}, kept, tmp_path / "admin.toml")
    with pytest.raises(InstallerError) as caught:
        store.write({"ca_file": company.key, "language": "de"})
    assert caught.value.fault.facts["setting"] == "ca_file"
    assert not kept.exists()
    assert store.write({"ca_file": company.file}).settings.network.ca_file == company.file
    assert store.write({"ca_file": None}).settings.network.ca_file is None


def test_a_name_that_is_none() -> None:
    with pytest.raises(InstallerError) as caught:
        authorities(Path("a\0b"))
    assert caught.value.fault.code is FaultCode.SETTING_INVALID


class TestLinux:
    """Authorities are files."""

    def test_the_environment_replaces_them(
        self, company: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(company.file))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        assert len(trusted().get_ca_certs()) == 1

    def test_a_python_that_was_built_elsewhere_finds_the_distributions(
        self, monkeypatch: pytest.MonkeyPatch, company: Certificate, tmp_path: Path
    ) -> None:
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        monkeypatch.setattr(trust, "BUNDLES", (str(tmp_path / "no such"), str(company.file)))
        assert len(trusted().get_ca_certs()) == 1

    def test_a_system_without_any_gets_a_list(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.setenv(name, str(tmp_path))
        monkeypatch.setattr(trust, "BUNDLES", ())
        listed = Path(certifi.where()).read_text("utf-8").count("BEGIN CERTIFICATE")
        assert len(trusted().get_ca_certs()) == listed


@contextmanager
def judging(monkeypatch: pytest.MonkeyPatch, verdict: object) -> Iterator[ssl.SSLContext]:
    """Yield truststore's context as on Windows and macOS: OpenSSL checks nothing, `verdict` stands for the system."""
    api, constants = sys.modules["truststore._api"], sys.modules["truststore._ssl_constants"]

    @contextmanager
    def unchecked(context: ssl.SSLContext) -> Iterator[None]:
        context.check_hostname = False
        constants._set_ssl_context_verify_mode(context, ssl.CERT_NONE)
        yield
        constants._set_ssl_context_verify_mode(context, ssl.CERT_REQUIRED)
        context.check_hostname = True

    monkeypatch.setattr(api, "_configure_context", unchecked)
    monkeypatch.setattr(api, "_verify_peercerts_impl", verdict)
    monkeypatch.setattr(network_backend, "JUDGED_BY_SYSTEM", True)
    yield truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class TestWindowsAndMacos:
    """The system judges at the end of the handshake, and nothing is read before that."""

    def test_who_is_not_believed_gets_no_request(
        self, server: HttpServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[tuple[str | None, int]] = []

        def reject(_context: object, chain: list[bytes], server_hostname: str | None = None) -> None:
            seen.append((server_hostname, len(chain)))
            error = ssl.SSLCertVerificationError("not trusted here")
            error.verify_message = "not trusted here"
            raise error

        with judging(monkeypatch, reject) as context:
            found = fault(HttpSource(trust=context), server.url + "/a.zip")
        expected = {"host": "127.0.0.1", "reason": "not trusted here"}
        assert found == (FaultCode.CERTIFICATE_REJECTED, expected)
        assert seen == [("127.0.0.1", 1)]
        assert server.log == ()

    def test_who_is_believed_is_read(self, server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
        threads: list[str] = []

        def accept(_context: object, chain: list[bytes], server_hostname: str | None = None) -> None:
            assert chain
            assert server_hostname
            threads.append(threading.current_thread().name)

        with judging(monkeypatch, accept) as context:
            assert read(HttpSource(trust=context), server.url + "/a.zip") == DATA
        assert threads == ["vsrt-abandonable"]

    def test_a_system_that_takes_long_is_left_behind_on_a_stop(
        self, server: HttpServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stop = Stop()

        def wait(*_: object, server_hostname: str | None = None) -> None:
            assert server_hostname
            stop.set()
            time.sleep(1.5)

        with judging(monkeypatch, wait) as context:
            source = HttpSource(trust=context)
            begun = time.monotonic()
            with pytest.raises(StoppedError), source.open(Ask(url=server.url + "/a.zip"), stop):
                pytest.fail("it opened")
            assert time.monotonic() - begun < 1
            source.close()
