"""Shows what happened, entry by entry, with a search and two filters above the list."""

from collections.abc import Iterable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from vsrt_gui.ui.entries import Entry
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.widgets.controls import Choices
from vsrt_gui.ui.widgets.log_list import LogList
from vsrt_gui.ui.widgets.log_model import LogModel, Sought

NARROWEST_SEARCH = 110
ICON = 16
SIDE = 10
"""Pixels between the search's frame and its icon."""
NAME_LETTERS = 12
"""Of a module's name in the filter; the list that it opens shows all of it."""


class Search(QLineEdit):
    """A field whose Esc empties it before it closes anything, and whose Return presses no button."""

    downwards = Signal()
    """The user goes on to the list."""

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
        self.setPlaceholderText(self.tr("Search"))
        self.setAccessibleName(self.tr("Search what happened"))
        self.setToolTip(self.tr("Search (Ctrl+F)"))
        self.setTextMargins(ICON + 6, 0, 0, 0)
        self.setClearButtonEnabled(True)
        for tool in self.findChildren(QToolButton):
            tool.setAccessibleName(self.tr("Empty the search"))
        self.setMinimumWidth(NARROWEST_SEARCH)
        theme.repaints(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a magnifying glass before the text."""
        super().paintEvent(event)
        painter = QPainter(self)
        box = QRectF(SIDE, (self.height() - ICON) / 2, ICON, ICON)
        self._theme.icons.paint(painter, "search", box, self._theme.colour("muted"))
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Esc, Return and Down for the search."""
        match event.key():
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case Qt.Key.Key_Down | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.downwards.emit()
            case _:
                super().keyPressEvent(event)


class LogView(QWidget):
    """Everything about a log but where its entries come from."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: prefix of its object names: `<name>Search`, `<name>Level`, `<name>Module`, `<name>List`.
        """
        super().__init__()
        self._theme = theme
        self._model = LogModel(self)
        self._modules: dict[str, str] = {}
        self._nothing = self.tr("Nothing was written yet.")
        self.search = Search(theme, f"{name}Search")
        self.level = Choices(theme, f"{name}Level")
        self.module = Choices(theme, f"{name}Module")
        self.list = LogList(theme, f"{name}List", self._model)
        self._dress()
        self._lay_out()
        self._connect()
        self._show_state()

    def add(self, entries: Iterable[Entry]) -> None:
        """Add entries at the end."""
        new = tuple(entries)
        self._learn(new)
        self._model.add(new)
        self._show_state()

    def show_entries(self, entries: Iterable[Entry]) -> None:
        """Show these instead."""
        new = tuple(entries)
        self._learn(new)
        self._model.replace(new)
        self._show_state()
        self.list.settle(follows=True)

    def clear(self) -> None:
        """Forget all entries and what was looked for."""
        self._modules.clear()
        self.search.clear()
        self.level.setCurrentIndex(0)
        while self.module.count() > 1:
            self.module.removeItem(1)
        self.show_entries(())

    def say_nothing(self, words: str) -> None:
        """Say this while there is no entry."""
        self._nothing = words
        self._show_state()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, whether they are shown or not."""
        return self._model.entries

    @property
    def text(self) -> str:
        """All entries as they are copied, a line for each."""
        return "\n".join(entry.line for entry in self._model.entries)

    def _look(self) -> None:
        """Show what is looked for, and stay where one was."""
        follows, current = self.list.follows, self.list.currentIndex().data(Qt.ItemDataRole.UserRole)
        grave, module = bool(self.level.currentData()), str(self.module.currentData() or "")
        self._model.look_for(Sought(self.search.text().strip().casefold(), grave, module))
        self._show_state()
        row = self._model.row_of(current)
        if row is not None:
            self.list.setCurrentIndex(self.list.model().index(row, 0))
        self.list.settle(follows=follows)

    def _learn(self, entries: Iterable[Entry]) -> None:
        """Offer each module that something is told of."""
        for entry in entries:
            if entry.module and entry.module not in self._modules:
                self._modules[entry.module] = entry.name
                self.module.addItem(entry.name, entry.module)

    def _show_state(self) -> None:
        shown, all_of_them = self._model.rowCount(), self._model.entries
        words = self.tr("Nothing matches.") if all_of_them else self._nothing
        self.list.show_empty("" if shown else words)

    def _dress(self) -> None:
        self.level.setAccessibleName(self.tr("How much it matters"))
        self.level.addItem(self.tr("All"), False)
        self.level.addItem(self.tr("Warnings and errors"), True)
        self.module.setAccessibleName(self.tr("Module"))
        self.module.addItem(self.tr("All modules"), "")
        self.module.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.module.setMinimumContentsLength(NAME_LETTERS)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.search, 1)
        bar.addWidget(self.level)
        bar.addWidget(self.module)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(bar)
        column.addWidget(self.list, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusProxy(self.search)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._look)
        self.level.currentIndexChanged.connect(self._look)
        self.module.currentIndexChanged.connect(self._look)
        self.search.downwards.connect(self.list.setFocus)
        QShortcut(QKeySequence.StandardKey.Find, self, self._find)

    def _find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
