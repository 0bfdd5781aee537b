"""The window: its pages, its buttons, the side panel, and the one way out."""

import asyncio
from pathlib import Path
from typing import cast

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWizard

from vsrt_gui import __version__
from vsrt_gui.engine.session import Session
from vsrt_gui.model.request import Verb
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.flow import Flow
from vsrt_gui.ui.icons import Icons
from vsrt_gui.ui.journey import NOWHERE, Journey
from vsrt_gui.ui.pages.components import ComponentsPage
from vsrt_gui.ui.pages.finish import FinishPage
from vsrt_gui.ui.pages.folder import FolderPage
from vsrt_gui.ui.pages.page import MARGIN, Page, PageId
from vsrt_gui.ui.pages.progress import ProgressPage
from vsrt_gui.ui.pages.removal import RemovalPage
from vsrt_gui.ui.pages.review import ReviewPage
from vsrt_gui.ui.pages.versions import VersionsPage
from vsrt_gui.ui.pages.welcome import WelcomePage
from vsrt_gui.ui.pause import Pause, PauseButton
from vsrt_gui.ui.text import speak_english
from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.labels import restyle
from vsrt_gui.ui.widgets.steps import StepsPanel

SIZE = (900, 600)
SMALLEST = (720, 470)
FRAME = (16, 48)
"""What a window manager puts around a window, in device-independent pixels; it is not known before it is shown."""

Which = QWizard.WizardButton
BUTTONS = {
    PageId.WELCOME: (Which.Stretch, Which.CancelButton),
    PageId.COMPONENTS: (
        Which.CancelButton,
        Which.Stretch,
        Which.BackButton,
        Which.NextButton,
        Which.CommitButton,
    ),
    PageId.FOLDER: (Which.CancelButton, Which.Stretch, Which.BackButton, Which.CommitButton),
    PageId.PROGRESS: (Which.Stretch, Which.CustomButton1, Which.CancelButton),
    PageId.FINISH: (Which.Stretch, Which.FinishButton),
}
ASKING = (Which.CancelButton, Which.Stretch, Which.CommitButton)
"""Below a page that says what would happen; without anything to do there is only the way back."""
ONLY_BACK = (Which.Stretch, Which.CancelButton)
NAMES = {
    Which.BackButton: "backButton",
    Which.NextButton: "nextButton",
    Which.CommitButton: "commitButton",
    Which.CancelButton: "cancelButton",
    Which.FinishButton: "closeButton",
    Which.CustomButton1: "pauseButton",
}


class Wizard(QWizard):
    """Shows pages; what they mean is the flow's matter."""

    leaving = Signal(bool)
    """The user wants out by Cancel, Esc (False) or the window's close box (True)."""
    pausing = Signal()
    """The user wants the run to rest, or to go on."""

    def __init__(self, session: Session, runbook: Runbook, icons: Path) -> None:
        """Make the window; it begins to look as soon as it is shown.

        Args:
            session: the session that every front shares.
            runbook: the words for faults.
            icons: the folder of the icons.
        """
        super().__init__()
        app = cast("QApplication", QApplication.instance())
        speak_english(app)
        self.theme = Theme(app, Icons(icons), self)
        self.welcome = WelcomePage(self.theme, runbook)
        self.components = ComponentsPage(self.theme)
        self.folder = FolderPage(self.theme)
        self.progress = ProgressPage(self.theme, runbook)
        self.finish = FinishPage(self.theme, runbook)
        self.review = ReviewPage(self.theme)
        self.versions = VersionsPage(self.theme)
        self.removal = RemovalPage(self.theme)
        self._steps = StepsPanel(self.theme)
        self._journey = NOWHERE
        self._by_close_box = False
        self._closed = asyncio.Event()
        self._begun = False
        self._build()
        self._pause = PauseButton(self, Which.CustomButton1)
        self.button(Which.CustomButton1).clicked.connect(self.pausing)
        self.flow = Flow(session, runbook, self)
        self.currentIdChanged.connect(lambda _: self._dress_page())

    def page_of(self, page: PageId) -> Page:
        """Return a page."""
        return cast("Page", self.page(page))

    def travel(self, journey: Journey) -> None:
        """Take a way through the pages; the side panel shows it."""
        if journey is not self._journey:  # else the focus stays where the user put it
            self._journey = journey
            self._dress_page()

    def go(self, page: PageId) -> None:
        """Show a page: back to one that was seen, forward to any other."""
        here = cast("Page", self.currentPage())
        here.may_leave = True
        self.setUpdatesEnabled(False)
        if page is PageId.WELCOME:
            self.restart()
        elif page in self.visitedIds():
            while self.currentId() != page:
                self.back()
        else:
            self.setCurrentId(page)
        self.setUpdatesEnabled(True)
        here.may_leave = False

    def show_stopping(self) -> None:
        """Show that the run is being stopped; a second click has nothing to add."""
        self.progress.show_stopping()
        self.show_pause(Pause.TOO_LATE)
        self.button(Which.CancelButton).setEnabled(False)

    def show_pausing(self) -> None:
        """Show that the run is being paused."""
        self.progress.show_pausing()
        self.progress.focus_first()  # before the button goes dead, which would hand the focus on to Cancel
        self.show_pause(Pause.TOO_LATE)

    def show_paused(self) -> None:
        """Show that the run rests, and that the same button goes on."""
        self.progress.show_paused()
        self.show_pause(Pause.GO_ON)

    def show_pause(self, pause: Pause) -> None:
        """Show what the button for pausing and going on has to offer."""
        self._pause.show_pause(pause)

    def dismiss(self) -> None:
        """Close for good."""
        super().reject()

    async def closed(self) -> None:
        """Wait until the window was closed, then let its tasks end."""
        await self._closed.wait()
        await self.flow.close()

    def nextId(self) -> int:
        """Return the page that follows on this way; the first, the progress and the last are left in other ways."""
        here = PageId(self.currentId()) if self.currentId() >= 0 else PageId.WELCOME
        following = self._journey.after(here)
        stays = here in {PageId.WELCOME, PageId.PROGRESS, PageId.FINISH}
        return -1 if following is None or stays else following

    def reject(self) -> None:
        """Take Cancel, Esc and the close box as one wish, which the flow answers."""
        self.leaving.emit(self._by_close_box)

    def done(self, result: int) -> None:
        """Close the window and tell who waits for that."""
        super().done(result)
        self._closed.set()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember that it was the close box that asks."""
        self._by_close_box = True
        super().closeEvent(event)
        self._by_close_box = False

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to look when the window is seen for the first time."""
        super().showEvent(event)
        if not self._begun:
            self._begun = True
            self.flow.begin()

    def _build(self) -> None:
        self.setWizardStyle(QWizard.WizardStyle.ModernStyle)
        self.setWindowTitle(self.tr("VS Code Runtime"))
        self.setOption(QWizard.WizardOption.ExtendedWatermarkPixmap)
        self.setOption(QWizard.WizardOption.NoBackButtonOnStartPage)
        self.setOption(QWizard.WizardOption.IndependentPages)
        self.setOption(QWizard.WizardOption.HaveCustomButton1)
        self.setSideWidget(self._steps)
        self._steps.show_version(self.tr("Installer {version}").format(version=__version__))
        for which, name in NAMES.items():
            primary = which in {Which.NextButton, Which.CommitButton, Which.FinishButton}
            self.setButton(which, button(name, primary=primary))
            self.button(which).setObjectName(name)
        pages = (self.welcome, self.components, self.folder, self.progress, self.finish)
        asking = (self.review, self.versions, self.removal)
        for page_id, page in zip(PageId, (*pages, *asking), strict=True):
            self.setPage(page_id, page)
        for page in (*asking, self.finish):
            page.dressed.connect(self._redress)
        # A small screen at 200 or 300 % has less room than the smallest size: the buttons must stay on it.
        room = self.screen().availableGeometry().size() - QSize(*FRAME)
        self.setMinimumSize(room.boundedTo(QSize(*SMALLEST)))
        self.resize(room.boundedTo(QSize(*SIZE)))

    def _straighten(self) -> None:
        """Let the side panel reach the window's edges, and the buttons stand below the page's text."""
        frame = self._steps.parentWidget()
        around = frame.layout() if frame is not None else None
        if around is not None:
            around.setContentsMargins(0, 0, 0, 0)
        for row in self.findChildren(QHBoxLayout):
            if any(row.indexOf(self.button(which)) >= 0 for which in NAMES):
                row.setContentsMargins(MARGIN, 12, MARGIN, 14)
                row.setSpacing(10)

    def _dress_page(self) -> None:
        """Give the page that is shown its buttons, their words, and its place in the side panel."""
        here = PageId(max(0, self.currentId()))
        footer = self.page_of(here).footer
        only_back = bool(footer and not footer.commit)
        asking = ONLY_BACK if only_back else ASKING
        self.setButtonLayout(list(asking if footer else BUTTONS.get(here, ONLY_BACK)))
        self._straighten()
        self.button(Which.CancelButton).setEnabled(True)
        restyle(self.button(Which.CommitButton), "danger", bool(footer and footer.danger))
        restyle(self.button(Which.CommitButton), "primary", not (footer and footer.danger))
        restyle(self.button(Which.CancelButton), "primary", bool(footer and only_back and footer.leads_back))
        for which, words in self._words(here).items():
            self.setButtonText(which, words)
        self._pause.dress(here=here is PageId.PROGRESS)
        self._steps.show_steps(self._journey.names(), self._place(here))
        self.components.setCommitPage(self._journey.after(PageId.COMPONENTS) is PageId.PROGRESS)
        for committing in (self.folder, self.review, self.versions, self.removal):
            committing.setCommitPage(True)
        page = self.page_of(here)
        QTimer.singleShot(0, page, page.focus_first)  # its controls are not shown yet

    def _place(self, here: PageId) -> int:
        """Return the step that one is at: what was stopped or failed is not done, though its last page is shown."""
        short = here is PageId.FINISH and not self.finish.arrived
        return self._journey.place(PageId.PROGRESS if short else here)

    def _redress(self) -> None:
        """Give the page that is shown other buttons; those of another one wait until it is shown."""
        if self.sender() is self.currentPage():
            self._dress_page()

    def _words(self, here: PageId) -> dict[QWizard.WizardButton, str]:
        """Return what the buttons are called on a page."""
        changing = self._journey.verb is Verb.CHANGE
        commit = self.tr("&Apply changes") if changing else self.tr("&Install")
        footer = self.page_of(here).footer
        stays = here in {PageId.WELCOME, PageId.FINISH}
        away = self.tr("To the &start page") if footer and not footer.commit else self.tr("&Cancel")
        return {
            Which.BackButton: self.tr("&Back"),
            Which.NextButton: self.tr("&Next"),
            Which.CommitButton: footer.commit if footer else commit,
            Which.CancelButton: self.tr("&Close") if stays else away,
            Which.FinishButton: self.tr("&Close"),
        }
