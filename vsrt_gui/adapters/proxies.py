"""Says through which proxy a request goes: what was set, or what the environment and the system name."""

import re
import sys
from typing import Annotated
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import Field

from vsrt_gui.adapters.desktop_proxies import DesktopProxies
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import NetworkFit, ProxyChoice
from vsrt_gui.model.value import Value

if sys.platform == "win32":
    from vsrt_gui.adapters.winhttp import chosen

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

    def __init__(self, fit: NetworkFit, desktop: DesktopProxies | None = None) -> None:
        """Take what was set; whether an address makes sense is told when it is needed.

        Args:
            fit: what was set.
            desktop: the desktop's settings; None takes this computer's.
        """
        self._fit = fit
        self._desktop = desktop or DesktopProxies()

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
        if _environment():
            return (of_environment(url),)
        return self._of_desktop(url)

    def script_for(self, host: str) -> str | None:
        """Return the script that should have chosen the way that `to` gave, None where none has a say in it."""
        if self._fit.proxy is not ProxyChoice.SYSTEM or on_this_computer(host) or _environment():
            return None
        return self._desktop.kept.script

    def _of_desktop(self, url: httpx.URL) -> tuple[Route, ...]:
        desktop = self._desktop.now()
        if desktop.script is not None and sys.platform == "win32":
            return listed(chosen(desktop.script, str(url)) or "")
        told = desktop.proxies.get(url.scheme)
        return (parsed(told) if told and not desktop.excepts(url.host) else None,)

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


def of_environment(url: httpx.URL) -> Route:
    """Return the proxy that the environment or the system names for a url. SOCKS proxies are passed over."""
    proxies = _environment()
    told = proxies.get(url.scheme) or proxies.get("all")
    if not told or proxy_bypass(url.host):
        return None
    return parsed(told)


def _environment() -> dict[str, str]:
    """Return what Python itself finds: the environment's variables, else Windows' and macOS' settings."""
    return {scheme: told for scheme, told in getproxies().items() if scheme in ("http", "https", "all")}


def listed(told: str) -> tuple[Route, ...]:
    """Return the proxies of a list such as `http=one:80;two:80`, or the direct way for an empty one."""
    addresses = [each.rpartition("=")[2] for each in re.split(r"[;\s]+", told) if each]
    routes = [proxy for proxy in map(parsed, addresses) if proxy is not None]
    return tuple(routes) or (None,)


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
