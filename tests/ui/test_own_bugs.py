"""What happens to the window when the program itself makes a mistake."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from house import House
from simulators.window_driver import Driver

from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.running import Mode

Play = Callable[[Any], Any]


def test_a_page_that_fails_leaves_a_window_that_closes(
    play: Play, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: caught.append(str(error)))

    def fail(*_: object) -> None:
        msg = "a page that fails"
        raise ValueError(msg)

    async def scenario(drive: Driver) -> None:
        await drive.click("installButton")
        await drive.click("nextButton")
        monkeypatch.setattr(drive.wizard.progress, "see", fail)
        await drive.click("commitButton")
        await drive.page(PageId.PROGRESS)
        await drive.until(lambda: drive.wizard.flow._running._mode is Mode.IDLE, "it never ends")
        assert set(caught) == {"a page that fails"}
        drive.wizard.flow.quit()
        await drive.until(lambda: not drive.wizard.isVisible(), "it never closes")

    async def opened() -> None:
        async with house.window() as drive:
            await scenario(drive)

    play(opened())
