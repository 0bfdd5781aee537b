"""Cancel half-way, and go on another day: nothing that was downloaded is sent again."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from simulators.window_driver import Driver
from window_home import LONG, MODULES, Home, begin_install

from vsrt_gui.model.plan import Drift
from vsrt_gui.model.status import Installed
from vsrt_gui.ui.pages.page import PageId

Play = Callable[[Any], Any]
RATE = 8_000_000
"""Bytes a second: the catalog takes about ten seconds, so that there is a middle to cancel in."""
IN_FLIGHT = 1 << 20
"""Bytes of one file that may be on their way when somebody cancels, and are sent again."""
CANCEL_SECONDS = 1.0


def test_cancel_half_way_and_finish_in_a_new_window(play: Play, home: Home) -> None:
    total = sum(home.archives().values())

    async def scenario() -> None:
        home.server.set_rate(RATE)
        async with home.window() as opened:
            await begin_install(opened.drive)
            await opened.drive.until(lambda: home.staged() > 0.4 * total, "no progress", LONG)
            await _cancel(opened.drive)
            assert 0.2 * total < home.staged() < 0.8 * total
            assert "is on the disk already" in opened.drive.text("finishHint")
            await opened.drive.click("closeButton")
            await opened.drive.until(lambda: not opened.drive.wizard.isVisible(), "the window stayed")
        assert not home.prefix.joinpath("current").exists()

        home.server.set_rate(None)
        async with home.window() as opened:
            await opened.drive.until(
                lambda: opened.drive.sees("finishInstallationButton"), "nothing to finish"
            )
            assert opened.drive.title == "The installation isn't finished"
            assert opened.drive.text("finishInstallationButton").replace("&", "") == "Finish the installation"
            await opened.drive.click("finishInstallationButton")
            await opened.drive.page(PageId.FINISH, LONG)
            assert opened.drive.title == "The VS Code Runtime is ready", opened.drive.texts()

        whole = await home.overview()
        assert isinstance(whole.status, Installed)
        assert {finding.target.id for finding in whole.findings} == MODULES
        assert {finding.drift for finding in whole.findings} == {Drift.SATISFIED}

    play(scenario())
    assert home.run("node") == "v24.19.0"
    resumed = {served.path for served in home.asked() if served.status == 206}
    assert resumed, "nothing was gone on with"
    for path, size in home.archives().items():
        assert size <= home.server.sent(path) <= size + IN_FLIGHT, path


async def _cancel(drive: Driver) -> None:
    """Click Cancel and Stop, and be told that it has stopped within a second."""
    await drive.click("cancelButton")
    await drive.dialog("stopDialog")
    await asyncio.sleep(0.3)  # it is read first, while the installation goes on behind it
    confirmed = time.monotonic()
    await drive.click("yesButton")
    await drive.page(PageId.FINISH)
    assert time.monotonic() - confirmed <= CANCEL_SECONDS
    assert drive.title == "Stopped"
