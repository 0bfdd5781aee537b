"""Which of several requests is slow, and which one lags, is read off what each of them brings."""

import math

import pytest

from vsrt_gui.engine.shares import Share
from vsrt_gui.engine.speeds import FAR, Speeds

SOON, SURE = 1.0, 4.0
LONG = 100_000


class Race:
    """Some requests, each of which brings so many bytes a second."""

    def __init__(self, *rates: int) -> None:
        self.shares = [Share(number * LONG, (number + 1) * LONG) for number in range(len(rates))]
        self.rates = list(rates)
        self.speeds = Speeds(SOON, SURE)
        self.now = self.done = 0
        self.look()

    def look(self) -> None:
        self.speeds.look(float(self.now), self.done, self.shares)

    def go(self, seconds: int) -> "Race":
        for _ in range(seconds):
            self.now += 1
            for share, rate in zip(self.shares, self.rates, strict=False):
                share.at += rate
                self.done += rate
            self.look()
        return self

    def lags(self, patience: float = SURE) -> list[bool]:
        return [self.speeds.lags(share, patience) for share in self.shares]


def test_nothing_is_known_at_first() -> None:
    race = Race(10, 1000)
    assert (race.speeds.together, race.lags()) == (0.0, [False, False])
    assert race.speeds.left(race.shares[0]) == math.inf


def test_each_takes_as_long_as_it_has_left_at_its_speed() -> None:
    race = Race(10, 1000).go(2)
    assert race.speeds.together == 1010
    assert [race.speeds.left(share) for share in race.shares] == [(LONG - 20) / 10, (LONG - 2000) / 1000]


def test_a_new_one_is_taken_for_one_like_most() -> None:
    race = Race(1000, 1000).go(2)
    new = Share(0, 1000)
    assert race.speeds.left(new) == 1.0
    race.shares.append(new)
    race.look()
    assert race.speeds.left(new) == pytest.approx(1.5)


def test_one_lags_once_it_was_looked_at_for_long_enough() -> None:
    assert Race(10, 1000).go(3).lags() == [False, False]
    assert Race(10, 1000).go(4).lags() == [True, False]


@pytest.mark.parametrize("rate", [1000 // FAR, 900])
def test_a_little_slower_is_not_lagging(rate: int) -> None:
    assert Race(rate, 1000).go(5).lags() == [False, False]


def test_where_all_are_slow_none_lags() -> None:
    race = Race(1000, 1000).go(5)
    race.rates = [0, 0]
    assert race.go(5).lags() == [False, False]


def test_who_is_alone_is_compared_with_the_fastest_that_there_was() -> None:
    race = Race(1000, 1000).go(5)
    del race.shares[1]
    race.rates = [10]
    assert race.go(5).lags() == [True]
    assert Race(10).go(5).lags() == [False]


def test_with_more_patience_none_lags() -> None:
    race = Race(10, 1000).go(5)
    assert race.lags(race.shares[0].left / 10) == [False, False]


def test_one_that_becomes_slow_lags_as_soon_as_its_speed_of_late_says_so() -> None:
    race = Race(1000, 1000).go(10)
    race.rates = [0, 1000]
    assert race.go(2).lags() == [False, False]
    assert race.go(2).lags() == [True, False]
