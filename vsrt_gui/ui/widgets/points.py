"""A few short facts, each with an icon."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label

COLUMN = 36
"""As wide as the sign beside a page's title, so that texts stand below each other."""


class Points(QWidget):
    """Hidden while there are none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._seen: tuple[tuple[str, str], ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 8)
        self._grid.setHorizontalSpacing(16)
        self._grid.setColumnMinimumWidth(0, COLUMN)
        self._grid.setVerticalSpacing(9)
        self._grid.setColumnStretch(1, 1)
        self.hide()

    def show_points(self, points: tuple[tuple[str, str], ...]) -> None:
        """Show these facts.

        Args:
            points: the icon's name and the text of each.
        """
        self.setVisible(bool(points))
        if points == self._seen:
            return
        self._seen = points
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for number, (icon, text) in enumerate(points):
            top = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter
            self._grid.addWidget(IconView(self._theme, icon, Tone.ACCENT, 20), number, 0, top)
            self._grid.addWidget(label(self._theme, text=text), number, 1)
