"""A calm box that says one thing worth knowing, with a button where something can be done about it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from vsrt_gui.ui.text import breakable
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.bullets import Bullets
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label, restyle

ICONS = {
    Tone.NEUTRAL: "info",
    Tone.ACCENT: "info",
    Tone.SUCCESS: "success",
    Tone.WARNING: "warning",
    Tone.DANGER: "error",
}


class Notice(QFrame):
    """Hidden until it has something to say."""

    def __init__(self, theme: Theme, name: str, action: str = "") -> None:
        """Make it.

        Args:
            theme: the look.
            name: object name of its text.
            action: object name of its button, empty for none.
        """
        super().__init__()
        self.setObjectName("notice")
        self._icon = IconView(theme, "info", Tone.NEUTRAL, 20)
        self._title = label(theme, Size.STRONG)
        self._text: QLabel = label(theme)
        self._text.setObjectName(name)
        self._steps = Bullets(theme, f"{name}Step")
        self.action = button(action or f"{name}Action")
        self.action.hide()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        words.addWidget(self._steps)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 12, 10)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        row.addWidget(self.action)
        self.hide()

    def say(self, tone: Tone, text: str, title: str = "", steps: tuple[str, ...] = ()) -> None:
        """Show a text.

        Args:
            tone: how it looks.
            text: may be empty.
            title: a few words above it, may be empty.
            steps: what can be done, each with a bullet, below it.
        """
        restyle(self, "tone", tone.value)
        self._icon.show_icon(ICONS[tone], tone)
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._text.setText(breakable(text))
        self._text.setVisible(bool(text))
        self._steps.show_texts(steps)
        centre, top = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignTop
        self._row.setAlignment(self._icon, top if steps else centre)
        self.setAccessibleName(" ".join(part for part in (title, text, *steps) if part))
        self.action.hide()
        self.show()

    def offer(self, text: str) -> None:
        """Show its button."""
        self.action.setText(text)
        self.action.show()

    def clear(self) -> None:
        """Say nothing."""
        self._text.clear()
        self._steps.show_texts(())
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()
