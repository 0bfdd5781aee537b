"""The part of the flow that owns a run: begins and shows it, pauses it, asks before stopping it, closes after it."""

from collections.abc import Awaitable, Callable
from enum import Enum, auto

from PySide6.QtCore import QObject, Signal

from vsrt_gui.model.events import Event, Outcome
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import Phase, RunState
from vsrt_gui.ui.desk import Desk
from vsrt_gui.ui.dialogs.confirm import ConfirmDialog, Question
from vsrt_gui.ui.going_on import SETTLED, joined
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.pause import Pause


class Mode(Enum):
    """What goes on."""

    IDLE = auto()
    RUNNING = auto()
    PAUSING = auto()
    """It is being cancelled, and the page stays."""
    STOPPING = auto()
    """It is being cancelled, and the last page follows."""
    PAUSED = auto()
    """Nothing runs; connections and lock are let go. Only the page knows that it is not over."""
    ENDING = auto()
    """Nothing runs; the last page is on its way, and Cancel would close the window before it is seen."""


RESTING = frozenset({Mode.IDLE, Mode.PAUSED, Mode.ENDING})
"""While nothing runs that would have to be stopped."""


class Running(QObject):
    """One run at a time. A pause is a cancel that keeps the page, and going on is the same request again."""

    rests = Signal(bool)
    """Whether a run is paused, each time that this changes."""

    def __init__(self, desk: Desk, ended: Callable[[Request], Awaitable[None]]) -> None:
        """Listen to the session.

        Args:
            desk: the flow's tools.
            ended: awaited with a request whose run is over, unless the window closes.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._ended = ended
        self._question: ConfirmDialog | None = None
        self._mode = Mode.IDLE
        self._before: RunState | None = None
        self._closing = False
        self._request = Request(verb=Verb.INSTALL)
        self.request: Request | None = None
        self.forget = desk.session.subscribe(self._heard)
        desk.window.pausing.connect(self.pause_or_go_on)
        desk.window.progress.hurrying.connect(desk.session.reset_breakers)

    @property
    def state(self) -> RunState:
        """The run, together with what came of it before it was paused."""
        now = self._desk.session.state
        return now if self._before is None else joined(self._before, now)

    def start(self, request: Request) -> None:
        """Begin a run and show it; nothing happens while one goes on or is paused."""
        if self._mode is not Mode.IDLE:
            return
        self.request = self._request = request
        self._before = None
        self._desk.window.progress.begin(request.verb, self._desk.names())
        self._desk.window.go(PageId.PROGRESS)
        self._run(request)

    def pause_or_go_on(self) -> None:
        """Answer the one button for both; it is of no use while the run just ends."""
        if self._mode is Mode.RUNNING and self._offer() is Pause.OFFERED:
            self._mode = Mode.PAUSING
            self._desk.window.show_pausing()
            self._desk.session.cancel()
        elif self._mode is Mode.PAUSED:
            self._before = self.state
            self._desk.window.progress.go_on()
            self._run(self._request)

    def leave(self, by_close_box: bool) -> None:
        """Answer Cancel, Esc and the close box: at once, or after one question while there is something to stop.

        A paused run has let go of everything, so the close box has nothing to ask about: the next start offers to
        finish it. Cancel gives it up for now, which leads to another page, and asks as ever.
        """
        if self._mode is Mode.IDLE or (by_close_box and self._mode in RESTING):
            self._desk.window.dismiss()
            return
        self._closing = self._closing or by_close_box
        if self._mode is Mode.PAUSING and by_close_box:
            self._mode = Mode.STOPPING
        elif self._question is None and self._mode not in {Mode.STOPPING, Mode.ENDING}:
            self._desk.jobs.start(self._ask_to_stop())

    def stop_and_close(self) -> None:
        """Stop without a question, because the system ends the session."""
        self._closing = True
        if self._mode in RESTING:
            self._desk.window.dismiss()
        else:
            self._stop()

    def _run(self, request: Request) -> None:
        self._mode = Mode.RUNNING
        self.rests.emit(False)
        try:
            self._desk.session.start(request)
        finally:  # also where showing its first event failed: the run goes on, and must be seen to end
            self._desk.jobs.start(self._until_the_end(request))

    def _heard(self, event: Event, _state: RunState) -> None:
        self._desk.window.progress.see(event, self.state)
        if self._mode is Mode.RUNNING:
            self._desk.window.show_pause(self._offer())

    def _offer(self) -> Pause:
        """Tell whether the run can be paused just now."""
        state = self._desk.session.state
        if self._request.verb in {Verb.VERIFY, Verb.UNINSTALL}:
            return Pause.NOT_OFFERED  # nothing is kept of a look, and removing is over in a moment
        modules = state.modules
        settled = state.generation is not None or (modules and {row.phase for row in modules} <= SETTLED)
        return Pause.TOO_LATE if settled or state.phase is Phase.FINISHED else Pause.OFFERED

    async def _until_the_end(self, request: Request) -> None:
        try:
            ended = await self._desk.session.finished()
        finally:  # also where showing the end failed: the window must close
            mode, self._mode = self._mode, Mode.IDLE
        if mode is Mode.PAUSING and ended.outcome is Outcome.CANCELLED:
            self._mode = Mode.PAUSED
            self._desk.window.show_paused()
            self.rests.emit(True)
            return
        self._desk.window.progress.end()
        if self._question is not None:
            self._question.reject()
        if self._closing and mode is Mode.STOPPING:
            self._desk.window.dismiss()
        else:
            self._closing = False
            await self._end(request)

    async def _end(self, request: Request) -> None:
        self._mode = Mode.ENDING
        self.rests.emit(False)
        try:
            await self._ended(request)
        finally:
            self._mode = Mode.IDLE

    async def _ask_to_stop(self) -> None:
        question = ConfirmDialog(
            self._desk.window, self._desk.window.theme, self._stop_question(self._request.verb)
        )
        self._question = question
        question.finished.connect(self._answered)
        stop = await question.confirmed()
        if not stop:
            self._closing = False
        elif self._mode is Mode.PAUSED:
            await self._end(self._request)
        elif self._mode not in RESTING:
            self._stop()

    def _answered(self) -> None:
        self._question = None

    def _stop(self) -> None:
        self._mode = Mode.STOPPING
        self._desk.window.show_stopping()
        self._desk.session.cancel()

    def _stop_question(self, verb: Verb) -> Question:
        paused = self._mode in {Mode.PAUSING, Mode.PAUSED}
        return Question(
            name="stopDialog",
            title={
                Verb.INSTALL: self.tr("Stop the installation?"),
                Verb.CHANGE: self.tr("Stop the changes?"),
                Verb.REPAIR: self.tr("Stop the repair?"),
                Verb.UPDATE: self.tr("Stop the update?"),
                Verb.UNINSTALL: self.tr("Stop removing?"),
                Verb.ROLLBACK: self.tr("Stop going back?"),
                Verb.VERIFY: self.tr("Stop the check?"),
            }[verb],
            text=self._stop_text(verb),
            yes=self.tr("&Stop"),
            no=self.tr("Stay &paused") if paused else self.tr("&Keep going"),
        )

    def _stop_text(self, verb: Verb) -> str:
        match verb:
            case Verb.UNINSTALL:
                return self.tr("What is already removed stays removed. Uninstall again to finish it.")
            case Verb.REPAIR:
                return self.tr("What was put right stays so. You can go on any time.")
            case Verb.UPDATE | Verb.CHANGE:
                return self.tr(
                    "What is downloaded is kept, and what you had keeps working. You can go on any time."
                )
            case _:
                return self.tr("What is downloaded is kept. You can go on any time.")
