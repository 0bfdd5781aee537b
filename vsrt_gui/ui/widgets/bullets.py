"""A list of texts, each with a bullet that its further lines do not stand under."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from vsrt_gui.ui.text import breakable
from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.widgets.labels import label, short

BULLET = "•"


class Bullets(QWidget):
    """Hidden while there are none."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: prefix of its texts' object names: `<name>-0`, `<name>-1`.
        """
        super().__init__()
        self._theme = theme
        self._name = name
        self._seen: tuple[str, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 2, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.hide()

    def show_texts(self, texts: tuple[str, ...]) -> None:
        """Show these."""
        self.setVisible(bool(texts))
        if texts == self._seen:
            return
        self._seen = texts
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # until it is gone it would stand in the way of its successor
                widget.deleteLater()
        for number, text in enumerate(texts):
            what = label(self._theme, text=breakable(text))
            what.setObjectName(f"{self._name}-{number}")
            self._grid.addWidget(short(self._theme, text=BULLET), number, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(what, number, 1)
