"""A folder whose own notes are damaged: the first page says so, and its first button puts it right."""

from collections.abc import Callable
from typing import Any

import pytest
from house import House
from journeys import install

from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.text import BREAK

HEADING = "The notes that say what is installed need repair"
Play = Callable[[Any], Any]


NOTES = {
    "current": "Which version is in use",
    ".vsrt.json": "The folder's mark",
    "generations/1.json": "What that version holds",
    "generations/7.json": "What an earlier version holds",
}


@pytest.mark.parametrize(("note", "name"), NOTES.items())
def test_one_click_and_one_more_put_the_notes_right(play: Play, house: House, note: str, name: str) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            # Another text under an earlier set's name would be a file of the user's own, and no note of ours.
            (house.prefix / note).write_text("{" if "7" in note else "not what it was")
            await drive.click("startPageButton")
            await drive.until(lambda: drive.title == "The runtime needs repair", "the damage is not shown")
            await drive.click("repairButton")
            await drive.page(PageId.REVIEW)
            await drive.until(lambda: drive.title == HEADING, "it is not told")
            said = " ".join(drive.texts()).replace(BREAK, "")
            assert name in said
            assert (
                "Written anew" if "7" not in note else "nothing can go back to that version any more"
            ) in said
            assert "Nothing has to be downloaded" in said
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert "were put right" in " ".join(drive.texts())
            await drive.click("startPageButton")
            await drive.until(lambda: drive.title == "The runtime is installed and ready", "still damaged")

    play(scenario())


def test_what_stands_in_the_way_is_told(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            (house.prefix / "downloads").rmdir()
            (house.prefix / "downloads").write_text("the user's own")
            await drive.click("startPageButton")
            await drive.click("repairButton")
            await drive.page(PageId.REVIEW)
            await drive.until(lambda: drive.title == HEADING, "it is not told")
            assert "renamed to downloads-set-aside" in " ".join(drive.texts())
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)

    play(scenario())
    assert (house.prefix / "downloads-set-aside").read_text() == "the user's own"
