"""The page before an uninstallation: what goes, what stays, what can be kept; and the real window with it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from house import House
from journeys import install
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from simulators import window_reviews as reviews
from simulators import window_states as states

from vsrt_gui.ui import text
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.pages.removal import removal_of
from vsrt_gui.ui.text import BREAK

Play = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def _english(qapp: QApplication) -> None:
    text.speak_english(qapp)


def test_what_goes_is_named_with_its_size() -> None:
    removal = removal_of(states.OVERVIEWS["installed"], "/prefix", "/data")
    assert [(line.name, line.what, line.amount) for line in removal.lines[:2]] == [
        ("Node.js", "24.19.0", "186 MB"),
        ("Extension Server", "1.126.04524", "324 MB"),
    ]
    assert removal.size == 585 * states.MB
    assert not removal.editor


def test_earlier_versions_and_downloads_go_too_and_a_running_editor_is_noticed() -> None:
    before = reviews.kept(3)
    overview = before.but(server=states.READY, record=before.record.but(staged={"ab" * 32: 31 * states.MB}))
    removal = removal_of(overview, "/prefix", "/data")
    assert removal.others == "2 earlier versions and downloads, 31 MB"
    assert removal.editor


def test_what_can_not_be_read_can_be_removed_all_the_same() -> None:
    removal = removal_of(None, "/prefix", "/data")
    assert (removal.folder, removal.data, removal.lines) == ("/prefix", "/data", ())


def test_cancel_is_the_default_and_the_data_is_named(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.click("startPageButton")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            said = " ".join(drive.texts()).replace(BREAK, "")
            assert str(house.prefix) in said
            assert str(drive.wizard.flow._desk.session.user_data) in said
            assert drive.text("goes-0") == "1.0.0"
            assert drive.button("commitButton").property("danger") is True
            await drive.until(lambda: drive.button("cancelButton").hasFocus(), "the focus is elsewhere")
            await drive.press(Qt.Key.Key_Return)
            await drive.page(PageId.WELCOME)
            assert house.files("node")

    play(scenario())


def _used(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], cwd=folder)


@pytest.mark.skipif(sys.platform != "linux", reason="which folder a process is in is known on Linux alone")
def test_what_programs_run_from_is_named(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.click("startPageButton")
            store = next((house.prefix / "store").glob("node-*"))
            with _used(store) as used:
                try:
                    await drive.click("uninstallButton")
                    await drive.until(lambda: drive.sees("removalNotice"), "not said")
                    assert any("Programs run from" in words for words in drive.texts())
                finally:
                    used.kill()
            await drive.click("cancelButton")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            assert not drive.sees("removalNotice")

    play(scenario())


@pytest.mark.parametrize("keep", [False, True])
def test_downloads_are_kept_where_that_is_ticked(play: Play, house: House, keep: bool) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.click("startPageButton")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            if keep:
                await drive.press(Qt.Key.Key_Space, "keepDownloadsBox")
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime was removed"
            request = drive.wizard.flow._running.request
            assert request is not None
            assert request.keep_downloads is keep
            assert ("downloads are kept" in drive.text("pageLead")) is keep
            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("installButton"), "no start")
            assert any("are kept from the last installation" in said for said in drive.texts()) is keep

    play(scenario())
    assert not (house.prefix / "current").exists()
    assert house.prefix.exists() is keep


def test_the_box_can_be_ticked_with_the_mouse(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.click("startPageButton")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            box = drive.button("keepDownloadsBox")
            QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center())
            assert box.isChecked()
            await drive.click("cancelButton")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            assert not drive.button("keepDownloadsBox").isChecked()

    play(scenario())


def test_a_prefix_that_can_not_be_read_can_be_removed(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            (house.prefix / "current").write_text("no number")
            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("uninstallButton"), "no way out")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime was removed"

    play(scenario())
