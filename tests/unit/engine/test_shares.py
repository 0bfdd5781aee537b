"""Every byte of an archive is brought by one request, and what none has brought is known at any time."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsrt_gui.engine.shares import Share, Shares, gaps, merged

TOTAL = 1000
RANGES = st.lists(st.tuples(st.integers(0, TOTAL), st.integers(0, TOTAL)).map(lambda p: (min(p), max(p))))


def bytes_of(ranges: tuple[tuple[int, int], ...]) -> set[int]:
    return {byte for start, end in ranges for byte in range(start, end)}


@given(RANGES)
def test_ranges_and_gaps_are_all_bytes_and_share_none(ranges: list[tuple[int, int]]) -> None:
    there, missing = merged(ranges), gaps(ranges, TOTAL)
    assert bytes_of(there) == bytes_of(tuple(ranges))
    assert bytes_of(there) | bytes_of(missing) == set(range(TOTAL))
    assert not bytes_of(there) & bytes_of(missing)
    assert all(first[1] < second[0] for first, second in pairwise(there))
    assert all(start < end for start, end in (*there, *missing))


def test_one_request_has_all_of_it() -> None:
    shares = Shares()
    assert not shares.opened
    share = shares.open((), TOTAL, 0)
    assert (share.start, share.end, shares.opened, shares.take(None)) == (0, TOTAL, True, None)
    assert shares.came(share, 300) == 300
    assert (shares.left, shares.done()) == (700, ((0, 300),))


def test_without_a_length_there_is_nothing_to_share() -> None:
    shares = Shares()
    shares.came(shares.open((), None, 0), 300)
    assert shares.left < 0


def test_going_on_fills_the_first_gap_only() -> None:
    shares = Shares()
    share = shares.open([(0, 100), (400, 600)], TOTAL, 100)
    assert (share.start, share.end) == (100, 400)
    following = shares.take(None)
    assert following is not None
    assert (following.start, following.end) == (600, TOTAL)
    assert shares.take(None) is None


def bid(shares: Shares, most: int, least: int = 1) -> Share:
    named = shares.bid(shares.active()[0], most, least)
    assert named is not None
    return named


def test_what_lies_ahead_is_left_to_others_once_their_answer_is_there() -> None:
    shares = Shares()
    share = shares.open((), TOTAL, 0)
    shares.came(share, 100)
    other = bid(shares, 100)
    assert (other.start, other.end, share.end, shares.take(None)) == (200, 300, TOTAL, None)
    shares.came(share, 50)  # it goes on meanwhile
    assert (shares.divided, shares.accept(other), shares.divided) == (False, True, True)
    assert (share.end, share.asked) == (200, TOTAL)
    rest = shares.take(None)
    assert rest is not None
    assert (rest.start, rest.end) == (300, TOTAL)
    assert shares.done() == ((0, 150),)


def test_a_request_that_is_refused_takes_nothing_from_anybody() -> None:
    shares = Shares()
    share = shares.open((), TOTAL, 0)
    shares.end(bid(shares, 100))
    assert (share.end, shares.take(None), shares.divided) == (TOTAL, None, False)


def test_an_answer_that_comes_late_is_of_no_use() -> None:
    shares = Shares()
    share = shares.open((), TOTAL, 0)
    late, early = bid(shares, 100), bid(shares, 200)
    assert shares.claim(share, 150) == 150  # is being written
    assert not shares.accept(late)
    assert shares.accept(early)
    assert shares.claim(share, 999) == 200
    shares.end(share)
    assert not shares.accept(bid_of(share))


def bid_of(share: Share) -> Share:
    return Share(share.at + 1, share.end, share)


def test_little_is_left_to_nobody() -> None:
    shares = Shares()
    share = shares.open((), TOTAL, 0)
    shares.came(share, 801)
    assert shares.bid(share, 100, 100) is None


def test_who_takes_long_gives_up_the_second_half() -> None:
    shares = Shares()
    slow = shares.open((), TOTAL, 0)
    shares.came(slow, 100)
    half = bid(shares, TOTAL, 100)
    assert shares.accept(half)
    assert (slow.end, half.start, half.end) == (550, 550, TOTAL)
    assert shares.bid(slow, TOTAL, 300) is None
    assert shares.active() == (slow, half)


def test_what_a_request_did_not_bring_is_brought_by_another() -> None:
    shares = Shares()
    share = shares.open((), TOTAL, 0)
    shares.came(share, 100)
    other = bid(shares, 100)
    assert shares.accept(other)
    shares.came(other, 50)
    shares.end(other)
    again = shares.take(300)
    assert again is not None
    assert (again.start, again.end) == (250, 550)
    assert shares.done() == ((0, 100), (200, 250))


@pytest.mark.parametrize("seed", range(100))
def test_whatever_happens_every_byte_is_brought_once(seed: int) -> None:
    chance, shares = Random(seed), Shares()
    written = [0] * TOTAL
    active = [shares.open((), TOTAL, 0)]
    bids: list[Share] = []
    while shares.left:
        match chance.choice(["came", "came", "came", "take", "bid", "accept", "end"]):
            case "came" if active:
                share = chance.choice(active)
                count = shares.claim(share, chance.randint(0, 60))
                for byte in range(share.at, share.at + count):
                    written[byte] += 1
                shares.came(share, count)
            case "bid" if active:
                most, least = chance.randint(1, 300), chance.randint(1, 100)
                bids += filter(None, [shares.bid(chance.choice(active), most, least)])
            case "accept" if bids:
                share = bids.pop(chance.randrange(len(bids)))
                active += [share] if shares.accept(share) else []
            case "end" if active:
                shares.end(active.pop(chance.randrange(len(active))))
            case _:
                active += filter(None, [shares.take(chance.choice([None, 50, 300]))])
        assert bytes_of(shares.done()) == {byte for byte, times in enumerate(written) if times}
    assert written == [1] * TOTAL
