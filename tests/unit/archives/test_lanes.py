import threading

import pytest

from vsrt_gui.adapters.archives.lanes import Check, in_lanes
from vsrt_gui.engine.cancel import Stop, StoppedError


class OwnError(Exception):
    """What work may raise."""


def test_every_item_is_done_once_in_its_order() -> None:
    done: list[int] = []
    in_lanes(range(100, 150), range(50), lambda item, _check: done.append(item), Stop())
    assert sorted(done) == [*range(50), *range(100, 150)]
    assert [item for item in done if item < 50] == list(range(50))


def test_heavy_items_are_done_in_both_threads_at_once() -> None:
    both = threading.Barrier(2, timeout=5)
    met: list[int] = []

    def work(_item: int, _check: Check) -> None:
        met.append(both.wait())

    in_lanes(range(10), [], work, Stop())
    assert sorted(met) == [0] * 5 + [1] * 5


def test_light_items_are_done_beside_the_heavy_ones_by_one_thread() -> None:
    lights_done = threading.Event()
    threads = set()

    def work(item: str, _check: Check) -> None:
        if item == "heavy":
            assert lights_done.wait(5)
            return
        threads.add(threading.current_thread())
        if item == "last":
            lights_done.set()

    in_lanes(["heavy"], ["first", "second", "last"], work, Stop())
    assert len(threads) == 1


def test_nothing_to_do_is_done() -> None:
    in_lanes([], [], lambda _item, _check: pytest.fail("no item"), Stop())


@pytest.mark.parametrize(("heavy", "light"), [(range(100), ()), ((), range(100))])
def test_a_stop_keeps_work_from_beginning_that_never_checks(heavy: range, light: range) -> None:
    stop = Stop()
    done: list[int] = []

    def work(item: int, _check: Check) -> None:
        done.append(item)
        stop.set()

    with pytest.raises(StoppedError):
        in_lanes(heavy, light, work, stop)
    assert len(done) <= 2


def test_the_first_error_ends_the_other_thread_and_comes_out() -> None:
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
        in_lanes(range(100), [], work, Stop())
    assert caught.value is error
    assert ended == [1]
