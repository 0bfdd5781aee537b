"""A question with two clear answers; Esc always chooses the one that changes nothing."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from vsrt_gui.ui.dialogs.sheet import Sheet
from vsrt_gui.ui.text import breakable
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label

WIDTH = 440


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        name: object name of the dialog; its buttons are `yesButton` and `noButton`.
        title: the question.
        text: what follows from a yes.
        yes: what the button that does it is called.
        no: what the button that does nothing is called.
        danger: whether something is taken away.
        leads: whether yes is what most people want; otherwise no is, and Return chooses it.
    """

    name: str
    title: str
    text: str
    yes: str
    no: str
    danger: bool = False
    leads: bool = False


class ConfirmDialog(Sheet):
    """One question."""

    def __init__(self, parent: QWidget, theme: Theme, question: Question) -> None:
        """Make it.

        Args:
            parent: the window that it stands over.
            theme: the look.
            question: what is asked.
        """
        super().__init__(parent, question.name)
        self.setWindowTitle(question.title)
        self.setAccessibleDescription(question.text)
        yes = button("yesButton", question.yes, primary=question.leads)
        yes.setProperty("danger", question.danger)
        no = button("noButton", question.no, primary=not question.leads)
        self._first = yes if question.leads else no
        yes.clicked.connect(self.accept)
        no.clicked.connect(self.reject)
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(label(theme, Size.HEADING, question.title))
        words.addWidget(label(theme, text=breakable(question.text)))
        sign = IconView(theme, "help", Tone.WARNING if question.danger else Tone.ACCENT, 32)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(yes)
        buttons.addWidget(no)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 20, 18)
        column.setSpacing(20)
        column.addLayout(head)
        column.addLayout(buttons)
        width = max(WIDTH, column.minimumSize().width())
        self.setMinimumWidth(width)
        self.resize(width, column.totalHeightForWidth(width))
        self._first.setDefault(True)  # only now: Qt forgets it for a button that has no dialog yet
        self._first.setFocus()

    async def confirmed(self) -> bool:
        """Open it and tell whether the answer was yes."""
        return await self.answer() == ConfirmDialog.DialogCode.Accepted.value
