import threading

import pytest

from vsrt_gui.adapters.archives.lanes import LANES, Check, in_lanes
from vsrt_gui.engine.cancel import Stop, StoppedError


class OwnError(Exception):
    """What work may raise."""


def test_every_item_is_done_once_and_in_several_threads() -> None:
    done: list[int] = []
    both = threading.Barrier(LANES, timeout=5)

    def work(item: int, _check: Check) -> None:
        if item < LANES:
            both.wait()
        done.append(item)

    in_lanes(range(100), work, Stop())
    assert sorted(done) == list(range(100))


def test_nothing_to_do_is_done() -> None:
    in_lanes([], lambda _item, _check: pytest.fail("no item"), Stop())


def test_a_stop_keeps_work_from_beginning_that_never_checks() -> None:
    stop = Stop()
    done: list[int] = []

    def work(item: int, _check: Check) -> None:
        done.append(item)
        stop.set()

    with pytest.raises(StoppedError):
        in_lanes(range(100), work, stop)
    assert len(done) <= LANES


def test_the_first_error_ends_the_others_and_comes_out() -> None:
    error = OwnError()
    ended: list[int] = []
    second_runs = threading.Event()

    def work(item: int, check: Check) -> None:
        if item == 0:
            assert second_runs.wait(5)
            raise error
        second_runs.set()
        try:
            while True:
                check()
                threading.Event().wait(0.001)
        finally:
            ended.append(item)

    with pytest.raises(OwnError) as caught:
        in_lanes(range(100), work, Stop())
    assert caught.value is error
    assert ended == [1]
