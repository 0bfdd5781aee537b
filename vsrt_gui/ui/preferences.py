"""Opens settings and about from every page, and carries out what was chosen there."""

from collections.abc import Callable
from typing import cast

from platformdirs import user_config_path, user_log_path
from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.ui.desk import Desk
from vsrt_gui.ui.dialogs.about import AboutDialog, Folders
from vsrt_gui.ui.dialogs.confirm import ConfirmDialog, Question
from vsrt_gui.ui.dialogs.settings import Opening, SettingsDialog
from vsrt_gui.ui.dialogs.settings_groups import Languages
from vsrt_gui.ui.dialogs.settings_rules import Wish
from vsrt_gui.ui.dialogs.sheet import Sheet
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.translation import translate
from vsrt_gui.ui.widgets.steps import StepsPanel

SEEN_ON_THE_FIRST_PAGE = frozenset({"manifest_url", "prefix", "mirrors", "proxy", "proxy_url", "ca_file"})
"""What decides whether the catalog is found, and which; after such a change the first page looks again."""


LANGUAGES = {"en": "English"}
"""One for each file of words in `resources/runbook`; each is called what its speakers call it."""
_HOME = "vscode-runtime"
"""What the program's folders are called; so are those of the settings and the logs themselves."""


def languages() -> Languages:
    """Return what can be chosen."""
    return ((None, translate("settings", "Like the system")), *LANGUAGES.items())


def _folders() -> Folders:
    return Folders(user_config_path(_HOME, appauthor=False), user_log_path(_HOME, appauthor=False))


class Preferences(QObject):
    """The side panel's buttons, Ctrl+, and what they open; one sheet at a time."""

    def __init__(
        self,
        desk: Desk,
        look_again: Callable[[], None],
        explain: Callable[[tuple[Fault, ...]], None],
        show_log: Callable[[QWidget], None],
    ) -> None:
        """Connect the side panel.

        Args:
            desk: the flow's tools.
            look_again: looks at folder and catalog anew, and shows it on the first page.
            explain: shows what is wrong.
            show_log: opens the log over a dialog.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._look_again = look_again
        self._explain = explain
        self._show_log = show_log
        self._told = False
        self._pause = False
        self._open: Sheet | None = None
        self._panel = cast("StepsPanel", desk.window.sideWidget())
        self._panel.settings_wanted.connect(self.show_settings)
        self._panel.about_wanted.connect(self.show_about)
        shortcut = QShortcut(QKeySequence("Ctrl+,"), desk.window)
        shortcut.activated.connect(self.show_settings)
        desk.window.currentIdChanged.connect(self._moved)
        desk.window.theme.prefer(desk.session.settings.appearance)

    def tell_faults(self) -> None:
        """Say at the start, once, which file or value can't be used; the program goes on without it."""
        if not self._told:
            self._told = True
            self._explain(self._desk.session.effective.faults)

    def show_settings(self, group: str = "general") -> None:
        """Open the settings; nothing happens while a run goes on, which would not keep to them.

        Args:
            group: which of `general`, `network`, `mirrors` and `advanced` is seen first.
        """
        if self._open is None and self._allowed():
            self._open = self._made(group)
            self._desk.jobs.start(self._shown(self._open))

    def show_about(self) -> None:
        """Open the page about this program."""
        if self._open is None:
            about = self._open = AboutDialog(self._desk.window, self._desk.window.theme, _folders())
            about.log_wanted.connect(lambda: self._show_log(about))
            self._desk.jobs.start(self._shown(self._open))

    def see_pause(self, paused: bool) -> None:
        """Allow the settings while a run is paused: it goes on with what is set then."""
        self._pause = paused
        self._moved()

    def _allowed(self) -> bool:
        return self._pause or self._desk.window.currentId() != PageId.PROGRESS

    def _moved(self) -> None:
        self._panel.allow_settings(self._allowed())

    async def _shown(self, sheet: Sheet) -> None:
        try:
            await sheet.answer()
        finally:
            self._open = None

    def _made(self, group: str) -> SettingsDialog:
        desk = self._desk
        sheet = SettingsDialog(desk.window, desk.window.theme, self._opening())
        sheet.open_at(group)
        sheet.wished.connect(lambda wish: desk.jobs.start(self._save(sheet, wish)))
        sheet.looked.connect(desk.window.theme.prefer)
        sheet.login_wanted.connect(lambda: desk.jobs.start(self._look_up_login(sheet)))
        return sheet

    def _opening(self) -> Opening:
        effective = self._desk.session.effective
        troubles = tuple(self._desk.trouble(fault) for fault in effective.faults)
        return Opening(effective, languages(), troubles)

    async def _look_up_login(self, sheet: SettingsDialog) -> None:
        session = self._desk.session
        user = await session.logins.user(session.settings.proxy_url)
        if self._open is sheet:
            sheet.show_login(user)

    async def _save(self, sheet: SettingsDialog, wish: Wish, *, anew: bool = False) -> None:
        session, login = self._desk.session, wish.login
        sheet.show_saving(saving=True)
        before = session.settings
        try:
            if login is not None:
                await session.logins.keep(login.proxy, login.user, login.password)
            settings = (await session.change_settings(wish.changes, anew=anew)).settings
        except InstallerError as error:
            sheet.show_saving(saving=False)
            await self._refused(sheet, wish, error.fault)
            return
        sheet.accept()
        self._desk.window.theme.prefer(settings.appearance)
        changed = {
            name for name in SEEN_ON_THE_FIRST_PAGE if getattr(before, name) != getattr(settings, name)
        }
        if (changed or login is not None) and self._desk.window.currentId() == PageId.WELCOME:
            self._look_again()

    async def _refused(self, sheet: SettingsDialog, wish: Wish, fault: Fault) -> None:
        """Say beside the field, or at the top, why nothing was saved."""
        cause = self._desk.trouble(fault)[1]
        match fault.code:
            case FaultCode.SETTING_INVALID:
                name = str(fault.facts["setting"]).partition(" ")[0]
                why = str(fault.facts["reason"])
                sheet.refuse(name, self.tr("This can't be used: {reason}.").format(reason=why))
            case FaultCode.SECRETS_UNAVAILABLE:
                sheet.refuse_login(cause)
            case FaultCode.SETTINGS_UNREADABLE:
                await self._offer_new_file(sheet, wish, cause)
            case _:
                sheet.refuse("", cause)

    async def _offer_new_file(self, sheet: SettingsDialog, wish: Wish, cause: str) -> None:
        """Ask before a file that can't be read makes room for a new one."""
        question = Question(
            name="newSettingsDialog",
            title=self.tr("Start a new settings file?"),
            text=self.tr("{cause}\nIt is kept under another name beside the new one.").format(cause=cause),
            yes=self.tr("&Start a new one"),
            no=self.tr("&Leave it"),
        )
        if await ConfirmDialog(sheet, self._desk.window.theme, question).confirmed():
            await self._save(sheet, wish, anew=True)
        else:
            sheet.refuse("", cause)
