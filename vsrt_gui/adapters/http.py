"""Gets bytes from web servers: httpx for the protocol, our own backend for speed and for stopping."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum

import httpcore
import httpx

from vsrt_gui import __version__
from vsrt_gui.adapters.dialing import LookUp, system_look_up
from vsrt_gui.adapters.http_answer import Answer, asked, bad, judged
from vsrt_gui.adapters.http_transport import Transport
from vsrt_gui.adapters.patience import Patience
from vsrt_gui.adapters.proxies import Routes
from vsrt_gui.adapters.throttle import Throttle
from vsrt_gui.adapters.transport_faults import FOREIGN, Timeouts, cut_short, shown, translated
from vsrt_gui.adapters.trust import trusted
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Ask
from vsrt_gui.engine.secrets_port import Secrets
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import NetworkFit

REDIRECTS = 5
USUAL = NetworkFit()
_NO_CONNECTION = frozenset({FaultCode.NAME_NOT_FOUND, FaultCode.CONNECTION_FAILED, FaultCode.CONNECT_TIMEOUT})


class Service(StrEnum):
    """What a source is for: it rules the patience with connecting, and whether the speed limit counts."""

    DOWNLOADS = "downloads"
    MANIFESTS = "manifests"


class HttpSource:
    """Answers `Source` for http and https; may be used from several threads at once."""

    def __init__(
        self,
        fit: NetworkFit = USUAL,
        service: Service = Service.DOWNLOADS,
        secrets: Secrets | None = None,
        *,
        look_up: LookUp = system_look_up,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Make a source with connections of its own.

        Nothing of `fit` is tried yet: a certificate file that can't be used is told by `open`, so that a program
        with a wrong setting starts, and the setting can be put right.

        Args:
            fit: how this computer reaches servers.
            service: what it is for.
            secrets: has the logins of proxies; None knows none but those in a proxy's address.
            look_up: finds a host's addresses.
            trust: whom to believe, whatever `fit` says; None for the system's authorities and those of `fit`.
        """
        self._fit = fit
        self._service = service
        self._secrets = secrets
        self._look_up = look_up
        self._trust = trust
        self._throttle = Throttle(fit.bandwidth if service is Service.DOWNLOADS else None)
        self._lock = threading.Lock()
        self._made_line: _Line | None = None

    def close(self) -> None:
        """Let all connections go."""
        with self._lock:
            if self._made_line is not None:
                self._made_line.client.close()
                self._made_line = None

    @contextmanager
    def open(self, ask: Ask, stop: Stop) -> Iterator["HttpBody"]:
        """Ask for bytes; see `Source.open`."""
        line = self._line()
        with ExitStack() as held:
            response, answer = line.answered(ask, stop, held)
            pieces = self._throttle.slowed(response.iter_raw(), stop)
            yield HttpBody(response, answer, line.timeouts, pieces)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], stop: Stop) -> int:
        """Send something and return the answer's status; follows nowhere, and reads no more of the answer.

        Raises:
            InstallerError: network codes.
            StoppedError: within 1 s of `stop`.
        """
        return self._line().posted(url, body, headers, stop)

    def _line(self) -> "_Line":
        """Return the connections, made when they are first needed."""
        with self._lock:
            if self._made_line is None:
                self._made_line = self._made()
            return self._made_line

    def _made(self) -> "_Line":
        fit = self._fit
        trust = self._trust or trusted(fit.ca_file)
        manifests = self._service is Service.MANIFESTS
        connect = fit.manifest_connect if manifests else fit.download_connect
        routes = Routes(fit)
        transport = Transport(routes, self._secrets, self._look_up, trust)
        return _Line(transport, routes, Timeouts(connect=connect, stall=fit.stall))


class _Line:
    """Connections that were made one way, and the patience with them."""

    def __init__(self, transport: Transport, routes: Routes, timeouts: Timeouts) -> None:
        self.timeouts = timeouts
        self._routes = routes
        self.client = httpx.Client(
            transport=transport,
            headers={"User-Agent": f"vsrt-gui/{__version__}"},
            trust_env=False,  # proxies are the transport's matter
        )

    def answered(self, ask: Ask, stop: Stop, held: ExitStack) -> tuple[httpx.Response, Answer]:
        """Ask, and where the server has no such range of the file, ask once more for all of it."""
        response = self._sent(ask, stop)
        held.callback(response.close)
        answer = judged(ask, response.status_code, response.headers)
        if isinstance(answer, Answer):
            return response, answer
        response.close()
        if ask.strict:
            raise bad(ask.url, "there is no such part of it, or not of the same file")
        return self.answered(Ask(url=ask.url), stop, held)

    def _sent(self, ask: Ask, stop: Stop) -> httpx.Response:
        """Send a request and follow where it is sent on to."""
        try:
            request = self.client.build_request(
                "GET", ask.url, headers=asked(ask), extensions={"timeout": self._patience(stop)}
            )
        except FOREIGN as error:
            raise translated(error, ask.url, self.timeouts) from error
        for _ in range(REDIRECTS + 1):
            response = self._response(request, stop)
            if response.next_request is None:
                return response
            response.close()
            if not _may_follow(request.url, response.next_request.url):
                raise bad(ask.url, "it was sent on to an address without encryption")
            request = response.next_request
        raise InstallerError(FaultCode.REDIRECT_LOOP, url=shown(ask.url))

    def posted(self, url: str, body: bytes, headers: Mapping[str, str], stop: Stop) -> int:
        """Send something and return the answer's status."""
        patience = {"timeout": self._patience(stop)}
        try:
            request = self.client.build_request(
                "POST", url, content=body, headers=dict(headers), extensions=patience
            )
        except FOREIGN as error:
            raise translated(error, url, self.timeouts) from error
        response = self._response(request, stop)
        response.close()
        return response.status_code

    def _response(self, request: httpx.Request, stop: Stop) -> httpx.Response:
        stop.check()
        try:
            return self.client.send(request, stream=True)
        except FOREIGN as error:
            raise self._explained(translated(error, str(request.url), self.timeouts)) from error

    def _explained(self, error: InstallerError) -> InstallerError:
        """Name the script that chooses the proxy here, where there is no connection without it."""
        if error.fault.code not in _NO_CONNECTION:
            return error
        host = str(error.fault.facts["host"])
        script = self._routes.script_for(host)
        if script is None:
            return error
        return InstallerError(FaultCode.PROXY_SCRIPT, host=host, script=shown(script))

    def _patience(self, stop: Stop) -> dict[str, float]:
        connect, stall = Patience(self.timeouts.connect, stop), Patience(self.timeouts.stall, stop)
        return {"connect": connect, "read": stall, "write": stall, "pool": connect}


class HttpBody:
    """Answers `Body` with what a server sends."""

    def __init__(
        self, response: httpx.Response, answer: Answer, timeouts: Timeouts, pieces: Iterator[bytes]
    ) -> None:
        self.start = answer.start
        self.total = answer.total
        self.validator = answer.validator
        self._empty = answer.empty
        self._url = str(response.url)
        self._timeouts = timeouts
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes as they come, in pieces of at most 256 KiB."""
        if self._empty:
            return
        try:
            yield from self._pieces
        except httpcore.RemoteProtocolError as error:
            raise cut_short(self._url) from error
        except FOREIGN as error:
            raise translated(error, self._url, self._timeouts) from error


def _may_follow(here: httpx.URL, there: httpx.URL) -> bool:
    """Refuse to be led from an encrypted address to one that anybody on the way can read and change."""
    return there.scheme == "https" or (there.scheme == "http" and here.scheme == "http")
