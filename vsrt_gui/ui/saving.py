"""The part of the flow that writes the support file: asks where to, writes it, and shows the folder."""

import time
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget
from shiboken6 import isValid

from vsrt_gui.engine.support import SupportDesk, save_support_file
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.ui.desk import Desk

_ENDING = ".zip"


class Note(Protocol):
    """Says beside the button how it goes."""

    def __call__(self, words: str, *, busy: bool = False) -> None:
        """Say it; while it is busy, another file can't be asked for."""
        ...


class Saving(QObject):
    """Answers the buttons below a fault and below the log."""

    def __init__(self, desk: Desk, support: SupportDesk) -> None:
        """Begin with nothing to write.

        Args:
            desk: the flow's tools.
            support: what is known of the computer.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._support = support

    def ask(self, over: QWidget, note: Note) -> None:
        """Ask where the file is to be written.

        Args:
            over: the dialog that the button is in.
            note: says there how it goes.
        """
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DesktopLocation)
        name = f"vsrt-support-{time.strftime('%Y%m%d-%H%M')}{_ENDING}"
        dialog = QFileDialog(over, self.tr("Save the support file"), str(Path(folder) / name))
        dialog.setObjectName("supportDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("Support files (*.zip)"))
        dialog.setDefaultSuffix(_ENDING[1:])
        dialog.selectFile(name)

        def tell(words: str, *, busy: bool = False) -> None:
            if isValid(over):  # it may be closed before the file is written
                note(words, busy=busy)

        dialog.fileSelected.connect(lambda chosen: self._desk.jobs.start(self._save(Path(chosen), tell)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _save(self, out: Path, note: Note) -> None:
        """Write the file, say how that went, and show the folder that it is in."""
        note(self.tr("Gathering what support needs to know …"), busy=True)
        runbook = self._desk.runbook
        try:
            path = await save_support_file(
                self._desk.session, self._support, lambda each: runbook.page(each).title, out
            )
        except InstallerError as error:
            note(runbook.page(error.fault).cause)
            return
        note(
            self.tr("Saved as {path}. Your name, your home folder and passwords were taken out.").format(
                path=path
            )
        )
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
