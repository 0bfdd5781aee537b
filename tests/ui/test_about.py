"""The about page in the real window: what it says is what runs, its folders open, Esc closes it."""

import platform
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from house import House
from PySide6.QtCore import QObject, Qt, QUrl, Slot, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTextEdit
from simulators.window_driver import Driver

from vsrt_gui import __version__
from vsrt_gui.app import open_settings
from vsrt_gui.ui.dialogs.about import AboutDialog, libraries

Play = Callable[[Any], Any]


class Opened(QObject):
    """Takes the place of the desktop's file manager."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        """Remember what was opened."""
        self.places.append(url.toLocalFile())


@asynccontextmanager
async def about(house: House) -> AsyncIterator[tuple[Driver, AboutDialog]]:
    """Open the page by a click in the side panel."""
    async with house.window() as drive:
        await drive.click("aboutButton")
        yield drive, cast("AboutDialog", await drive.dialog("aboutDialog"))
        if drive.sees("aboutDialog"):
            await drive.click("closeAboutButton")
        await drive.until(lambda: not drive.sees("aboutDialog"), "it stays open")


def test_it_says_what_runs(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with about(house) as (drive, sheet):
            said = " ".join(drive.texts())
            for word in (__version__, f"Qt {qVersion()}", f"Python {platform.python_version()}", "MIT"):
                assert word in said
            listed = sheet.findChild(QTextEdit, "librariesText")
            assert isinstance(listed, QTextEdit)
            for name in ("PySide6_Essentials", "pydantic", "httpx"):
                assert f"{name} {version(name)}" in listed.toPlainText()
            await drive.click("copyAboutButton")
            copied = QGuiApplication.clipboard().text()
            assert copied == sheet.details
            assert platform.machine() in copied
            assert drive.text("copyAboutButton") == "Copied"

    play(scenario())


def test_esc_closes_it_and_it_opens_again(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with about(house) as (drive, sheet):
            QTest.keyClick(sheet, Qt.Key.Key_Escape)
            await drive.until(lambda: drive.wizard.flow.preferences._open is None, "Esc did nothing")
            assert not drive.sees("aboutDialog")
            await drive.click("aboutButton")
            await drive.dialog("aboutDialog")

    play(scenario())


def test_its_folders_open_or_the_nearest_one_that_is_there(play: Play, house: House) -> None:
    file = open_settings({}).user_file
    nearest = next(folder for folder in file.parent.parents if folder.is_dir())
    desktop = Opened()
    QDesktopServices.setUrlHandler("file", desktop, "open")

    async def scenario() -> None:
        async with about(house) as (drive, _):
            assert drive.text("aboutSettingsFolder") == str(file.parent)
            await drive.click("openSettingsButton")
            file.parent.mkdir(parents=True)
            await drive.click("openSettingsButton")

    try:
        play(scenario())
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert [Path(place) for place in desktop.places] == [nearest, file.parent]


def test_every_library_names_its_licence() -> None:
    found = libraries()
    assert len(found) > 15
    assert [each.name for each in found if not each.licence] == []
    assert all(len(each.licence) < 80 for each in found)
