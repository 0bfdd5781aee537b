"""Which connections can be asked again, by what came over them."""

import pytest

from vsrt_gui.adapters.framing import Framing

HEADER = b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("came", "clean"),
    [
        (HEADER + b"abcde", True),
        (HEADER.replace(b"\r\n", b"\n") + b"abcde", True),
        (HEADER.replace(b"Content-Length: ", b"content-LENGTH:\t") + b"abcde", True),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + HEADER + b"abcde", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (HEADER + b"abcd", False),
        (HEADER + b"abcdef", False),
        (HEADER + b"abcde" + HEADER + b"abcde", False),
        (HEADER[:-1], False),
        (b"HTTP/1.1 100 Continue\r\n\r\n", False),
        (b"", False),
        (CHUNKED, False),
        (b"HTTP/1.1 200 OK\r\nX-Content-Length: 5\r\n\r\nabcde", False),
    ],
)
def test_what_came(came: bytes, clean: bool, size: int) -> None:
    framing = Framing()
    assert framing.clean  # nobody has asked yet
    framing.asked()
    for start in range(0, len(came), size):
        framing.came(came[start : start + size])
    assert framing.clean is clean
    assert framing.waiting is (came in {b"", b"HTTP/1.1 100 Continue\r\n\r\n"})


def test_a_connection_is_stale_only_where_it_has_served_before() -> None:
    framing = Framing()
    framing.asked()
    framing.asked()  # the same question's body
    assert not framing.stale
    framing.came(HEADER + b"abcde")
    framing.asked()
    assert framing.stale
    framing.came(b"H")
    assert not framing.stale
