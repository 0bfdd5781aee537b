"""A tick box and a radio button, drawn like the rest of the window and seen on light and on dark."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QRadioButton, QSizePolicy

from vsrt_gui.ui.theme import Size, Theme

MARK = 18
"""Of a side."""
GAP = 12
"""Between the mark and its text."""
EDGE = 3
"""Around both, for the ring that shows the focus."""
INDENT = EDGE + MARK + GAP
"""Where the text begins."""


def _needed(widget: QAbstractButton) -> QSize:
    text = widget.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, widget.text())
    return QSize(INDENT + text.width() + 2 * EDGE, max(MARK, text.height()) + 2 * EDGE)


def _box(widget: QAbstractButton) -> QRectF:
    return QRectF(EDGE, (widget.height() - MARK) / 2, MARK, MARK)


def _begin(widget: QAbstractButton, theme: Theme) -> QPainter:
    """Draw the text and the ring of the focus; what is left is the mark."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if widget.hasFocus():
        painter.setPen(QPen(theme.colour("accent"), 2))
        painter.drawRoundedRect(QRectF(widget.rect()).adjusted(1, 1, -1, -1), 5, 5)
    painter.setPen(theme.colour("text" if widget.isEnabled() else "muted"))
    painter.setFont(widget.font())
    room = QRect(INDENT, 0, widget.width() - INDENT, widget.height())
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextShowMnemonic
    painter.drawText(room, flags, widget.text())
    on, usable = widget.isChecked(), widget.isEnabled()
    painter.setPen(QPen(theme.colour("fill" if on and usable else "edge" if usable else "line"), 1.4))
    painter.setBrush(theme.colour("fill" if on and usable else "surface"))
    return painter


def _dress(widget: QAbstractButton, theme: Theme, name: str, size: Size) -> None:
    """Give a mark its name, its type and no more room than it needs."""
    widget.setObjectName(name)
    widget.setFont(theme.font(size))
    widget.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    theme.repaints(widget)


class Tick(QCheckBox):
    """Ticked or not."""

    def __init__(self, theme: Theme, name: str, text: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: its object name.
            text: with a mnemonic.
        """
        super().__init__(text)
        self._theme = theme
        _dress(self, theme, name, Size.BODY)

    def sizeHint(self) -> QSize:
        """Return what mark and text need."""
        return _needed(self)

    def minimumSizeHint(self) -> QSize:
        """Return the same: its text is never cut."""
        return _needed(self)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a box, with a tick in it when it is ticked."""
        painter, box = _begin(self, self._theme), _box(self)
        painter.drawRoundedRect(box.adjusted(0.7, 0.7, -0.7, -0.7), 4.5, 4.5)
        if self.isChecked():
            self._theme.icons.paint(
                painter, "check", box.adjusted(2, 2, -2, -2), self._theme.colour("on_fill")
            )
        painter.end()


class Radio(QRadioButton):
    """One of several."""

    def __init__(self, theme: Theme, name: str, text: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: its object name.
            text: what is chosen.
        """
        super().__init__(text)
        self._theme = theme
        _dress(self, theme, name, Size.STRONG)

    def sizeHint(self) -> QSize:
        """Return what mark and text need."""
        return _needed(self)

    def minimumSizeHint(self) -> QSize:
        """Return the same: its text is never cut."""
        return _needed(self)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a ring, with a dot in it when it is chosen."""
        painter, box = _begin(self, self._theme), _box(self)
        painter.drawEllipse(box.adjusted(0.7, 0.7, -0.7, -0.7))
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("on_fill"))
            painter.drawEllipse(box.center(), 3.5, 3.5)
        painter.end()
