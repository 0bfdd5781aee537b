"""Translates what httpx, httpcore, TLS and sockets raise into fault codes, once."""

import errno
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import httpcore
import httpx

from vsrt_gui.adapters.network_backend import ProxyConnectError, ProxyConnectTimeout
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.value import Value

FOREIGN = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpcore.ProxyError,
    httpx.HTTPError,
    httpx.InvalidURL,
    OSError,
)
"""What `translated` knows; an adapter catches these and nothing else."""

_SPOILT_RECORD = "DECRYPTION_FAILED"


class Timeouts(Value):
    """How long a server may keep us waiting, in seconds.

    Attributes:
        connect: for name and connection together, and again for the TLS handshake.
        stall: without a single byte; a transfer as a whole may take as long as it likes.
    """

    connect: float = 30.0
    stall: float = 30.0


def shown(url: str) -> str:
    """Return a url as people and logs may see it: without password, token or query."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all, but it may still hold a secret
        return url.partition("?")[0].rpartition("@")[2]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def host_of(url: str) -> str:
    """Return a url's host, without port."""
    try:
        return urlsplit(url).hostname or shown(url)
    except ValueError:
        return shown(url)


def translated(error: Exception, url: str, timeouts: Timeouts) -> InstallerError:
    """Walk an exception's causes and return the fault that it is.

    Args:
        error: one of `FOREIGN`.
        url: that was being asked.
        timeouts: that were in force, for the facts.
    """
    causes = tuple(_causes(error))
    host = _dialled(causes) or host_of(url)
    for cause in reversed(causes):  # the innermost knows most
        fault = _of_system(cause, url, host) or _of_library(cause, url, host, timeouts)
        if fault is not None:
            return _of_proxy(fault, host) if _to_proxy(causes) else fault
    return _failed(host, str(error) or type(error).__name__)


def cut_short(url: str) -> InstallerError:
    """Return the fault of a body that ended before its length."""
    return _failed(host_of(url), "the server closed the connection early")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and what led to it.

    httpcore cuts `__cause__` off, but its exceptions hold the one behind them as an argument, and so do our
    backend's. `__context__` is not asked: it may be of another matter, which the caller just handles.
    """
    while error is not None:
        yield error
        inner = (argument for argument in error.args if isinstance(argument, BaseException))
        error = error.__cause__ or next(inner, None)


def _dialled(causes: tuple[BaseException, ...]) -> str | None:
    """Return the host that the backend was connecting to, which may be a proxy's."""
    kinds = (httpcore.ConnectError, httpcore.ConnectTimeout)
    connecting = (cause for cause in causes if isinstance(cause, kinds) and cause.args)
    return next((str(cause.args[0]) for cause in connecting), None)


def _to_proxy(causes: tuple[BaseException, ...]) -> bool:
    return any(isinstance(cause, ProxyConnectError | ProxyConnectTimeout) for cause in causes)


def _of_proxy(error: InstallerError, proxy: str) -> InstallerError:
    """Name the proxy where it was the one that could not be reached."""
    match error.fault:
        case Fault(code=FaultCode.NAME_NOT_FOUND):
            reason = "its name is not known"
        case Fault(code=FaultCode.CONNECT_TIMEOUT, facts=facts):
            reason = f"no answer within {facts['seconds']:g} seconds"
        case Fault(code=FaultCode.CONNECTION_FAILED | FaultCode.BAD_RESPONSE, facts=facts):
            reason = str(facts["reason"])
        case _:
            return error
    return InstallerError(FaultCode.PROXY_UNREACHABLE, proxy=proxy, reason=reason)


def _of_system(cause: BaseException, url: str, host: str) -> InstallerError | None:
    match cause:
        case ssl.SSLCertVerificationError():
            reason = getattr(cause, "verify_message", "") or _said(cause)
            return InstallerError(FaultCode.CERTIFICATE_REJECTED, host=host, reason=reason)
        case ssl.SSLError():
            return _of_tls(cause, url, host)
        case socket.gaierror():
            return InstallerError(FaultCode.NAME_NOT_FOUND, host=host)
        case OSError(errno=errno.EMFILE | errno.ENFILE):
            return InstallerError(FaultCode.TOO_MANY_OPEN_FILES, path=host)
        case OSError(errno=int()):
            return _failed(host, cause.strerror or str(cause))
        case _:
            return None


def _of_tls(error: ssl.SSLError, url: str, host: str) -> InstallerError:
    """Tell a connection that broke from a server that speaks something else; only the first passes by itself."""
    reason = getattr(error, "reason", "") or ""
    broke = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or reason.startswith(_SPOILT_RECORD)
    if broke or not reason:
        return _failed(host, (reason or _said(error)).replace("_", " ").lower())
    return _bad(url, f"it speaks no proper TLS ({reason.replace('_', ' ').lower()})")


def _said(error: ssl.SSLError) -> str:
    """Return the words of an error that OpenSSL did not make, but truststore: it lacks the attributes."""
    return error.strerror or " ".join(map(str, error.args))


def _of_library(cause: BaseException, url: str, host: str, timeouts: Timeouts) -> InstallerError | None:
    match cause:
        case httpcore.ConnectTimeout():
            return InstallerError(FaultCode.CONNECT_TIMEOUT, host=host, seconds=timeouts.connect)
        case httpcore.ReadTimeout() | httpcore.WriteTimeout():
            return InstallerError(FaultCode.STALLED, host=host, seconds=timeouts.stall)
        case httpcore.ProxyError():
            return _failed(host, f"the proxy answered {cause}")
        case httpcore.RemoteProtocolError(
            args=[str()]
        ):  # a connection without an answer; else it holds h11's
            return cut_short(url)
        case httpcore.ProtocolError() | httpcore.UnsupportedProtocol():
            return _bad(url, str(cause))
        case httpx.ProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return _bad(url, str(cause))
        case _:
            return None


def _failed(host: str, reason: str) -> InstallerError:
    return InstallerError(FaultCode.CONNECTION_FAILED, host=host, reason=reason)


def _bad(url: str, reason: str) -> InstallerError:
    return InstallerError(FaultCode.BAD_RESPONSE, url=shown(url), reason=reason)
