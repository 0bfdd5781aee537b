"""The part of the flow that installs from a folder or a USB stick: asks for it, checks it, and works with it."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from vsrt_gui.model.faults import Fault, InstallerError
from vsrt_gui.model.settings import Origin
from vsrt_gui.ui.desk import Desk

SETTING = "manifest_url"


class Medium(QObject):
    """A catalog that counts until the window closes."""

    def __init__(
        self, desk: Desk, found: Callable[[], None], explain: Callable[[Fault, Callable[[], None]], None]
    ) -> None:
        """Begin without one.

        Args:
            desk: the flow's tools.
            found: goes on with a catalog that can be read.
            explain: shows a fault; what it is given beside is done when the user wants to try again.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._found = found
        self._explain = explain
        self._checking: asyncio.Task[None] | None = None

    def choose(self) -> None:
        """Ask for the folder."""
        dialog = QFileDialog(self._desk.window, self.tr("Choose the folder or USB stick with the modules"))
        dialog.setObjectName("mediumDialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _chosen(self, folder: str) -> None:
        self._desk.window.welcome.show_loading()
        self._checking = self._desk.instead(self._checking, self._use(folder))

    async def _use(self, folder: str) -> None:
        """Work with this folder's catalog from now on; one that holds none changes nothing."""
        session = self._desk.session
        source = session.effective.sources.get(SETTING)
        overridden = source is not None and source.origin is Origin.COMMAND_LINE
        before = session.settings.manifest_url if overridden else None
        fault: Fault | None
        try:
            await session.override(**{SETTING: folder})
            fault = (await session.look(fresh=True)).catalog_fault
        except InstallerError as error:
            fault = error.fault
        if fault is not None:
            await session.override(**{SETTING: before})
        else:
            self._desk.medium = folder
        self._found()
        if fault is not None:
            self._explain(fault, self.choose)
