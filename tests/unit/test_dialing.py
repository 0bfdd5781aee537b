"""Connecting: many addresses, dead ones among them, and no wait that outlives its patience."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest
from simulators.silent import mute, unreachable

from vsrt_gui.adapters.dialing import Address, LookUp, dial
from vsrt_gui.adapters.patience import Patience
from vsrt_gui.engine.cancel import Stop, StoppedError

pytestmark = pytest.mark.alone


@pytest.fixture
def listening() -> Iterator[int]:
    with mute() as port:
        yield port


def knowing(*places: tuple[str, int]) -> LookUp:
    def look_up(host: str, port: int) -> Sequence[Address]:  # noqa: ARG001
        return [Address(socket.AF_INET6 if ":" in name else socket.AF_INET, (name, p)) for name, p in places]

    return look_up


def connect(look_up: LookUp, seconds: float = 5) -> int:
    """Connect and return the port that was reached."""
    with dial("files.example", 80, Patience(seconds, Stop()), look_up) as connection:
        return int(connection.getpeername()[1])


def closed_port() -> int:
    with mute() as port:
        return port


def test_a_refused_address_gives_way_at_once(listening: int) -> None:
    begun = time.monotonic()
    assert connect(knowing(("127.0.0.1", closed_port()), ("127.0.0.1", listening))) == listening
    assert time.monotonic() - begun < 0.2


def test_a_dead_address_gives_way_after_its_head_start(listening: int) -> None:
    with unreachable() as dead:
        begun = time.monotonic()
        assert connect(knowing(("127.0.0.1", dead), ("127.0.0.1", listening))) == listening
        assert 0.2 < time.monotonic() - begun < 1


def test_families_take_turns(listening: int) -> None:
    refused = closed_port()
    six = [("::1", refused)] * 3
    with unreachable() as dead:
        begun = time.monotonic()
        places = (*six, ("127.0.0.1", listening), ("127.0.0.1", dead))
        assert connect(knowing(*places)) == listening
        assert time.monotonic() - begun < 0.2


@pytest.fixture
def both() -> Iterator[int]:
    """Listen on a port of 127.0.0.1 that is free on ::1."""
    with suppress(OSError), mute() as port, socket.socket(socket.AF_INET6) as six:
        six.bind(("::1", port))
        six.close()
        yield port
        return
    pytest.skip("needs IPv6 on loopback")


def test_ipv6_that_refuses_gives_way_to_ipv4(both: int) -> None:
    begun = time.monotonic()
    assert connect(knowing(("::1", both), ("127.0.0.1", both))) == both
    assert time.monotonic() - begun < 0.1


def test_ipv6_that_swallows_everything_gives_way_to_ipv4(both: int) -> None:
    with unreachable(socket.AF_INET6) as dead:
        begun = time.monotonic()
        assert connect(knowing(("::1", dead), ("::1", dead), ("127.0.0.1", both))) == both
        assert 0.2 < time.monotonic() - begun < 0.4


def test_one_that_refuses_late_holds_nobody_up(listening: int) -> None:
    """While a dead address is waited for, one that refuses hands over at once, not after a head start of its own."""
    refused = closed_port()
    with unreachable() as dead:
        begun = time.monotonic()
        places = (("127.0.0.1", dead), *[("127.0.0.1", refused)] * 3, ("127.0.0.1", listening))
        assert connect(knowing(*places)) == listening
        assert 0.2 < time.monotonic() - begun < 0.45


def test_all_refuse() -> None:
    refused = closed_port()
    with pytest.raises(ConnectionRefusedError):
        connect(knowing(("127.0.0.1", refused), ("127.0.0.1", refused)))


def test_nobody_answers_in_time() -> None:
    with unreachable() as dead, pytest.raises(TimeoutError):
        connect(knowing(("127.0.0.1", dead)), seconds=0.3)


def test_a_slow_name_ends_the_patience() -> None:
    def slow(host: str, port: int) -> Sequence[Address]:
        time.sleep(0.5)
        return knowing()(host, port)

    with pytest.raises(TimeoutError):
        connect(slow, seconds=0.2)


def test_a_name_without_addresses() -> None:
    with pytest.raises(socket.gaierror):
        connect(knowing())


def test_a_label_that_no_name_can_have() -> None:
    with pytest.raises(socket.gaierror):
        dial(f"{'a' * 64}.example", 80, Patience(5, Stop()))


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_that_is_none(port: int) -> None:
    with pytest.raises(OSError, match="address"):
        dial("127.0.0.1", port, Patience(5, Stop()))


def test_a_stop_that_came_before(listening: int) -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(StoppedError):
        dial("127.0.0.1", listening, Patience(5, stop))


def test_the_system_knows_this_computer(listening: int) -> None:
    with dial("localhost", listening, Patience(5, Stop())) as connection:
        assert connection.getpeername()[1] == listening


def test_a_timeout_from_elsewhere_is_patience_without_a_stop() -> None:
    assert float(Patience.of(3.0)) == 3
    assert float(Patience.of(None)) == float("inf")
    patience = Patience(2, Stop())
    assert Patience.of(patience) is patience
