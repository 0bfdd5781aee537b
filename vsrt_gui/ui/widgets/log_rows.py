"""Paints the entries of a log: icon, time, and words that wrap, with what was looked for marked in them."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from vsrt_gui.ui.entries import Entry, Kind
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.log_model import ENTRY, LONG, Index, LogModel

PAD = 8
ABOVE = 3
HEADING_ABOVE = 12
ICON = 14
GAP = 8
FIRST_LINES = 1
LAST_LINES = 1
"""Of a long message: what happened stands at its beginning, why at its end."""
ICONS = {Tone.SUCCESS: "check", Tone.WARNING: "warning", Tone.DANGER: "error"}
_BREAK = "\N{LINE SEPARATOR}"


class LogRows(QStyledItemDelegate):
    """Asked for the height of a row only when that is about to be seen."""

    def __init__(self, theme: Theme, view: QTreeView, model: LogModel) -> None:
        """Make it.

        Args:
            theme: the look.
            view: whose width the words wrap at.
            model: knows what is looked for.
        """
        super().__init__(view)
        self._theme = theme
        self._view = view
        self._model = model
        self._time = QFontMetrics(theme.font(Size.SMALL)).horizontalAdvance("00:00:00")
        self.measured = 0

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height that the words need at the view's width."""
        self.measured += 1
        entry: Entry = index.data(ENTRY)
        laid = self._laid(entry, self._view.viewport().width() - self._left(entry) - PAD)
        return QSize(0, int(laid.boundingRect().height() + 0.99) + self._above(entry, index) + ABOVE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one entry."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        entry: Entry = index.data(ENTRY)
        box: QRect = option.rect
        self._ground(painter, option)
        top = box.top() + self._above(entry, index)
        left = box.left() + self._left(entry)
        if entry.kind is not Kind.HEADING:
            self._head(painter, entry, QPointF(box.left() + PAD, top))
        painter.setPen(self._theme.colour("muted" if entry.kind is Kind.TECHNICAL else "text"))
        laid = self._laid(entry, box.right() - left - PAD)
        laid.draw(painter, QPointF(left, top))
        painter.restore()

    def _above(self, entry: Entry, index: Index) -> int:
        return HEADING_ABOVE if entry.kind is Kind.HEADING and index.row() else ABOVE

    def _left(self, entry: Entry) -> int:
        return PAD if entry.kind is Kind.HEADING else PAD + ICON + GAP + self._time + GAP

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        flag = QStyle.StateFlag
        if option.state & flag.State_Selected:
            painter.fillRect(option.rect, self._theme.colour("accent_soft"))
        if option.state & flag.State_HasFocus:
            box = option.rect
            painter.fillRect(box.left(), box.top(), 3, box.height(), self._theme.colour("accent"))

    def _head(self, painter: QPainter, entry: Entry, place: QPointF) -> None:
        """Draw icon and time beside the first line."""
        font = self._theme.font(Size.SMALL)
        high = QFontMetrics(font).height()
        if entry.tone in ICONS:
            icon = QRectF(place.x(), place.y() + (high - ICON) / 2, ICON, ICON)
            self._theme.icons.paint(painter, ICONS[entry.tone], icon, self._theme.tone(entry.tone))
        painter.setFont(font)
        painter.setPen(self._theme.colour("muted"))
        room = QRectF(place.x() + ICON + GAP, place.y(), self._time + GAP, high)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, entry.time)

    def _laid(self, entry: Entry, width: float) -> QTextLayout:
        """Return the words, broken into lines."""
        words = _short(entry.words)
        layout = QTextLayout(
            words, self._theme.font(Size.STRONG if entry.kind is Kind.HEADING else Size.SMALL)
        )
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.setFormats(self._marks(entry, words))
        layout.beginLayout()
        below = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width, 1.0))
            line.setPosition(QPointF(0, below))
            below += line.height()
        layout.endLayout()
        return layout

    def _marks(self, entry: Entry, words: str) -> list[QTextLayout.FormatRange]:
        """Return what stands out: the module's name, and each place that was looked for."""
        marks = []
        if entry.name and words.startswith(entry.name):
            strong = QTextCharFormat()
            strong.setFontWeight(QFont.Weight.DemiBold)
            marks.append(_range(0, len(entry.name), strong))
        text = self._model.sought.text
        found = QTextCharFormat()
        found.setBackground(self._theme.colour("warning_soft"))
        found.setForeground(self._theme.colour("text"))
        found.setFontUnderline(True)
        lower = words.casefold()
        start = lower.find(text) if text and len(lower) == len(words) else -1
        while start >= 0:
            marks.append(_range(start, len(text), found))
            start = lower.find(text, start + len(text))
        return marks


def _range(start: int, length: int, how: QTextCharFormat) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length, made.format = start, length, how
    return made


def _short(words: str) -> str:
    """Return what is shown of a message; all of it is its tooltip, and what is copied."""
    lines = words.splitlines()
    if len(lines) > FIRST_LINES + 1 + LAST_LINES:
        lines = [*lines[:FIRST_LINES], "…", *lines[-LAST_LINES:]]
    return _BREAK.join(line if len(line) <= LONG else f"{line[:LONG]}…" for line in lines)
