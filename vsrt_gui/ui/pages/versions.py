"""The page with the versions that are kept: which is in use, and what going to another one would change."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QVBoxLayout, QWizard

from vsrt_gui.model.survey import Generation, lineage
from vsrt_gui.ui import text
from vsrt_gui.ui.pages.page import Footer, Page
from vsrt_gui.ui.quoting import Review
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.bar import Bar
from vsrt_gui.ui.widgets.labels import label
from vsrt_gui.ui.widgets.marks import INDENT, Radio
from vsrt_gui.ui.widgets.notice import Notice
from vsrt_gui.ui.widgets.review_view import ReviewView


class VersionsPage(Page):
    """A choice of versions, newest first, and below it what the choice means."""

    chosen = Signal(int)
    """The number of the generation that was chosen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._ready = False
        self._numbers: dict[int, Radio] = {}
        self._group = QButtonGroup(self)
        self._card = QFrame()
        self._card.setObjectName("card")
        self._list = QVBoxLayout(self._card)
        self._list.setContentsMargins(16, 12, 16, 12)
        self._list.setSpacing(2)
        self._bar = Bar(theme, 5)
        self._bar.setObjectName("versionsBar")
        self._bar.setAccessibleName(self.tr("Looking"))
        self._what = label(theme, Size.HEADING)
        self._what.setObjectName("versionsHeading")
        self._same = label(theme, muted=True)
        self.view = ReviewView(theme)
        self._trouble = Notice(theme, "versionsTrouble")
        for part in (self._card, self._bar, self._trouble, self._what, self._same, self.view):
            self.body.addWidget(part)
        self.body.addStretch(1)
        self._group.idClicked.connect(self._picked)

    def offer(self, generations: tuple[Generation, ...], current: int) -> None:
        """Show the versions, and choose the one that was in use before; where that is not kept, the newest other one.

        Args:
            generations: all that are kept, by number, ascending.
            current: the number of the one in use.
        """
        self.say(
            self.tr("Earlier versions"),
            self.tr("Choose the version that you want to use. The one that you leave is kept."),
        )
        self.show_sign("clock", Tone.ACCENT)
        self._clear()
        for generation in reversed(generations):
            self._add(generation, current)
        order = (*lineage(generations, current), *reversed(generations))
        others = [generation.number for generation in order if generation.number != current]
        self._show_nothing()
        self.show_footer(Footer(self.tr("&Go back to this version")))
        if others:
            self._numbers[others[0]].setChecked(True)
            self._picked(others[0])

    @property
    def number(self) -> int:
        """The number of the generation that is chosen, -1 for none."""
        return self._group.checkedId()

    def show_review(self, review: Review) -> None:
        """Show what the choice means."""
        self._show_nothing()
        self._bar.hide()
        self._what.setText(review.heading)
        self._what.setVisible(bool(review.lines))
        self._same.setText(review.lead)
        self._same.setVisible(bool(review.lead))
        self.view.show_review(review)
        self._ready = review.ready
        self.show_footer(Footer(review.commit))
        self.completeChanged.emit()

    def show_trouble(self, title: str, why: str) -> None:
        """Show why the chosen version can't be had."""
        self._show_nothing()
        self._bar.hide()
        self._trouble.say(Tone.DANGER, why, title)

    def isComplete(self) -> bool:
        """Tell whether the choice can be had."""
        return self._ready

    def focus_first(self) -> None:
        """Put the focus on the choice."""
        chosen = self._group.checkedButton()
        if chosen is not None:
            chosen.setFocus()
        else:
            self.wizard().button(QWizard.WizardButton.CancelButton).setFocus()

    def _picked(self, number: int) -> None:
        self._show_nothing()
        self._bar.show_fraction(None)
        self._bar.show()
        self.chosen.emit(number)

    def _show_nothing(self) -> None:
        self._ready = False
        self._trouble.clear()
        self._what.hide()
        self._same.hide()
        self.view.show_review(None)
        self.completeChanged.emit()

    def _clear(self) -> None:
        for made in self._numbers.values():
            self._group.removeButton(made)
        self._numbers.clear()
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _add(self, generation: Generation, current: int) -> None:
        name = self.tr("Version {version}").format(version=generation.manifest_version)
        here = generation.number == current
        words = self.tr("{version}, in use now").format(version=name) if here else name
        made = Radio(self.theme, f"version-{generation.number}", words)
        made.setEnabled(not here)
        about = self._about(generation)
        made.setAccessibleDescription(about)
        below = label(self.theme, Size.SMALL, about, muted=True)
        below.setContentsMargins(INDENT, 0, 0, 6)
        self._group.addButton(made, generation.number)
        self._numbers[generation.number] = made
        self._list.addWidget(made)
        self._list.addWidget(below)

    def _about(self, generation: Generation) -> str:
        parts: Mapping[str, str] = {
            "modules": text.modules(len(generation.modules)),
            "moment": text.moment(generation.installed_at),
        }
        words = (
            self.tr("Installed on {moment}  ·  {modules}")
            if generation.complete
            else self.tr("Installed on {moment}  ·  {modules}, some of what was wanted is missing")
        )
        return words.format(**parts)
