"""The first page: what is there now, in plain words, and what fits it."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from vsrt_gui.model.runbook import Page as Words
from vsrt_gui.model.status import Overview
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.pages.greeting import (
    Greeting,
    Remark,
    greet,
    looking,
    still_looking,
    trouble,
)
from vsrt_gui.ui.pages.offers import Intent, label_of
from vsrt_gui.ui.pages.page import Page
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.widgets.bar import Bar
from vsrt_gui.ui.widgets.button import Choice, button
from vsrt_gui.ui.widgets.choices import ChoiceGrid
from vsrt_gui.ui.widgets.editor_notice import EditorNotice
from vsrt_gui.ui.widgets.labels import Elided, restyle
from vsrt_gui.ui.widgets.notice import Notice
from vsrt_gui.ui.widgets.points import Points

ICONS = {
    Intent.LAUNCH: "launch",
    Intent.UPDATE: "update",
    Intent.LOOK_AGAIN: "search",
    Intent.REPAIR: "repair",
    Intent.CHANGE: "modules",
    Intent.VERSIONS: "clock",
    Intent.FROM_FOLDER: "disk",
    Intent.UNINSTALL: "remove",
    Intent.CHANGE_FOLDER: "folder",
}
"""Of what can stand among the choices below the main button."""
SLOW_MS = 4000
"""After this long a look says that it is still at it; a good line answers within one second."""


class WelcomePage(Page):
    """Loading, an error, or one of the runtime's states."""

    intended = Signal(Intent)

    def __init__(self, theme: Theme, runbook: Runbook) -> None:
        super().__init__(theme)
        self._runbook = runbook
        self._loading = Bar(theme, 5)
        self._loading.setObjectName("lookingBar")
        self._loading.setAccessibleName(self.tr("Looking"))
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(lambda: self.say(looking().heading, still_looking()))
        self._points = Points(theme)
        self._notice = Notice(theme, "welcomeNotice", "noticeButton")
        self.editor = EditorNotice(theme)
        self._offered: Intent | None = None
        self._first: Choice | None = None
        self.prefix = ""
        self._notice.action.clicked.connect(self._notice_clicked)
        self._where = Elided(theme, Size.SMALL, muted=True)
        self._where.setObjectName("prefixLabel")
        self._source = Elided(theme, Size.SMALL, muted=True)
        self._source.setObjectName("sourceLabel")
        self._source.hide()
        self._buttons = {intent: self._main_button(intent) for intent in Intent}
        self._choices = {intent: self._choice(intent) for intent in ICONS}
        self._grid = ChoiceGrid()
        self._main = QWidget()
        self._lay_out()
        self.show_loading()

    def show_loading(self) -> None:
        """Show that the disk and the list of modules are being looked at."""
        self._show(looking())
        self._slow.start()
        self._loading.show_fraction(None)
        self._loading.show()
        self._where.hide()

    @property
    def looks(self) -> bool:
        """Whether it still shows that something is looked at."""
        return not self._loading.isHidden()

    def show_trouble(self, words: Words, prefix: str) -> None:
        """Show why nothing can be told about the folder."""
        self._show(trouble(words))
        self._say_where(prefix)

    def show_overview(self, overview: Overview, medium: str = "") -> None:
        """Show what is there and what fits it.

        Args:
            overview: what was found.
            medium: the folder or stick that the modules come from, empty for the usual place.
        """
        self._show(greet(overview, self._runbook))
        self._say_where(overview.prefix)
        self._source.say(self.tr("The modules come from {folder}").format(folder=medium))
        self._source.setVisible(bool(medium))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self._main)
        row.setContentsMargins(0, 0, 0, 6)
        for main in self._buttons.values():
            row.addWidget(main)
        row.addStretch(1)
        self.body.addWidget(self._loading)
        self.body.addWidget(self._points)
        self.body.addWidget(self._main)
        self.body.addWidget(self.editor)
        self.body.addWidget(self._grid)
        self.body.addWidget(self._notice)
        self.body.addWidget(self._where)
        self.body.addWidget(self._source)
        self.body.addStretch(1)

    def _main_button(self, intent: Intent) -> QPushButton:
        made = button(f"{intent.value}Button", label_of(intent), primary=True)
        made.clicked.connect(lambda: self.intended.emit(intent))
        return made

    def _choice(self, intent: Intent) -> Choice:
        made = Choice(self.theme, f"{intent.value}Button", ICONS[intent])
        made.clicked.connect(lambda: self.intended.emit(intent))
        return made

    def _show(self, greeting: Greeting) -> None:
        was_looking = self.looks
        self._slow.stop()
        self.setUpdatesEnabled(False)
        self.say(greeting.heading, greeting.lead)
        self.show_sign(greeting.sign, greeting.tone)
        self._loading.hide()
        self._points.show_points(greeting.points)
        self._remark(greeting.remark, greeting.main)
        for intent, main in self._buttons.items():
            main.setVisible(intent is greeting.main)
            main.setEnabled(not greeting.waits)
            main.setDefault(intent is greeting.main)
        self._main.setVisible(greeting.main is not None)
        for each in greeting.others:
            choice = self._choices[each.intent]
            choice.say(each.title, each.why)
            choice.setEnabled(each.ready)
            restyle(choice, "leads", each.leads)
        self._first = next((self._choices[each.intent] for each in greeting.others if each.leads), None)
        self._grid.show_choices(self._choices[each.intent] for each in greeting.others)
        self.setUpdatesEnabled(True)
        focused = self.focusWidget()
        if was_looking or focused is None or not focused.isVisible() or not focused.isEnabled():
            self.focus_first()  # else somebody is using what is there already

    def focus_first(self) -> None:
        """Put the focus where most people want to go on."""
        shown = [
            b for b in (*self._buttons.values(), *self._grid.shown) if not b.isHidden() and b.isEnabled()
        ]
        leading = [self._first] if self._first is not None else []
        for target in (*leading, *shown)[:1]:
            target.setFocus()

    def _remark(self, remark: Remark | None, main: Intent | None) -> None:
        self._offered = None
        if remark is None:
            self._notice.clear()
            return
        self._notice.say(remark.tone, remark.text, remark.title, remark.steps)
        if remark.offer is not None and remark.offer is not main:
            self._offered = remark.offer
            self._notice.offer(label_of(remark.offer))

    def _notice_clicked(self) -> None:
        if self._offered is not None:
            self.intended.emit(self._offered)

    def _say_where(self, prefix: str) -> None:
        self.prefix = prefix
        self._where.say(self.tr("Folder: {folder}").format(folder=prefix))
        self._where.show()
