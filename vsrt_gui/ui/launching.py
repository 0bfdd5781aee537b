"""The part of the flow that owns the editor: starts, shows and stops it, and tells on both pages how it is."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QObject

from vsrt_gui.model.faults import Fault, InstallerError
from vsrt_gui.model.launch_state import Crashed, LaunchState, Ready, Starting, Stopped
from vsrt_gui.ui.desk import Desk
from vsrt_gui.ui.editor import Moment, starting, version_in_force, view_of
from vsrt_gui.ui.pages.page import PageId

PAGES = frozenset({PageId.WELCOME, PageId.FINISH})
"""Where a dialog about the editor interrupts nothing."""


class Launching(QObject):
    """One editor; it goes on when the window closes, unless it never came so far as to answer."""

    def __init__(self, desk: Desk, explain: Callable[[Fault, Callable[[], None]], None]) -> None:
        """Listen to the launcher.

        Args:
            desk: the flow's tools.
            explain: shows a fault; what it is given beside is done when the user wants to try again.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._explain = explain
        self._state: LaunchState = Stopped()
        self._version: str | None = None
        self._shown = self._asked = False
        self._opening: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self.forget = desk.session.launcher.subscribe(self._heard)
        desk.window.finish.launch.connect(self.open)
        for notice in (desk.window.welcome.editor, desk.window.finish.editor):
            notice.stop.connect(self.stop)
            notice.explain.connect(self._explain_state)

    async def look(self) -> bool:
        """Find out whether there is an editor and how it is, show that, and tell whether there is one."""
        try:
            self._version = version_in_force((await self._desk.session.record()).current)
            state = await self._desk.session.server()
        except InstallerError:  # the page that is about to be shown has the word on what can't be read
            self._version, state = None, Stopped()
        if isinstance(state, Crashed) and not isinstance(self._state, Crashed):
            state = Stopped()  # it ended before this window was there, perhaps with the computer
        if self._opening is None:
            self._see(state)
        return self._version is not None

    def open(self) -> None:
        """Start the editor or find it running, and show it in the browser; one click at a time."""
        if self._opening is not None or self._stopping is not None:
            return
        task = self._opening = self._desk.jobs.start(self._open())
        if task is not None:
            self._asked = True
            task.add_done_callback(self._opened)

    def stop(self) -> None:
        """Stop the editor, or what is about to become one."""
        if self._opening is not None:
            self._opening.cancel()
        elif self._stopping is None:
            task = self._stopping = self._desk.jobs.start(self._stop())
            if task is not None:
                task.add_done_callback(self._stopped)

    async def _open(self) -> None:
        if not isinstance(self._state, Ready):
            self._say_starting()
        try:
            self._state = await self._desk.session.launch()
        except InstallerError as error:
            if self._desk.window.currentId() in PAGES:
                self._explain(error.fault, self.open)
        else:
            self._shown, self._asked = True, False

    def _opened(self, _task: asyncio.Task[None]) -> None:
        self._opening = None
        self._show()

    async def _stop(self) -> None:
        try:
            await self._desk.session.stop_server()
        except InstallerError as error:
            self._explain(error.fault, self.stop)

    def _stopped(self, _task: asyncio.Task[None]) -> None:
        self._stopping = None

    def _heard(self, state: LaunchState) -> None:
        if isinstance(state, Starting) and isinstance(self._state, Ready):
            return  # it is found again, and was never gone
        self._see(state)

    def _see(self, state: LaunchState) -> None:
        self._shown = self._shown and isinstance(state, Ready)
        self._state = state
        self._show()

    def _explain_state(self) -> None:
        if isinstance(self._state, Crashed):
            self._explain(self._state.fault, self.open)

    def _say_starting(self) -> None:
        for page in (self._desk.window.welcome, self._desk.window.finish):
            page.editor.show_view(starting())

    def _show(self) -> None:
        moment = Moment(self._version, self._shown, self._asked, self._desk.names())
        view = view_of(self._state, moment, self._desk.runbook)
        for page in (self._desk.window.welcome, self._desk.window.finish):
            page.editor.show_view(view)
