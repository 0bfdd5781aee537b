"""The user's own data goes with an uninstallation only where that is ticked, told and asked once more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from house import House
from journeys import install
from PySide6.QtCore import Qt
from simulators.window_driver import Driver

from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.text import BREAK

Play = Callable[[Any], Any]
LAUNCH = {"bin": {"run": "bin/run", "edit": ["{bin:run}", "--extensions", "{data}/extensions"]}}


@pytest.fixture
def extension(house: House, tmp_path: Path) -> Path:
    """A module that keeps extensions in the user's data folder, and an extension that the user added there."""
    house.launches = {"node": LAUNCH}
    house.publish()
    mine = tmp_path / "xdg_data_home" / "vscode-runtime" / "extensions" / "mine" / "package.json"
    mine.parent.mkdir(parents=True)
    mine.write_text("{}")
    (mine.parents[2] / "diary").write_text("nobody's but the user's")
    return mine


async def removal(drive: Driver) -> None:
    await install(drive)
    await drive.click("startPageButton")
    await drive.click("uninstallButton")
    await drive.page(PageId.REMOVAL)


def told(drive: Driver) -> str:
    return " ".join(drive.texts()).replace(BREAK, "")


async def ticked(drive: Driver) -> None:
    await removal(drive)
    await drive.until(lambda: drive.sees("removeDataBox"), "nothing is offered")
    assert not drive.button("removeDataBox").isChecked()
    await drive.press(Qt.Key.Key_Space, "removeDataBox")
    await drive.until(lambda: "They can't be brought back." in told(drive), "it is not told")
    await drive.click("commitButton")
    await drive.until(lambda: drive.sees("yesButton"), "nothing was asked")


def test_it_stays_unless_it_is_asked_for(play: Play, house: House, extension: Path) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await removal(drive)
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert "left alone" in told(drive)

    play(scenario())
    assert extension.exists()
    assert not house.prefix.exists()


def test_a_no_to_the_second_question_removes_nothing(play: Play, house: House, extension: Path) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await ticked(drive)
            await drive.click("noButton")
            await drive.page(PageId.REMOVAL)
            assert house.files("node")

    play(scenario())
    assert extension.exists()


def test_a_yes_removes_it_by_name_and_nothing_beside_it(play: Play, house: House, extension: Path) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await ticked(drive)
            await drive.click("yesButton")
            await drive.page(PageId.FINISH)
            assert "were removed, too" in told(drive)

    play(scenario())
    data = extension.parents[2]
    assert [path.name for path in data.iterdir()] == ["diary"]
    assert not house.prefix.exists()


def test_nothing_is_offered_where_there_is_nothing(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await removal(drive)
            await drive.click("cancelButton")
            await drive.click("uninstallButton")
            await drive.page(PageId.REMOVAL)
            assert not drive.sees("removeDataBox")

    play(scenario())
