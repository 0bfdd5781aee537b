"""Gets bytes from web servers: httpx for the protocol, our own backend for speed and for stopping."""

import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.request import getproxies, proxy_bypass

import certifi
import httpcore
import httpx

from vsrt_gui import __version__
from vsrt_gui.adapters.dialing import LookUp, abandonable, system_look_up
from vsrt_gui.adapters.http_answer import Answer, asked, bad, judged
from vsrt_gui.adapters.network_backend import NetworkBackend
from vsrt_gui.adapters.patience import Patience
from vsrt_gui.adapters.transport_faults import FOREIGN, Timeouts, cut_short, shown, translated
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError

DOWNLOAD_TIMEOUTS = Timeouts()
MANIFEST_TIMEOUTS = Timeouts(connect=10.0)
"""What PRODUCT.md asks for: 30 s and 30 s for downloads, 10 s and 30 s for the manifest."""

REDIRECTS = 5
KEEP_ALIVE_SECONDS = 5.0
"""A connection that nobody used for so long is not used again; servers close theirs soon after."""


class HttpSource:
    """Answers `Source` for http and https; may be used from several threads at once."""

    def __init__(
        self,
        timeouts: Timeouts = DOWNLOAD_TIMEOUTS,
        *,
        look_up: LookUp = system_look_up,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Make a source with connections of its own.

        Args:
            timeouts: how long servers may keep us waiting.
            look_up: finds a host's addresses.
            trust: whom to believe; None for the system's authorities.
        """
        self._timeouts = timeouts
        self._client = httpx.Client(
            transport=_Transport(NetworkBackend(look_up), trust or trusted()),
            headers={"User-Agent": f"vsrt-gui/{__version__}"},
            trust_env=False,  # proxies are the transport's matter
        )

    def close(self) -> None:
        """Let all connections go."""
        self._client.close()

    @contextmanager
    def open(self, ask: Ask, stop: Stop) -> Iterator["HttpBody"]:
        """Ask for bytes; see `Source.open`."""
        with ExitStack() as held:
            response, answer = self._answered(ask, stop, held)
            yield HttpBody(response, answer, self._timeouts)

    def _answered(self, ask: Ask, stop: Stop, held: ExitStack) -> tuple[httpx.Response, Answer]:
        """Ask, and where the server has no such range of the file, ask once more for all of it."""
        response = self._sent(ask, stop)
        held.callback(response.close)
        answer = judged(ask, response.status_code, response.headers)
        if isinstance(answer, Answer):
            return response, answer
        response.close()
        return self._answered(Ask(url=ask.url), stop, held)

    def _sent(self, ask: Ask, stop: Stop) -> httpx.Response:
        """Send a request and follow where it is sent on to."""
        try:
            request = self._client.build_request(
                "GET", ask.url, headers=asked(ask), extensions={"timeout": self._patience(stop)}
            )
        except FOREIGN as error:
            raise translated(error, ask.url, self._timeouts) from error
        for _ in range(REDIRECTS + 1):
            response = self._response(request, stop)
            if response.next_request is None:
                return response
            response.close()
            if not _may_follow(request.url, response.next_request.url):
                raise bad(ask.url, "it was sent on to an address without encryption")
            request = response.next_request
        raise InstallerError(FaultCode.REDIRECT_LOOP, url=shown(ask.url))

    def _response(self, request: httpx.Request, stop: Stop) -> httpx.Response:
        stop.check()
        try:
            return self._client.send(request, stream=True)
        except FOREIGN as error:
            raise translated(error, str(request.url), self._timeouts) from error

    def _patience(self, stop: Stop) -> dict[str, float]:
        connect, stall = Patience(self._timeouts.connect, stop), Patience(self._timeouts.stall, stop)
        return {"connect": connect, "read": stall, "write": stall, "pool": connect}


class HttpBody:
    """Answers `Body` with what a server sends."""

    def __init__(self, response: httpx.Response, answer: Answer, timeouts: Timeouts) -> None:
        self.start = answer.start
        self.total = answer.total
        self.validator = answer.validator
        self._empty = answer.empty
        self._response = response
        self._timeouts = timeouts

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes as they come, in pieces of at most 256 KiB."""
        if self._empty:
            return
        try:
            yield from self._response.iter_raw()
        except httpcore.RemoteProtocolError as error:
            raise cut_short(str(self._response.url)) from error
        except FOREIGN as error:
            raise translated(error, str(self._response.url), self._timeouts) from error


def trusted() -> ssl.SSLContext:
    """Return whom to believe: the system's authorities, or those that SSL_CERT_FILE and SSL_CERT_DIR name.

    Windows fetches roots only when its own code asks for them, and a bundled Python may have none at all; there
    certifi's list stands in.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if sys.platform == "win32" or not (paths.cafile or paths.capath):
        context.load_verify_locations(certifi.where())
    return context


def system_proxy(url: httpx.URL) -> str | None:
    """Return the proxy that the environment or the system names for a url; None for a direct connection.

    May look names up (Windows does, for its list of exceptions). SOCKS proxies are passed over.
    """
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or _on_this_computer(url.host) or proxy_bypass(url.host):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    return proxy if proxy.startswith(("http://", "https://")) else None


def _on_this_computer(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _may_follow(here: httpx.URL, there: httpx.URL) -> bool:
    """Refuse to be led from an encrypted address to one that anybody on the way can read and change."""
    return there.scheme == "https" or (there.scheme == "http" and here.scheme == "http")


class _Transport(httpx.BaseTransport):
    """Carries httpx's requests over httpcore's pools: one for direct connections, one for each proxy."""

    def __init__(self, backend: NetworkBackend, trust: ssl.SSLContext) -> None:
        self._backend = backend
        self._trust = trust
        self._pools: dict[str | None, httpcore.ConnectionPool] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return once the header is there."""
        url = request.url
        response = self._pool(_proxy_for(request)).handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Stream(response))

    def close(self) -> None:
        """Let all connections go."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()

    def _pool(self, proxy: str | None) -> httpcore.ConnectionPool:
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = self._made(proxy)
            return self._pools[proxy]

    def _made(self, proxy: str | None) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self._trust,
            proxy=self._proxy(httpx.URL(proxy)) if proxy else None,
            max_connections=None,  # the engine limits them; a wait in here could not be stopped
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            network_backend=self._backend,
        )

    def _proxy(self, url: httpx.URL) -> httpcore.Proxy:
        return httpcore.Proxy(
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/"),
            auth=(url.username, url.password) if url.username else None,
            ssl_context=self._trust if url.scheme == "https" else None,
        )


def _proxy_for(request: httpx.Request) -> str | None:
    patience: Patience = request.extensions["timeout"]["connect"]
    try:
        return abandonable(lambda: system_proxy(request.url), patience.begin())
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(request.url.host, error) from error


class _Stream(httpx.SyncByteStream):
    """A body on its way from httpcore to httpx."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
