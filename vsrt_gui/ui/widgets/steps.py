"""The side panel: the steps of what is being done, and where one is."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label

WIDTH = 212
ROW = 44
DOT = 26


class StepList(QWidget):
    """Paints numbered dots with their names."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._current = 0
        theme.repaints(self)

    def show_steps(self, names: tuple[str, ...], current: int) -> None:
        """Show these steps, one of them the current one (counted from 0)."""
        self._names, self._current = names, current
        self.setAccessibleName(self._spoken())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for all steps."""
        return QSize(WIDTH - 40, ROW * len(self._names))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the steps."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, name in enumerate(self._names):
            self._paint(painter, number, name)
        painter.end()

    def _paint(self, painter: QPainter, number: int, name: str) -> None:
        top = number * ROW
        dot = QRectF(1, top + (ROW - DOT) / 2, DOT, DOT)
        done, here = number < self._current, number == self._current
        if number + 1 < len(self._names):
            painter.setPen(QPen(self._theme.colour("fill" if done else "line"), 2))
            middle = dot.center().x()
            painter.drawLine(
                int(middle), int(dot.bottom()) + 2, int(middle), int(dot.bottom()) + ROW - DOT - 2
            )
        self._paint_dot(painter, dot, number)
        painter.setPen(self._theme.colour("text" if here else "muted"))
        painter.setFont(self._theme.font(Size.STRONG if here else Size.BODY))
        room = QRectF(DOT + 14, top, self.width() - DOT - 14, ROW)
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _paint_dot(self, painter: QPainter, dot: QRectF, number: int) -> None:
        done, here = number < self._current, number == self._current
        painter.setPen(
            Qt.PenStyle.NoPen
            if done
            else QPen(self._theme.colour("accent" if here else "edge"), 2 if here else 1.2)
        )
        painter.setBrush(self._theme.colour("fill") if done else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot)
        if done:
            inner = dot.adjusted(5, 5, -5, -5)
            self._theme.icons.paint(painter, "check", inner, self._theme.colour("on_fill"))
            return
        painter.setPen(self._theme.colour("accent" if here else "muted"))
        painter.setFont(self._theme.font(Size.STRONG if here else Size.SMALL))
        painter.drawText(dot, Qt.AlignmentFlag.AlignCenter, str(number + 1))

    def _spoken(self) -> str:
        if not self._names:
            return ""
        words = self.tr("Step {number} of {count}: {name}")
        return words.format(number=self._current + 1, count=len(self._names), name=self._names[self._current])


class StepsPanel(QFrame):
    """The program's mark and the steps."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("steps")
        self.setFixedWidth(WIDTH)
        self._list = StepList(theme)
        name = label(theme, Size.HEADING, self.tr("VS Code Runtime"))
        self._version: QLabel = label(theme, Size.SMALL, muted=True)
        self._version.setObjectName("versionLabel")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 24, 16, 20)
        column.setSpacing(0)
        column.addWidget(IconView(theme, "vsrt", Tone.NEUTRAL, 44))
        column.addSpacing(12)
        column.addWidget(name)
        column.addSpacing(24)
        column.addWidget(self._list)
        column.addStretch(1)
        column.addWidget(self._version)

    def show_steps(self, names: tuple[str, ...], current: int) -> None:
        """Show these steps, one of them the current one."""
        self._list.show_steps(names, current)

    def show_version(self, text: str) -> None:
        """Show the program's version at the bottom."""
        self._version.setText(text)
