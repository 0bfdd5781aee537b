"""What was logged, for people: the latest runs, with search and filters, and ways to hand it to somebody who helps."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from vsrt_gui.ui.dialogs.sheet import Sheet
from vsrt_gui.ui.text import breakable
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.labels import label
from vsrt_gui.ui.widgets.log_view import LogView

WANTED = QSize(780, 560)
SHARE = 0.92
"""Of the screen, at most."""


class LogDialog(Sheet):
    """One list; Esc closes it."""

    folder_wanted = Signal()
    """The user wants to see the files."""
    saving = Signal()
    """The user wants a support file."""

    def __init__(self, parent: QWidget, theme: Theme, *, support: bool) -> None:
        """Make it, before anything was read.

        Args:
            parent: the window that it stands over.
            theme: the look.
            support: whether a support file can be made.
        """
        super().__init__(parent, "logDialog")
        self.setWindowTitle(self.tr("What happened"))
        self._theme = theme
        self.log = LogView(theme, "log")
        self.log.say_nothing(self.tr("One moment …"))
        self._folder = button("openLogsButton", self.tr("&Open folder"))
        self._support = button("saveSupportButton", self.tr("&Save a support file…"))
        if not support:
            self._support.hide()
        self._close = button("closeLogButton", self.tr("&Close"), primary=True)
        self._note = label(theme, Size.SMALL, muted=True)
        self._note.setObjectName("logSupportNote")
        self._note.hide()
        self._folder.clicked.connect(self.folder_wanted)
        self._support.clicked.connect(self.saving)
        self._close.clicked.connect(self.accept)
        self._lay_out()
        self.log.list.setFocus()

    def note_support(self, words: str, *, busy: bool = False) -> None:
        """Say how it goes with the support file; while it is written, another can't be asked for."""
        self._support.setEnabled(not busy)
        self._note.setText(breakable(words))
        self._note.show()

    def _lay_out(self) -> None:
        middle = QVBoxLayout()
        middle.setContentsMargins(24, 0, 24, 0)
        middle.setSpacing(12)
        middle.addWidget(label(self._theme, Size.TITLE, self.tr("What happened")))
        middle.addWidget(self.log, 1)
        middle.addWidget(self._note)
        foot = QFrame()
        foot.setObjectName("foot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(24, 4, 24, 14)
        row.setSpacing(10)
        for which in (self._folder, self._support):
            which.setAutoDefault(False)
            row.addWidget(which)
        row.addStretch(1)
        row.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 22, 0, 0)
        column.setSpacing(14)
        column.addLayout(middle, 1)
        column.addWidget(foot)
        self._close.setDefault(True)
        room = self.screen().availableGeometry().size() * SHARE
        self.setMinimumSize(column.minimumSize())
        self.resize(WANTED.boundedTo(room).expandedTo(column.minimumSize()))
