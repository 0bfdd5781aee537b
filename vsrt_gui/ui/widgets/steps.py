"""The side panel: the steps of what is being done, where one is, and the ways to settings and about."""

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label, restyle

WIDTH = 212
WIDEST = 272
"""Longer names than English ones widen the panel so far."""
NARROW = 68
"""Only dots and icons."""
TIGHT = 800
"""In a window narrower than this the page needs the room more than the panel."""
SIDE = 20
ROW = 44
DOT = 26
GAP = 14
ICON = 18


class StepList(QWidget):
    """Paints numbered dots with their names."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._current = 0
        self._narrow = False
        theme.repaints(self)

    def show_steps(self, names: tuple[str, ...], current: int) -> None:
        """Show these steps, one of them the current one (counted from 0)."""
        self._names, self._current = names, current
        self.setToolTip("\n".join(names) if self._narrow else "")
        self.setAccessibleName(self._spoken())
        self.updateGeometry()
        self.update()

    def show_narrow(self, narrow: bool) -> None:
        """Leave the names out, or show them; they are tooltips then."""
        self._narrow = narrow
        self.setToolTip("\n".join(self._names) if narrow else "")
        self.updateGeometry()
        self.update()

    @property
    def narrow(self) -> bool:
        """Whether the names are left out."""
        return self._narrow

    def widest(self) -> int:
        """Return the width at which no name is shortened."""
        metrics = QFontMetrics(self._theme.font(Size.STRONG))
        return DOT + GAP + max((metrics.horizontalAdvance(name) for name in self._names), default=0) + 2

    def _row(self) -> float:
        """Return the height of one step: in a low window they move together."""
        return min(ROW, self.height() / max(1, len(self._names)))

    def sizeHint(self) -> QSize:
        """Return the room for all steps."""
        return QSize(DOT + 2 if self._narrow else self.widest(), ROW * len(self._names))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the steps."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, name in enumerate(self._names):
            self._paint(painter, number, name)
        painter.end()

    def _paint(self, painter: QPainter, number: int, name: str) -> None:
        row = self._row()
        top = number * row
        dot = QRectF(1, top + (row - DOT) / 2, DOT, DOT)
        done, here = number < self._current, number == self._current
        if number + 1 < len(self._names):
            painter.setPen(QPen(self._theme.colour("fill" if done else "line"), 2))
            middle = dot.center().x()
            painter.drawLine(
                int(middle), int(dot.bottom()) + 2, int(middle), int(dot.bottom() + row - DOT) - 2
            )
        self._paint_dot(painter, dot, number)
        if self._narrow:
            return
        painter.setPen(self._theme.colour("text" if here else "muted"))
        painter.setFont(self._theme.font(Size.STRONG if here else Size.BODY))
        room = QRectF(DOT + GAP, top, self.width() - DOT - GAP, row)
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
    """The program's mark, the steps, and two quiet buttons."""

    settings_wanted = Signal()
    about_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("steps")
        self._theme = theme
        self._narrow = False
        self._list = StepList(theme)
        self._name: QLabel = label(theme, Size.HEADING, self.tr("VS Code Runtime"))
        self._version: QLabel = label(theme, Size.SMALL, muted=True)
        self._version.setObjectName("versionLabel")
        words = {"settings": self.tr("Settings"), "about": self.tr("About")}
        self._ways = {name: _way(name, text) for name, text in words.items()}
        self._ways["settings"].setToolTip(self.tr("Settings (Ctrl+,)"))
        self._ways["settings"].clicked.connect(self.settings_wanted)
        self._ways["about"].clicked.connect(self.about_wanted)
        self._lay_out()
        theme.changed.connect(self._tint)
        self._tint()
        self._set_width()

    def show_steps(self, names: tuple[str, ...], current: int) -> None:
        """Show these steps, one of them the current one."""
        self._list.show_steps(names, current)
        self._set_width()

    def show_version(self, text: str) -> None:
        """Show the program's version at the bottom."""
        self._version.setText(text)

    def allow_settings(self, allowed: bool) -> None:
        """Offer the settings, or not: while a run goes on, and is not paused, they would change under its feet."""
        self._ways["settings"].setEnabled(allowed)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the window's width from now on."""
        super().showEvent(event)
        self.window().installEventFilter(self)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make room for the page when the window gets narrow."""
        if event.type() is QEvent.Type.Resize and watched is self.window():
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        narrow = self.window().width() < TIGHT
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self._list.show_narrow(narrow)
        for widget in (self._name, self._version):
            widget.setVisible(not narrow)
        for way in self._ways.values():
            way.setText("" if narrow else _beside_icon(way.accessibleName()))
            restyle(way, "bare", narrow)
        self._set_width()

    def _set_width(self) -> None:
        wanted = max(WIDTH, min(WIDEST, self._list.widest() + 2 * SIDE))
        self.setFixedWidth(NARROW if self._narrow else wanted)

    def _tint(self) -> None:
        for name, icon in (("settings", "settings"), ("about", "info")):
            self._ways[name].setIcon(self._theme.icon(icon, Tone.NEUTRAL, ICON))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(SIDE, 24, SIDE - 4, 16)
        column.setSpacing(0)
        column.addWidget(IconView(self._theme, "vsrt", Tone.NEUTRAL, 32))
        column.addSpacing(12)
        column.addWidget(self._name)
        column.addSpacing(20)
        column.addWidget(self._list)
        column.addStretch(1)
        for way in self._ways.values():
            column.addWidget(way)
        column.addSpacing(8)
        column.addWidget(self._version)


def _beside_icon(text: str) -> str:
    """Return a text with some air before it: Qt puts an icon and its text four pixels apart, whatever the style."""
    return f"\N{NO-BREAK SPACE}{text}"


def _way(name: str, text: str) -> QPushButton:
    made = button(f"{name}Button", _beside_icon(text), quiet=True)
    made.setProperty("panel", True)
    made.setAccessibleName(text)
    made.setToolTip(text)
    made.setIconSize(QSize(ICON, ICON))
    return made
