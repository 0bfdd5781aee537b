"""The last page: how it ended, where it is, and what can be done from here."""

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWizard

from vsrt_gui.model.events import CommandTaken, Outcome, Severity
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import Phase, RunState
from vsrt_gui.model.survey import Generation
from vsrt_gui.model.versions import Newness, newness
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import listed, size
from vsrt_gui.ui.changes import ICONS, changes
from vsrt_gui.ui.narration import taken_words
from vsrt_gui.ui.pages.offers import Intent, label_of
from vsrt_gui.ui.pages.page import Page
from vsrt_gui.ui.quoting import Line
from vsrt_gui.ui.text import plain
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.editor_notice import EditorNotice
from vsrt_gui.ui.widgets.labels import Elided, label, restyle
from vsrt_gui.ui.widgets.notice import Notice
from vsrt_gui.ui.widgets.review_view import Lines

SIGNS = {
    Outcome.COMPLETED: ("success", Tone.SUCCESS),
    Outcome.PARTIAL: ("warning", Tone.WARNING),
    Outcome.CANCELLED: ("stopped", Tone.NEUTRAL),
    Outcome.FAILED: ("error", Tone.DANGER),
}
BARE = frozenset({Severity.P1, Severity.P2})
"""What leaves something to be finished before the runtime can be used."""
TURNED = frozenset({Verb.UPDATE, Verb.ROLLBACK})
"""What leads from one version to another."""
SHOWN = TURNED | {Verb.CHANGE}
"""What is followed by a list of what is different now."""


MOST_TAKEN = 3
"""Commands of which a whole sentence is said."""


def _commands(taken: tuple[CommandTaken, ...]) -> str:
    return listed(event.command for event in taken[MOST_TAKEN:])


@dataclass(frozen=True)
class Ending:
    """A run that is over.

    Attributes:
        verb: what was asked.
        state: its last state.
        folder: the prefix.
        names: module id to name.
        editor: whether there is an editor to open.
        before: what was in force before, None for nothing.
        after: what is in force now, None for nothing.
        kept: whether what was in force before can be gone back to.
        way: what to choose on the first page to go on, where the run was stopped.
    """

    verb: Verb
    state: RunState
    folder: str
    names: dict[str, str]
    editor: bool = False
    before: Generation | None = None
    after: Generation | None = None
    kept: bool = True
    way: Intent | None = None

    @property
    def newness(self) -> Newness | None:
        """What an update led to, held against what was in force before; None for what is no update."""
        if self.verb is not Verb.UPDATE or self.before is None or self.after is None:
            return None
        return newness(self.before.manifest_version, self.after.manifest_version)

    @property
    def changes(self) -> tuple[Line, ...]:
        """What is another version now, or came, or went."""
        if self.before is None or self.after is None:
            return ()
        return tuple(
            Line(
                "remove" if each.new is None else ICONS[each.target.module.type],
                each.target.module.name,
                each.words,
            )
            for each in changes(self.before.modules, self.after.modules)
        )


class FinishPage(Page):
    """One of the four outcomes."""

    again = Signal()
    explain = Signal()
    open_folder = Signal()
    start_over = Signal()
    launch = Signal()

    def __init__(self, theme: Theme, runbook: Runbook) -> None:
        super().__init__(theme)
        self._runbook = runbook
        self.arrived = True
        self.setFinalPage(True)
        self._notice = Notice(theme, "finishNotice", "explainButton")
        self._taken = Notice(theme, "takenNotice")
        self._changed = Lines(theme, "changed")
        self._where = Elided(theme, Size.SMALL, muted=True)
        self._where.setObjectName("finishFolderLabel")
        self._hint = label(theme, muted=True)
        self._hint.setObjectName("finishHint")
        self.editor = EditorNotice(theme)
        self.open = button("launchButton", self.tr("Open the &editor"), primary=True)
        self.retry = button("tryAgainButton", primary=True)
        self.folder = button("openFolderButton", self.tr("Open f&older"))
        self.home = button("startPageButton", self.tr("To the &start page"), quiet=True)
        self._notice.action.clicked.connect(self.explain)
        self.open.clicked.connect(self.launch)
        self.retry.clicked.connect(self.again)
        self.folder.clicked.connect(self.open_folder)
        self.home.clicked.connect(self.start_over)
        row = QHBoxLayout()
        for made in (self.open, self.retry, self.folder, self.home):
            row.addWidget(made)
        row.addStretch(1)
        self.body.addWidget(self._notice)
        self.body.addWidget(self._changed)
        self.body.addWidget(self._hint)
        self.body.addLayout(row)
        self.body.addWidget(self.editor)
        self.body.addWidget(self._taken)
        self.body.addSpacing(4)
        self.body.addWidget(self._where)
        self.body.addStretch(1)

    def show_ending(self, ending: Ending) -> None:
        """Show how a run ended."""
        outcome = ending.state.outcome or Outcome.FAILED
        self.arrived = outcome in {Outcome.COMPLETED, Outcome.PARTIAL}
        self.dressed.emit()
        gone = ending.verb is Verb.UNINSTALL and outcome is Outcome.COMPLETED
        self.say(self._heading(ending, outcome), self._lead(ending, outcome))
        self.show_sign(*SIGNS[outcome])
        self._show_faults(ending, outcome)
        self._show_taken(ending.state.taken)
        self._changed.show_lines(
            ending.changes if ending.verb in SHOWN and outcome is Outcome.COMPLETED else ()
        )
        self._hint.setText(self._hint_words(ending, outcome))
        self._hint.setVisible(bool(self._hint.text()))
        self.retry.setVisible(outcome is not Outcome.COMPLETED)
        self.retry.setText(self.tr("&Go on now") if outcome is Outcome.CANCELLED else self.tr("&Try again"))
        self.retry.setDefault(outcome is not Outcome.COMPLETED)
        opens = ending.editor and outcome is Outcome.COMPLETED and not gone
        self.open.setVisible(opens)
        self.open.setDefault(opens)
        self._mark_close(primary=outcome is Outcome.COMPLETED and not opens)
        self.folder.setVisible(not gone)
        self._where.setVisible(not gone)
        self._where.say(self.tr("Folder: {folder}").format(folder=ending.folder))

    def validatePage(self) -> bool:
        """Let the close button close."""
        return True

    def focus_first(self) -> None:
        """Put the focus on what most people want now."""
        shown = [made for made in (self.open, self.retry) if not made.isHidden()]
        (shown[0] if shown else self._close()).setFocus()

    def _close(self) -> QAbstractButton:
        return self.wizard().button(QWizard.WizardButton.FinishButton)

    def _mark_close(self, *, primary: bool) -> None:
        """Let closing stand out only where nothing else is to be done."""
        restyle(self._close(), "primary", primary)

    def _heading(self, ending: Ending, outcome: Outcome) -> str:
        if outcome is Outcome.COMPLETED:
            return self._completed(ending)
        return self._runbook.word(f"outcome.{outcome}").split(". ")[0].rstrip(".")

    def _completed(self, ending: Ending) -> str:
        verb = ending.verb
        if ending.after is not None and (verb is Verb.ROLLBACK or ending.newness is Newness.OLDER):
            return self.tr("Version {version} is in use").format(version=ending.after.manifest_version)
        match verb:
            case Verb.REPAIR:
                return self.tr("Everything is in order")
            case Verb.UNINSTALL:
                return self.tr("The VS Code Runtime was removed")
            case _:
                return self._runbook.word(f"completed.{verb}").rstrip(".")

    def _lead(self, ending: Ending, outcome: Outcome) -> str:
        if outcome is Outcome.COMPLETED:
            return self._summary(ending)
        severity = ending.state.severity
        if outcome is Outcome.CANCELLED and (severity is None or severity in BARE):
            return self.tr("What was downloaded is kept.")
        return self._runbook.word(f"severity.{severity}") if severity else ""

    def _summary(self, ending: Ending) -> str:
        state = ending.state
        if ending.verb is Verb.UNINSTALL:
            alone = self.tr("Your own settings and extensions were left alone.")
            if state.request and state.request.with_data:
                alone = self.tr("Your own settings and extensions were removed, too.")
            kept = self.tr("The downloads are kept for a later installation.")
            return f"{alone} {kept}" if state.request and state.request.keep_downloads else alone
        if ending.verb is Verb.REPAIR and not state.modules and state.plan and state.plan.mends:
            return self.tr("The notes that say what is installed were put right.")
        if ending.verb is Verb.REPAIR and not state.modules:
            return self.tr("Nothing had to be put right.")
        if ending.verb in TURNED and ending.after is not None:
            return self._turned(ending, ending.after)
        names = listed(row.name for row in state.modules if row.phase is Phase.FINISHED)
        if not names:
            return ""
        words = (
            self.tr("Put right: {modules}.") if ending.verb is Verb.REPAIR else self.tr("Done: {modules}.")
        )
        return words.format(modules=names)

    def _turned(self, ending: Ending, after: Generation) -> str:
        """Say which version is in use now, and that the other one is not gone."""
        before = ending.before
        now = self.tr("You have version {version} now.")
        kept = self.tr("Version {version} is kept: Earlier versions on the start page leads back to it.")
        if before is None or before.number == after.number:
            return now.format(version=after.manifest_version)
        if ending.newness is Newness.ANEW:
            now = self.tr("You have the new build of version {version} now.")
            kept = self.tr("The one before is kept: Earlier versions on the start page leads back to it.")
        said = now.format(version=after.manifest_version)
        return f"{said} {kept.format(version=before.manifest_version)}" if ending.kept else said

    def _show_faults(self, ending: Ending, outcome: Outcome) -> None:
        faults = ending.state.faults
        if not faults or outcome in {Outcome.COMPLETED, Outcome.CANCELLED}:
            self._notice.clear()
            return
        page = self._runbook.page(faults[0], ending.names)
        tone = Tone.DANGER if outcome is Outcome.FAILED else Tone.WARNING
        missing = list(dict.fromkeys(f.module for f in faults if f.module))
        text = page.cause
        if missing:
            text += "\n" + self.tr("Not done: {modules}.").format(modules=listed(missing, ending.names))
        self._notice.say(tone, text, page.title)
        self._notice.offer(self.tr("What to &do"))

    def _show_taken(self, taken: tuple[CommandTaken, ...]) -> None:
        """Name the commands that a file of the user's own stands in the way of: a remark, no fault."""
        self._taken.clear()
        if taken:
            said = [taken_words(event) for event in taken[:MOST_TAKEN]]
            if len(taken) > MOST_TAKEN:
                said.append(self.tr("The same with: {commands}.").format(commands=_commands(taken)))
            self._taken.say(Tone.NEUTRAL, "\n".join(said))

    def _hint_words(self, ending: Ending, outcome: Outcome) -> str:
        if outcome is Outcome.CANCELLED and ending.way is not None:
            kept = ending.state.safe_bytes
            words = self.tr("You can go on any time: open this program again and choose {button}.")
            words = words.format(button=plain(label_of(ending.way)))
            safe = self.tr("{size} is on the disk already and is not downloaded again.")
            return f"{safe.format(size=size(kept))} {words}" if kept else words
        if outcome is Outcome.PARTIAL:
            return self.tr("What is finished can be used. Try again fetches only what is missing.")
        return ""
