"""The page before an update or a repair: what changes, what it costs, and that nothing has happened yet."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWizard

from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.request import Verb
from vsrt_gui.model.runbook import Page as Words
from vsrt_gui.ui.pages.page import Footer, Page
from vsrt_gui.ui.quoting import Review
from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.bar import Bar
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.labels import label
from vsrt_gui.ui.widgets.notice import Notice
from vsrt_gui.ui.widgets.review_view import ReviewView

OFFLINE = frozenset(
    {FaultCode.NAME_NOT_FOUND, FaultCode.CONNECTION_FAILED, FaultCode.CONNECT_TIMEOUT, FaultCode.STALLED}
)
"""What most often means that there is no network."""


class ReviewPage(Page):
    """Loading, a review, nothing to do, or why it can't be told."""

    again = Signal()
    anyway = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._ready = False
        self._bar = Bar(theme, 5)
        self._bar.setObjectName("reviewBar")
        self._bar.setAccessibleName(self.tr("Looking"))
        self.view = ReviewView(theme)
        self._steps = Notice(theme, "reviewSteps")
        self._retry = button("tryAgainButton", self.tr("&Try again"), primary=True)
        self._retry.clicked.connect(self.again)
        self._anyway = button("repairAnywayButton", self.tr("Re&pair all the same"), quiet=True)
        self._anyway.clicked.connect(self.anyway)
        hint = self.tr("Something still doesn't work? A repair also puts the commands in the folder back.")
        self._hint = label(theme, text=hint, muted=True)
        row = QHBoxLayout()
        row.addWidget(self._retry)
        row.addWidget(self._anyway)
        row.addStretch(1)
        for part in (self._bar, self._steps, self.view):
            self.body.addWidget(part)
        self.body.addWidget(self._hint)
        self.body.addLayout(row)
        self.body.addStretch(1)

    def show_loading(self, verb: Verb) -> None:
        """Show that it is being worked out."""
        if verb is Verb.REPAIR:
            heading = self.tr("Checking every file")
            lead = self.tr("Nothing is changed yet. You can stop at any time.")
        else:
            heading = self.tr("Looking at what changes")
            lead = self.tr("Nothing is changed yet.")
        self._show(heading, lead, ("search", Tone.ACCENT))
        self._bar.show_fraction(None)
        self._bar.show()
        commit = self.tr("&Repair") if verb is Verb.REPAIR else self.tr("&Update")
        self._offer(Footer(commit), ready=False)

    def show_checked(self, fraction: float) -> None:
        """Show how much was checked, 0 to 1."""
        if not self._bar.isHidden():
            self._bar.show_fraction(fraction)

    def show_review(self, review: Review, verb: Verb) -> None:
        """Show what would be done."""
        self._show(review.heading, review.lead, (review.sign, review.tone))
        self.view.show_review(review)
        for part in (self._hint, self._anyway):
            part.setVisible(verb is Verb.REPAIR and not review.commit)
        self._offer(Footer(review.commit), ready=review.ready)

    def show_trouble(self, words: Words) -> None:
        """Show why it can't be told, and what can be done."""
        self._show(
            words.title, words.cause, ("offline" if words.code in OFFLINE else "warning", Tone.WARNING)
        )
        self._steps.say(Tone.NEUTRAL, "", self.tr("What you can do"), words.steps)
        self._retry.show()
        self._offer(Footer(leads_back=False), ready=False)

    def isComplete(self) -> bool:
        """Tell whether it can be begun."""
        return self._ready

    def focus_first(self) -> None:
        """Put the focus on what most people want now."""
        if not self._retry.isHidden():
            self._retry.setFocus()
            return
        commits = self._ready and self.footer is not None and bool(self.footer.commit)
        which = QWizard.WizardButton.CommitButton if commits else QWizard.WizardButton.CancelButton
        self.wizard().button(which).setFocus()

    def _show(self, heading: str, lead: str, sign: tuple[str, Tone]) -> None:
        """Show a title, and nothing below it yet."""
        self.say(heading, lead)
        self.show_sign(*sign)
        for part in (self._bar, self._retry, self._hint, self._anyway):
            part.hide()
        self._steps.clear()
        self.view.show_review(None)

    def _offer(self, footer: Footer, *, ready: bool) -> None:
        self._ready = ready
        self.show_footer(footer)
        self.completeChanged.emit()
        if self.wizard() is not None and self.wizard().currentPage() is self:
            self.focus_first()
