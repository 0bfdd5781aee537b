"""The ordered list of mirrors: add, remove, move; nothing gets into it that is no address."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLineEdit, QListWidget, QPushButton, QVBoxLayout

from vsrt_gui.ui.dialogs.settings_editors import GAP, Editor
from vsrt_gui.ui.dialogs.settings_rules import MistakeError, web_address
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.labels import label, toned

ROWS = 5
"""So many mirrors are seen at once."""


class EntryLine(QLineEdit):
    """A line whose Return key adds, and does not save the dialog that it is in."""

    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep Return to itself while there is something to add."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.text().strip():
            self.entered.emit()
            event.accept()
        else:
            super().keyPressEvent(event)


class MirrorsEditor(Editor):
    """Addresses in the order in which they are asked."""

    wide = True
    eager = False

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.entry = EntryLine()
        self.entry.setObjectName(f"{name}Edit")
        self.entry.setFont(theme.font(Size.BODY))
        self.entry.setPlaceholderText("https://mirror.example.com/vsrt/")
        self.entry.setAccessibleName(self.tr("Address of a mirror to add"))
        self.add = self._button(f"{name}Add", self.tr("&Add"))
        self.list = QListWidget()
        self.list.setObjectName(f"{name}List")
        self.list.setFont(theme.font(Size.BODY))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFixedHeight(ROWS * (self.list.fontMetrics().height() + 12) + 10)
        self.up = self._button(f"{name}Up", self.tr("Move &up"))
        self.down = self._button(f"{name}Down", self.tr("Move &down"))
        self.remove = self._button(f"{name}Remove", self.tr("&Remove"))
        self._mistake = label(theme, Size.SMALL)
        self._mistake.setObjectName(f"{name}EntryMistake")
        toned(self._mistake, Tone.DANGER)
        self._mistake.hide()
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.entry)

    def value(self) -> tuple[str, ...]:
        """Return the addresses in their order.

        Raises:
            MistakeError: one was typed and not added.
        """
        if self.entry.text().strip():
            raise MistakeError(self.tr("Add this address to the list, or clear the line."))
        return tuple(self.list.item(row).text() for row in range(self.list.count()))

    def name_for_readers(self, name: str, help_text: str) -> None:
        """Tell a screen reader what the list is."""
        self.list.setAccessibleName(name)
        self.list.setAccessibleDescription(help_text)

    def _show(self, value: object) -> None:
        self.entry.clear()
        self.list.clear()
        self.list.addItems([str(address) for address in value] if isinstance(value, tuple) else [])
        self.list.setCurrentRow(0)
        self._enable()

    def _button(self, name: str, text: str) -> QPushButton:
        made = button(name, text)
        made.setAutoDefault(False)
        return made

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self.entry, 1)
        line.addWidget(self.add)
        order = QHBoxLayout()
        order.setSpacing(GAP)
        for each in (self.up, self.down, self.remove):
            order.addWidget(each)
        order.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(GAP)
        column.addLayout(line)
        column.addWidget(self._mistake)
        column.addWidget(self.list)
        column.addLayout(order)
        self.row.addLayout(column)

    def _connect(self) -> None:
        self.add.clicked.connect(self._add)
        self.entry.entered.connect(self._add)
        self.entry.textChanged.connect(self._typing)
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        self.remove.clicked.connect(self._remove)
        self.list.currentRowChanged.connect(self._enable)

    def _typing(self) -> None:
        self._mistake.hide()
        self._enable()
        self.edited.emit()

    def _add(self) -> None:
        try:
            address = self._new_address()
        except MistakeError as mistake:
            self._mistake.setText(str(mistake))
            self._mistake.show()
            self.entry.setFocus()
            return
        self.list.addItem(address)
        self.list.setCurrentRow(self.list.count() - 1)
        self.entry.clear()
        self.entry.setFocus()

    def _new_address(self) -> str:
        address = web_address(self.entry.text())
        if self.list.findItems(address, Qt.MatchFlag.MatchExactly):
            raise MistakeError(self.tr("This mirror is in the list already."))
        return address

    def _remove(self) -> None:
        self.list.takeItem(self.list.currentRow())
        self._enable()
        self.edited.emit()

    def _move(self, by: int) -> None:
        row = self.list.currentRow()
        self.list.insertItem(row + by, self.list.takeItem(row))
        self.list.setCurrentRow(row + by)
        self.edited.emit()

    def _enable(self) -> None:
        row, last = self.list.currentRow(), self.list.count() - 1
        self.add.setEnabled(bool(self.entry.text().strip()))
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < last)
        self.remove.setEnabled(row >= 0)
