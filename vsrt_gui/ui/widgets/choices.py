"""What can be done from here, as a grid: two choices beside each other where there is room, else one."""

from collections.abc import Iterable

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from vsrt_gui.ui.widgets.button import Choice

LETTERS = 19
"""Of a choice's explanation that must fit into one line, so that two choices may stand beside each other: what most
say takes two such lines then."""
FRAME = 100
"""Pixels of a choice that its texts don't have: icon, arrow, margins."""


class ChoiceGrid(QWidget):
    """Keeps each choice at its place, whatever becomes of the others."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Choice, ...] = ()
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)

    def show_choices(self, choices: Iterable[Choice]) -> None:
        """Show these, in this order, and no others."""
        wanted = tuple(choices)
        for gone in self._shown:
            if gone not in wanted:
                gone.hide()
        if wanted != self._shown:
            self._shown = wanted
            self._arrange()
        for choice in wanted:
            choice.show()
        self.setVisible(bool(wanted))

    @property
    def shown(self) -> tuple[Choice, ...]:
        """The choices that are offered, in their order."""
        return self._shown

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many columns as fit."""
        super().resizeEvent(event)
        if self._fitting() != self._columns:
            self._arrange()

    def _fitting(self) -> int:
        needed = 2 * (LETTERS * self.fontMetrics().averageCharWidth() + FRAME) + self._grid.spacing()
        return 2 if self.width() >= needed and len(self._shown) > 1 else 1

    def _arrange(self) -> None:
        self._columns = self._fitting()
        while self._grid.takeAt(0) is not None:
            pass
        for number, choice in enumerate(self._shown):
            self._grid.addWidget(choice, number // self._columns, number % self._columns)
            if number:
                QWidget.setTabOrder(self._shown[number - 1], choice)
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < self._columns else 0)
        self.updateGeometry()
