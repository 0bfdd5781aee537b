"""A dialog that a coroutine opens and waits for, while every other task goes on."""

import asyncio
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget


class Sheet(QDialog):
    """Stands over its window until it is answered; a cancelled wait closes it."""

    REJECTED: ClassVar[int] = QDialog.DialogCode.Rejected.value

    def __init__(self, parent: QWidget, name: str) -> None:
        """Make it.

        Args:
            parent: the window that it stands over.
            name: its object name.
        """
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowModality(Qt.WindowModality.WindowModal)

    async def answer(self) -> int:
        """Open it and return its result code."""
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def done(result: int) -> None:
            if not answered.done():
                answered.set_result(result)

        self.finished.connect(done)
        self.open()
        try:
            return await answered
        finally:
            self.hide()
            self.deleteLater()
