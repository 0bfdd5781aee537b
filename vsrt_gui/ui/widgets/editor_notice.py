"""The box that tells how the editor is, what its password is, and has the button that stops it."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from vsrt_gui.ui.editor import EditorView
from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.notice import Notice


class EditorNotice(QWidget):
    """Hidden until there is something to say."""

    stop = Signal()
    explain = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._view: EditorView | None = None
        self._state = Notice(theme, "editorNotice", "stopEditorButton")
        self._password = Notice(theme, "passwordNotice", "copyPasswordButton")
        self._state.action.clicked.connect(self._clicked)
        self._password.action.clicked.connect(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._state)
        column.addWidget(self._password)
        self.hide()

    def show_view(self, view: EditorView | None) -> None:
        """Show how the editor is; None says nothing."""
        if view == self._view:
            return
        self._view = view
        self.setVisible(view is not None)
        if view is None:
            self._state.clear()
            self._password.clear()
            return
        self._state.say(view.tone, view.text, view.title)
        self._offer(view)
        self._say_password(view.password)

    def _offer(self, view: EditorView) -> None:
        if view.runs:
            self._state.action.setObjectName("stopEditorButton")
            self._state.offer(self.tr("Sto&p the editor"))
        elif view.fault is not None:
            self._state.action.setObjectName("explainEditorButton")
            self._state.offer(self.tr("&What to do"))

    def _say_password(self, password: str | None) -> None:
        if password is None:
            self._password.clear()
            return
        self._password.say(Tone.NEUTRAL, password, self.tr("Your password, asked once by the browser"))
        self._password.offer(self.tr("Cop&y"))

    def _clicked(self) -> None:
        if self._view is not None:
            (self.stop if self._view.runs else self.explain).emit()

    def _copy(self) -> None:
        if self._view is not None and self._view.password is not None:
            QGuiApplication.clipboard().setText(self._view.password)
            self._password.offer(self.tr("Copied"))
