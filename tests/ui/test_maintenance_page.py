"""The first page where something is installed: the disk at once, the catalog later, and nothing moves meanwhile."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from house import House
from journeys import install
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from simulators import window_states as states
from simulators.behaviour import Behaviour
from simulators.window_driver import Driver

from vsrt_gui.app import open_runbook
from vsrt_gui.ui import text
from vsrt_gui.ui.pages.greeting import greet
from vsrt_gui.ui.pages.offers import Intent
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.widgets.button import Choice
from vsrt_gui.ui.wizard import SMALLEST

Play = Callable[[Any], Any]
RUNBOOK = open_runbook()
DELAY = 2.5
"""Seconds that the catalog lets wait for itself."""


@pytest.fixture(autouse=True)
def _english(qapp: QApplication) -> None:
    text.speak_english(qapp)


def test_what_is_offered_stands_in_the_order_of_what_people_want() -> None:
    offers = greet(states.OVERVIEWS["update"], RUNBOOK).others
    assert [each.intent for each in offers] == [
        Intent.LAUNCH,
        Intent.UPDATE,
        Intent.REPAIR,
        Intent.CHANGE,
        Intent.VERSIONS,
        Intent.FROM_FOLDER,
        Intent.UNINSTALL,
    ]
    assert [each.intent for each in offers if each.leads] == [Intent.UPDATE]


def test_while_the_catalog_is_waited_for_the_places_are_the_same() -> None:
    early = greet(states.OVERVIEWS["installed-looking"], RUNBOOK)
    late = greet(states.OVERVIEWS["installed"], RUNBOOK)
    offline = greet(states.OVERVIEWS["installed-offline"], RUNBOOK)
    assert (
        [e.intent for e in early.others]
        == [e.intent for e in late.others]
        == [e.intent for e in offline.others]
    )
    assert (early.heading, early.lead) == (late.heading, late.lead) == (offline.heading, offline.lead)
    ready = {each.intent: each.ready for each in early.others}
    assert not ready[Intent.LOOK_AGAIN]
    assert not ready[Intent.CHANGE]
    assert ready[Intent.REPAIR]
    assert ready[Intent.UNINSTALL]


def test_what_is_missing_waits_for_the_catalog() -> None:
    greeting = greet(states.OVERVIEWS["partial-looking"], RUNBOOK)
    assert greeting.main is Intent.FINISH
    assert greeting.waits


@pytest.mark.parametrize("size", [(900, 600), SMALLEST], ids=["usual", "smallest"])
def test_the_disk_is_shown_at_once_and_nothing_moves_when_the_catalog_comes(
    play: Play, house: House, size: tuple[int, int]
) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
        house.publish("2.0.0")
        house.server.behave("/manifest.json", Behaviour(header_delay=DELAY))
        async with house.window() as drive:
            drive.wizard.resize(*size)
            began = time.monotonic()
            await drive.until(lambda: drive.sees("repairButton"), "the disk's state was not shown")
            assert time.monotonic() - began < DELAY - 0.5
            assert drive.title == "The runtime is installed and ready"
            assert "Looking for updates…" in drive.texts()
            assert not drive.button("changeModulesButton").isEnabled()
            await drive.press(Qt.Key.Key_Tab)
            focused = drive.wizard.focusWidget()
            before = _places(drive)
            await drive.until(lambda: drive.sees("updateButton"), "the catalog never came")
            after = _places(drive)
            assert {name: after[name] for name in before.keys() & after.keys()} == {
                name: before[name] for name in before.keys() & after.keys()
            }
            assert len(before.keys() & after.keys()) >= 5
            assert after["updateButton"] == before["tryAgainButton"]
            assert drive.wizard.focusWidget() is focused
            assert drive.button("changeModulesButton").isEnabled()

    play(scenario())


def _places(drive: Driver) -> dict[str, QRect]:
    choices = [each for each in drive.wizard.welcome.findChildren(Choice) if each.isVisible()]
    return {each.objectName(): QRect(each.mapTo(drive.wizard, QPoint(0, 0)), each.size()) for each in choices}


def test_one_who_went_on_is_not_fetched_back(play: Play, house: House) -> None:
    """The catalog answers while another page is shown: that page stays, with its way in the side panel."""

    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
        house.server.behave("/manifest.json", Behaviour(header_delay=1.5))
        async with house.window() as drive:
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            await drive.until(
                lambda: drive.wizard.flow._desk.overview and not drive.wizard.flow._desk.overview.pending,
                "the catalog never came",
            )
            assert drive.wizard.currentId() == PageId.REMOVAL
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime was removed"

    play(scenario())


def test_a_catalog_out_of_reach_is_said_in_its_place(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            house.server.behave("/manifest.json", Behaviour(status=503))
            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("tryAgainButton"), "nothing said")
            choice = drive.button("tryAgainButton")
            assert isinstance(choice, Choice)
            assert choice.title == "Look for updates"
            assert choice.accessibleDescription() == "The download server has a problem"
            house.server.behave("/manifest.json", Behaviour())
            house.publish("2.0.0")
            await drive.click("tryAgainButton")
            await drive.until(lambda: drive.sees("updateButton"), "not looked again")

    play(scenario())


def stick(house: House, folder: Path) -> Path:
    """Copy what is published into a folder, as somebody would who prepares a USB stick."""
    folder.mkdir()
    manifest = house.server.content("/manifest.json")
    assert manifest is not None
    for path in ("/manifest.json", *(f"/{key}-{_version(house)}.zip" for key in house.samples)):
        content = house.server.content(path)
        assert content is not None
        (folder / path[1:]).write_bytes(content.open().read())
    return folder


def _version(house: House) -> str:
    content = house.server.content("/manifest.json")
    assert content is not None
    return str(json.loads(content.open().read())["version"])


def test_it_installs_from_a_folder_without_any_network(play: Play, house: House, tmp_path: Path) -> None:
    folder = stick(house, tmp_path / "stick")
    house.server.behave("/manifest.json", Behaviour(status=503))
    house.server.forget()

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.click("installFromFolderButton")
            await _pick(drive, folder)
            await drive.until(lambda: drive.sees("installButton"), "the stick was not taken")
            assert drive.text("sourceLabel") == f"The modules come from {folder}"
            await install(drive)
            assert drive.title == "The VS Code Runtime is ready"
        assert not any(served.path.endswith(".zip") for served in house.server.log)

    play(scenario())


def test_it_updates_from_a_stick(play: Play, house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            house.publish("2.0.0")
            folder = stick(house, tmp_path / "stick")
            house.server.behave("/manifest.json", Behaviour(status=503))
            house.server.forget()
            await drive.click("startPageButton")
            await drive.click("installFromFolderButton")
            await _pick(drive, folder)
            await drive.click("updateButton")
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert "You have version 2.0.0 now" in drive.text("pageLead")
        assert not any(served.path.endswith(".zip") for served in house.server.log)

    play(scenario())


def test_cancel_leads_from_the_modules_back_to_what_is_installed(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.click("startPageButton")
            await drive.click("changeModulesButton")
            await drive.page(PageId.COMPONENTS)
            await drive.click("cancelButton")
            await drive.page(PageId.WELCOME)
            assert drive.wizard.isVisible()

    play(scenario())


def test_the_close_box_closes_also_where_cancel_leads_back(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.click("startPageButton")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            drive.wizard.close()
            await drive.until(lambda: not drive.wizard.isVisible(), "the window stayed")
            assert house.files("node")

    play(scenario())


def test_a_folder_without_a_catalog_is_said_and_changes_nothing(
    play: Play, house: House, tmp_path: Path
) -> None:
    empty = tmp_path / "holiday pictures"
    empty.mkdir()

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.until(lambda: drive.sees("installButton"), "no start")
            await drive.click("installFromFolderButton")
            await _pick(drive, empty)
            await drive.dialog("faultDialog")
            assert "holiday pictures" in " ".join(drive.texts())
            await drive.press(Qt.Key.Key_Escape, "faultDialog")
            await drive.until(lambda: drive.sees("installButton"), "the usual catalog is gone")
            await install(drive)

    play(scenario())


async def _pick(drive: Driver, folder: Path) -> None:
    await drive.until(lambda: drive.wizard.findChild(QFileDialog, "mediumDialog"), "no dialog")
    dialog = drive.wizard.findChild(QFileDialog, "mediumDialog")
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(folder))
    dialog.reject()
