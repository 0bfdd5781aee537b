"""Pause and go on, at every moment of a run: by real clicks, over real HTTP, in a real folder."""

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from house import House
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QProgressBar
from simulators import window_states as states
from simulators.behaviour import STALL, Behaviour
from simulators.window_driver import Driver

from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Drift, FileRanges, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.policies import RetryPolicy
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import ModuleState, Phase, RunState
from vsrt_gui.ui.going_on import joined
from vsrt_gui.ui.pages.page import PageId

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


def plan(*work: ModulePlan, keep: tuple[Target, ...] = ()) -> Plan:
    return Plan(work=work, keep=keep)


def work(of: Target, fetch: WholeArchive | FileRanges, unpack: int) -> ModulePlan:
    return ModulePlan(target=of, drift=Drift.MISSING, fetch=fetch, files=1, unpack_bytes=unpack)


def row(
    of: Target, phase: Phase, *, fetched: int, to_fetch: int, unpacked: int = 0, to_unpack: int = 0
) -> ModuleState:
    return ModuleState(
        module=of.id,
        name=of.module.name,
        phase=phase,
        fetched=fetched,
        to_fetch=to_fetch,
        unpacked=unpacked,
        to_unpack=to_unpack,
    )


def test_what_was_unpacked_before_is_counted_on() -> None:
    before = states.run(
        Verb.INSTALL,
        Phase.WORKING,
        row(states.NODE, Phase.UNPACKING, fetched=100, to_fetch=100, unpacked=200, to_unpack=300),
        row(states.RUFF, Phase.FINISHED, fetched=10, to_fetch=10, unpacked=30, to_unpack=30),
        row(states.PYRIGHT, Phase.DOWNLOADING, fetched=40, to_fetch=60, to_unpack=100),
    )
    now = states.run(
        Verb.INSTALL, Phase.WORKING,
        row(states.NODE, Phase.QUEUED, fetched=100, to_fetch=100, unpacked=0, to_unpack=110),
        row(states.PYRIGHT, Phase.QUEUED, fetched=40, to_fetch=60, to_unpack=100),
    ).but(plan=plan(
        work(states.NODE, WholeArchive(size=100, staged=100), 110),
        work(states.PYRIGHT, WholeArchive(size=60, staged=40), 100),
        keep=(states.RUFF,),
    ), progress=0.0)  # fmt: skip
    shown = joined(before, now)
    assert [r.module for r in shown.modules] == ["nodejs", "ruff", "pyright"]
    node, ruff, pyright = shown.modules
    assert (node.fetched, node.unpacked, node.to_unpack) == (100, 190, 300)
    assert ruff.phase is Phase.FINISHED
    assert (pyright.fetched, pyright.to_fetch) == (40, 60)
    assert shown.progress == before.progress
    assert shown.safe_bytes == before.safe_bytes


def test_files_that_came_by_ranges_are_counted_on() -> None:
    before = states.run(
        Verb.REPAIR, Phase.WORKING, row(states.NODE, Phase.DOWNLOADING, fetched=33, to_fetch=50, to_unpack=90)
    )
    now = states.run(
        Verb.REPAIR, Phase.WORKING, row(states.NODE, Phase.QUEUED, fetched=0, to_fetch=20, to_unpack=40)
    ).but(plan=plan(work(states.NODE, FileRanges(to_fetch=20), 40)))
    (node,) = joined(before, now).modules
    assert (node.fetched, node.to_fetch) == (30, 50)
    assert joined(before, now.but(modules=(now.modules[0].but(fetched=20),))).modules[0].fetched == 50


def test_until_the_new_plan_is_there_the_old_picture_stands() -> None:
    before = states.WORKING
    shown = joined(before, RunState(phase=Phase.SURVEYING))
    assert [r.module for r in shown.modules] == [r.module for r in before.modules]
    assert {r.phase for r in shown.modules} == {Phase.QUEUED, Phase.FINISHED}
    assert shown.progress == before.progress
    assert shown.speed == 0


def test_a_module_that_is_no_longer_wanted_is_left_out_and_a_new_one_follows() -> None:
    before = states.run(Verb.INSTALL, Phase.WORKING, row(states.NODE, Phase.QUEUED, fetched=0, to_fetch=1))
    now = states.run(Verb.INSTALL, Phase.WORKING, row(states.BASE, Phase.QUEUED, fetched=0, to_fetch=5)).but(
        plan=plan(work(states.BASE, WholeArchive(size=5), 1))
    )
    assert [r.module for r in joined(before, now).modules] == ["base-extensions"]
