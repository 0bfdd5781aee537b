"""HttpSource over TLS: whom it believes, whom not, and that bytes come through whole."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulators.certificates import (
    NO_LONGER,
    NOT_YET,
    Certificate,
    make_certificate,
    make_certificate_of_another_time,
)
from simulators.http_server import Behaviour, HttpServer, redirect

from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.trust import trusted
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError

DATA = random.Random(3).randbytes(5_000_000)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


@pytest.fixture
def server(certificate: Certificate) -> Iterator[HttpServer]:
    with HttpServer(tls=certificate.server()) as running:
        running.put("/a.zip", DATA)
        yield running


def read(source: HttpSource, url: str, start: int = 0) -> bytes:
    try:
        with source.open(Ask(url=url, start=start), Stop()) as body:
            return b"".join(body)
    finally:
        source.close()


def fault(source: HttpSource, url: str) -> tuple[FaultCode, dict[str, object]]:
    with pytest.raises(InstallerError) as caught:
        read(source, url)
    return caught.value.fault.code, dict(caught.value.fault.facts)


def test_bytes_come_through_whole(server: HttpServer, certificate: Certificate) -> None:
    assert read(HttpSource(trust=certificate.trust()), server.url + "/a.zip") == DATA
    assert read(HttpSource(trust=certificate.trust()), server.url + "/a.zip", 1234) == DATA[1234:]


def test_pieces_are_large(server: HttpServer, certificate: Certificate) -> None:
    server.put("/big.zip", bytes(32 << 20))
    source = HttpSource(trust=certificate.trust())
    with source.open(Ask(url=server.url + "/big.zip"), Stop()) as body:
        lengths = [len(piece) for piece in body]
    source.close()
    assert max(lengths) <= 1 << 18
    assert sum(lengths) / len(lengths) >= 1 << 15  # httpcore's own backend: a record, 1 << 14


def test_an_unknown_authority_is_refused(server: HttpServer) -> None:
    code, facts = fault(HttpSource(), server.url + "/a.zip")
    assert (code, facts["host"]) == (FaultCode.CERTIFICATE_REJECTED, "127.0.0.1")
    assert "self-signed" in str(facts["reason"])


def test_a_certificate_for_somebody_else_is_refused(tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "DNS:other.example")
    with HttpServer(tls=other.server()) as server:
        code, facts = fault(HttpSource(trust=other.trust()), server.url + "/a.zip")
    assert code is FaultCode.CERTIFICATE_REJECTED
    assert "127.0.0.1" in str(facts["reason"])


@pytest.mark.parametrize(
    ("lifetime", "reason"),
    [(NO_LONGER, "certificate has expired"), (NOT_YET, "certificate is not yet valid")],
    ids=["no longer", "not yet"],
)
def test_a_certificate_of_another_time_is_refused(
    tmp_path: Path, lifetime: tuple[str, str], reason: str
) -> None:
    """Its issuer is believed: it is the time alone that is wrong, the server's or this computer's."""
    other = make_certificate_of_another_time(tmp_path, lifetime, "IP:127.0.0.1")
    with HttpServer(tls=other.server()) as server:
        server.put("/a.zip", DATA)
        found = fault(HttpSource(trust=other.trust()), server.url + "/a.zip")
        assert server.log == ()
    assert found == (FaultCode.CERTIFICATE_REJECTED, {"host": "127.0.0.1", "reason": reason})


def test_the_environment_names_another_authority(
    server: HttpServer, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    assert read(HttpSource(), server.url + "/a.zip") == DATA


def test_a_system_without_authorities_gets_a_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    assert len(trusted().get_ca_certs()) > 50


def test_a_server_that_speaks_no_tls() -> None:
    with HttpServer() as server:
        code, _ = fault(HttpSource(), server.url.replace("http:", "https:") + "/a.zip")
    assert code is FaultCode.BAD_RESPONSE


def test_a_connection_that_closes_early(server: HttpServer, certificate: Certificate) -> None:
    server.behave("/a.zip", Behaviour(cut_after=100_000))
    code, facts = fault(HttpSource(trust=certificate.trust()), server.url + "/a.zip")
    assert (code, facts["host"]) == (FaultCode.CONNECTION_FAILED, "127.0.0.1")


def test_it_is_not_led_out_of_the_encryption(server: HttpServer, certificate: Certificate) -> None:
    with HttpServer() as plain:
        server.behave("/a.zip", redirect(plain.put("/a.zip", DATA)))
        code, facts = fault(HttpSource(trust=certificate.trust()), server.url + "/a.zip")
        assert plain.log == ()
    assert code is FaultCode.BAD_RESPONSE
    assert "encryption" in str(facts["reason"])


def test_it_is_led_into_the_encryption(server: HttpServer, certificate: Certificate) -> None:
    with HttpServer() as plain:
        plain.behave("/a.zip", redirect(server.url + "/a.zip"))
        assert read(HttpSource(trust=certificate.trust()), plain.url + "/a.zip") == DATA
