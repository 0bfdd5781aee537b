"""Finds a host's addresses and connects to whichever answers first, without ever waiting past a stop."""

import ctypes
import errno
import os
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from itertools import chain, zip_longest
from typing import Any, NamedTuple, Self, TypeVar

from vsrt_gui.adapters.patience import Patience, Waiting
from vsrt_gui.model.faults import InstallerError

T = TypeVar("T")

HEAD_START_SECONDS = 0.25
"""An address gets this much time before the next one is tried beside it (RFC 8305, section 5)."""

LAST_PORT = 65535
_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}
if sys.platform == "win32":
    _UNDER_WAY.add(errno.WSAEWOULDBLOCK)


class Address(NamedTuple):
    """One address of a host, as the socket module wants it."""

    family: int
    place: Any


LookUp = Callable[[str, int], Sequence[Address]]
"""Finds the addresses of a host and port; may block for as long as it likes, and raise OSError."""


def system_look_up(host: str, port: int) -> Sequence[Address]:
    """Ask the operating system for a host's addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Address(family, place) for family, _, _, _, place in found]


def abandonable(work: Callable[[], T], waiting: Waiting) -> T:
    """Run what can't be interrupted in a thread that is left behind when the wait ends first.

    Raises:
        StoppedError, TimeoutError: the wait ended; the thread ends whenever its call does.
        OSError, ValueError, InstallerError: from the work.
    """
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except (OSError, ValueError, InstallerError) as error:
            result.set_exception(error)

    threading.Thread(target=run, name="vsrt-abandonable", daemon=True).start()
    while not result.done():
        wait([result], waiting.turn())
    return result.result()


def dial(host: str, port: int, patience: Patience, look_up: LookUp = system_look_up) -> socket.socket:
    """Connect to a host.

    Args:
        host: name or address.
        port: TCP port.
        patience: for name and connection together.
        look_up: finds the addresses, in an abandonable thread.

    Returns:
        a connected socket in non-blocking mode.

    Raises:
        StoppedError: soon after the stop.
        TimeoutError: out of patience.
        OSError: `socket.gaierror` for an unknown name, else the last address's refusal.
    """
    if not 0 < port <= LAST_PORT:
        raise _refusal(errno.EADDRNOTAVAIL)
    waiting = patience.begin()
    try:
        addresses = abandonable(lambda: look_up(host, port), waiting)
    except UnicodeError as error:  # a label that no name can have
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    with _Race(_alternating(addresses)) as race:
        return race.run(waiting)


def _refusal(code: int) -> OSError:
    """Return the error of a socket's code, in the system's words."""
    if sys.platform == "win32":
        return ctypes.WinError(code)
    return OSError(code, os.strerror(code))


def _alternating(addresses: Iterable[Address]) -> Iterable[Address]:
    """Order addresses so that the families take turns: a dead IPv6 must not hold up a live IPv4."""
    families: dict[int, list[Address]] = {}
    for address in addresses:
        families.setdefault(address.family, []).append(address)
    turns = zip_longest(*families.values())
    return [address for address in chain.from_iterable(turns) if address is not None]


class _Race:
    """Connections under way, each begun a little after the one before; the first that stands wins."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self._left = list(addresses)
        self._running: set[socket.socket] = set()
        self._selector = selectors.DefaultSelector()
        self._next_at = 0.0
        self._error = _refusal(errno.EHOSTUNREACH)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for runner in self._running:
            runner.close()

    def run(self, waiting: Waiting) -> socket.socket:
        """Return the winner; the others are closed with the race."""
        while self._left or self._running:
            turn = waiting.turn()
            if self._left and (not self._running or time.monotonic() >= self._next_at):
                self._begin(self._left.pop(0))
            if self._left:
                turn = min(turn, max(0.0, self._next_at - time.monotonic()))
            # On Windows, select refuses to wait for nothing.
            for key, _ in self._selector.select(turn) if self._running else ():
                runner = key.fileobj
                if isinstance(runner, socket.socket) and self._arrived(runner):
                    return runner
        raise self._error

    def _begin(self, address: Address) -> None:
        self._next_at = time.monotonic() + HEAD_START_SECONDS
        try:
            runner = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as error:  # this system lacks the family, or has no descriptor left
            self._error = error
            return
        self._running.add(runner)
        runner.setblocking(False)
        code = runner.connect_ex(address.place)
        if code in _UNDER_WAY:
            self._selector.register(runner, selectors.EVENT_WRITE)
        else:
            self._drop(runner, code)

    def _arrived(self, runner: socket.socket) -> bool:
        self._selector.unregister(runner)
        code = runner.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            self._running.discard(runner)
            return True
        self._drop(runner, code)
        return False

    def _drop(self, runner: socket.socket, code: int) -> None:
        self._running.discard(runner)
        runner.close()
        self._error = _refusal(code)
        self._next_at = 0.0  # who was refused holds nobody up
