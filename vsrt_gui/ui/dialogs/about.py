"""What this program is: version, licence, what it is made of, and where its logs and settings lie."""

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QTextEdit, QVBoxLayout, QWidget

from vsrt_gui import __version__
from vsrt_gui.ui.dialogs.sheet import Sheet
from vsrt_gui.ui.text import breakable
from vsrt_gui.ui.theme import Size, Theme
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.widgets.button import button
from vsrt_gui.ui.widgets.icon import IconView
from vsrt_gui.ui.widgets.labels import label

OURS = "vsrt-gui"
LICENCE = "MIT"
WIDTH = 560
HEIGHT = 560
NARROWEST = 460
SHARE = 0.92
"""Of the screen, at most."""
LIST_LINES = 7
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST = 60
"""Letters of a licence's name; some packages put the whole text there."""


@dataclass(frozen=True)
class Library:
    """Something that this program is built with.

    Attributes:
        name: of its package.
        version: that runs now.
        licence: its name, as the package itself says it.
    """

    name: str
    version: str
    licence: str


@dataclass(frozen=True)
class Folders:
    """Where people look when something went wrong.

    Attributes:
        settings: the folder of the user's settings file.
        logs: the folder of the logs.
    """

    settings: Path
    logs: Path


def libraries(of: str = OURS) -> tuple[Library, ...]:
    """Return every installed package that a package needs, by name.

    It asks the packages themselves at run time; a frozen program carries the same notes, because its build takes the
    metadata of all of them along.
    """
    found: dict[str, Library] = {}
    waiting = list(_needs(of))
    while waiting:
        name = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # for another system or another Python
        said = package.metadata
        found[key] = Library(said["Name"], package.version, _licence(said.get_all("Classifier") or [], said))
        waiting += _needs(name)
    return tuple(found[key] for key in sorted(found))


def _needs(name: str) -> Iterator[str]:
    try:
        wanted = distribution(name).requires or []
    except PackageNotFoundError:
        return
    for line in wanted:
        found = _NAME.match(line)
        if found and "extra ==" not in line:
            yield found[0]


def _licence(classifiers: list[str], said: object) -> str:
    """Return a licence's short name: an expression, else a short text, else the last part of a classifier."""
    get = getattr(said, "get")  # noqa: B009 -- importlib's PackageMetadata has it, its protocol does not say so
    for field in ("License-Expression", "License"):
        text = (get(field) or "").strip()
        if text and len(text) <= _LONGEST and "\n" not in text:
            return text
    names = [line.rpartition("::")[2].strip() for line in classifiers if line.startswith("License ::")]
    return ", ".join(names)


def facts() -> tuple[tuple[str, str], ...]:
    """Return what an engineer asks first: names and versions."""
    return (
        ("VS Code Runtime Installer", __version__),
        ("Qt", qVersion()),
        ("Python", platform.python_version()),
        ("System", f"{platform.platform(terse=True)}, {platform.machine()}"),
    )


class AboutDialog(Sheet):
    """One page; Esc closes it."""

    log_wanted = Signal()
    """The user wants to see what was logged."""

    def __init__(self, parent: QWidget, theme: Theme, folders: Folders) -> None:
        """Make it.

        Args:
            parent: the window that it stands over.
            theme: the look.
            folders: which its buttons open.
        """
        super().__init__(parent, "aboutDialog")
        self.setWindowTitle(self.tr("About"))
        self._theme = theme
        self._facts = facts()
        self._libraries = libraries()
        self._log = button("showLogButton", self.tr("&Show what was logged"))
        self._log.setToolTip(self.tr("Show what was logged (Ctrl+L)"))
        self._copy = button("copyAboutButton", self.tr("C&opy details"))
        self._close = button("closeAboutButton", self.tr("&Close"), primary=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 22, 0, 0)
        column.setSpacing(16)
        column.addLayout(self._head())
        column.addWidget(self._folders(folders))
        column.addLayout(self._made_of(), 1)
        column.addWidget(self._foot())
        for side in (self._log, self._copy):
            side.setAutoDefault(False)
        self._log.clicked.connect(self.log_wanted)
        self._copy.clicked.connect(self._copy_details)
        self._close.clicked.connect(self.accept)
        room = self.screen().availableGeometry().size() * SHARE
        self.setMinimumWidth(max(NARROWEST, column.minimumSize().width()))
        self.resize(min(WIDTH, room.width()), min(HEIGHT, room.height()))
        self._close.setDefault(True)
        self._close.setFocus()

    @property
    def details(self) -> str:
        """What `Copy details` copies."""
        lines = [f"{name}: {value}" for name, value in self._facts]
        lines += ["", *(f"{each.name} {each.version} ({each.licence})" for each in self._libraries)]
        return "\n".join(lines)

    def _head(self) -> QHBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(self._theme, Size.TITLE, self.tr("VS Code Runtime Installer")))
        version = label(self._theme, text=self.tr("Version {version}").format(version=__version__))
        version.setObjectName("aboutVersion")
        words.addWidget(version)
        line = self.tr("Qt {qt}, Python {python}").format(qt=qVersion(), python=platform.python_version())
        words.addWidget(label(self._theme, text=line, muted=True))
        licence = self.tr("Free software under the {name} licence.").format(name=LICENCE)
        words.addWidget(label(self._theme, text=licence, muted=True))
        head = QHBoxLayout()
        head.setContentsMargins(24, 0, 24, 0)
        head.setSpacing(18)
        head.addWidget(IconView(self._theme, "vsrt", Tone.NEUTRAL, 56), 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        return head

    def _folders(self, folders: Folders) -> QWidget:
        card = QFrame()
        card.setObjectName("card")
        grid = QGridLayout(card)
        grid.setContentsMargins(16, 10, 12, 10)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        rows = (("Settings", self.tr("Settings"), folders.settings), ("Logs", self.tr("Logs"), folders.logs))
        for row, (name, words, folder) in enumerate(rows):
            caption = label(self._theme, Size.STRONG, words)
            caption.setWordWrap(False)
            place = label(self._theme, Size.SMALL, breakable(str(folder)), muted=True)
            place.setObjectName(f"about{name}Folder")
            grid.addWidget(caption, row, 0)
            grid.addWidget(place, row, 1)
            grid.addWidget(self._opener(f"open{name}Button", words, folder), row, 2)
        around = QWidget()
        margins = QVBoxLayout(around)
        margins.setContentsMargins(24, 0, 24, 0)
        margins.addWidget(card)
        return around

    def _opener(self, name: str, words: str, folder: Path) -> QPushButton:
        """Return a button that opens a folder, or the nearest one above it that exists."""
        made = button(name, self.tr("Open"))
        made.setAutoDefault(False)
        made.setAccessibleName(self.tr("Open the folder: {name}").format(name=words))

        def show() -> None:
            there = next((each for each in (folder, *folder.parents) if each.is_dir()), folder)
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(there)))

        made.clicked.connect(show)
        return made

    def _made_of(self) -> QVBoxLayout:
        text = QTextEdit()
        text.setObjectName("librariesText")
        text.setAccessibleName(self.tr("Libraries and their licences"))
        text.setReadOnly(True)
        text.setTabChangesFocus(True)
        text.setFont(self._theme.font(Size.SMALL))
        text.setPlainText("\n".join(f"{one.name} {one.version} — {one.licence}" for one in self._libraries))
        text.setMinimumHeight(LIST_LINES * text.fontMetrics().lineSpacing())
        column = QVBoxLayout()
        column.setContentsMargins(24, 0, 24, 0)
        column.setSpacing(6)
        column.addWidget(label(self._theme, Size.STRONG, self.tr("Built with")))
        column.addWidget(text, 1)
        return column

    def _foot(self) -> QFrame:
        foot = QFrame()
        foot.setObjectName("foot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 4, 20, 14)
        row.setSpacing(10)
        row.addWidget(self._log)
        row.addStretch(1)
        row.addWidget(self._copy)
        row.addWidget(self._close)
        return foot

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self.details)
        self._copy.setText(self.tr("Copied"))
