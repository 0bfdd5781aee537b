"""The button that ends all waiting: shown while something waits so long that a person may not want to."""

from PySide6.QtWidgets import QPushButton, QWidget

from vsrt_gui.ui.widgets.button import button

LONG = 3.0
"""Seconds; whatever is over sooner goes on before anybody has found the button."""


class Hurry:
    """Dresses one button. Its room is kept, so that nothing moves when it comes or goes."""

    def __init__(self, harmless: QWidget) -> None:
        """Make it.

        Args:
            harmless: takes the focus when the button goes away with it; the next in line might be Cancel.
        """
        self.button: QPushButton = button("hurryButton", quiet=True)
        self._harmless = harmless
        policy = self.button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.button.setSizePolicy(policy)
        self.button.hide()

    def say(self, text: str, why: str) -> None:
        """Give it its words.

        Args:
            text: with a mnemonic.
            why: what it does, for those who ask.
        """
        self.button.setText(text)
        self.button.setToolTip(why)
        self.button.setAccessibleDescription(why)

    def show_left(self, seconds: float) -> None:
        """Show or hide it for the longest pause that goes on."""
        visible = not self.button.isHidden()
        wanted = seconds >= LONG or (visible and seconds > 0)
        if wanted is visible:
            return
        if not wanted and self.button.hasFocus():
            self._harmless.setFocus()
        self.button.setVisible(wanted)
