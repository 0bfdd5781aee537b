"""The page with the kept versions: what is chosen, what that means, and there and back in the real window."""

from collections.abc import Callable
from typing import Any

import pytest
from house import House
from journeys import install
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QRadioButton
from simulators import window_reviews as reviews
from simulators import window_states as states
from simulators.window_driver import Driver

from vsrt_gui.model.plan import Drift
from vsrt_gui.ui import text
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.review import review_of

Play = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def _english(qapp: QApplication) -> None:
    text.speak_english(qapp)


def test_going_back_says_what_changes_and_that_it_can_be_undone() -> None:
    review = review_of(reviews.BACK_QUOTE)
    assert [(line.name, line.what) for line in review.lines] == [
        ("Node.js", "24.20.0 → 24.19.0"),
        ("Extension Server", "1.127.00310 → 1.126.04524"),
        ("debugpy", "New, version 1.8.17"),
        ("Java Language Server", "Goes, version 1.50.0"),
    ]
    assert [words for _, words in review.facts] == [
        "Nothing has to be downloaded",
        "You can come back to version 1.5.0 in the same way",
    ]
    assert review.commit == "&Go back to this version"


def test_going_forward_is_called_so() -> None:
    forward = reviews.Quote(reviews.Verb.ROLLBACK, reviews.BACK, reviews.kept(1), chosen=reviews.KEPT[1])
    assert review_of(forward).commit == "&Go to this version"


def test_files_that_are_missing_of_an_earlier_version_are_fetched_and_that_is_said() -> None:
    plan = reviews.BACK.but(
        work=(reviews.work(states.NODE, Drift.OUTDATED, 2 * states.MB, 7),), keep=reviews.BACK.keep[1:]
    )
    review = review_of(reviews.Quote(reviews.Verb.ROLLBACK, plan, reviews.kept(3), chosen=reviews.KEPT[1]))
    assert review.facts[0][1] == "2.0 MB to download instead of 62 MB"
    assert review.lines[0].amount == "2.0 MB"


@pytest.mark.parametrize(("before", "chosen"), [(None, "version-2"), (1, "version-1")])
def test_the_one_that_was_in_use_before_is_chosen(
    play: Play, house: House, before: int | None, chosen: str
) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            last = reviews.KEPT[2].model_copy(update={"before": before})
            drive.wizard.versions.offer((*reviews.KEPT[:2], last), last.number)
            assert _chosen(drive) == chosen

    play(scenario())


async def update(drive: Driver, house: House, version: str) -> None:
    """Take the update to a version, from the last page back to the last page."""
    house.publish(version)
    await drive.click("startPageButton")
    await drive.click("updateButton")
    await drive.click("commitButton")
    await drive.page(PageId.FINISH)


def test_there_and_back_without_a_download(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("earlierVersionsButton"), "not installed")
            assert not drive.button("earlierVersionsButton").isEnabled()
            drive.wizard.go(PageId.FINISH)
            await update(drive, house, "2.0.0")
            house.server.forget()

            await drive.click("startPageButton")
            await drive.click("earlierVersionsButton")
            await drive.page(PageId.VERSIONS)
            here = drive.button("version-2")
            assert here.text() == "Version 2.0.0, in use now"
            assert not here.isEnabled()
            assert _chosen(drive) == "version-1"
            await drive.until(lambda: drive.text("change-0") == "2.0.0 → 1.0.0", "no quote")
            assert "Nothing has to be downloaded" in drive.texts()
            assert drive.button("commitButton").text() == "&Go back to this version"
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "Version 1.0.0 is in use"
            assert "Version 2.0.0 is kept" in drive.text("pageLead")

            await drive.click("startPageButton")
            await drive.click("earlierVersionsButton")
            await drive.until(lambda: drive.text("change-0") == "1.0.0 → 2.0.0", "no way forward")
            assert drive.button("commitButton").text() == "&Go to this version"
            await drive.click("commitButton")
            await drive.until(lambda: drive.title == "Version 2.0.0 is in use", "not forward again")
        assert not any(served.path.endswith(".zip") for served in house.server.log)

    play(scenario())


def test_the_keyboard_chooses_and_escape_leads_back(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await update(drive, house, "2.0.0")
            await drive.click("startPageButton")
            await drive.click("earlierVersionsButton")
            await drive.until(lambda: drive.button("commitButton").isEnabled(), "no quote")
            await drive.until(lambda: drive.wizard.focusWidget() is drive.button("version-1"), "no focus")
            await drive.press(Qt.Key.Key_Escape)
            await drive.page(PageId.WELCOME)
            await drive.click("earlierVersionsButton")
            await drive.until(lambda: drive.button("commitButton").isEnabled(), "no quote")
            await drive.press(Qt.Key.Key_Return, "version-1")
            await drive.page(PageId.FINISH)
            assert drive.title == "Version 1.0.0 is in use"

    play(scenario())


def _chosen(drive: Driver) -> str:
    found = [each for each in drive.wizard.versions.findChildren(QRadioButton) if each.isChecked()]
    return found[0].objectName() if len(found) == 1 else ""
