"""Writes down what a run does, for support and for the next start of the program."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock

from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.ports import Prefix
from vsrt_gui.model.events import Event, StepProgress, SurveyProgress, Waiting
from vsrt_gui.model.faults import InstallerError

INTERVAL = 0.25
"""Seconds until an event is on the disk at the latest."""


class Journal:
    """One run's lines; nothing is written before the prefix is claimed as ours.

    Attributes:
        run_id: stands in each line.
    """

    def __init__(self, prefix: Prefix, workers: Workers, run_id: str) -> None:
        self._prefix = prefix
        self._workers = workers
        self.run_id = run_id
        self._lines: list[Mapping[str, object]] = []
        self._open = False
        self._writing = Lock()

    def note(self, event: Event) -> None:
        """Keep an event for the next flush; progress is not worth a line."""
        if not isinstance(event, StepProgress | SurveyProgress | Waiting):
            line = event.model_dump(mode="json") | {"run_id": self.run_id, "at": round(time.time(), 3)}
            self._lines.append(line)

    async def open(self) -> None:
        """Begin to write: the prefix is ours. Nothing happens where that is known already but a flush."""
        self._open = True
        await self.flush()

    def close(self) -> None:
        """Write no more: what this run is about, the journal with it, is being removed."""
        self._open = False

    async def flush(self) -> None:
        """Write what is noted. A journal that can't be written must not hide the fault that it would tell of.

        What could not be written is tried again with the next flush.
        """
        if self._open and self._lines:
            with suppress(InstallerError):
                await self._workers.run(Stop(), self._write)

    async def keep_flushing(self) -> None:
        """Flush a few times a second, for ever."""
        while True:
            await asyncio.sleep(INTERVAL)
            await self.flush()

    def _write(self) -> None:
        with self._writing:
            while self._lines:
                self._prefix.record(self._lines[0])
                del self._lines[0]
