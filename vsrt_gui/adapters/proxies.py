"""Says through which proxy a request goes: what was set, or what the environment and the system name."""

from typing import Annotated
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import Field

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import NetworkFit, ProxyChoice
from vsrt_gui.model.value import Value

SETTING = "proxy_url"
"""The setting's name in faults."""


class Proxy(Value):
    """One proxy.

    Attributes:
        url: `http://host:port` or https, without user and password.
        login: user and password, where somebody wrote them into its address or the keyring has them.
    """

    url: str
    login: Annotated[tuple[str, str] | None, Field(repr=False)] = None

    @property
    def host(self) -> str:
        """Its name or address."""
        return httpx.URL(self.url).host


Route = Proxy | None
"""None goes straight to the server."""


class Routes:
    """Finds the way to a server."""

    def __init__(self, fit: NetworkFit) -> None:
        """Take what was set; whether an address makes sense is told when it is needed."""
        self._fit = fit

    def to(self, url: httpx.URL) -> tuple[Route, ...]:
        """Return the ways to a server, the best first; at least one.

        May look names up (Windows does, for its list of exceptions), so it runs where it can be left behind.

        Raises:
            InstallerError: `setting-invalid` for a proxy's address that is none.
        """
        if self._fit.proxy is ProxyChoice.NONE or on_this_computer(url.host):
            return (None,)
        if self._fit.proxy is ProxyChoice.MANUAL:
            return (self._manual(url),)
        return (of_system(url),)

    def _manual(self, url: httpx.URL) -> Route:
        """Take the address that was set, but for hosts that the system excepts (`NO_PROXY`)."""
        if proxy_bypass(url.host):
            return None
        told = self._fit.proxy_url or ""
        proxy = parsed(told)
        if proxy is None:
            reason = "it is not of the form http://host:port" if told else "it is missing"
            raise InstallerError(FaultCode.SETTING_INVALID, setting=SETTING, value=_bare(told), reason=reason)
        return proxy


def of_system(url: httpx.URL) -> Route:
    """Return the proxy that the environment or the system names for a url. SOCKS proxies are passed over."""
    proxies = getproxies()
    told = proxies.get(url.scheme) or proxies.get("all")
    if not told or proxy_bypass(url.host):
        return None
    return parsed(told)


def parsed(told: str) -> Route:
    """Return the proxy that an address names, None where it is no address of a web proxy."""
    try:
        url = httpx.URL(told if "://" in told else f"http://{told}")
    except httpx.InvalidURL:
        return None
    if url.scheme not in ("http", "https") or not url.host:
        return None
    login = (url.username, url.password) if url.username else None
    port = url.port or (443 if url.scheme == "https" else 80)
    return Proxy(url=str(httpx.URL(scheme=url.scheme, host=url.host, port=port)), login=login)


def on_this_computer(host: str) -> bool:
    """Tell whether a host is this computer, which no proxy is asked for."""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _bare(told: str) -> str:
    """Leave out what may be a password."""
    return told.rpartition("@")[2]
