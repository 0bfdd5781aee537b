"""Makes certificates for servers of the tests, by the openssl command; they live for two days."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate, which is its own authority."""

    file: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """Return what a server needs to show it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context

    def trust(self) -> ssl.SSLContext:
        """Return what a client needs to believe it."""
        return ssl.create_default_context(cafile=str(self.file))


def make_certificate(folder: Path, *names: str) -> Certificate:
    """Make a certificate for names such as `IP:127.0.0.1` or `DNS:files.example`."""
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-keyout", str(made.key), "-out", str(made.file), "-days", "2"),
            *("-subj", "/CN=a server of the tests", "-addext", f"subjectAltName={','.join(names)}"),
        ],
        check=True,
        capture_output=True,
    )
    return made
