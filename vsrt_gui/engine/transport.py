"""Shows how servers fare, and lets them be asked again by hand, here and in other programs of the same user."""

from collections.abc import Callable, Iterator

from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.service import Service
from vsrt_gui.model.transport import Circuit, Transport


class TransportDesk:
    """The breakers and limiters of one session. Called from the loop's thread only."""

    def __init__(self, tools: Callable[[], Tools], workers: Workers) -> None:
        """Make the desk.

        Args:
            tools: returns the tools that the next run will have.
            workers: threads, for the notes of other programs.
        """
        self._tools = tools
        self._workers = workers
        self._running: Tools | None = None

    def watch(self, tools: Tools) -> None:
        """Take note of the tools that a run begins with; it keeps them, whatever is set meanwhile."""
        self._running = tools

    def now(self) -> Transport:
        """Return what the breakers and limiters of this program show just now."""
        services = tuple(_services(self._tools()))
        breakers = tuple(view for one in services for view in one.breakers.views(one.circuit))
        return Transport(breakers=breakers, limiters=tuple(one.limits() for one in services))

    async def recalled(self) -> Transport:
        """Return the same, with what other programs of this user have found out."""
        tools = self._tools()
        if tools.notes is not None:
            services = {one.circuit: one for one in _services(tools)}
            for note in await self._workers.run(Stop(), tools.notes.read):
                services[note.circuit].breakers.of(note.host).recall(note)
        return self.now()

    def reset(self, circuit: Circuit | None = None) -> None:
        """Ask servers again at once that were left alone, and end the pauses of a run that waits.

        Args:
            circuit: for which kind of request, None for all.
        """
        for tools in (self._tools(), self._running):
            for service in _services(tools) if tools else ():
                if circuit in (None, service.circuit):
                    service.breakers.reset()

    async def forget(self, circuit: Circuit | None = None) -> Transport:
        """Do what `reset` does, in all programs of this user: those that wait see it within a second.

        Args:
            circuit: for which kind of request, None for all.

        Returns:
            What it was before.
        """
        before = await self.recalled()
        notes = self._tools().notes
        for view in before.waiting:
            if notes is not None and circuit in (None, view.circuit):
                await self._workers.run(Stop(), notes.erase, view.circuit, view.host)
        self.reset(circuit)
        return before


def _services(tools: Tools) -> Iterator[Service]:
    yield tools.download_service
    yield tools.catalog_service
