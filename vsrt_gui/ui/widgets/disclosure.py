"""Details on demand: a line that opens a log of what is going on, in plain words."""

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button

KEPT_LINES = 2000
"""Enough for any run; a bound all the same, since a run may wait for days."""


class Disclosure(QWidget):
    """Closed at first; remembers every line also while it is closed."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: prefix of its object names: `<name>Button`, `<name>Text`.
        """
        super().__init__()
        self._theme = theme
        self.toggle: QPushButton = button(f"{name}Button", quiet=True)
        self.toggle.setCheckable(True)
        self._text = QPlainTextEdit()
        self._text.setObjectName(f"{name}Text")
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(KEPT_LINES)
        self._text.setFont(theme.font(Size.SMALL))
        self._text.setMinimumHeight(64)
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName(self.tr("Details"))
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._text.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.toggle)
        column.addWidget(self._text, 1)
        self.toggle.toggled.connect(self._toggled)
        theme.changed.connect(self._tint)
        self._toggled(False)

    def add(self, line: str) -> None:
        """Add a line and stay at the end, if one was there."""
        bar = self._text.verticalScrollBar()
        at_end = bar.value() == bar.maximum()
        self._text.appendPlainText(line)
        if at_end:
            self._text.moveCursor(QTextCursor.MoveOperation.End)

    def show_text(self, text: str) -> None:
        """Show a whole text instead."""
        self._text.setPlainText(text)

    def clear(self) -> None:
        """Forget all lines and close."""
        self._text.clear()
        self.toggle.setChecked(False)

    @property
    def text(self) -> str:
        """All lines."""
        return self._text.toPlainText()

    def _toggled(self, opened: bool) -> None:
        self._text.setVisible(opened)
        vertical = QSizePolicy.Policy.Expanding if opened else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertical)
        self.toggle.setText(self.tr("Hide &details") if opened else self.tr("Show &details"))
        self._tint()

    def _tint(self) -> None:
        name = "chevron-down" if self.toggle.isChecked() else "chevron-right"
        self.toggle.setIcon(self._theme.icon(name, Tone.ACCENT, 14))
