"""One setting: its name, a sentence of help, its control, who set it, and what is wrong with it."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from vsrt_gui.model.settings import Origin, Source
from vsrt_gui.ui.dialogs.settings_editors import Editor
from vsrt_gui.ui.dialogs.settings_rules import MistakeError, can_change, whose, why_fixed
from vsrt_gui.ui.text import breakable
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label, restyle, toned


@dataclass(frozen=True)
class Caption:
    """A setting's words.

    Attributes:
        name: of the setting, as in `Settings`.
        title: what it is called.
        help: one sentence, may be empty.
    """

    name: str
    title: str
    help: str = ""


class Field(QFrame):
    """A row of a card."""

    edited = Signal()

    def __init__(self, theme: Theme, caption: Caption, editor: Editor) -> None:
        """Make it.

        Args:
            theme: the look.
            caption: its words.
            editor: its control.
        """
        super().__init__()
        self.setObjectName("settingRow")
        self.name = caption.name
        self.editor = editor
        self._title = label(theme, Size.STRONG, caption.title)
        self._help = label(theme, Size.SMALL, caption.help, muted=True)
        self._help.setVisible(bool(caption.help))
        self._mistake: QLabel = label(theme, Size.SMALL)
        self._mistake.setObjectName(f"{caption.name}Mistake")
        toned(self._mistake, Tone.DANGER)
        self._mistake.hide()
        self._whose: QLabel = label(theme, Size.SMALL, muted=True)
        self._whose.setObjectName(f"{caption.name}Source")
        self._lock = IconView(theme, "lock", Tone.NEUTRAL, 14)
        self.put_back = button(f"{caption.name}PutBack", self.tr("Put back"), quiet=True)
        self.put_back.setProperty("inline", True)
        self.put_back.setAccessibleName(self.tr("Put back: {name}").format(name=caption.title))
        self.put_back.setToolTip(self.tr("Use the usual value again"))
        self._usual: object = None
        self._shown: object = None
        self._source = Source()
        self._touched = self._reset = False
        editor.name_for_readers(caption.title, caption.help)
        self._lay_out()
        editor.edited.connect(self._edited)
        self.put_back.clicked.connect(self._use_usual)

    def show_value(self, value: object, usual: object, source: Source) -> None:
        """Show what is in force.

        Args:
            value: in force.
            usual: what it is when nobody sets it.
            source: who set it.
        """
        self._shown, self._usual, self._source = value, usual, source
        self._touched = self._reset = False
        self.editor.show_value(value)
        self.editor.setEnabled(can_change(source))
        self._tell()

    def changes(self) -> dict[str, object | None]:
        """Return its change, or nothing.

        Raises:
            MistakeError: what stands there can't be used.
        """
        if self._reset:
            return {self.name: None}
        if not self._touched:
            return {}
        value = self.editor.value()
        return {} if value == self._shown else {self.name: value}

    def check(self) -> bool:
        """Tell beside the field what is wrong with it, and whether nothing is."""
        try:
            self.changes()
        except MistakeError as mistake:
            self.refuse(str(mistake))
            return False
        self.refuse("")
        return True

    def refuse(self, why: str) -> None:
        """Say what is wrong, an empty text that nothing is."""
        self._mistake.setText(breakable(why))
        self._mistake.setVisible(bool(why))
        restyle(self, "wrong", bool(why))
        control = self.editor.focusProxy() or self.editor
        control.setAccessibleDescription(why or self._help.text())

    def _edited(self) -> None:
        self._touched, self._reset = True, False
        if self.editor.eager:
            self.check()
        else:
            self.refuse("")
        self._tell()
        self.edited.emit()

    def _use_usual(self) -> None:
        self.editor.show_value(self._usual)
        self._touched, self._reset = False, self._source.origin is Origin.USER
        if not self._reset:
            self.editor.show_value(self._shown)
        self.refuse("")
        (self.editor.focusProxy() or self.editor).setFocus()
        self._tell()
        self.edited.emit()

    def _tell(self) -> None:
        words = whose(self._source)
        fixed = not can_change(self._source)
        if fixed:
            words = f"{words}. {why_fixed(self._source)}"
        self._whose.setText(breakable(words))
        self._whose.setVisible(bool(words))
        self._lock.setVisible(fixed)
        own = self._source.origin is Origin.USER and not self._reset
        self.put_back.setVisible(not fixed and (own or self._touched))

    def _lay_out(self) -> None:
        self.editor.setParent(self)  # first: the Tab key comes to it before it comes to the way back
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._title, 1)
        head.addWidget(self.put_back, 0, Qt.AlignmentFlag.AlignVCenter)
        source = QHBoxLayout()
        source.setSpacing(6)
        source.addWidget(self._lock, 0, Qt.AlignmentFlag.AlignTop)
        source.addWidget(self._whose, 1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addLayout(head)
        words.addWidget(self._help)
        words.addLayout(source)
        if self.editor.wide:
            column = QVBoxLayout(self)
            column.setSpacing(7)
            column.addLayout(words)
            column.addWidget(self.editor)
            column.addWidget(self._mistake)
            column.setContentsMargins(16, 12, 16, 13)
            return
        words.addWidget(self._mistake)
        row = QHBoxLayout(self)
        row.setSpacing(20)
        row.addLayout(words, 1)
        row.addWidget(self.editor, 0, Qt.AlignmentFlag.AlignVCenter)
        row.setContentsMargins(16, 12, 16, 12)
