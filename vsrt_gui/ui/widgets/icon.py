"""An icon beside a text: sharp at every scale, in the colour of its tone."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.tokens import Tone

FADED = 0.5
"""How much is left of an icon beside what can't be used just now."""


class IconView(QWidget):
    """Shows one icon; it says nothing that the text beside it does not say."""

    def __init__(self, theme: Theme, name: str = "", tone: Tone = Tone.NEUTRAL, size: int = 20) -> None:
        """Make it.

        Args:
            theme: the look.
            name: of the icon; empty shows nothing.
            tone: its colour.
            size: of its side, device-independent pixels.
        """
        super().__init__()
        self._theme = theme
        self._name = name
        self._tone = tone
        self._size = size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.repaints(self)

    def show_icon(self, name: str, tone: Tone) -> None:
        """Show another icon."""
        if (name, tone) != (self._name, self._tone):
            self._name, self._tone = name, tone
            self.update()

    def sizeHint(self) -> QSize:
        """Return its fixed size."""
        return QSize(self._size, self._size)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the icon."""
        if self._name:
            painter = QPainter(self)
            painter.setOpacity(1.0 if self.isEnabled() else FADED)
            box = QRectF(0, 0, self._size, self._size)
            self._theme.icons.paint(painter, self._name, box, self._theme.tone(self._tone))
            painter.end()
