"""The small controls of a form, drawn like the rest: a switch, a list to choose from, a number."""

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSizePolicy, QStyledItemDelegate

from vsrt_gui.ui.theme import Size, Theme

SWITCH = QSize(40, 22)
RING = 3
"""Around the switch while it has the focus."""
CHEVRON = 14
SHORTEST = 64
PADDING = 9


class Switch(QCheckBox):
    """On or off; its caption stands elsewhere, its accessible name is set by who uses it."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: its object name.
        """
        super().__init__()
        self.setObjectName(name)
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.repaints(self)

    def sizeHint(self) -> QSize:
        """Return its fixed size."""
        return SWITCH + QSize(2 * RING, 2 * RING)

    def hitButton(self, where: QPoint) -> bool:
        """Take a click anywhere on it."""
        return self.rect().contains(where)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a pill with a knob at the side that says which."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pill = QRectF(QPoint(0, 0), SWITCH)
        pill.moveCenter(QRectF(self.rect()).center())
        round_end = pill.height() / 2
        if self.hasFocus():
            painter.setPen(QPen(self._theme.colour("accent"), 2))
            ring = pill.adjusted(-2, -2, 2, 2)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        on, usable = self.isChecked(), self.isEnabled()
        painter.setPen(Qt.PenStyle.NoPen if on and usable else QPen(self._theme.colour("edge"), 1.3))
        painter.setBrush(self._theme.colour("fill" if on and usable else "track" if on else "surface"))
        painter.drawRoundedRect(pill.adjusted(0.7, 0.7, -0.7, -0.7), round_end, round_end)
        knob = QRectF(0, 0, 14, 14)
        knob.moveCenter(pill.center())
        knob.moveLeft(pill.right() - 18 if on else pill.left() + 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("on_fill" if on and usable else "edge"))
        painter.drawEllipse(knob)
        painter.end()


class Choices(QComboBox):
    """One of several; scrolling past it changes nothing."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: its object name.
        """
        super().__init__()
        self.setObjectName(name)
        self._theme = theme
        self.setFont(theme.font(Size.BODY))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setItemDelegate(
            QStyledItemDelegate(self)
        )  # only this one follows the style sheet's room for an item
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.repaints(self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll instead."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the arrow in the theme's colour; the style sheet leaves its place free."""
        super().paintEvent(event)
        painter = QPainter(self)
        box = QRectF(self.width() - CHEVRON - 10, (self.height() - CHEVRON) / 2, CHEVRON, CHEVRON)
        self._theme.icons.paint(painter, "chevron-down", box, self._theme.colour("muted"))
        painter.end()


class Number(QDoubleSpinBox):
    """A number with its unit, typed or changed with the arrow keys; scrolling past it changes nothing."""

    def __init__(self, theme: Theme, name: str, decimals: int = 0) -> None:
        """Make it.

        Args:
            theme: the look.
            name: its object name.
            decimals: digits behind the point.
        """
        super().__init__()
        self.setObjectName(name)
        self.setDecimals(decimals)
        self.setFont(theme.font(Size.BODY))
        # The style sheet takes the buttons away: `NoButtons` leaves a styled box no room for its text (Qt 6.11), and
        # without them the box forgets its own padding.
        self.lineEdit().setTextMargins(PADDING, 0, PADDING, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a width that short numbers share."""
        hint = super().sizeHint()
        return QSize(max(SHORTEST, hint.width()), hint.height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll instead."""
        event.ignore()

    def textFromValue(self, value: float) -> str:
        """Return `30`, and `0.5` only where it is needed."""
        return self.locale().toString(value, "f", 0 if value == round(value) else self.decimals())
