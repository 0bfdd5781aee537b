"""Closing the window in the middle of a run: one question, then a clean stop, and nobody writes any more."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from simulators.window_driver import Driver
from window_home import LONG, Home, Opened, begin_install

from vsrt_gui.model.run import Phase
from vsrt_gui.model.status import PartiallyInstalled
from vsrt_gui.ui.dialogs.sheet import Sheet

Play = Callable[[Any], Any]
STILL_SECONDS = 1.0
"""How long the folder is watched for a thread that goes on writing."""


@pytest.mark.parametrize(("phase", "rate"), [(Phase.DOWNLOADING, 6_000_000), (Phase.UNPACKING, None)])
def test_closing_asks_once_and_stops_cleanly(
    play: Play, home: Home, phase: Phase, rate: float | None
) -> None:
    async def scenario() -> None:
        home.server.set_rate(rate)
        async with home.window() as opened:
            drive = opened.drive
            await begin_install(drive)
            await drive.until(lambda: _well_into(opened, phase), f"never was {phase}", LONG)
            drive.wizard.close()
            await drive.dialog("stopDialog")
            drive.wizard.close()
            await asyncio.sleep(0.1)
            assert len(_questions(drive)) == 1
            assert drive.wizard.isVisible()
            await drive.click("yesButton")
            await drive.until(lambda: not drive.wizard.isVisible(), "the window stayed")
            at_the_end = home.snapshot()
        assert at_the_end
        await asyncio.sleep(STILL_SECONDS)
        assert home.snapshot() == at_the_end
        assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("vsrt_")]
        assert not list(home.prefix.rglob(".vsrt-????????-*")), "a half-written file was left behind"
        assert not home.prefix.joinpath("current").exists()
        assert isinstance((await home.overview()).status, PartiallyInstalled)

    play(scenario())


def _well_into(opened: Opened, phase: Phase) -> bool:
    """Tell whether the largest module is in the middle of this phase."""
    row = next((row for row in opened.session.state.modules if row.module == "nodejs"), None)
    if row is None or row.phase is not phase:
        return False
    return (row.fetched if phase is Phase.DOWNLOADING else row.unpacked) > 1_000_000


def _questions(drive: Driver) -> list[Sheet]:
    return [sheet for sheet in drive.wizard.findChildren(Sheet) if sheet.isVisible()]
