"""The ways through the window that many tests begin with."""

from simulators.window_driver import Driver

from vsrt_gui.ui.pages.page import PageId


async def install(drive: Driver) -> None:
    """Click through a whole installation with everything as it is offered."""
    await drive.click("installButton")
    await drive.page(PageId.COMPONENTS)
    await drive.click("nextButton")
    await drive.page(PageId.FOLDER)
    await drive.click("commitButton")
    await drive.page(PageId.FINISH)
