"""The one session that every front end shares: it owns the run, its state and the commands."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vsrt_gui.engine.breaker import Breakers
from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.ports import Archives, Catalog, Host, Prefix, Source
from vsrt_gui.engine.reconcile import reconcile
from vsrt_gui.engine.overview import look
from vsrt_gui.model.events import Event, RunFinished
from vsrt_gui.model.manifest import Platform
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.request import Request
from vsrt_gui.model.run import RunState, fold
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Depth

Listener = Callable[[Event, RunState], None]


class Session:
    """Runs one request at a time and tells every listener what happens.

    Lives on one asyncio loop (qasync's or a plain one); its methods are called from that loop's thread only.
    """

    state: RunState
    """The run that goes on, or the last one."""

    @property
    def prefix(self) -> Path:
        """The folder that the runtime is, or would be, installed in."""

    def use_folder(self, folder: Path) -> Path:
        """Install in this folder from now on; a non-empty foreign folder gets a subfolder. Returns the prefix."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event and the state after it; returns what ends that."""

    async def look(self, depth: Depth = Depth.QUICK) -> Overview:
        """Survey disk and manifest without changing anything; a missing manifest is `catalog_fault`, no exception.

        Raises:
            InstallerError: when the prefix itself can't be read.
        """

    async def quote(self, request: Request) -> Plan:
        """Return what `start(request)` would do, changing nothing.

        Raises:
            InstallerError, FaultsError: what would stop that run before its first step.
        """

    def start(self, request: Request) -> None:
        """Begin a run; every way it ends is a RunFinished event. RuntimeError while one goes on."""

    def cancel(self) -> None:
        """Stop the run; it reports `cancelled` within a second. Nothing happens when none goes on."""

    async def finished(self) -> RunFinished:
        """Wait for the end of the run that was started last."""

    async def free_space(self) -> int:
        """Remove staged downloads and what no generation names; returns the bytes that it gained."""

    def reset_breakers(self) -> None:
        """Ask servers again at once that were left alone after too many failures."""

    async def close(self) -> None:
        """Cancel what goes on, wait for its end, let threads and connections go."""
