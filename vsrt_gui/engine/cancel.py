"""Stops work that runs in threads: at once, and never before the thread has really ended."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class StoppedError(Exception):
    """Raised in a worker thread whose run was cancelled; never leaves `Workers.run`."""


class Stop:
    """A flag that threads look at between two pieces of work, with hooks that wake a blocked one."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.RLock()
        self._hooks: dict[object, Callable[[], None]] = {}

    def set(self) -> None:
        """Stop: raise the flag, then run every hook once. May be called from any thread, any number of times.

        The lock is held meanwhile: no block is left, and what it used closed or reused, while its hook still runs.
        """
        with self._lock:
            self._event.set()
            hooks = list(self._hooks.values())
            self._hooks.clear()
            for hook in hooks:
                hook()

    def is_set(self) -> bool:
        """Tell whether it was stopped."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise StoppedError if it was stopped."""
        if self._event.is_set():
            raise StoppedError

    def wait(self, seconds: float) -> None:
        """Sleep that long in a worker thread; raises StoppedError as soon as it is stopped."""
        if self._event.wait(seconds):
            raise StoppedError

    @contextmanager
    def waking(self, hook: Callable[[], None]) -> Iterator[None]:
        """Within the block, `set` also calls `hook` (from the thread that stops), to wake a blocked call."""
        key = object()
        with self._lock:
            if not self._event.is_set():
                self._hooks[key] = hook
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._hooks.pop(key, None)


class Workers:
    """The engine's own threads."""

    def __init__(self, threads: int = 8) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="vsrt")

    async def run(self, stop: Stop, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work in a thread.

        When the caller is cancelled, `stop` is set and the thread's end is awaited before CancelledError
        goes on, so that nothing is still writing once a run has reported "cancelled".
        """
        future = asyncio.wrap_future(self._pool.submit(work, *args, **kwargs))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            stop.set()
            await _ended(future)
            raise
        except StoppedError:
            raise asyncio.CancelledError from None

    def close(self) -> None:
        """Let the threads end; what is queued is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)


async def to_its_end(work: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what can't be taken back: a cancel meanwhile comes too late, so that what is told is what happened."""
    await asyncio.sleep(0)  # one that came before is in time
    task = asyncio.ensure_future(work(*args, **kwargs))
    await _ended(task)
    return task.result()


async def _ended(future: asyncio.Future[T]) -> None:
    """Wait for the end, whatever that is and however often the waiter is cancelled."""
    while not future.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([future])
    if not future.cancelled():
        future.exception()
