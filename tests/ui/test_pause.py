"""Pause and go on, at every moment of a run: by real clicks, over real HTTP, in a real folder."""

import asyncio
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from house import House
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QDoubleSpinBox, QProgressBar, QTabBar
from simulators import window_states as states
from simulators.behaviour import STALL, Behaviour
from simulators.window_driver import Driver

from vsrt_gui.model.policies import RetryPolicy
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import Phase
from vsrt_gui.model.status import Installed
from vsrt_gui.model.survey import Depth
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.running import Mode

Play = Callable[[Any], Any]
RATE = 200_000
PAUSE_SECONDS = 1.0
PAUSED = "The installation is paused"


async def begin(drive: Driver) -> None:
    await drive.click("installButton")
    await drive.click("nextButton")
    await drive.click("commitButton")
    await drive.page(PageId.PROGRESS)


async def pause(drive: Driver) -> float:
    """Click Pause, and return how long it took until the page said so, in seconds."""
    await drive.until(lambda: plain(drive) == "Pause", "nothing to pause")
    await drive.click("pauseButton")
    clicked = time.monotonic()
    await drive.until(lambda: drive.title == PAUSED, "never paused")
    return time.monotonic() - clicked


async def go_on(drive: Driver) -> None:
    await drive.until(lambda: plain(drive) == "Go on", "nothing to go on with")
    await drive.click("pauseButton")


def plain(drive: Driver) -> str:
    return drive.text("pauseButton").replace("&", "")


async def limit_speed(drive: Driver, rate: int) -> None:
    """Set the speed limit, in bytes a second, in the settings' window."""
    await drive.click("settingsButton")
    sheet = await drive.dialog("settingsDialog")
    tabs = sheet.findChild(QTabBar, "settingsTabs")
    assert isinstance(tabs, QTabBar)
    tabs.setCurrentIndex([tabs.tabText(place) for place in range(tabs.count())].index("Network"))
    unit = drive.find("bandwidth_limitUnit")
    assert isinstance(unit, QComboBox)
    unit.setCurrentIndex(1)
    number = drive.find("bandwidth_limitNumber")
    assert isinstance(number, QDoubleSpinBox)
    number.setValue(rate / 1000)
    await drive.click("saveButton")
    await drive.until(lambda: not drive.sees("settingsDialog"), "it was not saved")


async def half(drive: Driver) -> None:
    await drive.until(lambda: drive.percent() > 30, "no progress")


def resting(drive: Driver) -> dict[str, tuple[str, str, int]]:
    """Return what the rows show: words, amount and bar."""
    rows = {}
    for module in ("node", "pyright", "plugin", "ruff"):
        bar = drive.find(f"bar-{module}")
        if isinstance(bar, QProgressBar):
            said = drive.wizard.findChild(type(drive.find(f"phase-{module}")), f"phase-{module}")
            rows[module] = (said.text(), drive.text(f"amount-{module}"), bar.value())
    return rows


def test_everything_stands_while_paused_and_goes_on_from_there(play: Play, house: House) -> None:
    house.server.set_rate(RATE)
    seen: list[float] = []

    async def watch(drive: Driver) -> None:
        while drive.wizard.currentId() == PageId.PROGRESS:
            seen.append(drive.percent())
            await asyncio.sleep(0.005)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await half(drive)
            watching = asyncio.create_task(watch(drive))
            assert await pause(drive) <= PAUSE_SECONDS
            assert drive.wizard.flow._desk.session.state.running is False
            await drive.until(
                lambda: not any(house.server.under_way(f"/{name}-1.0.0.zip") for name in house.samples),
                "connections were kept",
            )
            before = resting(drive)
            assert {said for said, _, bar in before.values() if bar < 1000} == {"Paused"}
            assert not any("/s" in amount for _, amount, _ in before.values())
            assert drive.text("speedLabel") == ""
            assert drive.text("doingLabel") == "Paused"
            assert "is safe on the disk" in drive.text("safeLabel")
            sent = sum(house.server.sent(f"/{module}-1.0.0.zip") for module in house.samples)
            await asyncio.sleep(0.5)
            assert resting(drive) == before
            assert sent == sum(house.server.sent(f"/{module}-1.0.0.zip") for module in house.samples)
            assert drive.button("pauseButton").property("primary") is True

            await go_on(drive)
            assert set(resting(drive)) == set(before), "the rows went away"
            assert drive.title == "Installing the VS Code Runtime"
            house.server.set_rate(None)
            await drive.page(PageId.FINISH)
            await watching
            assert drive.title == "The VS Code Runtime is ready"
            assert all(name in drive.text("pageLead") for name in ("Node", "Pyright", "Plugin", "Ruff"))

    play(scenario())
    assert all(later >= earlier for earlier, later in pairwise(seen)), seen
    for module in house.samples:
        path = f"/{module}-1.0.0.zip"
        whole = house.server.content(path)
        assert whole is not None
        assert whole.size <= house.server.sent(path) <= whole.size + (1 << 18)


def test_twice_paused_and_the_finished_rows_stay(play: Play, house: House) -> None:
    house.server.set_rate(RATE)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            shown = 0.0
            for upto in (20, 60):
                await drive.until(lambda upto=upto: drive.percent() > upto, "no progress")
                await pause(drive)
                assert drive.percent() >= max(shown, upto)
                shown = drive.percent()
                assert len(resting(drive)) == 4
                await go_on(drive)
            house.server.set_rate(None)
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime is ready"
            story = drive.wizard.progress.details.text
            assert story.count("Paused.") == story.count("Going on.") == 2
            assert story.count("Installing the VS Code Runtime") == 1

    play(scenario())


def test_a_double_click_pauses_and_does_not_go_on(play: Play, house: House) -> None:
    house.server.set_rate(RATE)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await half(drive)
            button = drive.button("pauseButton")
            clicked = time.monotonic()
            button.click()
            button.click()
            await drive.until(lambda: drive.title == PAUSED, "never paused")
            if time.monotonic() - clicked < QApplication.doubleClickInterval() / 1000:
                button.click()  # the second half, after the run has ended already
            await asyncio.sleep(0.1)
            assert drive.title == PAUSED
            await go_on(drive)
            await drive.until(lambda: "Installing" in drive.title, "never went on")

    play(scenario())


def test_return_and_space_do_no_harm_while_it_works_and_go_on_when_paused(play: Play, house: House) -> None:
    house.server.set_rate(RATE)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await half(drive)
            await drive.press(Qt.Key.Key_Return)
            await asyncio.sleep(0.2)
            assert "Installing" in drive.title
            await drive.until(lambda: drive.button("pauseButton").isEnabled(), "no pause")
            await drive.press(Qt.Key.Key_Space, "pauseButton")
            await drive.until(lambda: drive.title == PAUSED, "never paused")
            await drive.until(lambda: drive.button("pauseButton").hasFocus(), "going on has no focus")
            await drive.press(Qt.Key.Key_Return)
            await drive.until(lambda: "Installing" in drive.title, "never went on")

    play(scenario())


def test_cancel_while_paused_asks_once_and_ends(play: Play, house: House) -> None:
    house.server.set_rate(RATE)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await half(drive)
            await pause(drive)
            await drive.click("cancelButton")
            await drive.dialog("stopDialog")
            assert drive.text("noButton").replace("&", "") == "Stay paused"
            await drive.click("noButton")
            await drive.until(lambda: not drive.sees("stopDialog"), "the question stayed")
            assert drive.title == PAUSED
            await drive.press(Qt.Key.Key_Escape)
            await drive.click("yesButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "Stopped"
            assert not drive.sees("pauseButton")
            assert "is on the disk already" in drive.text("finishHint")
            house.server.set_rate(None)
            await drive.click("tryAgainButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime is ready"

    play(scenario())


def test_a_speed_limit_that_is_set_in_a_pause_holds_from_then_on(play: Play, house: House) -> None:
    house.server.set_rate(RATE)

    async def scenario() -> None:
        async with house.window() as drive:
            session = drive.wizard.flow._desk.session
            await begin(drive)
            await half(drive)
            assert not drive.button("settingsButton").isEnabled()
            await pause(drive)
            assert drive.button("settingsButton").isEnabled()
            await limit_speed(drive, RATE)
            assert drive.title == PAUSED
            assert session.settings.bandwidth_limit == RATE
            left = session.state.total_bytes - session.state.safe_bytes
            house.server.set_rate(None)
            await go_on(drive)
            began = time.monotonic()
            assert not drive.button("settingsButton").isEnabled()
            await drive.page(PageId.FINISH)
            assert time.monotonic() - began >= 0.8 * left / RATE
            assert drive.title == "The VS Code Runtime is ready"
            assert drive.button("settingsButton").isEnabled()

    play(scenario())


def test_settings_are_closed_again_once_a_paused_run_is_given_up_for_another(
    play: Play, house: House
) -> None:
    house.server.set_rate(RATE)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await half(drive)
            await pause(drive)
            await drive.click("cancelButton")
            await drive.click("yesButton")
            await drive.page(PageId.FINISH)
            assert drive.button("settingsButton").isEnabled()
            await drive.click("tryAgainButton")
            await drive.page(PageId.PROGRESS)
            assert not drive.button("settingsButton").isEnabled()
            drive.wizard.flow.preferences.show_settings()
            assert not drive.sees("settingsDialog")

    play(scenario())


def test_cancel_right_after_pause(play: Play, house: House) -> None:
    house.server.set_rate(RATE)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await half(drive)
            drive.button("pauseButton").click()
            drive.button("cancelButton").click()
            await drive.click("yesButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "Stopped"

    play(scenario())


@pytest.mark.parametrize("rest", [True, False], ids=["paused", "pausing"])
def test_the_close_box_closes_what_is_paused_without_a_question(
    play: Play, house: House, *, rest: bool
) -> None:
    house.server.set_rate(RATE)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await half(drive)
            if rest:
                await pause(drive)
            else:
                drive.button("pauseButton").click()
            drive.wizard.close()
            await drive.until(lambda: not drive.wizard.isVisible(), "the window stayed")
        house.server.set_rate(None)
        async with house.window() as drive:
            await drive.click("finishInstallationButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime is ready"

    play(scenario())


def test_a_pause_in_a_countdown_counts_no_more(play: Play, house: House) -> None:
    house.policies = house.policies.but(download_retry=RetryPolicy(attempts=3, first_delay=30.0, jitter=0.0))
    house.server.behave("/node-1.0.0.zip", Behaviour(status=503), times=1)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await drive.until(lambda: "Trying again in" in resting(drive).get("node", ("",))[0], "no retry")
            assert await pause(drive) <= PAUSE_SECONDS
            assert resting(drive)["node"][0] == "Paused"
            await go_on(drive)
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime is ready"

    play(scenario())


def test_a_pause_while_it_still_looks(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await drive.until(lambda: drive.sees("installButton"), "no install")
            await drive.click("installButton")
            await drive.click("nextButton")
            await drive.until(lambda: drive.button("commitButton").isEnabled(), "no room")
            house.server.behave("/manifest.json", STALL, times=1)
            await drive.click("commitButton")
            assert await pause(drive) <= PAUSE_SECONDS
            bar = drive.find("overallBar")
            assert isinstance(bar, QProgressBar)
            assert (bar.maximum(), bar.value()) == (1000, 0)
            await go_on(drive)
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime is ready"

    play(scenario())


def test_a_pause_that_comes_too_late_ends_in_what_is_true(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            window, session = drive.wizard, drive.wizard.flow._desk.session
            await begin(drive)
            await drive.until(
                lambda: session.state.generation is not None or drive.sees("finishHint"), "never"
            )
            window.pausing.emit()
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime is ready"

    play(scenario())


@pytest.fixture
def quick_hand(qapp: QApplication) -> Iterator[None]:
    """Let a second click count at once."""
    before = qapp.doubleClickInterval()
    qapp.setDoubleClickInterval(1)
    yield
    qapp.setDoubleClickInterval(before)


@pytest.mark.alone
@pytest.mark.usefixtures("quick_hand")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_paused_again_and_again_at_any_moment(play: Play, house: House, seed: int) -> None:
    """Whatever is going on: looking, downloading, unpacking, putting in place."""
    random = Random(seed)
    house.server.set_rate(2_000_000)
    shown: list[float] = []
    taken: list[float] = []

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            while drive.wizard.currentId() == PageId.PROGRESS:
                await asyncio.sleep(random.uniform(0, 0.12))
                button = drive.find("pauseButton")
                if (
                    not isinstance(button, QAbstractButton)
                    or not button.isEnabled()
                    or plain(drive) != "Pause"
                ):
                    continue
                button.click()
                clicked = time.monotonic()
                await drive.until(
                    lambda: drive.title == PAUSED or drive.wizard.currentId() == PageId.FINISH, "neither"
                )
                if drive.title == PAUSED:
                    taken.append(time.monotonic() - clicked)
                    shown.append(drive.percent())
                    await go_on(drive)
            assert drive.title == "The VS Code Runtime is ready", drive.texts()
            found = await drive.wizard.flow._desk.session.look(Depth.DEEP)
            assert isinstance(found.status, Installed)

    play(scenario())
    assert taken
    assert max(taken) <= PAUSE_SECONDS
    assert shown == sorted(shown)


def test_cancel_does_not_close_the_window_just_before_its_last_page(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            running = drive.wizard.flow._running
            await begin(drive)
            while running._mode is not Mode.ENDING:  # noqa: ASYNC110 -- it lasts for moments only
                await asyncio.sleep(0)
            drive.wizard.reject()
            await drive.page(PageId.FINISH)
            assert drive.wizard.isVisible()
            assert drive.title == "The VS Code Runtime is ready"

    play(scenario())


def test_removing_everything_offers_no_pause(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await drive.page(PageId.FINISH)
            running = drive.wizard.flow._running
            running.start(states.run(Verb.UNINSTALL, Phase.WORKING).request)
            assert drive.wizard.currentId() == PageId.PROGRESS
            assert not drive.sees("pauseButton")
            await drive.page(PageId.FINISH)
            running.start(states.run(Verb.VERIFY, Phase.WORKING).request)
            assert not drive.sees("pauseButton")
            await drive.page(PageId.FINISH)

    play(scenario())


def test_a_failure_after_going_on_is_told(play: Play, house: House) -> None:
    house.server.set_rate(RATE)

    async def scenario() -> None:
        async with house.window() as drive:
            await begin(drive)
            await half(drive)
            await pause(drive)
            house.server.set_rate(None)
            for module in house.samples:
                house.server.behave(f"/{module}-1.0.0.zip", Behaviour(status=404))
            await go_on(drive)
            await drive.dialog("faultDialog")
            assert drive.text("faultTitle") == "This download is no longer there"
            assert drive.wizard.currentId() == PageId.FINISH

    play(scenario())
