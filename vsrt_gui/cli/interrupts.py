"""Turns Ctrl-C, a terminal that closes, and the system's wish that the program ends, into one cancel."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


def _signals() -> tuple[signal.Signals, ...]:
    if sys.platform == "win32":
        return (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
    # A terminal that closes means the same; whoever wants it to mean nothing (nohup) has it ignored from the start.
    hung_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    return (signal.SIGINT, signal.SIGTERM, *hung_up)


class Interrupts:
    """The signals that end a program, while it is active as a context.

    Python's own handlers are used, not the loop's: Windows' loops have none, and both kinds of loop are woken by
    their wake-up socket, so that a handler runs at once.
    """

    def __init__(self) -> None:
        self.came = False
        """Whether the user, or the system, wanted an end."""
        self.too_late = False
        """Whether how it ended is said: then no signal changes that, also not while Python shuts down."""
        self._react: Callable[[], object] | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within the block, a signal is remembered, and cancels what runs in `cancelling`.

        After one came the program is on its way out: a further one must not change how it ends, so that they
        are passed over from then on.
        """
        before = {number: signal.signal(number, self._on_signal) for number in _signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, signal.SIG_IGN if self.came or self.too_late else handler)

    @contextmanager
    def cancelling(self, cancel: Callable[[], object]) -> Iterator[None]:
        """Within the block, on a loop, the first signal (also one that came before) calls `cancel` on that loop."""
        loop = asyncio.get_running_loop()
        self._react = lambda: loop.call_soon_threadsafe(cancel)
        try:
            if self.came:
                cancel()
            yield
        finally:
            self._react = None

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        first, self.came = not self.came, True
        if first and self._react is not None:
            self._react()
