"""Counts bytes where they are done and tells of them a few times a second."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from vsrt_gui.model.events import Event, Step, StepFinished, StepProgress, StepStarted

INTERVAL = 0.1
"""Seconds between two looks at a gauge: 10 events a second for a step at most."""
STILL = 1.0
"""Seconds after which a download that stands is told of all the same, so that its speed is seen to fall."""


class Gauge:
    """Bytes done of one step. Worker threads write it, one at a time or under `add`'s tolerance; the loop reads it."""

    def __init__(self, done: int, total: int | None) -> None:
        self.done = done
        self.total = total

    def add(self, count: int) -> None:
        """Count bytes. Two threads at once may lose a tick of the display, never of the work."""
        self.done += count


@dataclass(frozen=True)
class _Watched:
    """A gauge, what it showed when it was last told of, and when that was."""

    gauge: Gauge
    seen: tuple[int, int | None]
    told_at: float


class Meter:
    """Polls the gauges of all running steps."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._gauges: dict[tuple[str, Step], _Watched] = {}

    def start(self, module: str, step: Step, gauge: Gauge) -> None:
        """Begin a step."""
        self._gauges[module, step] = _Watched(gauge, (gauge.done, gauge.total), time.monotonic())
        self._emit(StepStarted(module=module, step=step, done=gauge.done, total=gauge.total))

    def watches(self, module: str, step: Step) -> bool:
        """Tell whether a step has begun and not ended."""
        return (module, step) in self._gauges

    def finish(self, module: str, step: Step, sources: tuple[str, ...] = ()) -> None:
        """End a step that succeeded; `sources` are the addresses that its bytes came from."""
        gauge = self.drop(module, step)
        if gauge is not None:
            self._emit(StepFinished(module=module, step=step, done=gauge.done, sources=sources))

    def drop(self, module: str, step: Step) -> Gauge | None:
        """Stop looking at a step that failed or was cancelled; what was told of it and is not safe is taken back."""
        watched = self._gauges.get((module, step))
        if watched and watched.gauge.done < watched.seen[0]:
            self._tell_of(module, step, watched)
        self._gauges.pop((module, step), None)
        return watched.gauge if watched else None

    async def poll(self) -> None:
        """Tell of what changed, and once a second of a download that stands, for ever."""
        while True:
            await asyncio.sleep(INTERVAL)
            self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        for (module, step), watched in tuple(self._gauges.items()):
            seen = (watched.gauge.done, watched.gauge.total)
            stands = step is Step.DOWNLOAD and now - watched.told_at >= STILL
            if seen != watched.seen or stands:
                self._tell_of(module, step, watched)

    def _tell_of(self, module: str, step: Step, watched: _Watched) -> None:
        now, (done, total) = time.monotonic(), (watched.gauge.done, watched.gauge.total)
        self._gauges[module, step] = _Watched(watched.gauge, (done, total), now)
        self._emit(StepProgress(module=module, step=step, done=done, total=total, at=now))
