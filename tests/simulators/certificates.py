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


NO_LONGER = ("20200101000000Z", "20200201000000Z")
NOT_YET = ("20900101000000Z", "20900201000000Z")
"""Beginning and end of a certificate that would be right at another time: its server's, or the clock's, is wrong."""

_AUTHORITY = """
[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
rand_serial = yes
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def make_certificate_of_another_time(folder: Path, lifetime: tuple[str, str], *names: str) -> Certificate:
    """Make a certificate as `make_certificate` does, that is valid only within a lifetime."""
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    (folder / "index.txt").touch()
    (folder / "authority").write_text(_AUTHORITY.format(folder=folder), encoding="utf-8")
    asked = [
        *("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-nodes", "-keyout", str(made.key), "-out", str(folder / "asked.pem")),
        *("-subj", "/CN=a server of the tests", "-addext", f"subjectAltName={','.join(names)}"),
    ]
    signed = [
        *("openssl", "ca", "-batch", "-notext", "-selfsign", "-config", str(folder / "authority")),
        *("-in", str(folder / "asked.pem"), "-keyfile", str(made.key), "-out", str(made.file)),
        *("-startdate", lifetime[0], "-enddate", lifetime[1]),
    ]
    for command in (asked, signed):
        subprocess.run(command, check=True, capture_output=True)
    return made
