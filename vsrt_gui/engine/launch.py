"""Starts the server that is installed, or finds the one that runs already, and looks after it."""

import asyncio
import time
from collections.abc import Callable

from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.ports import Prefix
from vsrt_gui.engine.serve import Pulse, crash, found_or_started, look_at_server, pulse, stop_running
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.launch_state import Crashed, LaunchState, Ready, ServerRecord, Stopped

READY_SECONDS = 60.0
"""How long a server may take until it answers."""
HASTE_SECONDS = 0.5
"""How long one may take to end whose start was in vain: the user waits for that."""
_ASK_SECONDS = 0.1
_WATCH_SECONDS = 1.0

LaunchListener = Callable[[LaunchState], None]


class Launcher:
    """Looks after the one server of a prefix. Lives on one asyncio loop; called from that loop's thread only.

    The server goes on when this ends: what is known of it lies in its record, not here.

    Attributes:
        state: as it was told last.
    """

    def __init__(self, tools: Tools, workers: Workers, ready_seconds: float = READY_SECONDS) -> None:
        """Make ready.

        Args:
            tools: the hands.
            workers: the threads.
            ready_seconds: how long a server may take until it answers.
        """
        self.state: LaunchState = Stopped()
        self._host = tools.host
        self._servers = tools.servers
        self._workers = workers
        self._seconds = ready_seconds
        self._listeners: dict[object, LaunchListener] = {}
        self._watcher: asyncio.Task[None] | None = None

    def subscribe(self, listener: LaunchListener) -> Callable[[], None]:
        """Call `listener` with each new state; returns what ends that, however often called."""
        key = object()
        self._listeners[key] = listener

        def end() -> None:
            self._listeners.pop(key, None)

        return end

    async def launch(self, prefix: Prefix, *, browser: bool) -> Ready:
        """Start the server, or find the running one, wait until it answers, and show it in the browser.

        Cancelled, it takes back within a second what it started; a server that ran before goes on.

        Raises:
            InstallerError: `not-installed`, `no-server`, `manifest-invalid`, `server-crashed`, `server-not-ready`,
                `already-running`, disk codes.
        """
        before = self.state
        await self._unwatch()
        started: list[ServerRecord] = []
        try:
            ready, record = await self._brought_up(prefix, started)
        except asyncio.CancelledError:
            await self._take_back(prefix, started)
            self._tell(Stopped() if started else before)
            raise
        except InstallerError as error:
            await self._take_back(prefix, started)
            log = error.fault.facts.get("log")
            self._tell(Crashed(fault=error.fault, log=None if log is None else str(log)))
            raise
        self._tell(ready)
        await self._watch(prefix, record)
        if browser:
            await self._workers.run(Stop(), self._host.browse, ready.page)
        return ready

    async def stop(self, prefix: Prefix) -> bool:
        """Stop the server with all its children; tells whether one ran.

        Raises:
            InstallerError: `already-running`, disk codes.
        """
        ran = await self._workers.run(Stop(), stop_running, self._servers, prefix)
        await self._unwatch()
        self._tell(Stopped())
        return ran

    async def look(self, prefix: Prefix) -> LaunchState:
        """Tell what the server is just now, whoever started it; tells no listener.

        Raises:
            InstallerError: disk codes.
        """
        stop = Stop()
        return await self._workers.run(stop, look_at_server, self._servers, prefix, stop)

    async def close(self) -> None:
        """Look after it no more; it goes on."""
        await self._unwatch()
        self._servers.close()

    async def _brought_up(self, prefix: Prefix, started: list[ServerRecord]) -> tuple[Ready, ServerRecord]:
        record = await self._workers.run(Stop(), found_or_started, self._servers, self._host, prefix, started)
        self._tell(record.as_starting())
        await self._until_ready(prefix, record)
        secret = await self._workers.run(Stop(), self._servers.secret, prefix.root)
        return record.as_ready(secret, found=not started), record

    async def _until_ready(self, prefix: Prefix, record: ServerRecord) -> None:
        """Ask until it answers; one that stays silent is ended, so that trying again starts a new one.

        Raises:
            InstallerError: `server-crashed`, `server-not-ready`.
        """
        until = time.monotonic() + self._seconds
        while True:
            stop = Stop()
            shown = await self._workers.run(stop, pulse, self._servers, record, stop)
            if shown is Pulse.ANSWERS:
                return
            if shown is Pulse.GONE:
                raise crash(self._servers, record)
            if time.monotonic() > until:
                await self._take_back(prefix, [record])
                raise InstallerError(
                    FaultCode.SERVER_NOT_READY, module=record.module, log=record.log, seconds=self._seconds
                )
            await asyncio.sleep(_ASK_SECONDS)

    async def _take_back(self, prefix: Prefix, started: list[ServerRecord]) -> None:
        """End what was started in vain."""
        for record in started:
            await self._workers.run(Stop(), self._servers.stop, prefix.root, record, HASTE_SECONDS)

    def _tell(self, state: LaunchState) -> None:
        self.state = state
        for listener in tuple(self._listeners.values()):
            listener(state)

    async def _watch(self, prefix: Prefix, record: ServerRecord) -> None:
        await self._unwatch()
        self._watcher = asyncio.get_running_loop().create_task(self._until_gone(prefix, record))

    async def _until_gone(self, prefix: Prefix, record: ServerRecord) -> None:
        """Wait for the server's end and tell of it: stopped by somebody, ended in order, or crashed."""
        while await self._workers.run(Stop(), self._servers.lives, record):  # noqa: ASYNC110 -- another process
            await asyncio.sleep(_WATCH_SECONDS)
        try:
            recorded = await self._workers.run(Stop(), self._servers.recorded, prefix.root)
        except InstallerError as error:
            self._tell(Crashed(fault=error.fault, log=record.log))
            return
        ended = recorded != record or self._servers.exit_code(record) == 0
        self._tell(Stopped() if ended else Crashed(fault=crash(self._servers, record).fault, log=record.log))

    async def _unwatch(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.cancel()
            await asyncio.wait([watcher])
