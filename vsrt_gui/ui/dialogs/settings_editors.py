"""One editor for each kind of value: shows it, gives it back, and knows whether it was touched."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QFileInfo, QSignalBlocker, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from vsrt_gui.ui.dialogs.settings_rules import (
    KILO,
    MEGA,
    MistakeError,
    bandwidth,
    shown_bandwidth,
    whole_path,
)
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.controls import Choices, Number, Switch

NO_LIMIT = 0
FASTEST = 100_000
"""In either unit; no line is as fast."""
GAP = 8


class Editor(QWidget):
    """What all editors share.

    Attributes:
        wide: whether it wants a line of its own below its caption.
        eager: whether what is wrong is told while one types; otherwise it is when one saves.
    """

    edited = Signal()
    wide = False
    eager = True

    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(GAP)

    def show_value(self, value: object) -> None:
        """Show a value without being `edited`."""
        blocked = QSignalBlocker(self)
        self._show(value)
        blocked.unblock()

    def value(self) -> object:
        """Return what is chosen.

        Raises:
            MistakeError: it can't be used.
        """
        raise NotImplementedError

    def name_for_readers(self, name: str, help_text: str) -> None:
        """Tell a screen reader what its control is for."""
        control = self.focusProxy() or self
        control.setAccessibleName(name)
        control.setAccessibleDescription(help_text)

    def _show(self, value: object) -> None:
        raise NotImplementedError


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._switch = Switch(theme, f"{name}Switch")
        self.row.addWidget(self._switch)
        self.setFocusProxy(self._switch)
        self._switch.toggled.connect(self.edited)

    def value(self) -> bool:
        """Return whether it is on."""
        return self._switch.isChecked()

    def _show(self, value: object) -> None:
        self._switch.setChecked(bool(value))


class ChoiceEditor(Editor):
    """One of several values, each with its words."""

    def __init__(self, theme: Theme, name: str, choices: Sequence[tuple[object, str]]) -> None:
        """Make it.

        Args:
            theme: the look.
            name: of the setting.
            choices: value and words of each; a value that is none of them is added when it is shown.
        """
        super().__init__()
        self._values = [value for value, _ in choices]
        self._list = Choices(theme, f"{name}Choice")
        self._list.addItems([words for _, words in choices])
        self.row.addWidget(self._list)
        self.setFocusProxy(self._list)
        self._list.currentIndexChanged.connect(self.edited)

    def value(self) -> object:
        """Return what is chosen."""
        return self._values[self._list.currentIndex()]

    def _show(self, value: object) -> None:
        if value not in self._values:
            self._values.append(value)
            self._list.addItem(str(value))
        self._list.setCurrentIndex(self._values.index(value))


class NumberEditor(Editor):
    """A number with a unit."""

    def __init__(self, theme: Theme, name: str, bounds: tuple[float, float], unit: str = "") -> None:
        """Make it.

        Args:
            theme: the look.
            name: of the setting.
            bounds: the smallest and the biggest number; whole ones only if the smallest is an `int`.
            unit: behind the number, with a space before it where one belongs.
        """
        super().__init__()
        self._whole = isinstance(bounds[0], int)
        self._number = Number(theme, f"{name}Number", 0 if self._whole else 1)
        self._number.setRange(*bounds)
        self._number.setSuffix(unit)
        self.row.addWidget(self._number)
        self.setFocusProxy(self._number)
        self._number.valueChanged.connect(self.edited)

    def value(self) -> float:
        """Return the number."""
        number = self._number.value()
        return int(number) if self._whole else number

    def _show(self, value: object) -> None:
        self._number.setValue(float(str(value)))


class TextEditor(Editor):
    """A line of text and the rule that it must keep."""

    wide = True

    def __init__(self, theme: Theme, name: str, rule: Callable[[str], object], example: str = "") -> None:
        """Make it.

        Args:
            theme: the look.
            name: of the setting.
            rule: turns the text into the value, or raises a MistakeError.
            example: shown while it is empty.
        """
        super().__init__()
        self._rule = rule
        self.line = QLineEdit()
        self.line.setObjectName(f"{name}Edit")
        self.line.setFont(theme.font(Size.BODY))
        self.line.setPlaceholderText(example)
        self.row.addWidget(self.line, 1)
        self.setFocusProxy(self.line)
        self.line.textChanged.connect(self.edited)

    def value(self) -> object:
        """Return what the rule makes of the text.

        Raises:
            MistakeError: it can't be used.
        """
        return self._rule(self.line.text())

    def _show(self, value: object) -> None:
        self.line.setText("" if value is None else str(value))
        self.line.setCursorPosition(0)


class PathKind(StrEnum):
    """What a path leads to."""

    FOLDER = "folder"
    FILE = "file"


class PathEditor(TextEditor):
    """A whole path, typed or chosen."""

    def __init__(self, theme: Theme, name: str, kind: PathKind, example: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: of the setting.
            kind: a folder may still have to be made; a file must be there.
            example: shown while it is empty.
        """
        super().__init__(theme, name, self._path, example)
        self._kind = kind
        self.browse = button(f"{name}Browse", self.tr("Browse…"))
        self.browse.setAutoDefault(False)
        self.row.addWidget(self.browse)
        self.browse.clicked.connect(self._choose)

    def name_for_readers(self, name: str, help_text: str) -> None:
        """Tell a screen reader what the line and its button are for."""
        super().name_for_readers(name, help_text)
        self.browse.setAccessibleName(self.tr("Browse: {name}").format(name=name))

    def _path(self, text: str) -> Path | None:
        path = whole_path(text)
        if path is None:
            return None
        there = QFileInfo(str(path))
        if self._kind is PathKind.FILE and not (there.isFile() and there.isReadable()):
            raise MistakeError(self.tr("There is no file here that can be read."))
        if self._kind is PathKind.FOLDER and there.exists() and not there.isDir():
            raise MistakeError(self.tr("This is a file, not a folder."))
        return path

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.browse.accessibleName(), self.line.text())
        dialog.setObjectName("browseDialog")
        folder = self._kind is PathKind.FOLDER
        dialog.setFileMode(QFileDialog.FileMode.Directory if folder else QFileDialog.FileMode.ExistingFile)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, folder)
        dialog.fileSelected.connect(self.line.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


class BandwidthEditor(Editor):
    """No limit, or a number with its unit."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._number = Number(theme, f"{name}Number", 1)
        self._number.setRange(0.1, FASTEST)
        self._unit = Choices(theme, f"{name}Unit")
        for words, unit in ((self.tr("No limit"), NO_LIMIT), ("KB/s", KILO), ("MB/s", MEGA)):
            self._unit.addItem(words, unit)
        self.row.addWidget(self._number)
        self.row.addWidget(self._unit)
        self.setFocusProxy(self._unit)
        self._number.valueChanged.connect(self.edited)
        self._unit.currentIndexChanged.connect(self._unit_changed)

    def name_for_readers(self, name: str, help_text: str) -> None:
        """Tell a screen reader what both controls are for."""
        super().name_for_readers(name, help_text)
        self._number.setAccessibleName(name)
        self._unit.setAccessibleName(self.tr("Unit of: {name}").format(name=name))

    def value(self) -> int | None:
        """Return bytes a second, None without a limit.

        Raises:
            MistakeError: it is too slow.
        """
        unit = int(self._unit.currentData())
        return None if unit == NO_LIMIT else bandwidth(self._number.value(), unit)

    def _show(self, value: object) -> None:
        number, unit = shown_bandwidth(value) if isinstance(value, int) else (1.0, NO_LIMIT)
        self._number.setValue(number)
        self._unit.setCurrentIndex(self._unit.findData(unit))
        self._number.setVisible(unit != NO_LIMIT)

    def _unit_changed(self) -> None:
        self._number.setVisible(self._unit.currentData() != NO_LIMIT)
        self.edited.emit()
