"""The window's loop: asyncio on Qt's event loop, with the gaps of qasync closed.

qasync starts one coarse Qt timer for each callback, runs callbacks inside a nested Qt loop (where a task's step
is lost, because another task is in the middle of its own), drops the context and the handle of
`call_soon_threadsafe`, hands out `call_later` handles without a `when()`, never finalises async generators and
answers `app.quit()` with a RuntimeError. Here one queue, one heap and two Qt timers do the scheduling, as in
asyncio itself.
"""

import asyncio
import heapq
import math
import sys
from asyncio import Future, Handle, TimerHandle
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any, TypeVar

import qasync
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimerEvent, Signal, Slot
from PySide6.QtGui import QGuiApplication

T = TypeVar("T")

LONGEST_MS = 24 * 3600 * 1000
"""A Qt timer takes 31 bits of milliseconds; a longer wait is armed again every day."""
MANY_CANCELLED = 64
"""Cancelled timers that may stay in the heap before it is swept; asyncio itself uses 100."""


class _Scheduler(QObject):
    """Runs handles on Qt's loop: ready ones in order, timed ones not before their time."""

    woken = Signal()

    def __init__(self, clock: Callable[[], float], leave: Callable[[], None]) -> None:
        """Make the scheduler, paused.

        Args:
            clock: the loop's time, monotonic seconds.
            leave: leaves Qt's loop.
        """
        super().__init__()
        self._clock = clock
        self._leave = leave
        self._ready: deque[Handle] = deque()
        self._timed: list[TimerHandle] = []
        self._cancelled = 0
        self._soon = 0
        self._later = 0
        self._armed_for = math.inf
        self._running = False
        self._paused = True
        self.fatal: BaseException | None = None
        self.woken.connect(self._wake)

    def resume(self) -> None:
        """Begin to run what is queued."""
        self._paused = False
        self._wake()
        self._arm()

    def pause(self) -> None:
        """Run nothing, even when somebody else drives Qt's loop; what is queued stays."""
        self._paused = True
        for timer in (self._soon, self._later):
            if timer:
                self.killTimer(timer)
        self._soon = self._later = 0

    def soon(self, handle: Handle) -> None:
        """Queue a handle; from the loop's own thread."""
        self._ready.append(handle)
        self._wake()

    def soon_from_thread(self, handle: Handle) -> None:
        """Queue a handle from any thread; the signal crosses over to the loop's."""
        self._ready.append(handle)
        self.woken.emit()

    def at(self, handle: TimerHandle) -> None:
        """Queue a handle for its time."""
        heapq.heappush(self._timed, handle)
        self._arm()

    def forget_cancelled(self) -> None:
        """Count one more cancelled timer, and sweep when they are many."""
        self._cancelled += 1
        if self._cancelled > max(MANY_CANCELLED, len(self._timed) // 2):
            self._timed = [handle for handle in self._timed if not handle.cancelled()]
            heapq.heapify(self._timed)
            self._cancelled = 0

    def stop(self) -> None:
        """Drop what is queued: the loop is closed."""
        self.pause()
        self._ready.clear()
        self._timed.clear()

    def set_debug(self, enabled: bool) -> None:
        """Do nothing: qasync tells its timer about asyncio's debug mode."""

    @Slot()
    def _wake(self) -> None:
        if self._ready and not (self._soon or self._running or self._paused):
            self._soon = self.startTimer(0)

    def _arm(self) -> None:
        """Let Qt call back when the earliest timed handle is due, rounded up so that it is never early."""
        while self._timed and self._timed[0].cancelled():
            heapq.heappop(self._timed)
        when = self._timed[0].when() if self._timed else math.inf
        if self._paused or (when == self._armed_for and self._later):
            return
        if self._later:
            self.killTimer(self._later)
            self._later = 0
        self._armed_for = when
        if self._timed:
            milliseconds = min(LONGEST_MS, math.ceil(max(0.0, when - self._clock()) * 1000))
            self._later = self.startTimer(milliseconds, Qt.TimerType.PreciseTimer)

    def timerEvent(self, event: QTimerEvent) -> None:
        """Move what is due to the queue, and run one round of it."""
        if event.timerId() == self._later:
            self.killTimer(self._later)
            self._later = 0
            now = self._clock()
            while self._timed and self._timed[0].when() <= now:
                self._ready.append(heapq.heappop(self._timed))
            self._arm()
        elif event.timerId() == self._soon:
            self.killTimer(self._soon)
            self._soon = 0
        self._round()

    def _round(self) -> None:
        """Run what was ready when it began, as asyncio does; nothing inside a handle's own nested Qt loop."""
        if self._running or self._paused:
            return
        self._running = True
        try:
            for _ in range(len(self._ready)):
                if not self._ready:
                    break
                self._run(self._ready.popleft())
        finally:
            self._running = False
            self._wake()

    def _run(self, handle: Handle) -> None:
        """Run one handle; what must end the program is kept for `run_forever`, which Qt can't pass it to."""
        if handle.cancelled():
            return
        try:
            handle._run()  # noqa: SLF001 -- the way asyncio's own loops run a handle
        except (SystemExit, KeyboardInterrupt) as error:
            self.fatal = error
            self._leave()


class WindowLoop(qasync.QEventLoop):  # type: ignore[misc]  # qasync is untyped
    """asyncio's loop inside Qt's."""

    def __init__(self, app: QCoreApplication) -> None:
        """Make the loop.

        Args:
            app: the application whose event loop it is.
        """
        super().__init__(app)
        if isinstance(app, QGuiApplication):
            app.setQuitOnLastWindowClosed(False)  # the coroutine that showed the window says when it is over
        self._timer = _Scheduler(self.time, self.stop)
        self._asked_to_stop = False
        self.set_default_executor(ThreadPoolExecutor(4, thread_name_prefix="vsrt-ui"))

    def run_forever(self) -> int:
        """Run until `stop`, or until Qt's loop is left by `app.quit()`."""
        self._asked_to_stop = False
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(
            firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook
        )
        self._timer.resume()
        try:
            result: int = super().run_forever()
        finally:
            self._timer.pause()
            sys.set_asyncgen_hooks(*hooks)
        if self._timer.fatal is not None:
            fatal, self._timer.fatal = self._timer.fatal, None
            raise fatal
        return result

    def run_until_complete(self, future: "Coroutine[Any, Any, T] | Future[T]") -> T:
        """Run until the future is done; `app.quit()` cancels it and lets it clean up.

        Raises:
            RuntimeError: when somebody stopped the loop, as in asyncio.
        """
        task: Future[T] = asyncio.ensure_future(future, loop=self)
        task.add_done_callback(self._stop_with)
        try:
            while not task.done():
                self.run_forever()
                if not task.done() and self._asked_to_stop:
                    raise RuntimeError("Event loop stopped before Future completed.")
                task.cancel()
        except (SystemExit, KeyboardInterrupt):
            if task.done() and not task.cancelled():
                task.exception()  # it is being raised already; do not report it a second time
            raise
        finally:
            task.remove_done_callback(self._stop_with)
        return task.result()

    def stop(self) -> None:
        """Leave the loop after the callback that runs now."""
        self._asked_to_stop = True
        super().stop()

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        """Run a callback in the next round."""
        self._check_closed()
        handle = Handle(callback, args, self, context)
        self._timer.soon(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        """Run a callback in the next round; from any thread."""
        self._check_closed()
        handle = Handle(callback, args, self, context)
        self._timer.soon_from_thread(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> TimerHandle:
        """Run a callback after some seconds."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> TimerHandle:
        """Run a callback at a time of the loop's clock."""
        self._check_closed()
        handle = TimerHandle(when, callback, args, self, context)
        self._timer.at(handle)
        return handle

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Bring what no one caught to the one excepthook, where a slot's exception goes too."""
        error = context.get("exception")
        if isinstance(error, BaseException):
            sys.excepthook(type(error), error, error.__traceback__)
        else:
            super().call_exception_handler(context)

    def _stop_with(self, _future: "Future[Any]") -> None:
        self.stop()

    def _add_callback(self, handle: Handle, _delay: float = 0) -> Handle:
        """Queue a handle that asyncio itself made, as it does for a signal."""
        self._timer.soon(handle)
        return handle

    def _timer_handle_cancelled(self, _handle: TimerHandle) -> None:
        self._timer.forget_cancelled()
