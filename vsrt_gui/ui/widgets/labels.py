"""Texts of the type scale, and a path or name that may be longer than its place."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone


def label(theme: Theme, size: Size = Size.BODY, text: str = "", *, muted: bool = False) -> QLabel:
    """Return a text that wraps and never cuts."""
    made = QLabel(text)
    made.setFont(theme.font(size))
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("muted", muted)
    return made


def short(theme: Theme, size: Size = Size.BODY, text: str = "", *, muted: bool = False) -> QLabel:
    """Return a text of one line that takes the room it needs."""
    made = label(theme, size, text, muted=muted)
    made.setWordWrap(False)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
    return made


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Change a property that the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def toned(widget: QLabel, tone: Tone) -> None:
    """Colour a text."""
    restyle(widget, "tone", tone.value)


class Elided(QLabel):
    """One line that is shortened in the middle where it must be; the whole is its tooltip."""

    def __init__(self, theme: Theme, size: Size = Size.BODY, *, muted: bool = False) -> None:
        super().__init__()
        self.setFont(theme.font(size))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("muted", muted)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""

    def say(self, text: str) -> None:
        """Show a text."""
        if text != self._whole:
            self._whole = text
            self.setText(text)
            self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        """Return a size that never pushes the window wider."""
        return QSize(40, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()
