"""The part of the flow that leads over modules and folder: what is offered, what it costs, what stands in the way."""

import asyncio
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from vsrt_gui.model import status as st
from vsrt_gui.model.faults import FaultCode, FaultsError, InstallerError
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.ui import journey
from vsrt_gui.ui.desk import Desk, ask
from vsrt_gui.ui.journey import Journey
from vsrt_gui.ui.pages.folder import Place
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.selection import Selection

QUOTE_PAUSE = 0.15
"""Seconds without a further click after which a choice is worth being quoted."""


class Choosing(QObject):
    """Fills the components page and the folder page."""

    def __init__(self, desk: Desk) -> None:
        """Connect the two pages.

        Args:
            desk: the flow's tools.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._changing = False
        self._quoting: asyncio.Task[None] | None = None
        self._placing: asyncio.Task[None] | None = None
        desk.window.components.chosen.connect(self._chosen)
        desk.window.folder.picked.connect(self._picked)

    def offer(self, way: Journey) -> None:
        """Show the modules: all ticked for a first installation, what is there and wanted for a change."""
        overview = self._desk.overview
        if overview is None:
            return
        self._changing = way is journey.CHANGE
        wanted, current = overview.record.wanted, overview.record.current
        installed = current.ids if current else frozenset()
        ticked = overview.defaults
        if self._changing:
            ticked = installed | (wanted.modules if wanted else frozenset())
        selection = Selection.of(overview.obtainable, ticked)
        # While something wanted is missing, applying the choice as it stands is worth a click too.
        unchanged = installed if selection.ticked == installed else frozenset()
        names = self._desk.names()
        lost = {
            f.module: self._desk.runbook.page(f, names).title
            for f in overview.unavailable
            if f.module and f.module not in installed
        }
        self._desk.window.components.offer(selection, lost, unchanged if self._changing else None)

    def begin_folder(self) -> None:
        """Show the folder's page with the folder in force."""
        if self._desk.overview is not None and not self._desk.window.components.selection.targets:
            self.offer(journey.INSTALL)
        self._desk.window.go(PageId.FOLDER)
        self._desk.window.folder.begin(str(self._desk.session.prefix))

    def install_request(self) -> Request:
        """Return what the ticked modules ask for: exactly them where something was wanted before."""
        overview = self._desk.overview
        fresh = overview is None or overview.record.wanted is None
        verb = Verb.INSTALL if fresh else Verb.CHANGE
        return ask(verb, self._desk.window.components.selection.ticked)

    def change_request(self) -> Request:
        """Return the request for exactly the ticked modules."""
        return ask(Verb.CHANGE, self._desk.window.components.selection.ticked)

    def rest(self) -> None:
        """Drop the look-ups: a run begins."""
        for task in (self._quoting, self._placing):
            if task is not None:
                task.cancel()

    def _chosen(self, _selection: Selection) -> None:
        request = self.change_request() if self._changing else self.install_request()
        self._quoting = self._desk.instead(self._quoting, self._quote(request))

    async def _quote(self, request: Request) -> None:
        await asyncio.sleep(QUOTE_PAUSE)
        try:
            plan: Plan | None = await self._desk.session.quote(request)
        except (InstallerError, FaultsError):
            plan = None  # the run itself says why, with all its words
        self._desk.window.components.show_quote(plan)

    def _picked(self, folder: str) -> None:
        self._placing = self._desk.instead(self._placing, self._place(folder))

    async def _place(self, folder: str) -> None:
        """Find out about a folder: whose it is, whether there is room, what stands in the way."""
        page = self._desk.window.folder
        path = _path(folder)
        if not path.is_absolute():
            page.show_place(Place(folder, folder, trouble=self._not_whole()))
            return
        try:
            prefix = self._desk.session.use_folder(path)
            overview = await self._desk.session.look()
        except InstallerError as error:
            page.show_place(Place(folder, str(path), trouble=self._desk.trouble(error.fault)))
            return
        self._desk.overview = overview
        place = Place(
            typed=folder,
            prefix=str(prefix),
            volume=overview.volume,
            trouble=self._obstacle(overview),
            installed=overview.record.current is not None,
        )
        page.show_place(place)
        if place.trouble is None:
            page.show_place(await self._measured(place))

    def _not_whole(self) -> tuple[str, str]:
        why = self.tr("Choose a folder with Browse, or write its path from the beginning.")
        return self.tr("This is not a whole path"), why

    def _obstacle(self, overview: Overview) -> tuple[str, str] | None:
        if isinstance(overview.status, st.Installing):
            pid = overview.other_pid or 0
            busy = InstallerError(FaultCode.ALREADY_RUNNING, path=overview.prefix, pid=pid)
            return self._desk.trouble(busy.fault)
        if overview.volume is not None and not overview.volume.writable:
            locked = InstallerError(FaultCode.FOLDER_NOT_WRITABLE, path=overview.prefix)
            return self._desk.trouble(locked.fault)
        return None

    async def _measured(self, place: Place) -> Place:
        """Add how much room is needed, or why that can't be told."""
        try:
            plan = await self._desk.session.quote(self.install_request())
        except InstallerError as error:
            return replace(place, trouble=self._desk.trouble(error.fault))
        except FaultsError as error:
            return replace(place, trouble=self._desk.trouble(error.faults[0]))
        return replace(place, needed=self._desk.session.room(plan))


def _path(folder: str) -> Path:
    """Read what was typed; `~` is the home folder also on Windows."""
    try:
        return Path(folder).expanduser()
    except RuntimeError:  # nobody of that name
        return Path(folder)
