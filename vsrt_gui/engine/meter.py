"""Counts bytes where they are done and tells of them a few times a second."""

import asyncio
import time
from collections.abc import Callable

from vsrt_gui.model.events import Event, Step, StepFinished, StepProgress, StepStarted

INTERVAL = 0.1
"""Seconds between two looks at a gauge: 10 events a second for a step at most."""


class Gauge:
    """Bytes done of one step. Worker threads write it, one at a time or under `add`'s tolerance; the loop reads it."""

    def __init__(self, done: int, total: int | None) -> None:
        self.done = done
        self.total = total

    def add(self, count: int) -> None:
        """Count bytes. Two threads at once may lose a tick of the display, never of the work."""
        self.done += count


class Meter:
    """Polls the gauges of all running steps."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._gauges: dict[tuple[str, Step], tuple[Gauge, tuple[int, int | None]]] = {}

    def start(self, module: str, step: Step, gauge: Gauge) -> None:
        """Begin a step."""
        self._gauges[module, step] = (gauge, (gauge.done, gauge.total))
        self._emit(StepStarted(module=module, step=step, done=gauge.done, total=gauge.total))

    def finish(self, module: str, step: Step) -> None:
        """End a step that succeeded."""
        gauge = self.drop(module, step)
        if gauge is not None:
            self._emit(StepFinished(module=module, step=step, done=gauge.done))

    def drop(self, module: str, step: Step) -> Gauge | None:
        """Stop looking at a step that failed or was cancelled."""
        entry = self._gauges.pop((module, step), None)
        return entry[0] if entry else None

    async def poll(self) -> None:
        """Tell of what changed, for ever."""
        while True:
            await asyncio.sleep(INTERVAL)
            self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        for (module, step), (gauge, last) in tuple(self._gauges.items()):
            seen = (gauge.done, gauge.total)
            if seen != last:
                self._gauges[module, step] = (gauge, seen)
                self._emit(StepProgress(module=module, step=step, done=seen[0], total=seen[1], at=now))
