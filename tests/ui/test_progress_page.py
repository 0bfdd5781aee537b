"""What the progress page shows at each moment, and what it must never do."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from house import House
from simulators import window_states as states
from simulators.behaviour import Behaviour
from simulators.window_driver import Driver

from vsrt_gui.model.events import CatalogMissed, Outcome, PlanReady, Step, StepStarted, Waiting
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.policies import BreakerPolicy, RetryPolicy
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import Phase, RunState
from vsrt_gui.ui.blank import blank
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.pages.progress import ProgressPage

Play = Callable[[Any], Any]
LOOKING = RunState(phase=Phase.SURVEYING)
KEPT = states.run(Verb.INSTALL, Phase.WORKING).but(plan=Plan(keep=states.CATALOG))


@pytest.mark.parametrize(
    ("state", "verb", "paused", "icon"),
    [
        (LOOKING, Verb.INSTALL, False, "search"),
        (LOOKING, Verb.REPAIR, False, "search"),
        (LOOKING, Verb.VERIFY, False, "search"),
        (states.HELD_UP, Verb.INSTALL, False, "clock"),
        (states.run(Verb.UNINSTALL, Phase.WORKING).but(plan=Plan()), Verb.UNINSTALL, False, "remove"),
        (KEPT, Verb.INSTALL, False, "shield"),
        (KEPT.but(phase=Phase.FINISHED), Verb.INSTALL, True, "shield"),
        (LOOKING.but(phase=Phase.FINISHED), Verb.INSTALL, True, "stopped"),
    ],
)
def test_an_empty_page_says_why(state: RunState, verb: Verb, paused: bool, icon: str) -> None:
    said = blank(state, verb, paused=paused)
    assert said is not None
    assert said.icon == icon
    assert said.text.endswith(".")


@pytest.mark.parametrize("state", [states.WORKING, LOOKING.but(phase=Phase.FINISHED)])
def test_where_there_are_rows_or_the_page_changes_nothing_stands_instead(state: RunState) -> None:
    assert blank(state, Verb.INSTALL, paused=False) is None


async def on_page(house: House, look: Callable[[Driver, ProgressPage], None]) -> None:
    async with house.window() as drive:
        await drive.until(lambda: drive.sees("installButton"), "no first page")
        drive.wizard.go(PageId.PROGRESS)
        drive.wizard.progress.begin(Verb.INSTALL, {})
        await asyncio.sleep(0)
        look(drive, drive.wizard.progress)


def test_kept_modules_that_are_tried_out_are_named(play: Play, house: House) -> None:
    def look(drive: Driver, page: ProgressPage) -> None:
        assert drive.text("progressHint") == "What is on the disk already is not fetched again."
        page.see(PlanReady(plan=Plan(keep=states.CATALOG)), KEPT)
        page.see(StepStarted(module="nodejs", step=Step.PROVE, done=0, total=None), KEPT)
        page.render_now()
        assert drive.text("doingLabel") == "Trying out Node.js"
        assert "Node.js: trying it out." in page.details.text

    play(on_page(house, look))


def test_when_all_rows_are_done_it_is_put_in_place(play: Play, house: House) -> None:
    def look(drive: Driver, page: ProgressPage) -> None:
        page.show_state(states.run(Verb.INSTALL, Phase.WORKING, *states.DONE))
        assert drive.text("doingLabel") == "Putting everything in place"
        assert not drive.sees("progressHint")

    play(on_page(house, look))


def test_no_time_is_promised_while_everything_waits_for_a_server(play: Play, house: House) -> None:
    waits = (
        states.row(states.NODE, Phase.RETRYING, 0.5, pause=4.0),
        states.row(states.RUFF, Phase.QUEUED, 0.5),
    )

    def look(drive: Driver, page: ProgressPage) -> None:
        page.show_state(states.run(Verb.INSTALL, Phase.WORKING, *waits))
        assert drive.text("doingLabel") == "Waiting for the connection"
        page.show_state(
            states.run(Verb.INSTALL, Phase.WORKING, waits[0], states.row(states.RUFF, Phase.DOWNLOADING, 0.5))
        )
        assert drive.text("doingLabel") != "Waiting for the connection"

    play(on_page(house, look))


def test_two_remarks_stand_together_and_go_with_the_next_run(play: Play, house: House) -> None:
    missed = CatalogMissed(fault=states.OFFLINE, fetched_at=1_793_700_000.0)

    def look(drive: Driver, page: ProgressPage) -> None:
        page.show_state(states.WORKING.but(missed=missed))
        said = drive.text("progressNotice")
        assert "the disk is nearly full: 4.0 GB are free." in said
        assert "The download server can't be found. It goes on with the list of modules of" in said
        page.begin(Verb.REPAIR, {})
        assert not drive.sees("progressNotice")

    play(on_page(house, look))


def test_a_look_that_is_paused_stands_where_it_was(play: Play, house: House) -> None:
    def look(drive: Driver, page: ProgressPage) -> None:
        page.show_state(LOOKING.but(surveyed=0.37))
        page.show_pausing()
        page.show_state(LOOKING.but(surveyed=0.37, phase=Phase.FINISHED, outcome=Outcome.CANCELLED))
        page.show_paused()
        assert (drive.percent(), drive.text("percentLabel")) == (37.0, "37 %")
        assert drive.text("progressHint") == "Nothing has been changed yet."

    play(on_page(house, look))


def test_a_pause_of_a_server_that_is_over_goes_on_now(play: Play, house: House) -> None:
    def look(drive: Driver, page: ProgressPage) -> None:
        page.show_state(LOOKING.but(holdup=Waiting(module=None, host="example.com", seconds=0.0)))
        assert drive.text("doingLabel") == "Going on now"

    play(on_page(house, look))


def test_a_repair_without_the_list_of_modules_says_so(play: Play, house: House) -> None:
    """While it is asked again the page counts down; then it goes on, and says without what."""
    house.policies = house.policies.but(
        manifest_retry=RetryPolicy(attempts=2, first_delay=0.6, jitter=0.0), manifest_ttl=0.0
    )
    said: set[str] = set()

    async def scenario() -> None:
        async with house.window() as drive:
            for button in ("installButton", "nextButton", "commitButton"):
                await drive.click(button)
            await drive.page(PageId.FINISH)
            house.server.behave("/manifest.json", Behaviour(status=503))
            drive.wizard.flow.start(states.run(Verb.REPAIR, Phase.WORKING).request)
            while drive.wizard.currentId() == PageId.PROGRESS:
                said.update(drive.texts())
                await asyncio.sleep(0.005)
            assert drive.title == "Everything is in order"
            assert "It goes on with" in drive.wizard.progress.details.text

    play(scenario())
    assert any("The download server has a problem. Trying again in 1 second" in words for words in said), said
    assert "Nothing has to be done: it goes on by itself as soon as there is an answer." in said


def test_a_long_wait_can_be_ended_by_hand_and_a_short_one_shows_no_button(play: Play, house: House) -> None:
    def look(drive: Driver, page: ProgressPage) -> None:
        ended: list[bool] = []
        page.hurrying.connect(lambda: ended.append(True))
        waiting = states.row(states.NODE, Phase.WAITING, 0.5, pause=43.0)
        short = states.row(states.RUFF, Phase.WAITING, 0.5, pause=2.0)
        event = Waiting(module="ruff", host="example.com", seconds=2.0)
        page.see(event, states.run(Verb.INSTALL, Phase.WORKING, short))
        page.render_now()
        assert not drive.sees("hurryButton")
        event = Waiting(module="nodejs", host="example.com", seconds=43.0)
        page.see(event, states.run(Verb.INSTALL, Phase.WORKING, waiting, short))
        page.render_now()
        assert drive.sees("hurryButton")
        page._hurry.button.setFocus()
        page._hurry.button.click()
        assert ended == [True]
        assert not drive.sees("hurryButton")
        assert page.details.toggle.hasFocus()
        page.show_paused()
        assert not drive.sees("hurryButton")

    play(on_page(house, look))


def test_a_server_that_is_left_alone_is_asked_at_once_when_that_is_wished(play: Play, house: House) -> None:
    rules = BreakerPolicy(threshold=1, cooldown=300.0, successes=1)
    patient = RetryPolicy(attempts=3, first_delay=0.01)
    house.policies = house.policies.but(
        manifest_retry=patient,
        download_retry=patient,
        manifest_breaker=rules,
        download_breaker=rules,
        manifest_ttl=0.0,
    )

    async def scenario() -> None:
        async with house.window() as drive:
            for button in ("installButton", "nextButton"):
                await drive.click(button)
            house.server.behave("/node-1.0.0.zip", Behaviour(status=503), times=1)
            await drive.click("commitButton")
            await drive.click("hurryButton")
            await drive.page(PageId.FINISH)
            assert len(house.server.requests("/node-1.0.0.zip")) == 2
            house.server.behave("/manifest.json", Behaviour(status=503), times=1)
            drive.wizard.flow.start(states.run(Verb.REPAIR, Phase.WORKING).request)
            await drive.click("hurryButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "Everything is in order"

    play(scenario())
