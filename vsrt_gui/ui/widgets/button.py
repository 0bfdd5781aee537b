"""Buttons of the window: plain, primary, quiet, and a choice with a title and an explanation."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from vsrt_gui.ui.text import plain
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label


def button(name: str, text: str = "", *, primary: bool = False, quiet: bool = False) -> QPushButton:
    """Return a button.

    Args:
        name: its object name, by which tests and assistive tools find it.
        text: with a mnemonic.
        primary: what most people want here.
        quiet: a link-like action beside the main ones.
    """
    made = QPushButton(text)
    made.setObjectName(name)
    made.setProperty("primary", primary)
    made.setProperty("quiet", quiet)
    made.setAutoDefault(not quiet)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


class Choice(QPushButton):
    """One thing that can be done from here: icon, title, and what it does."""

    def __init__(self, theme: Theme, name: str, icon: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: its object name.
            icon: of the action.
        """
        super().__init__()
        self.setObjectName(name)
        self.setProperty("choice", True)
        self.setAutoDefault(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._title = label(theme, Size.STRONG)
        self._why = label(theme, Size.SMALL, muted=True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)  # a neighbour may be higher: title and text stay together
        words.addWidget(self._title)
        words.addWidget(self._why)
        words.addStretch(1)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(16, 11, 14, 11)
        row.setSpacing(14)
        row.addWidget(IconView(theme, icon, Tone.ACCENT, 22))
        row.addLayout(words, 1)
        row.addWidget(IconView(theme, "chevron-right", Tone.NEUTRAL, 16))
        for child in (self._title, self._why):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def say(self, title: str, why: str) -> None:
        """Show what it does; a mnemonic in the title works."""
        self._title.setText(plain(title))
        self._why.setText(why)
        self.setAccessibleName(plain(title))
        self.setAccessibleDescription(why)
        mark = title.replace("&&", "").find("&")
        if mark >= 0:
            self.setShortcut(f"Alt+{title[mark + 1].upper()}")
        self.updateGeometry()

    @property
    def title(self) -> str:
        """What it is called."""
        return self._title.text()

    def sizeHint(self) -> QSize:
        """Return what its texts need."""
        return self._row.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the least that its texts need."""
        return self._row.minimumSize()

    def hasHeightForWidth(self) -> bool:
        """Tell that its texts wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that its texts need at this width."""
        return self._row.totalHeightForWidth(width)
