"""What every page shares: a title, a sentence below it, and a body that scrolls where the screen is small."""

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget, QWizardPage

from vsrt_gui.ui.text import breakable
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label

MARGIN = 28


class PageId(IntEnum):
    """The pages, in the wizard's order."""

    WELCOME = 0
    COMPONENTS = 1
    FOLDER = 2
    PROGRESS = 3
    FINISH = 4
    REVIEW = 5
    VERSIONS = 6
    REMOVAL = 7


@dataclass(frozen=True)
class Footer:
    """What the buttons below a page are, where the page itself knows that best.

    Attributes:
        commit: what the button is called that begins a run; empty for none.
        danger: whether that takes something away.
        leads_back: whether the way back is what most people want, where there is nothing to begin.
    """

    commit: str = ""
    danger: bool = False
    leads_back: bool = True


class Page(QWizardPage):
    """A page that never moves the wizard itself: it says `forward`, and the flow decides."""

    forward = Signal()
    dressed = Signal()
    """Its footer is another one now."""

    def __init__(self, theme: Theme, *, scrolls: bool = True) -> None:
        """Make an empty page.

        Args:
            theme: the look.
            scrolls: whether the body may get higher than the page; a page whose list scrolls by itself says no.
        """
        super().__init__()
        self.theme = theme
        self.may_leave = False
        self.footer: Footer | None = None
        self.sign = IconView(theme, "", Tone.ACCENT, 36)
        self.sign.hide()
        self.heading = label(theme, Size.TITLE)
        self.heading.setObjectName("pageTitle")
        self.lead = label(theme, muted=True)
        self.lead.setObjectName("pageLead")
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.heading)
        words.addWidget(self.lead)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        inside = QWidget()
        inside.setObjectName("pageBody")
        self.body = QVBoxLayout(inside)
        self.body.setContentsMargins(MARGIN, 0, MARGIN, 4)
        self.body.setSpacing(10)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 26, 0, 0)
        column.setSpacing(16)
        head.setContentsMargins(MARGIN, 0, MARGIN, 0)
        column.addLayout(head)
        column.addWidget(self._scrolling(inside) if scrolls else inside, 1)

    def say(self, heading: str, lead: str) -> None:
        """Show what the page is about."""
        self.heading.setText(heading)
        self.lead.setText(breakable(lead))
        self.lead.setVisible(bool(lead))
        self.setAccessibleName(heading)
        self.setAccessibleDescription(lead)

    def focus_first(self) -> None:
        """Put the focus where most people want to go on."""
        raise NotImplementedError

    def show_footer(self, footer: Footer) -> None:
        """Have other buttons below the page."""
        if footer != self.footer:
            self.footer = footer
            self.dressed.emit()

    def _scrolling(self, inside: QWidget) -> QScrollArea:
        """Let the body scroll; its bar lies in the margin, so that nothing moves aside when it comes or goes."""
        area = _area(inside)
        bar = area.verticalScrollBar()

        def give_way(_low: int, high: int) -> None:
            right = MARGIN - bar.sizeHint().width() if high else MARGIN
            self.body.setContentsMargins(MARGIN, 0, right, 4)

        bar.rangeChanged.connect(give_way)
        return area

    def show_sign(self, name: str, tone: Tone) -> None:
        """Show an icon beside the title."""
        self.sign.show_icon(name, tone)
        self.sign.show()

    def validatePage(self) -> bool:
        """Hold the wizard where it is, unless the flow moves it."""
        if not self.may_leave:
            self.forward.emit()
        return self.may_leave


def _area(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName("pageScroll")
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    area.setWidget(inside)
    return area
