"""Sockets that take a connection and never answer, or never even take it."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress


@contextmanager
def mute() -> Iterator[int]:
    """Yield the port of a listener that connects and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def unreachable(family: socket.AddressFamily = socket.AF_INET) -> Iterator[int]:
    """Yield a port on which connecting never ends: its queue is full, and nobody takes from it."""
    here = "::1" if family is socket.AF_INET6 else "127.0.0.1"
    with ExitStack() as held:
        listener = held.enter_context(socket.create_server((here, 0), family=family, backlog=0))
        place = listener.getsockname()
        for _ in range(8):
            filler = held.enter_context(socket.socket(family))
            filler.settimeout(0.05)
            with suppress(TimeoutError):
                filler.connect(place)
        yield place[1]
