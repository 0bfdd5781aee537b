"""Settings and about in every state that they know."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget

from vsrt_gui.model.layers import NAMES
from vsrt_gui.model.network import ProxyChoice
from vsrt_gui.model.settings import Effective, Origin, Settings, Source
from vsrt_gui.ui.dialogs.about import AboutDialog, Folders
from vsrt_gui.ui.dialogs.settings import Opening, SettingsDialog
from vsrt_gui.ui.preferences import languages
from vsrt_gui.ui.wizard import Wizard

MINE = Source(origin=Origin.USER, place="/home/sam/.config/vscode-runtime/settings.toml")
LOCKED = Source(origin=Origin.ADMIN, place="/etc/xdg/vscode-runtime/settings.toml", locked=True)
SUGGESTED = LOCKED.but(locked=False)
VARIABLE = Source(origin=Origin.ENVIRONMENT, place="VSRT_MANIFEST_URL")
STARTED = Source(origin=Origin.COMMAND_LINE, place="command line")
OWN = Settings(
    keep_downloads=True,
    kept_generations=3,
    download_dir=Path("/media/sam/data/downloads"),
    proxy=ProxyChoice.MANUAL,
    proxy_url="http://proxy.example.com:3128",
    bandwidth_limit=2_500_000,
    mirrors=(
        "https://mirror.example.com/vsrt/",
        "https://intranet.example.com/software/mirrors/vscode-runtime/",
    ),
    manifest_url="https://intranet.example.com/vsrt/manifest.json",
    stall_timeout=90.0,
)
WHY = (
    "The settings in /home/sam/.config/vscode-runtime/settings.toml could not be read: "
    "Expected '=' after a key in a key/value pair (at line 3, column 9)."
)
TROUBLES = (("The file with the settings can't be read", WHY),)


def effective(settings: Settings, **sources: Source) -> Effective:
    """Return settings in force; what differs from the usual ones is the user's own, unless `sources` says more."""
    usual = Settings()
    own = {name: MINE for name in NAMES if getattr(settings, name) != getattr(usual, name)}
    return Effective(settings=settings, sources={**dict.fromkeys(NAMES, Source()), **own, **sources})


@dataclass(frozen=True)
class Showing:
    """A window that settings and about stand over."""

    wizard: Wizard

    def states(self) -> Iterator[tuple[str, Callable[[], QWidget]]]:
        """Yield the name of each state, and what brings it about."""
        fresh, own = effective(Settings()), effective(OWN)
        fixed = effective(
            OWN,
            proxy=LOCKED,
            proxy_url=LOCKED,
            mirrors=LOCKED,
            keep_downloads=LOCKED,
            ca_file=SUGGESTED,
            manifest_url=VARIABLE,
            stall_timeout=STARTED,
            bandwidth_limit=STARTED,
        )
        for group in ("general", "network", "mirrors", "advanced"):
            for name, given in (("usual", fresh), ("own", own), ("fixed", fixed)):
                yield f"settings-{group}-{name}", self._settings(Opening(given, languages()), group, "sam")
        for group, name, text in (
            ("general", "download_dir", "Downloads"),
            ("network", "proxy_url", "http://sam:secret@proxy.example.com"),
            ("mirrors", "mirrors", "mirror.example.com"),
            ("advanced", "manifest_url", "https://"),
        ):
            yield (
                f"settings-{group}-wrong",
                self._settings(Opening(own, languages()), group, "", (name, text)),
            )
        yield "settings-no-keyring", self._settings(Opening(own, languages()), "network", None)
        yield "settings-unreadable", self._settings(Opening(fresh, languages(), TROUBLES), "general", "")
        yield "settings-refused", self._refused
        yield "about", self._about

    def _settings(
        self, opening: Opening, group: str, user: str | None, typed: tuple[str, str] | None = None
    ) -> Callable[[], QWidget]:
        def show() -> QWidget:
            sheet = SettingsDialog(self.wizard, self.wizard.theme, opening)
            sheet.open_at(group)
            sheet.show_login(user)
            sheet.open()
            if typed is not None:
                line = sheet.findChild(QLineEdit, f"{typed[0]}Edit")
                assert isinstance(line, QLineEdit)
                line.setText(typed[1])
                button = sheet.findChild(QPushButton, "mirrorsAdd" if group == "mirrors" else "saveButton")
                assert isinstance(button, QPushButton)
                button.click()
            return sheet

        return show

    def _refused(self) -> QWidget:
        sheet = SettingsDialog(self.wizard, self.wizard.theme, Opening(effective(Settings()), languages()))
        sheet.open()
        choice = sheet.findChild(QComboBox, "languageChoice")
        assert isinstance(choice, QComboBox)
        choice.setCurrentIndex(1)
        sheet.refuse("", "The disk that holds /home/sam/.config has no room left.")
        return sheet

    def _about(self) -> QWidget:
        home = Path("/home/sam")
        folders = Folders(home / ".config/vscode-runtime", home / ".local/state/vscode-runtime/log")
        about = AboutDialog(self.wizard, self.wizard.theme, folders)
        about.open()
        return about
