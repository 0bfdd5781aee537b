"""The part of the flow that owns a run: begins and shows it, asks before stopping it, closes the window after it."""

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject

from vsrt_gui.model.events import Event
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState
from vsrt_gui.ui.desk import Desk
from vsrt_gui.ui.dialogs.confirm import ConfirmDialog, Question
from vsrt_gui.ui.pages.page import PageId


class Running(QObject):
    """One run at a time."""

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
        self._active = False
        self._stopping = False
        self._closing = False
        self.request: Request | None = None
        self.forget = desk.session.subscribe(self._heard)

    def start(self, request: Request) -> None:
        """Begin a run and show it; nothing happens while one goes on."""
        if self._active:
            return
        self._active, self._stopping, self.request = True, False, request
        self._desk.window.progress.begin(request.verb, self._desk.names())
        self._desk.window.go(PageId.PROGRESS)
        self._desk.session.start(request)
        self._desk.jobs.start(self._until_the_end(request))

    def leave(self, by_close_box: bool) -> None:
        """Answer Cancel, Esc and the close box: at once, or after one question while a run goes on."""
        if not self._active:
            self._desk.window.dismiss()
            return
        self._closing = self._closing or by_close_box
        if self._question is None and not self._stopping:
            self._desk.jobs.start(self._ask_to_stop())

    def stop_and_close(self) -> None:
        """Stop without a question, because the system ends the session."""
        self._closing = True
        if self._active:
            self._stop()
        else:
            self._desk.window.dismiss()

    def _heard(self, event: Event, state: RunState) -> None:
        self._desk.window.progress.see(event, state)

    async def _until_the_end(self, request: Request) -> None:
        await self._desk.session.finished()
        self._active = False
        self._desk.window.progress.end()
        if self._question is not None:
            self._question.reject()
        if self._closing and self._stopping:
            self._desk.window.dismiss()
        else:
            self._closing = False
            await self._ended(request)

    async def _ask_to_stop(self) -> None:
        verb = self.request.verb if self.request else Verb.INSTALL
        question = ConfirmDialog(self._desk.window, self._desk.window.theme, self._stop_question(verb))
        self._question = question
        question.finished.connect(self._answered)
        stop = await question.confirmed()
        if stop and self._active:
            self._stop()
        elif not stop:
            self._closing = False

    def _answered(self) -> None:
        self._question = None

    def _stop(self) -> None:
        self._stopping = True
        self._desk.window.show_stopping()
        self._desk.session.cancel()

    def _stop_question(self, verb: Verb) -> Question:
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
            no=self.tr("&Keep going"),
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
