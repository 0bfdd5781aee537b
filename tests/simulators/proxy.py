"""A real HTTP proxy on loopback: forwards and tunnels everything to one server, whatever name is asked for."""

import base64
import select
import socket
import ssl
import threading
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any, Self


class _Visit(StreamRequestHandler):
    """One client's connection."""

    server: "_Listener"

    def handle(self) -> None:
        first = self.rfile.readline().decode("latin-1").strip()
        headers = []
        while (line := self.rfile.readline().decode("latin-1").strip()) != "":
            headers.append(line)
        owner = self.server.owner
        owner.log.append((first, tuple(headers)))
        if owner.refuse is not None:
            self.wfile.write(f"HTTP/1.1 {owner.refuse}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        if owner.login is not None and f"Proxy-Authorization: Basic {_basic(*owner.login)}" not in headers:
            self.wfile.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                b'Proxy-Authenticate: Basic realm="the company"\r\nContent-Length: 0\r\n\r\n'
            )
            return
        with socket.create_connection(("127.0.0.1", owner.upstream)) as server:
            if first.startswith("CONNECT "):
                self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                server.sendall(_forwarded(first, headers))
            if isinstance(self.connection, ssl.SSLSocket):
                _carry(self.connection, server)
                return
            back = threading.Thread(target=_pump, args=(server, self.connection))
            back.start()
            _pump(self.connection, server)
            back.join()


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _forwarded(first: str, headers: list[str]) -> bytes:
    method, url, version = first.split(" ")
    path = "/" + url.partition("://")[2].partition("/")[2]
    return "\r\n".join([f"{method} {path} {version}", *headers, "", ""]).encode("latin-1")


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes one way until either side ends, and tell the other."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _carry(client: ssl.SSLSocket, server: socket.socket) -> None:
    """Carry bytes both ways until either side ends, in one thread: TLS is not for two."""
    with suppress(OSError):
        while True:
            ready = [client] if client.pending() else select.select([client, server], [], [])[0]
            for source in ready:
                data = source.recv(65536)
                if not data:
                    return
                (server if source is client else client).sendall(data)


class _Listener(ThreadingTCPServer):
    daemon_threads = False

    def __init__(self, owner: "Proxy", tls: ssl.SSLContext | None) -> None:
        self.owner = owner
        self._tls = tls
        super().__init__(("127.0.0.1", 0), _Visit)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS in the connection's own thread."""
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with suppress(OSError), self._tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)  # type: ignore[arg-type]


class Proxy:
    """Works within a `with` block.

    Attributes:
        url: of the proxy.
        upstream: port on loopback that everything goes to.
        refuse: answer with this status and reason instead, such as `407 Proxy Authentication Required`.
        login: user and password without which nobody comes through.
        log: each connection's first line and headers.
    """

    def __init__(
        self,
        upstream: int,
        refuse: str | None = None,
        login: tuple[str, str] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare it.

        Args:
            upstream: port on loopback that everything goes to.
            refuse: answer with this status and reason.
            login: user and password without which nobody comes through.
            tls: context with the proxy's certificate; None is reached without TLS.
        """
        self.upstream = upstream
        self.login = login
        self.refuse = refuse
        self.log: list[tuple[str, tuple[str, ...]]] = []
        self._listener = _Listener(self, tls)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.server_address[1]}"
        self._thread = threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
