"""Works through a list in a few threads; the first that fails stops the others."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event, Lock
from typing import TypeVar

from vsrt_gui.engine.cancel import Stop, StoppedError

T = TypeVar("T")

LANES = 2
"""Threads: inflating, hashing and writing release the interpreter's lock; a third brought nothing here."""

Check = Callable[[], None]
"""Raises StoppedError when the work should end."""


def in_lanes(items: Iterable[T], work: Callable[[T, Check], None], stop: Stop) -> None:
    """Do `work` on each item; every thread has ended when this returns.

    Args:
        items: taken in order.
        work: called in several threads, with what it must call between two pieces.
        stop: ends all.

    Raises:
        Exception: whatever the first `work` that failed raised, StoppedError included.
    """
    queue = iter(items)
    lock = Lock()
    failed = Event()

    def check() -> None:
        stop.check()
        if failed.is_set():
            raise StoppedError

    def take() -> T | None:
        with lock:
            return next(queue, None)

    def lane() -> None:
        while (item := take()) is not None:
            check()
            work(item, check)

    with ThreadPoolExecutor(LANES, thread_name_prefix="vsrt-lane") as pool:
        lanes = [pool.submit(lane) for _ in range(LANES)]
        done, _ = wait(lanes, return_when=FIRST_EXCEPTION)
        errors = [error for future in done if (error := future.exception())]
        if errors:
            failed.set()
            raise errors[0]
