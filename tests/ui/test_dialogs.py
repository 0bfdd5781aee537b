"""The fault dialog and the question: what they show, what each button leads to, what the keyboard does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from house import House
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QTabBar, QWidget
from simulators import window_states as states
from simulators.window_driver import Driver

from vsrt_gui.app import open_runbook
from vsrt_gui.model.events import Severity
from vsrt_gui.model.request import Verb
from vsrt_gui.model.runbook import Remedy
from vsrt_gui.ui.dialogs.fault import FaultDialog, Trouble
from vsrt_gui.ui.dialogs.settings import SettingsDialog
from vsrt_gui.ui.pages.page import PageId

Play = Callable[[Any], Any]
RUNBOOK = open_runbook()


@asynccontextmanager
async def shown(drive: Driver, trouble: Trouble) -> AsyncIterator["asyncio.Task[Remedy]"]:
    """Open a fault dialog and hand out the task that waits for its answer."""
    dialog = FaultDialog(drive.wizard, drive.wizard.theme, RUNBOOK, trouble)
    task = asyncio.create_task(dialog.remedy())
    await drive.dialog("faultDialog")
    yield task
    if not task.done():
        dialog.reject()
        await task


def test_a_fault_says_what_and_what_to_do(play: Play, house: House) -> None:
    trouble = Trouble((states.BROKEN, states.UNFIT), Severity.P3, states.NAMES)

    async def scenario() -> None:
        async with house.window() as drive, shown(drive, trouble):
            page = RUNBOOK.page(states.BROKEN, states.NAMES)
            said = drive.texts()
            assert drive.text("faultTitle") == page.title
            assert page.cause in said
            assert all(step in said for step in page.steps)
            assert RUNBOOK.word("severity.P3") in said
            for remedy in page.remedies:
                assert drive.text(f"remedy-{remedy}") == RUNBOOK.word(f"remedy.{remedy}")
            assert not drive.sees("faultDetailsText")
            await drive.click("faultDetailsButton")
            assert drive.sees("faultDetailsText")
            text = drive.find("faultDetailsText")
            assert text is not None
            await drive.until(
                lambda: text.visibleRegion().boundingRect() == text.rect(), "below what is seen"
            )

    play(scenario())


def test_copy_details_stays_open_and_return_takes_the_first_remedy(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive, shown(drive, Trouble((states.STALLED,))) as task:
            await drive.click("remedy-copy-details")
            copied = QGuiApplication.clipboard().text()
            assert "code: stalled" in copied
            assert "module: server" in copied
            assert drive.sees("faultDialog")
            await drive.press(Qt.Key.Key_Return, "faultDialog")
            assert await task is Remedy.RETRY

    play(scenario())


@pytest.mark.parametrize("waits", [True, False])
def test_asking_a_server_at_once_is_offered_where_one_is_left_alone(
    play: Play, house: House, *, waits: bool
) -> None:
    async def scenario() -> None:
        trouble = Trouble((states.STALLED,), waits=waits)
        async with house.window() as drive, shown(drive, trouble) as task:
            assert drive.sees("remedy-reset-breaker") is waits
            await drive.press(Qt.Key.Key_Escape, "faultDialog")
            await task

    play(scenario())


def test_escape_closes_without_doing_anything(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive, shown(drive, Trouble((states.FULL,))) as task:
            await drive.press(Qt.Key.Key_Escape, "faultDialog")
            assert await task is Remedy.CLOSE

    play(scenario())


def test_a_cancelled_wait_closes_the_dialog(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            dialog = FaultDialog(drive.wizard, drive.wizard.theme, RUNBOOK, Trouble((states.FULL,)))
            task = asyncio.create_task(dialog.remedy())
            await drive.dialog("faultDialog")
            task.cancel()
            await asyncio.wait([task])
            assert not drive.sees("faultDialog")

    play(scenario())


@pytest.mark.parametrize("remedy", list(Remedy))
def test_every_remedy_does_what_it_says(
    play: Play, house: House, monkeypatch: pytest.MonkeyPatch, remedy: Remedy
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toLocalFile()))

    async def scenario() -> None:
        async with house.window() as drive:
            await drive.until(lambda: drive.sees("installButton"), "no start")
            begun = _verbs(drive)
            await asyncio.wait_for(_do(drive, remedy), 20)
            match remedy:
                case Remedy.RETRY | Remedy.RESET_BREAKER:
                    await drive.page(PageId.FINISH)
                    assert begun == [Verb.INSTALL]
                case Remedy.REPAIR | Remedy.UPDATE:
                    await drive.page(PageId.REVIEW)
                    assert begun == []  # it says first what it would do
                case Remedy.CHANGE_FOLDER:
                    await drive.page(PageId.FOLDER)
                case Remedy.CHANGE_MODULES:
                    await drive.page(PageId.COMPONENTS)
                case Remedy.OPEN_FOLDER:
                    assert opened == [str(house.prefix)]
                case Remedy.SETTINGS:
                    sheet = cast("SettingsDialog", await drive.dialog("settingsDialog"))
                    assert sheet.findChild(QWidget, "proxyUserEdit") is not None
                    assert sheet.findChild(QTabBar, "settingsTabs").currentIndex() == 1  # the network
                    sheet.reject()
                    await drive.until(lambda: not drive.sees("settingsDialog"), "it stays open")
                case Remedy.FREE_SPACE | Remedy.COPY_DETAILS | Remedy.CLOSE:
                    assert begun == []
                    assert drive.wizard.currentId() == PageId.WELCOME

    play(scenario())


def _verbs(drive: Driver) -> list[Verb]:
    """Return a list that grows by the verb of each run."""
    begun: list[Verb] = []
    session = drive.wizard.flow._desk.session
    session.subscribe(
        lambda event, state: begun.append(state.request.verb) if event.event == "run-started" else None
    )
    return begun


async def _do(drive: Driver, remedy: Remedy) -> None:
    task = asyncio.create_task(drive.wizard.flow.remedy(remedy))
    if remedy is Remedy.FREE_SPACE:
        await drive.dialog("freedDialog")
        assert "nothing left over" in " ".join(drive.texts())
        await drive.click("noButton")
    await task


def test_freed_space_is_told_and_leads_on(play: Play, house: House) -> None:
    house.server.set_rate(200_000)

    async def scenario() -> None:
        async with house.window() as drive:
            for name in ("installButton", "nextButton", "commitButton"):
                await drive.click(name)
            await drive.until(lambda: drive.percent() > 10, "no progress")
            await drive.click("cancelButton")
            await drive.click("yesButton")
            await drive.page(PageId.FINISH)
            house.server.set_rate(None)
            task = asyncio.create_task(drive.wizard.flow.remedy(Remedy.FREE_SPACE))
            await drive.dialog("freedDialog")
            assert "KB were freed" in " ".join(drive.texts())
            await drive.click("yesButton")
            await task
            await drive.until(lambda: drive.title == "The VS Code Runtime is ready", "never ready")

    play(scenario())
