"""Leads from page to page: turns clicks into commands to the session, and what it says into pages."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, assert_never

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from vsrt_gui.engine.session import Session
from vsrt_gui.model import status as st
from vsrt_gui.model.events import Outcome
from vsrt_gui.model.faults import Fault, InstallerError
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.runbook import Remedy
from vsrt_gui.model.survey import PrefixRecord
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui import journey
from vsrt_gui.ui.choosing import Choosing
from vsrt_gui.ui.desk import Desk, ask
from vsrt_gui.ui.dialogs.confirm import ConfirmDialog
from vsrt_gui.ui.explaining import Explaining
from vsrt_gui.ui.journey import Journey
from vsrt_gui.ui.launching import Launching
from vsrt_gui.ui.looking import Looking
from vsrt_gui.ui.medium import Medium
from vsrt_gui.ui.pages.finish import Ending
from vsrt_gui.ui.pages.offers import Intent, way_on
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.pages.removal import removal_of
from vsrt_gui.ui.preferences import Preferences
from vsrt_gui.ui.remembering import Remembering
from vsrt_gui.ui.reviewing import Reviewing
from vsrt_gui.ui.running import Running

if TYPE_CHECKING:
    from vsrt_gui.ui.wizard import Wizard

REVIEWED = {Intent.UPDATE: (Verb.UPDATE, journey.UPDATE), Intent.REPAIR: (Verb.REPAIR, journey.REPAIR)}
"""What is begun only after it was shown what it means."""
RETURNING = frozenset({journey.CHANGE, journey.UPDATE, journey.REPAIR, journey.ROLLBACK, journey.UNINSTALL})
"""Ways whose Cancel leads back to the first page, since something is installed and can be used."""
ASKING = frozenset({PageId.COMPONENTS, PageId.REVIEW, PageId.VERSIONS, PageId.REMOVAL})
"""Pages on such a way on which nothing has happened yet."""


class Flow(QObject):
    """The window's one controller."""

    def __init__(self, session: Session, runbook: Runbook, window: "Wizard") -> None:
        """Connect pages and session.

        Args:
            session: the session that every front shares.
            runbook: the words.
            window: the wizard with its pages.
        """
        super().__init__(window)
        self._desk = Desk(session, runbook, window)
        self._remembering = Remembering(self._desk)
        self._explaining = Explaining(self._desk, self.remedy, self._remembering.show)
        self.offer_support = self._explaining.offer_support
        self._choosing = Choosing(self._desk)
        self._running = Running(self._desk, self._ended)
        self._launching = Launching(self._desk, self._explain_anew)
        self._looking = Looking(self._desk, self._launching.look, self._travel)
        self._reviewing = Reviewing(self._desk)
        self._medium = Medium(self._desk, self.begin, self._explain_anew)
        self.preferences = Preferences(
            self._desk, self.begin, self._explaining.explain, self._remembering.show
        )
        self._running.rests.connect(self.preferences.see_pause)
        self._journey = journey.NOWHERE
        window.welcome.intended.connect(self._intended)
        window.components.forward.connect(self._modules_chosen)
        window.folder.forward.connect(lambda: self.start(self._choosing.install_request()))
        window.review.forward.connect(lambda: self.start(self._reviewing.request))
        window.review.anyway.connect(lambda: self.start(self._reviewing.request))
        window.versions.forward.connect(lambda: self.start(self._reviewing.request))
        window.removal.forward.connect(self._remove)
        window.finish.again.connect(self._again)
        window.finish.explain.connect(
            lambda: self._explaining.explain(session.state.faults, session.state.severity)
        )
        window.finish.open_folder.connect(self._open_folder)
        window.finish.start_over.connect(self._start_over)
        window.leaving.connect(self._leave)
        window.currentIdChanged.connect(self._moved)

    def begin(self) -> None:
        """Look at what is there, and show it."""
        self._running.request = None  # what is tried again from here is what an earlier run left
        self._looking.begin()
        self.preferences.tell_faults()

    async def close(self) -> None:
        """End every task of the window."""
        self._running.forget()
        self._launching.forget()
        await self._desk.jobs.close()

    def quit(self) -> None:
        """Stop what goes on and close the window, without a question: the system ends the session."""
        self._running.stop_and_close()

    def start(self, request: Request, way: Journey | None = None) -> None:
        """Begin a run and show it."""
        self._choosing.rest()
        self._looking.rest()
        self._reviewing.rest()
        self._travel(way or self._journey)
        self._running.start(request)

    def report(self, fault: Fault) -> None:
        """Show a fault that no run brought about."""
        self._explaining.explain((fault,))

    def _moved(self, page: int) -> None:
        """Look again when one comes back to the first page after the folder was changed."""
        known = self._desk.overview.prefix if self._desk.overview else ""
        looked_at = self._desk.window.welcome.prefix
        if page == PageId.WELCOME and known and looked_at != str(self._desk.session.prefix):
            self.begin()

    def _travel(self, way: Journey) -> None:
        self._journey = way
        self._desk.window.travel(way)

    def _intended(self, intent: Intent) -> None:  # noqa: C901 -- one arm for each intent
        match intent:
            case Intent.INSTALL:
                self._choose_modules(journey.INSTALL)
            case Intent.CHANGE:
                self._choose_modules(journey.CHANGE)
            case Intent.FINISH:
                self.start(ask(Verb.INSTALL), journey.FINISH)
            case Intent.UPDATE | Intent.REPAIR:
                self._review(*REVIEWED[intent])
            case Intent.VERSIONS:
                self._choose_version()
            case Intent.UNINSTALL:
                self._show_removal()
            case Intent.LOOK_AGAIN:
                self._desk.session.reset_breakers()
                self.begin()
            case Intent.CHANGE_FOLDER:
                self._choose_folder()
            case Intent.EXPLAIN:
                self._explaining.explain(self._last_faults())
            case Intent.LAUNCH:
                self._launching.open()
            case Intent.FROM_FOLDER:
                self._medium.choose()
            case _:
                assert_never(intent)

    def _choose_modules(self, way: Journey) -> None:
        if self._desk.overview is None:
            self._start_over()
            return
        self._travel(way)
        self._choosing.offer(way)
        self._desk.window.go(PageId.COMPONENTS)

    def _modules_chosen(self) -> None:
        if self._journey is journey.CHANGE:
            self.start(self._choosing.change_request())
        else:
            self._choosing.begin_folder()

    def _choose_folder(self) -> None:
        self._travel(journey.INSTALL)
        self._choosing.begin_folder()

    def _review(self, verb: Verb, way: Journey) -> None:
        self._travel(way)
        self._reviewing.begin(verb)

    def _choose_version(self) -> None:
        if self._desk.overview is None:
            self._start_over()
            return
        self._travel(journey.ROLLBACK)
        self._reviewing.begin_versions(self._desk.overview)

    def _show_removal(self) -> None:
        desk = self._desk
        self._travel(journey.UNINSTALL)
        folder, data = str(desk.session.prefix), str(desk.session.user_data)
        desk.window.removal.show_removal(removal_of(desk.overview, folder, data))
        desk.window.go(PageId.REMOVAL)
        desk.jobs.start(self._look_at_own_data())

    async def _look_at_own_data(self) -> None:
        with suppress(InstallerError):  # what can't be looked at is not offered to be removed
            self._desk.window.removal.show_own_data(await self._desk.session.own_data())
            self._desk.window.removal.show_in_use(await self._desk.session.in_use())

    def _remove(self) -> None:
        """Begin the uninstallation; before the user's own things go, ask once more."""
        page = self._desk.window.removal
        wish = ask(Verb.UNINSTALL).but(
            keep_downloads=page.keep.isChecked(), with_data=page.forget.isChecked()
        )
        if wish.with_data:
            self._desk.jobs.start(self._remove_if_sure(wish))
        else:
            self.start(wish)

    async def _remove_if_sure(self, wish: Request) -> None:
        window = self._desk.window
        if await ConfirmDialog(window, window.theme, window.removal.question).confirmed():
            self.start(wish)

    def _leave(self, by_close_box: bool) -> None:
        """Answer Cancel, Esc and the close box: before anything has happened Cancel leads back to the first page."""
        if not by_close_box and self._journey in RETURNING and self._desk.window.currentId() in ASKING:
            self._choosing.rest()
            self._reviewing.rest()
            self._start_over()
        else:
            self._running.leave(by_close_box)

    def _last_faults(self) -> tuple[Fault, ...]:
        overview = self._desk.overview
        if overview is None:
            return ()
        if isinstance(overview.status, st.Failed):
            return (overview.status.fault,)
        return overview.record.last_run.faults if overview.record.last_run else ()

    async def _ended(self, request: Request) -> None:
        desk, state = self._desk, self._running.state
        editor = await self._launching.look()
        before, after = desk.overview.record.current if desk.overview else None, await self._record()
        ending = Ending(
            verb=request.verb,
            state=state,
            folder=str(desk.session.prefix),
            names=desk.names(),
            editor=editor,
            before=before,
            after=after.current if after else None,
            kept=bool(after and before and before.number in {g.number for g in after.generations}),
            way=way_on(request.verb, after),
        )
        desk.window.finish.show_ending(ending)
        desk.window.go(PageId.FINISH)
        if state.outcome in {Outcome.FAILED, Outcome.PARTIAL}:
            self._explaining.explain(state.faults, state.severity)

    async def _record(self) -> PrefixRecord | None:
        try:
            return await self._desk.session.record()
        except InstallerError:  # the last page says how it ended; the first one, that this can't be read
            return None

    def _again(self) -> None:
        """Ask for the same again; before any run, finish what an earlier one left."""
        self.start(
            self._running.request or ask(Verb.INSTALL),
            self._journey if self._running.request else journey.FINISH,
        )

    def _start_over(self) -> None:
        self._desk.window.go(PageId.WELCOME)
        self.begin()

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._desk.session.prefix)))

    def _explain_anew(self, fault: Fault, again: Callable[[], None]) -> None:
        self._explaining.explain((fault,), None, again)

    async def remedy(self, remedy: Remedy) -> None:  # noqa: C901 -- one arm for each remedy
        """Do what a button of a fault's page says."""
        match remedy:
            case Remedy.RETRY:
                self._again()
            case Remedy.REPAIR:
                self._review(Verb.REPAIR, journey.REPAIR)
            case Remedy.UPDATE:
                self._review(Verb.UPDATE, journey.UPDATE)
            case Remedy.FREE_SPACE:
                if await self._explaining.free_space():
                    self._again()
            case Remedy.CHANGE_FOLDER:
                self._choose_folder()
            case Remedy.CHANGE_MODULES:
                await self._change_modules()
            case Remedy.RESET_BREAKER:
                self._desk.session.reset_breakers()
                self._again()
            case Remedy.OPEN_FOLDER:
                self._open_folder()
            case Remedy.SETTINGS:
                self.preferences.show_settings("network")
            case Remedy.COPY_DETAILS | Remedy.CLOSE:
                pass  # the dialog itself copies; closing it is all there is to do
            case _:
                assert_never(remedy)

    async def _change_modules(self) -> None:
        """Look anew, since the run changed what is there, and show the modules."""
        await self._looking.look()
        installed = self._desk.overview is not None and self._desk.overview.record.wanted is not None
        self._choose_modules(journey.CHANGE if installed else journey.INSTALL)
