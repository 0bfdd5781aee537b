"""The page to choose modules on: what each is for, what it costs, and why one must stay."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout

from vsrt_gui.model.plan import Plan
from vsrt_gui.runbook.quantities import listed, size
from vsrt_gui.ui import text
from vsrt_gui.ui.pages.page import Page
from vsrt_gui.ui.selection import Selection
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label, short, toned
from vsrt_gui.ui.widgets.tree import ModuleTree


class ComponentsPage(Page):
    """The tree, a line that explains, and the totals."""

    chosen = Signal(Selection)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, scrolls=False)
        self._unchanged: frozenset[str] | None = None
        self.tree = ModuleTree(theme)
        self._lock = IconView(theme, "lock", Tone.NEUTRAL, 16)
        self._why = label(theme, Size.SMALL, muted=True)
        self._why.setObjectName("explanationLabel")
        self._count = short(theme, Size.STRONG)
        self._count.setObjectName("countLabel")
        self._totals = label(theme, muted=True)
        self._totals.setObjectName("totalsLabel")
        self._lay_out()
        self.tree.changed.connect(self._changed)
        self.tree.refused.connect(self._refused)
        self.tree.currentItemChanged.connect(lambda *_: self._explain())

    def offer(
        self, selection: Selection, unavailable: Mapping[str, str], unchanged: frozenset[str] | None = None
    ) -> None:
        """Show the modules.

        Args:
            selection: what is on offer, and what is ticked at first.
            unavailable: modules that this computer can't have, each with the reason.
            unchanged: the choice that would change nothing; None when nothing is installed yet.
        """
        self._unchanged = unchanged
        if unchanged is None:
            self.say(
                self.tr("Choose the modules"),
                self.tr("Everything is ticked. Leave out what you don't need; you can add it any time."),
            )
        else:
            self.say(
                self.tr("Change the modules"),
                self.tr("Tick what you want to have. What you untick is removed."),
            )
        self.tree.offer(selection, unavailable)
        self._changed(selection)

    def show_quote(self, plan: Plan | None) -> None:
        """Show what the choice costs exactly; None when that could not be found out."""
        if plan is None:
            return
        parts = [self.tr("Nothing to download")]
        if plan.to_fetch or plan.to_write:
            parts = [
                self.tr("{size} to download").format(size=size(plan.to_fetch)),
                self.tr("{size} on the disk").format(size=size(plan.to_write)),
            ]
        if plan.drop:
            names = listed(target.module.name for target in plan.drop)
            parts.append(self.tr("{modules} will be removed").format(modules=names))
        self._totals.setText("  ·  ".join(parts))

    def focus_first(self) -> None:
        """Put the focus on the modules."""
        self.tree.setFocus()

    @property
    def selection(self) -> Selection:
        """What is ticked."""
        return self.tree.selection

    def isComplete(self) -> bool:
        """Tell whether there is something to go on with."""
        ticked = self.selection.ticked
        return bool(ticked) and ticked != self._unchanged

    def _lay_out(self) -> None:
        why = QHBoxLayout()
        why.setSpacing(8)
        why.addWidget(self._lock)
        why.addWidget(self._why, 1)
        totals = QHBoxLayout()
        totals.setSpacing(12)
        totals.addWidget(self._count, 0, Qt.AlignmentFlag.AlignTop)
        totals.addWidget(self._totals, 1)
        self.body.addWidget(self.tree, 1)
        self.body.addLayout(why)
        self.body.addLayout(totals)

    def _changed(self, selection: Selection) -> None:
        count = self.tr("{ticked} of {all} chosen")
        self._count.setText(
            count.format(ticked=len(selection.chosen), all=text.modules(len(selection.targets)))
        )
        self._totals.setText(self._estimate(selection))
        self._explain()
        self.completeChanged.emit()
        self.chosen.emit(selection)

    def _estimate(self, selection: Selection) -> str:
        """Say what is known at once; the exact sizes follow with the quote."""
        if self._unchanged is not None:
            return self.tr("Working out the sizes…")
        words = (
            self.tr("{size} to download") if selection.sizes_known else self.tr("At least {size} to download")
        )
        return words.format(size=size(selection.download_size))

    def _explain(self) -> None:
        why = self.tree.reason(self.tree.current_module() or "")
        toned(self._why, Tone.NEUTRAL)
        self._why.setText(why or self.tr("Press the space bar or click to tick or untick a module."))
        self._lock.show_icon("lock" if why else "info", Tone.NEUTRAL)

    def _refused(self, why: str) -> None:
        toned(self._why, Tone.WARNING)
        self._why.setText(self.tr("This one has to stay: {why}").format(why=why))
        self._lock.show_icon("lock", Tone.WARNING)
