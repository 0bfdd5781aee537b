import threading
from collections.abc import Iterator

import pytest

from vsrt_gui.adapters.archives.ahead import DEPTH, Ahead

PIECES = [bytes([n]) for n in range(50)]


class OwnError(Exception):
    """What an iterator may raise."""


def test_pieces_come_in_order_from_another_thread() -> None:
    makers = set()

    def pieces() -> Iterator[bytes]:
        for piece in PIECES:
            makers.add(threading.current_thread())
            yield piece

    with Ahead(pieces()) as ahead:
        assert list(ahead) == PIECES
    assert len(makers) == 1
    assert threading.current_thread() not in makers
    assert not any(maker.is_alive() for maker in makers)


def test_an_error_comes_after_the_pieces_before_it() -> None:
    def pieces() -> Iterator[bytes]:
        yield from PIECES
        raise OwnError

    with Ahead(pieces()) as ahead:
        found = iter(ahead)
        assert [next(found) for _ in PIECES] == PIECES
        with pytest.raises(OwnError):
            next(found)


def test_it_goes_only_so_far_ahead_and_ends_when_left() -> None:
    """A reader that leaves while the thread waits for room must not wait for ever."""
    made: list[bytes] = []
    waiting = threading.Event()

    def pieces() -> Iterator[bytes]:
        for piece in PIECES:
            made.append(piece)
            if len(made) == DEPTH + 1:
                waiting.set()
            yield piece

    with Ahead(pieces()):
        assert waiting.wait(5)
        threading.Event().wait(0.05)
        assert len(made) == DEPTH + 1
    assert len(made) == DEPTH + 1
