"""The speed limit as a bucket, in a time of the test's own."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsrt_gui.adapters.throttle import BURST_SECONDS, SLICE_SECONDS, SMALLEST_SLICE, Throttle
from vsrt_gui.engine.cancel import Stop, StoppedError

KB = 1000


class Time(Stop):
    """A clock and a sleep that belong together: who waits moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.check()
        self.waits.append(seconds)
        self.now += seconds


@given(
    rate=st.integers(1, 10**9),
    work=st.lists(st.tuples(st.integers(1, 1 << 18), st.floats(0, 5)), min_size=1, max_size=60),
)
def test_no_stretch_of_time_sees_more_than_its_share(rate: int, work: list[tuple[int, float]]) -> None:
    time = Time()
    throttle = Throttle(rate, time)
    let_through: list[tuple[float, int]] = []
    for count, idle in work:
        time.now += idle
        let_through.append((time.now + throttle.book(count), count))
    for first in range(len(let_through)):
        sent = 0
        for at, count in let_through[first + 1 :]:
            sent += count
            span = max(at, let_through[first][0]) - let_through[first][0]
            assert sent <= rate * (span + BURST_SECONDS) * 1.001 + 1


@given(
    rate=st.integers(1 * KB, 100_000 * KB),
    sizes=st.lists(st.integers(0, 1 << 18), min_size=1, max_size=20),
)
def test_the_bytes_stay_the_same_and_the_speed_is_the_limit(rate: int, sizes: list[int]) -> None:
    time = Time()
    pieces = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    came = list(Throttle(rate, time).slowed(iter(pieces), time))
    assert b"".join(came) == b"".join(pieces)
    assert max(map(len, came), default=0) <= max(SMALLEST_SLICE, rate * SLICE_SECONDS)
    assert time.now == pytest.approx(sum(sizes) / rate, rel=0.01, abs=SMALLEST_SLICE / rate + 0.001)


def test_no_wait_is_long() -> None:
    time = Time()
    list(Throttle(50 * KB, time).slowed(iter([bytes(1 << 18)]), time))
    assert max(time.waits) <= SLICE_SECONDS * 1.01


def test_a_pause_is_not_saved_up() -> None:
    time = Time()
    throttle = Throttle(100 * KB, time)
    time.now = 3600
    assert sum(throttle.book(10 * KB) for _ in range(10)) > 0
    assert throttle.book(0) == pytest.approx(1 - BURST_SECONDS)


def test_lanes_share_it_evenly() -> None:
    time = Time()
    throttle = Throttle(300 * KB, time)
    lanes = [throttle.slowed(iter([bytes(KB * 1000)]), time) for _ in range(3)]
    got = [sum(len(next(lane)) for _ in range(10)) for lane in lanes]
    assert len(set(got)) == 1


def test_without_a_limit_pieces_pass_as_they_are() -> None:
    pieces = [bytes(1 << 18), b"", bytes(3)]
    came = list(Throttle(None).slowed(iter(pieces), Stop()))
    assert [id(piece) for piece in came] == [id(piece) for piece in pieces]


def test_a_stop_ends_the_wait() -> None:
    stop = Stop()

    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(1 << 18)

    flowing = Throttle(1 * KB).slowed(endless(), stop)
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    with pytest.raises(StoppedError):
        for _ in flowing:
            pass
    timer.join()
