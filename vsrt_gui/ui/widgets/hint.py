"""What stands where a list will be: an icon and a sentence, so that an empty page does not look forgotten."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout

from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label


class Hint(QFrame):
    """Hidden until it has something to say."""

    def __init__(self, theme: Theme, name: str) -> None:
        """Make it.

        Args:
            theme: the look.
            name: object name of its text.
        """
        super().__init__()
        self.setObjectName("card")
        self._icon = IconView(theme, "info", Tone.ACCENT, 28)
        self._text = label(theme, muted=True)
        self._text.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 14, 16, 14)
        row.setSpacing(14)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._text, 1)
        self.hide()

    def say(self, icon: str, tone: Tone, text: str) -> None:
        """Show a sentence."""
        self._icon.show_icon(icon, tone)
        self._text.setText(text)
        self.show()
