"""The backend's streams over socket pairs: large reads, patience, stops, and ends."""

import socket
import threading
import time
from collections.abc import Iterator

import httpcore
import pytest

from vsrt_gui.adapters.network_backend import PIECE, NetworkBackend, PlainStream
from vsrt_gui.adapters.patience import TURN_SECONDS, Patience
from vsrt_gui.engine.cancel import Stop, StoppedError

MUCH = b"HTTP/1.1 ".ljust(64 << 20)
"""More than the system keeps for a peer that does not read."""


Pair = tuple[PlainStream, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    near.settimeout(TURN_SECONDS)
    with near, far:
        yield PlainStream(near), far


def patience(seconds: float) -> Patience:
    return Patience(seconds, Stop())


def test_a_read_takes_what_is_there(pair: Pair) -> None:
    stream, far = pair
    sender = threading.Thread(target=far.sendall, args=(MUCH,))
    sender.start()
    got = 0
    while got < len(MUCH):
        piece = stream.read(65536, patience(5))
        assert len(piece) <= PIECE
        got += len(piece)
    sender.join()


def test_the_end_is_an_empty_piece(pair: Pair) -> None:
    stream, far = pair
    far.close()
    assert stream.read(1, patience(5)) == b""


def test_a_write_arrives_whole(pair: Pair) -> None:
    stream, far = pair
    got = bytearray()

    def collect() -> None:
        while piece := far.recv(1 << 20):
            got.extend(piece)

    reader = threading.Thread(target=collect)
    reader.start()
    stream.write(MUCH, patience(20))
    stream.close()
    reader.join()
    assert len(got) == len(MUCH)


def test_patience_ends(pair: Pair) -> None:
    stream, _ = pair
    begun = time.monotonic()
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(1, patience(0.3))
    with pytest.raises(httpcore.WriteTimeout):
        stream.write(MUCH, patience(0.3))
    assert 0.6 <= time.monotonic() - begun < 2


def test_a_stop_ends_a_read_and_a_write(pair: Pair) -> None:
    stream, _ = pair
    for work in (lambda end: stream.read(1, end), lambda end: stream.write(MUCH, end)):
        stop = Stop()
        timer = threading.Timer(0.15, stop.set)
        timer.start()
        begun = time.monotonic()
        with pytest.raises(StoppedError):
            work(Patience(30, stop))
        assert time.monotonic() - begun < 1
        timer.join()


def test_a_peer_that_went_away(pair: Pair) -> None:
    stream, far = pair
    far.close()
    with pytest.raises(httpcore.WriteError):
        stream.write(MUCH, patience(5))
    stream.close()
    with pytest.raises(httpcore.ReadError):
        stream.read(1, patience(5))


def test_an_idle_connection_that_was_closed_is_noticed(pair: Pair) -> None:
    stream, far = pair
    assert stream.get_extra_info("is_readable") is False
    far.close()
    assert stream.get_extra_info("is_readable") is True
    assert stream.get_extra_info("anything else") is None


@pytest.mark.parametrize("first", [b"SSH-2.0-x", b"H", b"HTTP/2", b"HTTP/1.0 200", b"h"])
def test_the_first_bytes_say_whether_it_is_http(pair: Pair, first: bytes) -> None:
    stream, far = pair
    far.sendall(first)
    if b"HTTP/1.0 ".startswith(first) or first.startswith(b"HTTP/1."):
        assert stream.read(1, patience(5)) == first
        far.sendall(b"anything")
        assert stream.read(1, patience(5)) == b"anything"
    else:
        with pytest.raises(httpcore.RemoteProtocolError):
            stream.read(1, patience(5))


def test_a_connection_without_a_stop() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = NetworkBackend().connect_tcp("127.0.0.1", listener.getsockname()[1])
        far, _ = listener.accept()
        with far:
            far.sendall(b"HTTP/1.1")
            assert stream.read(5) == b"HTTP/1.1"
        stream.close()
