"""Work in threads ends when it is told to, and nobody goes on before it has."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from vsrt_gui.engine.cancel import Stop, StoppedError, Workers


def with_workers(work: Callable[[Workers], Awaitable[None]]) -> None:
    """Run `work(workers)` on a loop and close the workers."""

    async def all_of_it() -> None:
        workers = Workers(2)
        try:
            await work(workers)
        finally:
            workers.close()

    asyncio.run(all_of_it())


class Tool:
    """Blocking work that ends a moment after it was stopped, as a thread does that must first finish a write."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended = False

    def work(self, stop: Stop) -> None:
        self.begun.set()
        try:
            stop.wait(10)
        finally:
            time.sleep(0.03)
            self.ended = True


async def until(event: threading.Event) -> None:
    while not event.is_set():  # noqa: ASYNC110 -- a thread sets it
        await asyncio.sleep(0.001)


def test_gives_back_what_the_work_returns() -> None:
    async def check(workers: Workers) -> None:
        assert await workers.run(Stop(), divmod, 7, 2) == (3, 1)

    with_workers(check)


def test_passes_on_what_the_work_raises() -> None:
    async def check(workers: Workers) -> None:
        with pytest.raises(ZeroDivisionError):
            await workers.run(Stop(), divmod, 7, 0)

    with_workers(check)


def test_cancelling_stops_the_work_and_waits_for_its_thread() -> None:
    async def check(workers: Workers) -> None:
        stop, tool = Stop(), Tool()
        task = asyncio.create_task(workers.run(stop, tool.work, stop))
        await until(tool.begun)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stop.is_set()
        assert tool.ended

    with_workers(check)


def test_cancelling_again_and_again_waits_all_the_same() -> None:
    async def check(workers: Workers) -> None:
        stop, tool = Stop(), Tool()
        task = asyncio.create_task(workers.run(stop, tool.work, stop))
        await until(tool.begun)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.002)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert tool.ended

    with_workers(check)


def test_work_that_fails_while_it_is_being_cancelled_still_counts_as_cancelled() -> None:
    def fail(stop: Stop, begun: threading.Event) -> None:
        begun.set()
        try:
            stop.wait(10)
        except StoppedError:
            raise OSError from None

    async def check(workers: Workers) -> None:
        stop, begun = Stop(), threading.Event()
        task = asyncio.create_task(workers.run(stop, fail, stop, begun))
        await until(begun)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with_workers(check)


def test_work_that_is_stopped_by_another_ends_as_cancelled() -> None:
    async def check(workers: Workers) -> None:
        stop, tool = Stop(), Tool()
        task = asyncio.create_task(workers.run(stop, tool.work, stop))
        await until(tool.begun)
        stop.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert tool.ended

    with_workers(check)


def test_one_cancel_ends_what_queues_for_a_thread_too() -> None:
    async def check(workers: Workers) -> None:
        stop = Stop()
        tools = [Tool() for _ in range(5)]
        tasks = [asyncio.create_task(workers.run(stop, tool.work, stop)) for tool in tools]
        await until(tools[1].begun)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)

    with_workers(check)


class TestStop:
    def test_check_and_wait(self) -> None:
        stop = Stop()
        stop.check()
        stop.wait(0.0)
        stop.set()
        for look in (stop.check, lambda: stop.wait(10)):
            with pytest.raises(StoppedError):
                look()

    def test_a_hook_is_called_once_from_the_thread_that_stops(self) -> None:
        stop, callers = Stop(), []
        with stop.waking(lambda: callers.append(threading.current_thread())):
            other = threading.Thread(target=stop.set)
            other.start()
            other.join()
            stop.set()
        assert callers == [other]

    def test_hooks_of_all_blocks_are_called(self) -> None:
        stop, called = Stop(), []
        with stop.waking(lambda: called.append(1)), stop.waking(lambda: called.append(2)):
            stop.set()
        assert called == [1, 2]

    def test_a_hook_may_look_at_the_stop(self) -> None:
        stop, seen = Stop(), []

        def hook() -> None:
            stop.set()
            seen.append(stop.is_set())

        with stop.waking(hook):
            stop.set()
        assert seen == [True]

    def test_no_hook_after_its_block(self) -> None:
        stop, called = Stop(), []
        with stop.waking(lambda: called.append(1)):
            pass
        stop.set()
        assert called == []

    def test_a_block_is_not_entered_when_it_is_too_late(self) -> None:
        stop, called = Stop(), []
        stop.set()
        with pytest.raises(StoppedError), stop.waking(lambda: called.append("hook")):
            called.append("block")
        assert called == []

    def test_a_block_is_not_left_while_its_hook_runs(self) -> None:
        stop, order, entered = Stop(), [], threading.Event()

        def hook() -> None:
            entered.set()
            time.sleep(0.03)
            order.append("hook")

        stopper = threading.Thread(target=stop.set)
        with stop.waking(hook):
            stopper.start()
            assert entered.wait(5)
        order.append("left")
        stopper.join()
        assert order == ["hook", "left"]
