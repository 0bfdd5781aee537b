"""The settings: four tabs of cards, one sheet, Save and Cancel.

All of it is saved at once and not click by click: a proxy's choice, address and password only make sense together, and
an address that is half typed must never be in force. Only the appearance is seen at once; Cancel takes it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from vsrt_gui.model.network import ProxyChoice
from vsrt_gui.model.settings import Appearance, Effective, Settings, Source
from vsrt_gui.ui.dialogs.settings_editors import ChoiceEditor
from vsrt_gui.ui.dialogs.settings_field import Field
from vsrt_gui.ui.dialogs.settings_groups import Group, Languages, groups
from vsrt_gui.ui.dialogs.settings_login import LoginRow
from vsrt_gui.ui.dialogs.settings_rules import MistakeError, Wish
from vsrt_gui.ui.dialogs.sheet import Sheet
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.labels import label
from vsrt_gui.ui.widgets.notice import Notice

WIDTH = 660
HEIGHT = 620
NARROWEST = 480
LOWEST = 360
SHARE = 0.92
"""Of the screen, at most."""
SIDE = 24
USUAL: Final = Settings()


@dataclass(frozen=True)
class Opening:
    """What the sheet is opened with.

    Attributes:
        effective: the settings in force.
        languages: code and name of each; None follows the system.
        troubles: title and explanation of each file or value that can't be used; the usual values count instead.
    """

    effective: Effective
    languages: Languages
    troubles: tuple[tuple[str, str], ...] = ()


class SettingsDialog(Sheet):
    """Says what the user wishes; whoever opened it saves, and then accepts or refuses."""

    wished = Signal(Wish)
    looked = Signal(Appearance)
    """The appearance that is to be shown, chosen and not saved yet."""
    login_wanted = Signal()
    """The proxy's login is to be shown, for the first time: only now the keyring need be asked."""

    def __init__(self, parent: QWidget, theme: Theme, opening: Opening) -> None:
        """Make it.

        Args:
            parent: the window that it stands over.
            theme: the look.
            opening: what it shows.
        """
        super().__init__(parent, "settingsDialog")
        self.setWindowTitle(self.tr("Settings"))
        self._theme = theme
        self._before = opening.effective.settings.appearance
        self._fields: dict[str, Field] = {}
        self._place: dict[str, int] = {}
        self._areas: list[QScrollArea] = []
        self._login = LoginRow(theme)
        self._asked = False
        self._saving = False
        self._tabs = QTabBar()
        self._tabs.setObjectName("settingsTabs")
        self._tabs.setFont(theme.font(Size.BODY))
        self._tabs.setAccessibleName(self.tr("Groups of settings"))
        self._pages = QStackedWidget()
        self._notice = Notice(theme, "settingsNotice")
        for group in groups(opening.languages):
            self._add(group)
        self._lay_out()
        self._show(opening)
        self._connect()
        self._fit()

    def open_at(self, group: str) -> None:
        """Show the group of that name."""
        names = [area.objectName() for area in self._areas]
        self._tabs.setCurrentIndex(names.index(f"{group}Settings"))

    def show_login(self, user: str | None) -> None:
        """Show the proxy's user name that the keyring holds, empty for none; None where there is no keyring."""
        self._login.show_kept(user)

    def show_saving(self, *, saving: bool) -> None:
        """Show that it is being saved, so that nobody asks for it twice."""
        self._saving = saving
        self._save.setEnabled(not saving)
        self._cancel.setEnabled(not saving)

    def refuse(self, setting: str, why: str) -> None:
        """Say that something could not be saved.

        Args:
            setting: what it is about; one that is not shown here is told at the top.
            why: a sentence.
        """
        found = self._fields.get(setting)
        if found is None:
            self._notice.say(Tone.DANGER, why, self.tr("This could not be saved"))
            return
        found.refuse(why)
        self._go_to(found, self._place[setting])

    def refuse_login(self, why: str) -> None:
        """Say that the keyring did not take the password."""
        self._login.refuse(why)
        self._go_to(self._login.user, self._place["proxy"])

    def showEvent(self, event: QShowEvent) -> None:
        """Begin at the groups."""
        super().showEvent(event)
        self._follow_proxy()
        self._save.setDefault(True)  # only now: Qt forgets it for a button that has no dialog yet
        self._tabs.setFocus()

    def reject(self) -> None:
        """Forget what was chosen; the window looks as it did. What is being saved is seen to its end."""
        if self._saving:
            return
        self.looked.emit(self._before)
        super().reject()

    def _add(self, group: Group) -> None:
        inside = QWidget()
        inside.setObjectName("pageBody")
        column = QVBoxLayout(inside)
        column.setContentsMargins(SIDE, 4, SIDE, 16)
        column.setSpacing(12)
        column.addWidget(label(self._theme, text=group.help, muted=True))
        for entries in group.cards:
            card = QFrame()
            card.setObjectName("card")
            rows = QVBoxLayout(card)
            rows.setContentsMargins(0, 0, 0, 0)
            rows.setSpacing(0)
            for caption, make in entries:
                made = Field(self._theme, caption, make(self._theme))
                made.setProperty("first", rows.isEmpty())
                self._fields[caption.name] = made
                self._place[caption.name] = self._tabs.count()
                rows.addWidget(made)
            if "proxy_url" in {caption.name for caption, _ in entries}:
                self._login.setProperty("first", False)
                rows.addWidget(self._login)
            column.addWidget(card)
        column.addStretch(1)
        self._tabs.addTab(group.title)
        self._areas.append(_scrolling(inside, f"{group.name}Settings"))
        self._pages.addWidget(self._areas[-1])

    def _show(self, opening: Opening) -> None:
        effective = opening.effective
        for name, made in self._fields.items():
            source = effective.sources.get(name, Source())
            made.show_value(getattr(effective.settings, name), getattr(USUAL, name), source)
        if opening.troubles:
            words = self.tr("Until that is put right, the usual values are used instead.")
            why = "\n".join(cause for _, cause in opening.troubles)
            self._notice.say(Tone.WARNING, f"{why}\n{words}", opening.troubles[0][0])
        self._follow_edits()

    def _connect(self) -> None:
        self._tabs.currentChanged.connect(self._pages.setCurrentIndex)
        for made in self._fields.values():
            made.edited.connect(self._follow_edits)
        self._login.edited.connect(self._follow_edits)
        self._fields["proxy"].edited.connect(self._follow_proxy)
        self._fields["appearance"].edited.connect(self._follow_appearance)
        self._save.clicked.connect(self._ask)
        self._cancel.clicked.connect(self.reject)

    def _chosen(self, name: str) -> object:
        editor = self._fields[name].editor
        return editor.value() if isinstance(editor, ChoiceEditor) else None

    def _follow_appearance(self) -> None:
        chosen = self._chosen("appearance")
        if isinstance(chosen, Appearance):
            self.looked.emit(chosen)

    def _follow_proxy(self) -> None:
        by_hand = self._chosen("proxy") is ProxyChoice.MANUAL
        self._fields["proxy_url"].setVisible(by_hand)
        self._login.setVisible(by_hand)
        if by_hand and not self._asked:
            self._asked = True
            self.login_wanted.emit()

    def _follow_edits(self) -> None:
        try:
            dirty = bool(self._changes()) or self._wished_login() is not None
        except MistakeError:
            dirty = True  # Save says what is wrong, and goes there
        self._save.setEnabled(dirty)

    def _changes(self) -> Mapping[str, object | None]:
        changes: dict[str, object | None] = {}
        for name, made in self._fields.items():
            if name == "proxy_url" and self._chosen("proxy") is not ProxyChoice.MANUAL:
                continue
            changes |= made.changes()
        return changes

    def _proxy(self) -> str | None:
        """Return the address of a proxy that is set by hand."""
        if self._chosen("proxy") is not ProxyChoice.MANUAL:
            return None
        address = self._fields["proxy_url"].editor.value()
        if address is None:
            raise MistakeError(translate("settings", "Write the proxy's address."))
        return str(address)

    def _wished_login(self) -> object:
        return self._login.wish(self._proxy())

    def _ask(self) -> None:
        """Say what is wished, or go to the first mistake."""
        try:
            proxy = self._proxy()
        except MistakeError as mistake:
            self.refuse("proxy_url", str(mistake))
            return
        for name, made in self._fields.items():
            hidden = name == "proxy_url" and proxy is None
            if not hidden and not made.check():
                self._go_to(made, self._place[name])
                return
        if not self._login.check(proxy):
            self._go_to(self._login.user, self._place["proxy"])
            return
        self._notice.clear()
        self.wished.emit(Wish(self._changes(), self._login.wish(proxy)))

    def _go_to(self, where: QWidget, place: int) -> None:
        self._tabs.setCurrentIndex(place)
        control = where.editor if isinstance(where, Field) else where
        (control.focusProxy() or control).setFocus()
        self._areas[place].ensureWidgetVisible(where)

    def _lay_out(self) -> None:
        title = label(self._theme, Size.TITLE, self.tr("Settings"))
        head = QVBoxLayout()
        head.setContentsMargins(SIDE, 0, SIDE, 0)
        head.setSpacing(12)
        head.addWidget(title)
        head.addWidget(self._notice)
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        head.addWidget(self._tabs)
        self._save = button("saveButton", self.tr("&Save"), primary=True)
        self._cancel = button("cancelSettingsButton", self.tr("&Cancel"))
        self._cancel.setAutoDefault(False)
        foot = QFrame()
        foot.setObjectName("foot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 12, 20, 14)
        row.setSpacing(10)
        row.addStretch(1)
        row.addWidget(self._cancel)
        row.addWidget(self._save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 22, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        column.addWidget(foot)

    def _fit(self) -> None:
        """Stay within the screen, and never so small that a control is cut."""
        room = self.screen().availableGeometry().size() * SHARE
        narrowest = max(NARROWEST, *(area.minimumWidth() for area in self._areas))
        self.setMinimumSize(narrowest, min(LOWEST, room.height()))
        self.resize(max(narrowest, min(WIDTH, room.width())), min(HEIGHT, room.height()))


def _scrolling(inside: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    area.setWidget(inside)
    area.setMinimumWidth(inside.minimumSizeHint().width() + area.verticalScrollBar().sizeHint().width())
    return area
