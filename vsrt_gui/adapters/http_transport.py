"""Carries httpx's requests over httpcore's pools: one for direct connections, one for each proxy and login."""

import ssl
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TypeVar

import httpcore
import httpx

from vsrt_gui.adapters.dialing import LookUp, abandonable
from vsrt_gui.adapters.network_backend import (
    NetworkBackend,
    ProxyConnectError,
    ProxyConnectTimeout,
    StaleConnectionError,
)
from vsrt_gui.adapters.patience import Patience
from vsrt_gui.adapters.proxies import Proxy, Route, Routes
from vsrt_gui.engine.secrets_port import Secrets
from vsrt_gui.model.faults import FaultCode, InstallerError

T = TypeVar("T")

KEEP_ALIVE_SECONDS = 5.0
"""A connection that nobody used for so long is not used again; servers close theirs soon after."""

_AWAY = (ProxyConnectError, ProxyConnectTimeout)
_REFUSALS = range(400, 500)


class Transport(httpx.BaseTransport):
    """Finds each request's way: direct or through a proxy, with a login where the proxy asks for one."""

    def __init__(
        self, routes: Routes, secrets: Secrets | None, look_up: LookUp, trust: ssl.SSLContext
    ) -> None:
        """Make a transport without connections.

        Args:
            routes: says which proxies.
            secrets: has the logins of proxies; None knows none.
            look_up: finds a host's addresses.
            trust: whom to believe.
        """
        self._routes = routes
        self._secrets = secrets
        self._look_up = look_up
        self._trust = trust
        self._pools: dict[Route, httpcore.ConnectionPool] = {}
        self._logins: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return once the header is there; the next way is tried where a proxy is away."""
        *others, last = _left_behind(lambda: self._routes.to(request.url), request)
        for route in others:
            try:
                return self._through(route, request)
            except _AWAY:
                continue
        return self._through(last, request)

    def close(self) -> None:
        """Let all connections go."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()

    def _through(self, route: Route, request: httpx.Request) -> httpx.Response:
        if route is None:
            return _answer(self._pool(None), request)
        known = route.login or self._logins.get(route.url)
        response = self._unless_login_is_asked(route.but(login=known), request)
        if response is None and route.login is None:
            login = self._login(route, request)
            if login is not None and login != known:
                response = self._unless_login_is_asked(route.but(login=login), request)
                self._logins[route.url] = login
        if response is None:
            self._logins.pop(route.url, None)  # it may be put right meanwhile
            raise InstallerError(FaultCode.PROXY_AUTH_REQUIRED, proxy=route.host)
        return response

    def _unless_login_is_asked(self, proxy: Proxy, request: httpx.Request) -> httpx.Response | None:
        """Send a request through a proxy; None where that wants another login, or any."""
        try:
            response = _answer(self._pool(proxy), request)
        except httpcore.ProxyError as error:
            status = _status(error)
            if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                return None
            if status in _REFUSALS:
                raise InstallerError(
                    FaultCode.PROXY_REFUSED, proxy=proxy.host, host=request.url.host, status=status
                ) from error
            raise
        if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            response.close()
            return None
        return response

    def _login(self, proxy: Proxy, request: httpx.Request) -> tuple[str, str] | None:
        """Ask the keyring, whose answer may take a while."""
        secrets = self._secrets
        if secrets is None:
            return None
        return _left_behind(lambda: secrets.get(proxy.host) if secrets.available else None, request)

    def _pool(self, route: Route) -> httpcore.ConnectionPool:
        with self._lock:
            if route not in self._pools:
                self._pools[route] = self._made(route)
            return self._pools[route]

    def _made(self, route: Route) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self._trust,
            proxy=self._proxy(route) if route else None,
            max_connections=None,  # the engine limits them; a wait in here could not be stopped
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            network_backend=NetworkBackend(self._look_up, to_proxy=route is not None),
        )

    def _proxy(self, proxy: Proxy) -> httpcore.Proxy:
        return httpcore.Proxy(
            proxy.url,
            auth=None if proxy.login is None else (proxy.login[0].encode(), proxy.login[1].encode()),
            ssl_context=self._trust if proxy.url.startswith("https:") else None,
        )


def _answer(pool: httpcore.ConnectionPool, request: httpx.Request) -> httpx.Response:
    """Send a request and wait for the header; a kept connection that turns out to be of no use is passed over.

    A server may close one at the very moment that it is used again. Each such connection is gone after one try, and a
    new one is never stale; what changes something on the server is not sent twice.
    """
    while True:
        try:
            return _answered(pool, request)
        except StaleConnectionError:
            if request.method != "GET":
                raise


def _answered(pool: httpcore.ConnectionPool, request: httpx.Request) -> httpx.Response:
    url = request.url
    response = pool.handle_request(
        httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.read(),
            extensions=request.extensions,
        )
    )
    return httpx.Response(response.status, headers=response.headers, stream=_Stream(response))


def _left_behind(work: Callable[[], T], request: httpx.Request) -> T:
    """Do what may block in a thread that is left behind when the request's patience ends first."""
    patience: Patience = request.extensions["timeout"]["connect"]
    try:
        return abandonable(work, patience.begin())
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(request.url.host, error) from error


def _status(error: httpcore.ProxyError) -> int:
    """Return the status that a proxy answered CONNECT with, 0 where it answered something else."""
    told = str(error).partition(" ")[0]
    return int(told) if told.isascii() and told.isdecimal() else 0


class _Stream(httpx.SyncByteStream):
    """A body on its way from httpcore to httpx."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
