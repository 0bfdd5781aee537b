"""Shows what a request would change: a card with its modules, what stays, what it costs, what stands in the way."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from vsrt_gui.ui.quoting import Line, Review
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label, short
from vsrt_gui.ui.widgets.notice import Notice
from vsrt_gui.ui.widgets.points import Points


class Lines(QFrame):
    """A card with one row for each module; hidden while there are none."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: prefix of its rows' object names: `<name>-0`, `<name>-1`, what happens to the module.
        """
        super().__init__()
        self.setObjectName("card")
        self._theme = theme
        self._name = name
        self._seen: tuple[Line, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(14, 10, 16, 10)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(9)
        self._grid.setColumnStretch(1, 2)
        self._grid.setColumnStretch(2, 3)
        self.hide()

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        """Show these modules."""
        self.setVisible(bool(lines))
        if lines == self._seen:
            return
        self._seen = lines
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # until it is gone it would stand in the way of its successor
                widget.deleteLater()
        for number, line in enumerate(lines):
            self._add(number, line)

    def _add(self, number: int, line: Line) -> None:
        top = Qt.AlignmentFlag.AlignTop
        what = label(self._theme, text=line.what, muted=True)
        what.setObjectName(f"{self._name}-{number}")
        self._grid.addWidget(IconView(self._theme, line.icon, Tone.ACCENT, 18), number, 0, top)
        self._grid.addWidget(label(self._theme, Size.STRONG, line.name), number, 1, top)
        self._grid.addWidget(what, number, 2, top)
        self._grid.addWidget(
            short(self._theme, text=line.amount, muted=True), number, 3, top | Qt.AlignmentFlag.AlignRight
        )


class ReviewView(QWidget):
    """The body of a review; its heading is the page's."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._lines = Lines(theme, "change")
        self._rest = label(theme, Size.SMALL, muted=True)
        self._rest.setObjectName("restLabel")
        self._facts = Points(theme)
        self._notice = Notice(theme, "reviewNotice")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for part in (self._notice, self._lines, self._rest, self._facts):
            column.addWidget(part)
        self.show_review(None)

    def show_review(self, review: Review | None) -> None:
        """Show a review; None empties it."""
        self._lines.show_lines(review.lines if review else ())
        self._rest.setText(review.rest if review else "")
        self._rest.setVisible(bool(self._rest.text()))
        self._facts.show_points(review.facts if review else ())
        if review is None or review.notice is None:
            self._notice.clear()
        else:
            tone, title, words = review.notice
            self._notice.say(tone, words, title)
