"""The list of a log's entries: follows the end until one scrolls up, and copies what is selected."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QTreeView, QVBoxLayout

from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.widgets.labels import label
from vsrt_gui.ui.widgets.log_model import LogModel
from vsrt_gui.ui.widgets.log_rows import LogRows

LEAST = 64
"""Pixels of its height that stay on a small screen."""


class LogList(QTreeView):
    """A tree without branches: of Qt's views it alone measures no row before it is seen, so they may wrap."""

    def __init__(self, theme: Theme, name: str, model: LogModel) -> None:
        """Make it.

        Args:
            theme: the look.
            name: its object name.
            model: the entries.
        """
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(self.tr("What happened"))
        self.follows = True
        self.rows = LogRows(theme, self, model)
        self.setModel(model)
        self.setItemDelegate(self.rows)
        self.setHeaderHidden(True)
        self.header().setMinimumSectionSize(1)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(0)
        self.setUniformRowHeights(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setEditTriggers(self.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(LEAST)
        self._empty = label(theme, Size.SMALL, muted=True)
        self._empty.setObjectName(f"{name}Empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(self.viewport()).addWidget(self._empty)
        self._add_actions()
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._stretched)
        bar.valueChanged.connect(self._scrolled)
        theme.changed.connect(self.viewport().update)

    def show_empty(self, words: str) -> None:
        """Say why nothing is there; empty where something is."""
        self._empty.setText(words)
        self._empty.setVisible(bool(words))

    def settle(self, *, follows: bool) -> None:
        """Lay out what changed now, and stand where one stood.

        Args:
            follows: whether that is the end.
        """
        self.executeDelayedItemsLayout()
        self.updateGeometries()
        self.follows = follows
        if follows:
            self.scrollToBottom()
        elif self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def copy(self) -> None:
        """Copy the selected lines, in their order."""
        rows = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        if rows:
            QGuiApplication.clipboard().setText("\n".join(index.data() for index in rows))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Return to the dialog, and go to the ends by their keys alone."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the words wrap at the new width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()

    def verticalOffset(self) -> int:
        """Return about how far it is scrolled, in pixels: Qt would measure each row above for that."""
        return self.verticalScrollBar().value() * self.fontMetrics().height()

    def _stretched(self, _least: int, most: int) -> None:
        if self.follows:
            self.verticalScrollBar().setValue(most)

    def _scrolled(self, value: int) -> None:
        self.follows = value >= self.verticalScrollBar().maximum()

    def _add_actions(self) -> None:
        for words, key, act in (
            (self.tr("&Copy"), QKeySequence.StandardKey.Copy, self.copy),
            (self.tr("Select &all"), QKeySequence.StandardKey.SelectAll, self.selectAll),
        ):
            action = QAction(words, self)
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(act)
            self.addAction(action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
