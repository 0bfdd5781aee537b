"""Owns every task of the window: none is forgotten, none fails in silence, all end when it closes."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any


class Jobs:
    """A set of running tasks; a failure goes to the one excepthook, as a slot's does."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def start(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        """Run a job; after `close` it is dropped."""
        if self._closed:
            job.close()
            return None
        task = asyncio.get_running_loop().create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Cancel what still runs and wait for its end."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            sys.excepthook(type(error), error, error.__traceback__)
