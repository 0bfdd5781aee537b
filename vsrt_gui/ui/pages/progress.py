"""The page that shows a run: the whole, each module, what is safe, and the story on demand."""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from time import monotonic

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from vsrt_gui.model.events import (
    CatalogMissed,
    DiskWarning,
    Event,
    Outcome,
    PlanReady,
    Retrying,
    RunFinished,
    RunStarted,
    Waiting,
)
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import ModuleState, Phase, RunState
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import size, speed
from vsrt_gui.ui import text
from vsrt_gui.ui.blank import blank
from vsrt_gui.ui.going_on import SETTLED
from vsrt_gui.ui.narration import Story, missed_words
from vsrt_gui.ui.pages.page import Page
from vsrt_gui.ui.rows import STANDING, Countdowns, RowView, held_up, longest_wait, resting_view, row_view
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.bar import Bar
from vsrt_gui.ui.widgets.hint import Hint
from vsrt_gui.ui.widgets.hurry import Hurry
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label, short
from vsrt_gui.ui.widgets.log_details import LogDetails
from vsrt_gui.ui.widgets.notice import Notice
from vsrt_gui.ui.widgets.row import ModuleRow

FRAME_MS = 66
"""One rendering at most every 66 ms, however many events there are: 15 a second."""
LEAST_ROWS = 48
"""The list scrolls; on a small screen with the details open this much of it stays."""


class Gait(Enum):
    """How the run that is shown goes."""

    GOING = auto()
    STOPPING = auto()
    PAUSING = auto()
    PAUSED = auto()


class ProgressPage(Page):
    """Renders the newest state on one timer; an event only leaves it there."""

    hurrying = Signal()
    """The user wants to wait no longer, neither for servers that are left alone nor for pauses."""

    def __init__(self, theme: Theme, runbook: Runbook, clock: Callable[[], float] = monotonic) -> None:
        """Make it.

        Args:
            theme: the look.
            runbook: the words.
            clock: monotonic seconds.
        """
        super().__init__(theme, scrolls=False)
        self._runbook = runbook
        self._clock = clock
        self._state = RunState()
        self._gait = Gait.GOING
        self._verb = Verb.INSTALL
        self._story = Story(runbook, {})
        self._countdowns = Countdowns(clock)
        self._calm = text.CalmTime()
        self._rows: dict[str, ModuleRow] = {}
        self._remarks: tuple[CatalogMissed | None, DiskWarning | None] = None, None
        self._bar = Bar(theme, 10)
        self._bar.setObjectName("overallBar")
        self._percent = short(theme, Size.HEADING)
        self._percent.setObjectName("percentLabel")
        self._doing_text = label(theme, muted=True)
        self._doing_text.setObjectName("doingLabel")
        self._speed = short(theme, Size.SMALL, muted=True)
        self._speed.setObjectName("speedLabel")
        self._shield = IconView(theme, "shield", Tone.SUCCESS, 18)
        self._safe = label(theme, Size.SMALL, muted=True)
        self._safe.setObjectName("safeLabel")
        self._notice = Notice(theme, "progressNotice")
        self.details = LogDetails(theme, "details")
        self._hurry = Hurry(self.details.toggle)
        self._hurry.say(self.tr("Try &now"), self.tr("Ends the wait at once, for all parts."))
        self._hurry.button.clicked.connect(self._end_waiting)
        self._hint = Hint(theme, "progressHint")
        self._list = QWidget()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self.render_now)
        self._lay_out()

    def begin(self, verb: Verb, names: Mapping[str, str]) -> None:
        """Get ready for a run.

        Args:
            verb: what it is to bring about.
            names: module id to name.
        """
        self._verb = verb
        self._story = Story(self._runbook, names)
        self.details.clear()
        self._state = RunState(phase=Phase.SURVEYING)
        self._sync_rows()
        self._set_off()

    def go_on(self) -> None:
        """Go on after a pause; what is shown stays until there is something newer to show."""
        self._set_off()

    def see(self, event: Event, state: RunState) -> None:
        """Take note of an event; the next frame shows it."""
        self._state = state
        self._countdowns.see(event)
        stopped = isinstance(event, RunFinished) and event.outcome is Outcome.CANCELLED
        pauses = stopped and self._gait is Gait.PAUSING
        told = self._story.pause() if pauses else self._story.tell(event)
        if told is not None:
            self.details.add(told)
        if isinstance(event, RunStarted):
            self._timer.start()
        if isinstance(event, PlanReady):
            self.render_now()  # new rows cost most, and a moment later the transfers want the processor, too

    def show_state(self, state: RunState) -> None:
        """Show a state at once, whatever led to it."""
        self._state = state
        self.render_now()

    def focus_first(self) -> None:
        """Put the focus where a key pressed too often does no harm."""
        self.details.toggle.setFocus()

    def show_stopping(self) -> None:
        """Show that the run is being stopped."""
        self._gait = Gait.STOPPING
        self.say(self.tr("Stopping"), self.tr("What was downloaded is kept."))
        self.render_now()

    def show_pausing(self) -> None:
        """Show that the run is being paused."""
        self._gait = Gait.PAUSING
        self.say(self.tr("Pausing"), self.tr("What was downloaded is kept."))
        self.render_now()

    def show_paused(self) -> None:
        """Show that the run rests: everything stands where it stood."""
        self._gait = Gait.PAUSED
        self.say(self._paused_title(), self.tr("You can go on any time, also after you close this window."))
        self._bar.setAccessibleName(self._paused_title())
        self.end()

    def end(self) -> None:
        """Show the last state and rest."""
        self._timer.stop()
        self.render_now()

    def _set_off(self) -> None:
        """Show that a run goes on from here."""
        self._gait = Gait.GOING
        self._calm = text.CalmTime()
        self._countdowns = Countdowns(self._clock)
        title = self._runbook.word(f"running.{self._verb}")
        self.say(title, self.tr("You can go on working meanwhile."))
        self._bar.setAccessibleName(title)
        self.render_now()
        self._timer.start()

    def _paused_title(self) -> str:
        return {
            Verb.INSTALL: self.tr("The installation is paused"),
            Verb.CHANGE: self.tr("The changes are paused"),
            Verb.REPAIR: self.tr("The repair is paused"),
            Verb.UPDATE: self.tr("The update is paused"),
            Verb.ROLLBACK: self.tr("Going back is paused"),
            Verb.UNINSTALL: self.tr("Removing is paused"),
            Verb.VERIFY: self.tr("The check is paused"),
        }[self._verb]

    def render_now(self) -> None:
        """Show the newest state."""
        self._sync_rows()
        for row in self._state.modules:
            self._rows[row.module].show_view(self._view(row))
        whole = self._whole()
        paused = self._gait is Gait.PAUSED
        self._bar.show_fraction(whole or 0.0 if paused else whole, Tone.NEUTRAL if paused else Tone.ACCENT)
        self._percent.setText("" if whole is None else f"{int(whole * 100)} %")
        self._doing_text.setText(self._doing())
        self._show_safe()
        self._show_remarks()
        self._show_hint()
        going = self._gait is Gait.GOING
        self._hurry.show_left(longest_wait(self._state, self._countdowns) if going else 0.0)

    def _end_waiting(self) -> None:
        """Count nothing down any more; the run sees the wish within a second."""
        self._countdowns.end()
        self.render_now()
        self.hurrying.emit()

    def _view(self, row: ModuleState) -> RowView:
        if self._gait is Gait.PAUSED:
            return resting_view(row, self._runbook, self._story.names)
        shown = row if self._gait is Gait.GOING else row.but(speed=0.0)
        left = self._countdowns.left(row.module, row.pause)
        return row_view(shown, left, self._runbook, self._story.names)

    def _whole(self) -> float | None:
        state = self._state
        if state.modules:
            return state.progress
        looking = state.phase is Phase.SURVEYING or (self._gait is not Gait.GOING and state.plan is None)
        return state.surveyed if looking and state.surveyed and state.holdup is None else None

    def _doing(self) -> str:
        state = self._state
        if self._gait is Gait.PAUSED:
            return self.tr("Paused")
        if self._gait is not Gait.GOING:
            return self.tr("One moment")
        if state.holdup is not None and state.phase is Phase.SURVEYING:
            return self._holdup(state.holdup)
        if state.phase is Phase.SURVEYING:
            return self._runbook.word("phase.surveying")
        if state.modules and {row.phase for row in state.modules} <= SETTLED:
            return self._story.trying or self.tr("Putting everything in place")
        return self._time_left() or self._story.trying or self._runbook.word("phase.working")

    def _holdup(self, event: Retrying | Waiting) -> str:
        told = event.delay if isinstance(event, Retrying) else event.seconds
        left = self._countdowns.left(None, told)
        if isinstance(event, Waiting):
            return self._runbook.phase(Phase.WAITING, left)
        title = self._runbook.page(event.fault, self._story.names).title
        return f"{title}. {self._runbook.phase(Phase.RETRYING, left, event.elsewhere)}"

    def _time_left(self) -> str:
        if self._state.phase is not Phase.WORKING:
            return ""
        if held_up(self._state):
            return self.tr("Waiting for the connection")
        return self._calm.say(self._state.total_bytes - self._state.safe_bytes, self._clock())

    def _show_safe(self) -> None:
        state = self._state
        known = bool(state.total_bytes)
        self._safe.setVisible(known)
        self._shield.setVisible(known)
        self._speed.setVisible(known)
        moves = self._gait is Gait.GOING and state.speed >= STANDING
        self._speed.setText(speed(state.speed) if moves else "")
        if known:
            words = self.tr("{amount} is safe on the disk.")
            self._safe.setText(words.format(amount=text.part_of(state.safe_bytes, state.total_bytes)))

    def _show_remarks(self) -> None:
        """Say what is worth knowing beside the progress, when that has changed."""
        missed, disk = remarks = self._state.missed, self._state.disk_warning
        if remarks == self._remarks:
            return
        self._remarks = remarks
        said = []
        if disk is not None:
            words = self.tr("There is room for this, but the disk is nearly full: {free} are free.")
            said.append(words.format(free=size(disk.free)))
        if missed is not None:
            said.append(missed_words(missed, self._runbook))
        self._notice.clear()
        if said:
            self._notice.say(Tone.ACCENT if disk is None else Tone.WARNING, "\n".join(said))

    def _show_hint(self) -> None:
        said = blank(self._state, self._verb, paused=self._gait is Gait.PAUSED)
        self._hint.setVisible(said is not None)
        if said is not None:
            self._hint.say(said.icon, said.tone, said.text)

    def _sync_rows(self) -> None:
        """Make a row for each module that is worked on."""
        wanted = [row.module for row in self._state.modules]
        if list(self._rows) == wanted:
            return
        for row in self._rows.values():
            row.deleteLater()
            self._column.removeWidget(row)
        self._rows = {module: ModuleRow(self.theme, module) for module in wanted}
        for place, (module, row) in enumerate(self._rows.items()):
            row.mark_last(module == wanted[-1])
            self._column.insertWidget(place, row)
        self._card.setVisible(bool(wanted))
        self._card.setMaximumHeight(sum(row.sizeHint().height() for row in self._rows.values()) + 8)

    def _make_room(self, opened: bool) -> None:
        """Give open details a share of the page, closed ones only their line."""
        self.body.setStretchFactor(self.details, 90 if opened else 0)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._doing_text, 1)
        top.addWidget(self._hurry.button)
        top.addWidget(self._percent)
        safe = QHBoxLayout()
        safe.setSpacing(8)
        safe.addWidget(self._shield)
        safe.addWidget(self._safe, 1)
        safe.addWidget(self._speed)
        self._list.setObjectName("rows")
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, 2, 0, 2)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(LEAST_ROWS)
        area.setWidget(self._list)
        area.viewport().setAutoFillBackground(False)
        self._card = QFrame()
        self._card.setObjectName("card")
        self._card.hide()
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(area)
        self.body.addLayout(top)
        self.body.addWidget(self._bar)
        self.body.addLayout(safe)
        self.body.addWidget(self._notice)
        self.body.addWidget(self._hint)
        self.body.addWidget(self._card, 60)
        self.body.addWidget(self.details)
        self.body.addStretch(1)
        self.details.toggle.toggled.connect(self._make_room)
