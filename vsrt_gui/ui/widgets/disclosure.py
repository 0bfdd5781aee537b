"""Details on demand: a line that opens what only some want to see."""

from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button


class Fold(QWidget):
    """Closed at first."""

    def __init__(self, theme: Theme, name: str, inside: QWidget) -> None:
        """Make it.

        Args:
            theme: the look.
            name: prefix of its button's object name, `<name>Button`.
            inside: what it opens.
        """
        super().__init__()
        self._theme = theme
        self._inside = inside
        self.toggle: QPushButton = button(f"{name}Button", quiet=True)
        self.toggle.setCheckable(True)
        inside.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.toggle)
        column.addWidget(inside, 1)
        self.toggle.toggled.connect(self._toggled)
        theme.changed.connect(self._tint)
        self._toggled(False)

    def _toggled(self, opened: bool) -> None:
        self._inside.setVisible(opened)
        vertical = QSizePolicy.Policy.Expanding if opened else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertical)
        self.toggle.setText(self.tr("Hide &details") if opened else self.tr("Show &details"))
        self._tint()

    def _tint(self) -> None:
        name = "chevron-down" if self.toggle.isChecked() else "chevron-right"
        self.toggle.setIcon(self._theme.icon(name, Tone.ACCENT, 14))


class Disclosure(Fold):
    """Opens a text."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: prefix of its object names: `<name>Button`, `<name>Text`.
        """
        self._text = QPlainTextEdit()
        self._text.setObjectName(f"{name}Text")
        self._text.setReadOnly(True)
        self._text.setFont(theme.font(Size.SMALL))
        self._text.setMinimumHeight(64)
        self._text.setTabChangesFocus(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        super().__init__(theme, name, self._text)
        self._text.setAccessibleName(self.tr("Details"))

    def show_text(self, text: str) -> None:
        """Show a text."""
        self._text.setPlainText(text)
