"""A bar of the disk: what is used, what the installation needs, what stays free."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from vsrt_gui.runbook.quantities import size
from vsrt_gui.ui.theme import Theme

HEIGHT = 12
SEEN = 3.0
"""Device-independent pixels that the need is drawn with at least, so that it can be seen on a huge disk."""


class SpaceBar(QWidget):
    """Painted; its words are beside it and in its accessible name."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._free = 0
        self._total = 0
        self._needed = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.repaints(self)

    def show_space(self, free: int, total: int, needed: int) -> None:
        """Show a disk; bytes."""
        self._free, self._total, self._needed = free, total, needed
        words = self.tr("{free} free, {needed} needed")
        self.setAccessibleName(words.format(free=size(free), needed=size(needed)))
        self.update()

    @property
    def enough(self) -> bool:
        """Whether there is room."""
        return self._needed <= self._free

    def sizeHint(self) -> QSize:
        """Return its height and a sensible width."""
        return QSize(200, HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the three parts."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(box, box.height() / 2, box.height() / 2)
        painter.setClipPath(shape)
        painter.fillRect(box, self._theme.colour("track"))
        if self._total:
            used = box.width() * (self._total - self._free) / self._total
            need = max(SEEN, box.width() * self._needed / self._total) if self._needed else 0.0
            painter.fillRect(QRectF(0, 0, used, box.height()), self._theme.colour("edge"))
            colour = self._theme.colour("fill" if self.enough else "danger")
            painter.fillRect(QRectF(min(used, box.width() - need), 0, need, box.height()), colour)
        painter.end()
