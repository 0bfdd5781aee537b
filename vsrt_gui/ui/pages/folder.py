"""The page to choose the folder on: where it goes, whether there is room, and what stands in the way."""

from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from vsrt_gui.model.survey import Volume
from vsrt_gui.runbook.quantities import size
from vsrt_gui.ui.pages.page import Page
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.labels import label, toned
from vsrt_gui.ui.widgets.notice import Notice
from vsrt_gui.ui.widgets.space import SpaceBar

TYPING_MS = 350
"""A pause in typing this long means that the path is meant."""


@dataclass(frozen=True)
class Place:
    """A folder and what was found out about it.

    Attributes:
        typed: what the user chose.
        prefix: where the runtime would really go.
        volume: its disk, None where that can't be measured.
        needed: bytes that must be free, None while that is not known.
        trouble: title and explanation of what stands in the way, None when nothing does.
        installed: whether a runtime is there already.
    """

    typed: str
    prefix: str
    volume: Volume | None = None
    needed: int | None = None
    trouble: tuple[str, str] | None = None
    installed: bool = False


class FolderPage(Page):
    """A path, a bar of the disk, and at most one notice."""

    picked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._place: Place | None = None
        self.path = QLineEdit()
        self.path.setObjectName("folderEdit")
        self.path.setAccessibleName(self.tr("Folder"))
        self.path.setFont(theme.font(Size.BODY))
        self.browse = button("browseButton", self.tr("B&rowse…"))
        self.reset = button("defaultFolderButton", self.tr("Use the &usual folder"), quiet=True)
        self.reset.hide()
        self._notice = Notice(theme, "folderNotice")
        self._trouble = Notice(theme, "folderTrouble")
        self._space = SpaceBar(theme)
        self._space_text = label(theme)
        self._space_text.setObjectName("spaceLabel")
        self._need_text = label(theme, Size.SMALL, muted=True)
        self._need_text.setObjectName("needLabel")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_MS)
        self._usual = ""
        self._lay_out()
        self._connect()

    def begin(self, folder: str) -> None:
        """Start with a folder, which "usual" goes back to."""
        self._usual = self._usual or folder
        self.say(
            self.tr("Choose the folder"),
            self.tr(
                "The usual folder is right for most people. The runtime needs no administrator's rights there."
            ),
        )
        self.path.setText(folder)
        self._pick()

    def show_place(self, place: Place) -> None:
        """Show what was found out about the folder; late news about another one is passed over."""
        if place.typed != self.typed:
            return
        self._place = place
        self._show_space(place)
        self._show_notice(place)
        if place.trouble is None:
            self._trouble.clear()
        else:
            title, why = place.trouble
            self._trouble.say(Tone.DANGER, why, title)
        self.completeChanged.emit()

    def focus_first(self) -> None:
        """Put the focus on the path."""
        self.path.setFocus()

    @property
    def typed(self) -> str:
        """What stands in the field."""
        return self.path.text().strip()

    def isComplete(self) -> bool:
        """Tell whether the installation can begin here."""
        place = self._place
        return (
            place is not None and place.typed == self.typed and place.trouble is None and self._roomy(place)
        )

    def _roomy(self, place: Place) -> bool:
        return place.volume is None or place.needed is None or place.needed <= place.volume.free

    def _connect(self) -> None:
        self.path.textChanged.connect(self._typing)
        self._pause.timeout.connect(self._pick)
        self.browse.clicked.connect(self._browse)
        self.reset.clicked.connect(lambda: self.path.setText(self._usual))

    def _typing(self) -> None:
        self._pause.start()
        self.reset.setVisible(self.typed != self._usual)
        self.completeChanged.emit()

    def _pick(self) -> None:
        self._pause.stop()
        if self.typed:
            self.picked.emit(self.typed)

    def _browse(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose the folder"), self.typed)
        dialog.setObjectName("browseDialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._browsed)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _browsed(self, folder: str) -> None:
        self.path.setText(folder)
        self._pick()

    def _show_space(self, place: Place) -> None:
        volume = place.volume
        self._card.setVisible(volume is not None)
        if volume is None:
            return
        needed = place.needed or 0
        self._space.show_space(volume.free, volume.total, needed)
        words = self.tr("{free} free of {total}")
        self._space_text.setText(words.format(free=size(volume.free), total=size(volume.total)))
        if place.needed is None:
            self._need_text.setText(self.tr("Working out how much is needed…"))
        elif self._roomy(place):
            self._need_text.setText(
                self.tr("At least {size} must be free. There is enough room.").format(size=size(needed))
            )
        else:
            missing = size(needed - volume.free)
            words = self.tr("At least {size} must be free. {missing} more are needed.")
            self._need_text.setText(words.format(size=size(needed), missing=missing))
        short = place.needed is not None and not self._roomy(place)
        toned(self._need_text, Tone.DANGER if short else Tone.NEUTRAL)

    def _show_notice(self, place: Place) -> None:
        if place.trouble is not None:
            self._notice.clear()
        elif place.installed:
            words = self.tr("The runtime is here already. It is changed to the modules that you chose.")
            self._notice.say(Tone.ACCENT, words)
        elif place.prefix.rstrip("/\\") != place.typed.rstrip("/\\"):
            words = self.tr("It goes into {folder}.")
            self._notice.say(Tone.ACCENT, words.format(folder=place.prefix))
        else:
            self._notice.clear()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        caption = label(self.theme, Size.STRONG, self.tr("&Folder"))
        caption.setBuddy(self.path)
        self._card = QFrame()
        self._card.setObjectName("card")
        column = QVBoxLayout(self._card)
        column.setContentsMargins(16, 13, 16, 13)
        column.setSpacing(7)
        column.addWidget(self._space_text)
        column.addWidget(self._space)
        column.addWidget(self._need_text)
        self.body.addWidget(caption)
        self.body.addLayout(row)
        self.body.addWidget(self.reset)
        self.body.addWidget(self._trouble)
        self.body.addWidget(self._notice)
        self.body.addSpacing(6)
        self.body.addWidget(self._card)
        self.body.addStretch(1)
