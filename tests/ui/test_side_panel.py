"""The side panel: it makes room for the page in a narrow window, and its buttons keep their names."""

from collections.abc import Callable
from typing import Any

import pytest
from house import House
from simulators.window_driver import Driver

from vsrt_gui.ui import journey
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.widgets.steps import NARROW, WIDEST, WIDTH, StepList, StepsPanel
from vsrt_gui.ui.wizard import SMALLEST

Play = Callable[[Any], Any]


def panel_of(drive: Driver) -> StepsPanel:
    """The panel of a window."""
    found = drive.wizard.sideWidget()
    assert isinstance(found, StepsPanel)
    return found


def test_a_narrow_window_leaves_it_icons_that_are_still_named(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            panel = panel_of(drive)
            steps = panel.findChild(StepList)
            assert isinstance(steps, StepList)
            drive.wizard.travel(journey.INSTALL)
            drive.wizard.resize(1024, 560)
            await drive.until(lambda: panel.width() >= WIDTH, "it stays narrow")
            assert drive.text("settingsButton").strip() == "Settings"
            drive.wizard.resize(*SMALLEST)
            await drive.until(lambda: panel.width() == NARROW, "it stays wide")
            assert drive.text("settingsButton") == ""
            assert drive.button("settingsButton").accessibleName() == "Settings"
            assert drive.button("aboutButton").toolTip() == "About"
            assert steps.toolTip().splitlines() == list(journey.INSTALL.names())
            assert not drive.sees("versionLabel")
            page = drive.wizard.page_of(PageId.WELCOME)
            await drive.until(lambda: page.width() > SMALLEST[0] - WIDTH + 100, "the page gained nothing")
            drive.wizard.resize(900, 600)
            await drive.until(lambda: drive.sees("versionLabel"), "it stays narrow")
            assert steps.toolTip() == ""

    play(scenario())


@pytest.mark.parametrize(
    ("name", "width"), [("Start", WIDTH), ("Vorherige Version wählen", 0), ("A" * 60, WIDEST)]
)
def test_it_is_as_wide_as_its_longest_step_needs_within_bounds(
    play: Play, house: House, name: str, width: int
) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            drive.wizard.resize(1024, 600)
            panel = panel_of(drive)
            panel.show_steps((name,), 0)
            if width:
                assert panel.width() == width
            else:
                assert WIDTH < panel.width() < WIDEST

    play(scenario())
