"""Whom to believe: the authorities of the operating system, and those that a company or the environment adds."""

import os
import ssl
import sys
from pathlib import Path

import certifi
import truststore

from vsrt_gui.model.faults import FaultCode, InstallerError

SETTING = "ca_file"
"""The setting's name in faults."""

LARGEST = 4 << 20
"""Bytes; the whole web's authorities take a quarter of a megabyte."""

BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where distributions keep the system's authorities: a Python that was built elsewhere, such as a frozen one, looks
in other places."""

_BEGIN = b"-----BEGIN CERTIFICATE-----"


def trusted(ca_file: Path | None = None) -> ssl.SSLContext:
    """Return whom to believe.

    On Windows and macOS the system's own code judges each certificate, as it does for browsers: it knows what the
    company's IT department installed, and fetches roots when they are needed. On Linux the system's authorities are
    files, which OpenSSL reads; they are read once here, because truststore reads them for each connection anew
    (45 ms of the interpreter's time). Where a system has none at all, certifi's list stands in.

    `SSL_CERT_FILE` and `SSL_CERT_DIR` name the system's authorities on Linux, as OpenSSL has it, elsewhere further
    ones.

    Args:
        ca_file: further authorities, PEM.

    Raises:
        InstallerError: `setting-invalid` where `ca_file` can't be read, or holds no certificate.
    """
    company = None if ca_file is None else authorities(ca_file)
    context = _of_system()
    if company is not None:
        context.load_verify_locations(cadata=company)
    return context


def authorities(ca_file: Path) -> str:
    """Read a company's certificate file and check that it can be used.

    Raises:
        InstallerError: `setting-invalid`.
    """
    try:
        with ca_file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unusable(ca_file, f"it can't be read ({reason})") from error
    if len(data) > LARGEST:
        raise _unusable(ca_file, "it is far too large for certificates")
    if not data.strip():
        raise _unusable(ca_file, "it is empty")
    if _BEGIN not in data:
        raise _unusable(ca_file, "it holds no certificate in PEM form")
    try:
        text = data.decode("ascii", "ignore")  # comments between certificates may be in any language
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except ssl.SSLError as error:
        raise _unusable(ca_file, "a certificate in it is damaged") from error
    return text


def _of_system() -> ssl.SSLContext:
    if sys.platform in ("win32", "darwin"):
        judged = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _add_environment(judged)
        return judged
    context = ssl.create_default_context()
    if not _has_authorities():
        context.load_verify_locations(_bundle())
    return context


def _add_environment(context: ssl.SSLContext) -> None:
    """Believe those that the environment names, too: the system's own code does not look there."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file and Path(file).is_file():
        context.load_verify_locations(cadata=authorities(Path(file)))
    if folder and Path(folder).is_dir():
        # By name, not as OpenSSL's hashed folder: what it loads late, the system's own code never gets to see.
        for path in sorted(Path(folder).glob("*.pem")):
            context.load_verify_locations(cadata=authorities(path))


def _has_authorities() -> bool:
    """Tell whether OpenSSL finds authorities where it looks: a file, or a folder with something in it."""
    places = ssl.get_default_verify_paths()
    if places.cafile:
        return True
    return places.capath is not None and any(Path(places.capath).glob("*.[0-9]"))


def _bundle() -> str:
    return next((path for path in BUNDLES if Path(path).is_file()), certifi.where())


def _unusable(path: Path, reason: str) -> InstallerError:
    return InstallerError(FaultCode.SETTING_INVALID, setting=SETTING, value=str(path), reason=reason)
