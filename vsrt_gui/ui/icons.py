"""Draws the product's icons: SVG files whose lines take the colour that the theme gives them."""

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

SCALES = (1.0, 1.5, 2.0, 3.0)
"""Device pixel ratios that a button's icon is drawn for, so that it is sharp up to 300 %."""


class Icons:
    """The icons of one folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder.

        Args:
            folder: holds `<name>.svg`, drawn with `currentColor`.
        """
        self._folder = folder
        self._drawn: dict[tuple[str, str], QSvgRenderer] = {}

    def paint(self, painter: QPainter, name: str, box: QRectF, colour: QColor) -> None:
        """Draw an icon into a box."""
        self._renderer(name, colour.name()).render(painter, box)

    def icon(self, name: str, colour: QColor, size: int) -> QIcon:
        """Return an icon for a button; `size` in device-independent pixels."""
        icon = QIcon()
        for scale in SCALES:
            icon.addPixmap(self._pixmap(name, colour, size, scale))
        return icon

    def window_icon(self) -> QIcon:
        """Return the program's own icon."""
        icon = QIcon()
        for size in (16, 24, 32, 48, 64, 128, 256):
            icon.addPixmap(self._pixmap("vsrt", QColor("black"), size, 1.0))
        return icon

    def _pixmap(self, name: str, colour: QColor, size: int, scale: float) -> QPixmap:
        pixmap = QPixmap(QSize(size, size) * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, name, QRectF(0, 0, size, size), colour)
        painter.end()
        return pixmap

    def _renderer(self, name: str, colour: str) -> QSvgRenderer:
        if (name, colour) not in self._drawn:
            text = (self._folder / f"{name}.svg").read_text("utf-8").replace("currentColor", colour)
            self._drawn[name, colour] = QSvgRenderer(QByteArray(text.encode()))
        return self._drawn[name, colour]
