"""Sockets for httpcore: large reads, TLS drained in one go, and every wait ended soon after a stop.

Reading 256 KiB at a time into one buffer, and taking all decrypted TLS records out of a memory BIO before the
next read, brings about the speed of curl, where httpcore's own backend reads 64 KiB (plain) or one record of 16 KiB.
"""

import selectors
import socket
import ssl
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import httpcore

from vsrt_gui.adapters.dialing import LookUp, abandonable, dial, system_look_up
from vsrt_gui.adapters.framing import Framing
from vsrt_gui.adapters.patience import TURN_SECONDS, Patience

T = TypeVar("T")

PIECE = 1 << 18
"""Bytes of the read buffer, and so the most that a read returns."""

_GREETING = b"HTTP/1."
"""What every answer begins with, and nothing else that listens: not SSH, mail, nor TLS."""

JUDGED_BY_SYSTEM = sys.platform in ("win32", "darwin")
"""Whether the operating system's own code judges certificates at the end of a handshake, which may ask the network."""


class ProxyConnectError(httpcore.ConnectError):
    """No connection to a proxy."""


class ProxyConnectTimeout(httpcore.ConnectTimeout):
    """No connection to a proxy in time."""


_Kinds = tuple[type[httpcore.ConnectTimeout], type[httpcore.ConnectError]]
_TO_PROXY: _Kinds = (ProxyConnectTimeout, ProxyConnectError)
_TO_SERVER: _Kinds = (httpcore.ConnectTimeout, httpcore.ConnectError)


class NotHttpError(Exception):
    """Whoever answered speaks no HTTP."""


class StaleConnectionError(httpcore.ReadError):
    """A connection that had served before was closed, or spoilt, before the answer: another one may do better."""


class NetworkBackend(httpcore.NetworkBackend):
    """Opens connections whose waiting a `Patience` bounds and stops.

    What it raises carries the system's error as an argument: httpcore cuts `__cause__` off on the way. An error
    of connecting also carries the host, which may be a proxy's.
    """

    def __init__(self, look_up: LookUp = system_look_up, *, to_proxy: bool = False) -> None:
        """Make a backend.

        Args:
            look_up: finds the addresses of a host.
            to_proxy: what is connected to is a proxy; its errors say so.
        """
        self._look_up = look_up
        self._kinds = _TO_PROXY if to_proxy else _TO_SERVER

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 -- our pools never ask for one
        socket_options: Any = None,  # noqa: ARG002 -- nor for these
    ) -> httpcore.NetworkStream:
        """Connect to a host; raises httpcore's ConnectTimeout or ConnectError, or StoppedError."""
        with _as_connecting(host, self._kinds), ExitStack() as undo:
            connection = undo.enter_context(dial(host, port, Patience.of(timeout), self._look_up))
            connection.settimeout(TURN_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            undo.pop_all()
            return PlainStream(connection, self._kinds)


class Stream(httpcore.NetworkStream, ABC):
    """A connection that is read through one buffer of its own."""

    def __init__(self, kinds: _Kinds = _TO_SERVER) -> None:
        """Begin.

        Args:
            kinds: what says that whoever is at the other end can't be connected to.
        """
        self._framing = Framing()
        self._kinds = kinds

    @abstractmethod
    def receive(self, patience: Patience) -> memoryview:
        """Wait for bytes and return a view of them, valid until the next call; empty at the end.

        Raises:
            TimeoutError, OSError, StoppedError.
        """

    @property
    @abstractmethod
    def readable(self) -> bool:
        """Whether more has come, or the end."""

    @abstractmethod
    def send(self, data: bytes, patience: Patience) -> None:
        """Send all of the data; raises as `receive` does."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Return what is there, up to `PIECE` bytes: more than httpcore asks for, which it takes gladly."""
        try:
            data = bytes(self.receive(Patience.of(timeout)))
        except TimeoutError as error:
            raise httpcore.ReadTimeout(error) from error
        except OSError as error:
            raise self._lost(httpcore.ReadError(error)) from error
        if self._framing.waiting:
            self._check_beginning(data)
        self._framing.came(data)
        return data

    def _check_beginning(self, data: bytes) -> None:
        """Look at the first bytes: who speaks no HTTP may fall silent after a greeting, and would be waited for."""
        if not data.startswith(_GREETING[: len(data)]):
            raise self._lost(httpcore.RemoteProtocolError(NotHttpError("it does not speak HTTP")))
        if not data and self._framing.stale:
            raise StaleConnectionError(ConnectionError("the server closed the connection early"))

    def _lost(self, error: Exception) -> Exception:
        """Return an error, or what it is where the connection has served before and no answer has begun."""
        return StaleConnectionError(*error.args) if self._framing.stale else error

    def get_extra_info(self, info: str) -> Any:
        """Tell the pool whether a kept connection is not to be used again: closed by the server, or not clean."""
        return not self._framing.clean or self.readable if info == "is_readable" else None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of the buffer."""
        self._framing.asked()
        try:
            self.send(buffer, Patience.of(timeout))
        except TimeoutError as error:
            raise httpcore.WriteTimeout(error) from error
        except OSError as error:
            raise httpcore.WriteError(error) from error

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Shake hands and return the encrypted stream; on any failure this one is closed.

        Once something was asked, that was a proxy's tunnel, and the hand is that of the server behind it.
        """
        kinds = _TO_SERVER if self._framing.questions else self._kinds
        with _as_connecting(server_hostname or "", kinds), ExitStack() as undo:
            undo.callback(self.close)
            encrypted = TlsStream(self, ssl_context, server_hostname, Patience.of(timeout))
            undo.pop_all()
            return encrypted


class PlainStream(Stream):
    """A TCP connection."""

    def __init__(self, connection: socket.socket, kinds: _Kinds = _TO_SERVER) -> None:
        """Take over a connected socket whose timeout is one turn."""
        super().__init__(kinds)
        self._socket = connection
        self._buffer = memoryview(bytearray(PIECE))

    def receive(self, patience: Patience) -> memoryview:
        """Return what has arrived; see `Stream.receive`."""
        count = _in_turns(lambda: self._socket.recv_into(self._buffer), patience)
        return self._buffer[:count]

    def send(self, data: bytes, patience: Patience) -> None:
        """Send all of the data; see `Stream.send`."""
        rest = memoryview(data)
        while rest:
            part = rest
            rest = rest[_in_turns(lambda: self._socket.send(part), patience) :]  # noqa: B023 -- called at once

    def close(self) -> None:
        """Let the connection go."""
        self._socket.close()

    @property
    def readable(self) -> bool:
        """Whether more has come, or the end."""
        return _readable(self._socket)


class TlsStream(Stream):
    """TLS over another stream, be it plain or the tunnel of an encrypted proxy."""

    def __init__(self, under: Stream, context: ssl.SSLContext, host: str | None, patience: Patience) -> None:
        """Shake hands; raises ssl.SSLError, OSError, TimeoutError or StoppedError."""
        super().__init__()
        self._under = under
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = _apart(lambda: self._wrapped(context, host), patience)
        self._buffer = memoryview(bytearray(PIECE))
        self._fed(lambda: _apart(self._tls.do_handshake, patience), patience)

    def _wrapped(self, context: ssl.SSLContext, host: str | None) -> ssl.SSLObject:
        return context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def receive(self, patience: Patience) -> memoryview:
        """Return what has arrived; see `Stream.receive`."""
        count = self._fed(lambda: self._tls.read(PIECE, self._buffer), patience)
        # What else has been decrypted goes out with it: one record of at most 16 KiB comes from each read.
        try:
            while 0 < count < PIECE:
                more = self._tls.read(PIECE - count, self._buffer[count:])
                if not more:
                    break
                count += more
        except ssl.SSLWantReadError:
            pass
        return self._buffer[:count]

    def send(self, data: bytes, patience: Patience) -> None:
        """Send all of the data; see `Stream.send`."""
        rest = memoryview(data)
        while rest:
            part = rest
            rest = rest[self._fed(lambda: self._tls.write(part), patience) :]  # noqa: B023 -- called at once

    def close(self) -> None:
        """Let the connection go, without a farewell: the length of a body is known without one."""
        self._under.close()

    def get_extra_info(self, info: str) -> Any:
        """Tell what is asked about TLS, and what `Stream` tells."""
        return self._tls if info == "ssl_object" else super().get_extra_info(info)

    @property
    def readable(self) -> bool:
        """Whether more has come, decrypted already or not, or the end."""
        return bool(self._tls.pending() or self._incoming.pending) or self._under.readable

    def _fed(self, step: Callable[[], Any], patience: Patience) -> Any:
        """Repeat a step of TLS until it has got the bytes that it needs, and send what it wants sent."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush(patience)
                received = self._under.receive(patience)
                if received:
                    self._incoming.write(received)
                else:
                    self._incoming.write_eof()
            else:
                self._flush(patience)
                return result

    def _flush(self, patience: Patience) -> None:
        if self._outgoing.pending:
            self._under.send(self._outgoing.read(), patience)


def _apart(step: Callable[[], T], patience: Patience) -> T:
    """Do a step of the handshake where it can be left behind, if the system's own code may have to ask the network.

    On Windows and macOS truststore lets that code judge the certificate, within `do_handshake` and never later: no
    byte of the server is read before. Its context is locked meanwhile, so that `wrap_bio` may have to wait, too.
    """
    return abandonable(step, patience.begin()) if JUDGED_BY_SYSTEM else step()


def _in_turns(call: Callable[[], int], patience: Patience) -> int:
    """Repeat a socket call that times out after one turn, for as long as the patience lasts."""
    waiting = patience.begin()
    while True:
        waiting.turn()
        try:
            return call()
        except TimeoutError as error:
            if error.errno is not None:  # the network's own word, not the end of a turn
                raise ConnectionError(*error.args) from error


def _readable(connection: socket.socket) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))


@contextmanager
def _as_connecting(host: str, kinds: _Kinds) -> Iterator[None]:
    """Turn the system's errors into httpcore's, which name the host."""
    late, failed = kinds
    try:
        yield
    except TimeoutError as error:
        raise late(host, error) from error
    except OSError as error:
        raise failed(host, error) from error
