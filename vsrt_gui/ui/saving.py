"""The part of the flow that writes the support file: asks where to, writes it, and shows the folder."""

import time
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from vsrt_gui.engine.support import SupportDesk, save_support_file
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.ui.desk import Desk
from vsrt_gui.ui.dialogs.fault import FaultDialog

_ENDING = ".zip"


class Saving(QObject):
    """Answers the button below a fault."""

    def __init__(self, desk: Desk, support: SupportDesk) -> None:
        """Begin with nothing to write.

        Args:
            desk: the flow's tools.
            support: what is known of the computer.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._support = support

    def ask(self, fault: FaultDialog) -> None:
        """Ask where the file is to be written, over the dialog that the button is in."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DesktopLocation)
        name = f"vsrt-support-{time.strftime('%Y%m%d-%H%M')}{_ENDING}"
        dialog = QFileDialog(fault, self.tr("Save the support file"), str(Path(folder) / name))
        dialog.setObjectName("supportDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("Support files (*.zip)"))
        dialog.setDefaultSuffix(_ENDING[1:])
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda chosen: self._desk.jobs.start(self._save(Path(chosen), fault)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _save(self, out: Path, fault: FaultDialog) -> None:
        """Write the file, say how that went, and show the folder that it is in."""
        fault.note_support(self.tr("Gathering what support needs to know …"), busy=True)
        runbook = self._desk.runbook
        try:
            path = await save_support_file(
                self._desk.session, self._support, lambda each: runbook.page(each).title, out
            )
        except InstallerError as error:
            fault.note_support(runbook.page(error.fault).cause)
            return
        fault.note_support(
            self.tr("Saved as {path}. Your name, your home folder and passwords were taken out.").format(
                path=path
            )
        )
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
