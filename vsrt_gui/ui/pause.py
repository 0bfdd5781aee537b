"""The one button that pauses a run and lets it go on."""

from enum import Enum, auto
from typing import cast

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QPushButton, QWizard

from vsrt_gui.ui.widgets.labels import restyle


class Pause(Enum):
    """What the button has to offer."""

    NOT_OFFERED = auto()
    """What goes on can't be paused at all."""
    OFFERED = auto()
    TOO_LATE = auto()
    """It is being paused or stopped, or is as good as done."""
    GO_ON = auto()
    """Nothing runs: the same button goes on."""


class PauseButton(QObject):
    """Dresses a wizard's button. One that has just changed its meaning is deaf to the second half of a double click."""

    def __init__(self, wizard: QWizard, which: QWizard.WizardButton) -> None:
        """Take a button.

        Args:
            wizard: that has it.
            which: of its buttons; its texts are the wizard's to set.
        """
        super().__init__(wizard)
        self._wizard = wizard
        self._which = which
        self._shown = Pause.NOT_OFFERED
        self._here = False
        self._deaf = QTimer(self, singleShot=True)
        self._deaf.timeout.connect(self._wake)

    def show_pause(self, pause: Pause) -> None:
        """Show what it has to offer; nothing happens when that is shown already."""
        if pause is self._shown:
            return
        turned = Pause.GO_ON in {pause, self._shown}
        self._shown = pause
        if turned:
            self._deaf.start(QApplication.doubleClickInterval())
        self._dress()

    def dress(self, *, here: bool) -> None:
        """Put it on anew, since a wizard that changes its page shows its buttons as it likes.

        Args:
            here: whether the page that is shown has this button.
        """
        self._here = here
        self._dress()

    def _dress(self) -> None:
        goes_on = self._here and self._shown is Pause.GO_ON
        button = self._button()
        self._wizard.setButtonText(self._which, self.tr("&Go on") if goes_on else self.tr("&Pause"))
        restyle(button, "primary", goes_on)
        button.setAutoDefault(goes_on)
        button.setDefault(goes_on)
        button.setVisible(self._here and self._shown is not Pause.NOT_OFFERED)
        button.setEnabled(self._shown in {Pause.OFFERED, Pause.GO_ON} and not self._deaf.isActive())

    def _wake(self) -> None:
        self._dress()
        if self._here and self._shown is Pause.GO_ON:
            self._button().setFocus()

    def _button(self) -> QPushButton:
        return cast("QPushButton", self._wizard.button(self._which))
