"""The part of the flow that looks at what is there and shows it: the disk first, then the catalog."""

import asyncio
from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject

from vsrt_gui.model import status as st
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.status import Overview
from vsrt_gui.ui import journey
from vsrt_gui.ui.desk import Desk
from vsrt_gui.ui.journey import Journey
from vsrt_gui.ui.pages.page import PageId


class Looking(QObject):
    """One look at a time; the newest counts."""

    def __init__(
        self, desk: Desk, editor: Callable[[], Awaitable[bool]], travel: Callable[[Journey], None]
    ) -> None:
        """Begin with nothing seen.

        Args:
            desk: the flow's tools.
            editor: finds out how the editor is, and shows it.
            travel: takes the way that fits what was seen.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._editor = editor
        self._travel = travel
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Look at what is there, and show it."""
        self._desk.window.welcome.show_loading()
        self._task = self._desk.instead(self._task, self.look())

    def rest(self) -> None:
        """Drop the look: a run begins."""
        if self._task is not None:
            self._task.cancel()

    async def look(self) -> None:
        """Look, and show it on the first page."""
        desk = self._desk
        try:
            overview = await desk.session.look(fresh=True, early=self._early)
        except InstallerError as error:
            desk.overview = None
            desk.window.welcome.show_trouble(desk.runbook.page(error.fault), str(desk.session.prefix))
            return
        await self._editor()
        self._show(overview)

    def _early(self, overview: Overview) -> None:
        """Show what is installed while the catalog lets wait for itself; without it nothing can be installed."""
        if overview.record.current is not None:
            self._desk.jobs.start(self._show_early(overview))

    async def _show_early(self, overview: Overview) -> None:
        known = self._desk.overview
        await self._editor()
        if self._desk.overview is known:  # else the whole answer came meanwhile
            self._show(overview)

    def _show(self, overview: Overview) -> None:
        desk = self._desk
        desk.overview = overview
        desk.window.welcome.show_overview(overview, desk.medium)
        if desk.window.currentId() == PageId.WELCOME:
            fresh = isinstance(overview.status, st.NotInstalled) and overview.available
            self._travel(journey.INSTALL if fresh else journey.NOWHERE)
