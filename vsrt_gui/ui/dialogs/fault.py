"""What went wrong, what it means, what to do, and the buttons that do it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from vsrt_gui.model.events import Severity
from vsrt_gui.model.faults import Fault
from vsrt_gui.model.runbook import Page, Remedy
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.dialogs.sheet import Sheet
from vsrt_gui.ui.text import breakable
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.disclosure import Disclosure
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label
from vsrt_gui.ui.widgets.notice import Notice

WIDTH = 600
NARROWEST = 480
HIGHEST = 640
SHARE = 0.92
"""Of the screen's height, at most."""

TONES = {
    Severity.P1: Tone.DANGER,
    Severity.P2: Tone.DANGER,
    Severity.P3: Tone.WARNING,
    Severity.P4: Tone.NEUTRAL,
}


def details(faults: tuple[Fault, ...]) -> str:
    """Return what an engineer wants to know, one fact a line."""
    blocks: list[str] = []
    for fault in faults:
        lines = [f"code: {fault.code}"]
        lines += [
            f"{name}: {value}" for name, value in (("module", fault.module), ("step", fault.step)) if value
        ]
        lines += [f"{name}: {value}" for name, value in sorted(fault.facts.items())]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


@dataclass(frozen=True)
class Trouble:
    """What a fault dialog is about.

    Attributes:
        faults: the worst first; the page is about that one.
        severity: how bad the resulting state is, None where no run led to one.
        names: module id to name.
        support: whether a support file can be made.
        waits: whether servers are left alone for a while, so that asking them at once is a choice.
    """

    faults: tuple[Fault, ...]
    severity: Severity | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    support: bool = False
    waits: bool = False

    def remedies(self, page: Page) -> tuple[Remedy, ...]:
        """Return the buttons of its page that have something to do."""
        return tuple(one for one in page.remedies if self.waits or one is not Remedy.RESET_BREAKER)


class FaultDialog(Sheet):
    """One page of the runbook; its result is the remedy that was chosen."""

    saving = Signal()
    """The user wants a support file."""
    log_wanted = Signal()
    """The user wants to see what was logged."""

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        runbook: Runbook,
        trouble: Trouble,
    ) -> None:
        """Make it.

        Args:
            parent: the window that it stands over.
            theme: the look.
            runbook: the words.
            trouble: what went wrong.
        """
        super().__init__(parent, "faultDialog")
        self._theme = theme
        self._page = runbook.page(trouble.faults[0], trouble.names)
        self._trouble, self._faults = trouble, trouble.faults
        self.chosen = Remedy.CLOSE
        self.setWindowTitle(self._page.title)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 22, 0, 0)
        column.setSpacing(14)
        column.addLayout(self._head())
        self._area = self._body(runbook, trouble.severity)
        column.addWidget(self._area, 1)
        column.addWidget(self._foot(runbook))
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Put the focus on the recommended way out."""
        super().showEvent(event)
        self._first.setDefault(True)  # only now: Qt forgets it for a button that has no dialog yet
        self._first.setFocus()

    async def remedy(self) -> Remedy:
        """Open it and return what the user chose."""
        await self.answer()
        return self.chosen

    def _head(self) -> QHBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(4)
        title = label(self._theme, Size.TITLE, self._page.title)
        title.setObjectName("faultTitle")
        cause = label(self._theme, text=breakable(self._page.cause), muted=True)
        cause.setObjectName("faultCause")
        words.addWidget(title)
        words.addWidget(cause)
        head = QHBoxLayout()
        head.setContentsMargins(24, 0, 24, 0)
        head.setSpacing(16)
        head.addWidget(IconView(self._theme, "warning", Tone.WARNING, 36), 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        return head

    def _body(self, runbook: Runbook, severity: Severity | None) -> QScrollArea:
        inside = self._inside = QWidget()
        inside.setObjectName("pageBody")
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 0, 24, 4)
        column.setSpacing(12)
        meaning = Notice(self._theme, "faultMeaning")
        tone = TONES[severity] if severity else Tone.NEUTRAL
        meaning.say(tone, self._page.meaning, runbook.word(f"severity.{severity}") if severity else "")
        column.addWidget(meaning)
        column.addWidget(label(self._theme, Size.HEADING, self.tr("What to do")))
        column.addLayout(self._steps())
        more = Disclosure(self._theme, "faultDetails")
        more.toggle.toggled.connect(self._bring_into_view)
        more.show_text(details(self._faults))
        column.addWidget(more)
        self._add_ways_to_help(column)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.viewport().setAutoFillBackground(False)
        area.setWidget(inside)
        return area

    def _add_ways_to_help(self, column: QVBoxLayout) -> None:
        """Offer the log, and the support file with a note below it on how that goes."""
        row = QHBoxLayout()
        row.setSpacing(24)
        self._log = button("faultLogButton", self.tr("Show what was &logged"), quiet=True)
        self._log.clicked.connect(self.log_wanted)
        self._support = button("supportButton", self.tr("&Save a support file…"), quiet=True)
        self._support.clicked.connect(self.saving)
        self._support_note = label(self._theme, Size.SMALL, muted=True)
        self._support_note.setObjectName("supportNote")
        self._support_note.hide()
        row.addWidget(self._log)
        row.addWidget(self._support)
        row.addStretch(1)
        if not self._trouble.support:
            self._support.hide()
        self._tint()
        self._theme.changed.connect(self._tint)
        column.addLayout(row)
        column.addWidget(self._support_note)

    def _tint(self) -> None:
        self._log.setIcon(self._theme.icon("clock", Tone.ACCENT, 14))
        self._support.setIcon(self._theme.icon("disk", Tone.ACCENT, 14))

    def _bring_into_view(self, opened: bool) -> None:
        """Show what was opened: it may lie below what is seen."""
        if opened:
            bar = self._area.verticalScrollBar()
            QTimer.singleShot(0, bar, lambda: bar.setValue(bar.maximum()))  # its place is not known yet

    def note_support(self, words: str, *, busy: bool = False) -> None:
        """Say how it goes with the support file; while it is written, another can't be asked for."""
        self._support.setEnabled(not busy)
        self._support_note.setText(breakable(words))
        self._support_note.show()
        self._area.ensureWidgetVisible(self._support_note)

    def _steps(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        for number, step in enumerate(self._page.steps):
            dot = label(self._theme, Size.STRONG, f"{number + 1}.")
            dot.setWordWrap(False)
            grid.addWidget(dot, number, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
            grid.addWidget(label(self._theme, text=breakable(step)), number, 1)
        return grid

    def _foot(self, runbook: Runbook) -> QFrame:
        foot = QFrame()
        foot.setObjectName("foot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 12, 20, 14)
        row.addStretch(1)
        for place, remedy in enumerate(self._trouble.remedies(self._page)):
            made = button(f"remedy-{remedy}", runbook.word(f"remedy.{remedy}"), primary=place == 0)
            made.setAutoDefault(place == 0)
            made.clicked.connect(lambda _=False, what=remedy: self._choose(what))
            row.insertWidget(1, made) if place else row.addWidget(made)
            if not place:
                self._first = made
        return foot

    def _choose(self, remedy: Remedy) -> None:
        if remedy is Remedy.COPY_DETAILS:
            self._copy()
            return
        self.chosen = remedy
        self.accept()

    def _copy(self) -> None:
        words = (self._page.title, self._page.cause, "", details(self._faults))
        QGuiApplication.clipboard().setText("\n".join(words))
        pressed = self.findChild(QWidget, f"remedy-{Remedy.COPY_DETAILS}")
        if isinstance(pressed, type(button("_"))):
            pressed.setText(self.tr("Copied"))

    def _fit(self) -> None:
        """Get as high as the text needs, as far as the screen and a sensible dialog allow."""
        screen = self.screen().availableGeometry().height() * SHARE
        width = max(WIDTH, self._column.minimumSize().width())
        self.setMinimumWidth(max(NARROWEST, self._column.minimumSize().width()))
        body = self._inside.heightForWidth(width)
        around = self._column.totalHeightForWidth(width) - self._area.sizeHint().height()
        self.resize(width, int(min(body + around, HIGHEST, screen)))
