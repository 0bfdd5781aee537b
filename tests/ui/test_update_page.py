"""The page before an update or a repair: what it says, for every kind of plan, and the real window with it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from house import House
from journeys import install
from PySide6.QtWidgets import QApplication
from simulators import window_reviews as reviews
from simulators import window_states as states
from simulators.behaviour import Behaviour
from simulators.window_driver import Driver

from vsrt_gui.app import open_runbook
from vsrt_gui.model.plan import Drift, FileRanges, Plan, WholeArchive
from vsrt_gui.model.request import Verb
from vsrt_gui.model.status import UpdateAvailable
from vsrt_gui.model.survey import FileState, Harm
from vsrt_gui.ui import text
from vsrt_gui.ui.changes import changes
from vsrt_gui.ui.costs import about
from vsrt_gui.ui.pages.finish import Ending
from vsrt_gui.ui.pages.greeting import greet
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.quoting import Quote
from vsrt_gui.ui.review import review_of

Play = Callable[[Any], Any]
MB = states.MB


@pytest.fixture(autouse=True)
def _english(qapp: QApplication) -> None:
    text.speak_english(qapp)


def lines(quote: Quote) -> list[tuple[str, str, str]]:
    return [(line.name, line.what, line.amount) for line in review_of(quote).lines]


def facts(quote: Quote) -> list[str]:
    return [words for _, words in review_of(quote).facts]


def test_an_update_names_what_changes_comes_goes_and_stays() -> None:
    quote = reviews.QUOTES["update"]
    review = review_of(quote)
    assert review.heading == "Update to version 1.5.0"
    assert "keeps working until the update is complete" in review.lead
    assert "go back to version 1.4.0" in review.lead
    assert lines(quote) == [
        ("Node.js", "24.19.0 → 24.20.0", "12 MB"),
        ("Extension Server", "1.126.04524 → 1.127.00310", "22 MB"),
        ("Java Language Server", "New, version 1.50.0", "48 MB"),
        ("debugpy", "Goes, version 1.8.17", ""),
    ]
    assert review.rest == "Stays as it is: Base Extensions, Pyright and Ruff."
    assert facts(quote) == [
        "82 MB to download instead of 220 MB",
        "410 MB must be free on the disk; 182 GB are",
    ]
    assert (review.commit, review.ready) == ("&Update", True)


def test_an_update_is_held_against_the_whole_only_where_that_is_known_and_more() -> None:
    server = reviews.work(states.SERVER, Drift.OUTDATED, 22 * MB)
    whole = reviews.work(states.NODE, Drift.OUTDATED, 62 * MB)
    assert facts(Quote(Verb.UPDATE, Plan(work=(whole,)), reviews.HERE)) == ["62 MB to download"]
    unsized = states.NODE.model_copy(
        update={"artifact": states.NODE.artifact.model_copy(update={"size": None})}
    )
    ranged = server.but(target=unsized)
    assert facts(Quote(Verb.UPDATE, Plan(work=(ranged,)), reviews.HERE)) == ["22 MB to download"]
    patches = server.but(fetch=FileRanges(to_fetch=130_000, patched=90_000))
    assert facts(Quote(Verb.UPDATE, Plan(work=(patches,)), reviews.HERE)) == [
        "130 KB to download instead of 108 MB"
    ]


COMMAND = reviews.work(states.NODE, Drift.DAMAGED, 0, 0).but(fetch=None, harm=Harm(commands=("node",)))
"""A module of which nothing but a launcher is wrong."""


def test_a_repair_tells_apart_what_is_wrong() -> None:
    states_ = {state: number for number, state in enumerate(FileState, 1)}
    work = COMMAND.but(harm=Harm(states=states_, commands=("node", "npm")))
    assert lines(Quote(Verb.REPAIR, Plan(work=(work,)), reviews.HERE)) == [
        (
            "Node.js",
            (
                "1 file missing, 2 files changed, 3 files with wrong permissions, 4 files replaced by a link, "
                "5 files replaced by something else, 6 files can't be read, 2 commands to be written anew"
            ),
            "",
        )
    ]
    assert lines(Quote(Verb.REPAIR, Plan(work=(COMMAND,)), reviews.HERE)) == [
        ("Node.js", "1 command to be written anew", "")
    ]


def test_a_repair_says_how_much_is_wrong_and_what_it_costs() -> None:
    quote = reviews.QUOTES["repair"]
    review = review_of(quote)
    assert review.heading == "3 files in Node.js need repair"
    assert lines(quote) == [("Node.js", "3 files changed", "1.4 MB")]
    assert facts(quote) == [
        "1.4 MB to download",
        "About 10 seconds",
        "Your own settings and extensions are not touched",
    ]
    assert (review.commit, review.ready) == ("&Repair", True)


@pytest.mark.parametrize(
    ("work", "heading"),
    [
        ((reviews.work(states.NODE, Drift.DAMAGED, 1, 1),), "1 file in Node.js needs repair"),
        (
            (
                reviews.work(states.NODE, Drift.DAMAGED, 1, 4),
                reviews.work(states.PYRIGHT, Drift.DAMAGED, 1, 3),
            ),
            "7 files in 2 modules need repair",
        ),
        ((reviews.work(states.NODE, Drift.DAMAGED, 62 * MB),), "Some files need repair"),
        ((COMMAND,), "1 command of Node.js has to be written anew"),
        ((COMMAND, COMMAND), "2 commands of 2 modules have to be written anew"),
        (
            (COMMAND, reviews.work(states.PYRIGHT, Drift.DAMAGED, 1, 1)),
            "1 file and 1 command in 2 modules need repair",
        ),
    ],
)
def test_a_repair_counts_files_where_they_can_be_counted(work: tuple[Any, ...], heading: str) -> None:
    assert review_of(Quote(Verb.REPAIR, Plan(work=work), reviews.HERE)).heading == heading


def test_damaged_notes_do_not_keep_a_repair_from_counting_files() -> None:
    review = review_of(Quote(Verb.REPAIR, reviews.REPAIR.but(mends=states.NOTES), reviews.HERE))
    assert review.heading == "3 files in Node.js need repair"
    assert len(review.lines) == len(states.NOTES) + 1
    alone = review_of(Quote(Verb.REPAIR, Plan(mends=states.NOTES), reviews.HERE))
    assert alone.heading == "The notes that say what is installed need repair"


@pytest.mark.parametrize("name", ["update-none", "repair-none"])
def test_where_there_is_nothing_to_do_nothing_is_offered(name: str) -> None:
    review = review_of(reviews.QUOTES[name])
    assert (review.commit, review.ready, review.lines, review.facts) == ("", False, (), ())


def test_without_room_it_can_not_be_begun() -> None:
    review = review_of(reviews.QUOTES["update-full"])
    assert review.notice is not None
    assert review.notice[2].startswith("320 MB more are needed")
    assert review.commit
    assert not review.ready


def test_what_can_not_be_had_is_named_and_keeps_nothing_back() -> None:
    review = review_of(reviews.QUOTES["update-lost"])
    assert review.notice is not None
    assert "Java Debugger: Not made for this computer" in review.notice[2]
    assert review.ready


def test_a_running_editor_is_left_alone_and_that_is_said() -> None:
    assert any("The editor that is open goes on" in words for words in facts(reviews.QUOTES["update-open"]))


def test_a_version_that_is_not_kept_is_not_promised() -> None:
    quote = Quote(Verb.UPDATE, reviews.UPDATE, reviews.HERE, keeps=False)
    assert "go back" not in review_of(quote).lead


def test_sizes_that_nobody_published_are_not_made_up() -> None:
    unknown = reviews.work(states.NODE, Drift.OUTDATED, 0).but(fetch=WholeArchive(size=None))
    known = reviews.work(states.SERVER, Drift.OUTDATED, 22 * MB)
    plan = Plan(work=(unknown,), switch=True)
    assert "not known yet" in facts(Quote(Verb.REPAIR, plan, reviews.HERE))[0]
    plan = Plan(work=(unknown, known), switch=True)
    assert facts(Quote(Verb.REPAIR, plan, reviews.HERE))[:2] == [
        "At least 22 MB to download",
        "Your own settings and extensions are not touched",
    ]


@pytest.mark.parametrize(
    "fetch", [WholeArchive(size=62 * MB, staged=62 * MB), FileRanges(to_fetch=0, requests=0), None]
)
def test_where_nothing_has_to_come_that_is_known(fetch: WholeArchive | FileRanges | None) -> None:
    here = reviews.work(states.NODE, Drift.DAMAGED, 0, 3).but(fetch=fetch)
    assert facts(Quote(Verb.REPAIR, Plan(work=(here,)), reviews.HERE))[0] == "Nothing has to be downloaded"
    more = Plan(work=(here, reviews.work(states.PYRIGHT, Drift.DAMAGED, 5000, 1)))
    assert facts(Quote(Verb.REPAIR, more, reviews.HERE))[0] == "5.0 KB to download"


@pytest.mark.parametrize(
    ("node", "server", "words"),
    [
        (1_400_000, 0, "About 10 seconds"),
        (1_400_000, 60 * MB, "Less than a minute"),
        (62 * MB, 108 * MB, "About 2 minutes, depending on your connection"),
    ],
)
def test_about_how_long_it_takes(node: int, server: int, words: str) -> None:
    work = (
        reviews.work(states.NODE, Drift.DAMAGED, node),
        reviews.work(states.SERVER, Drift.DAMAGED, server),
    )
    assert about(Plan(work=work)) == words


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        (1, "About 10 seconds"),
        (400, "Less than a minute"),
        (2400, "About 2 minutes, depending on your connection"),
    ],
)
def test_requests_take_their_time(requests: int, words: str) -> None:
    fetch = FileRanges(to_fetch=1_400_000, requests=requests)
    work = reviews.work(states.NODE, Drift.DAMAGED, 1_400_000).but(fetch=fetch)
    assert about(Plan(work=(work,))) == words


def test_the_same_version_with_other_bytes_is_a_change() -> None:
    rebuilt = reviews.newer(states.NODE, states.NODE.module.version, 62 * MB)
    (change,) = changes((states.NODE,), (rebuilt,))
    assert change.words == "24.19.0, built anew"
    assert changes((states.NODE,), (states.NODE,)) == ()


def test_an_update_is_shown_before_it_begins_and_told_of_afterwards(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            house.publish("2.0.0")
            house.server.forget()
            await drive.click("startPageButton")
            await drive.click("updateButton")
            await drive.until(lambda: drive.title == "Update to version 2.0.0", "no quote")
            assert drive.text("change-0") == "1.0.0 → 2.0.0"
            assert not any(".zip" in served.path for served in house.server.log)
            await drive.click("cancelButton")
            await drive.page(PageId.WELCOME)
            await drive.click("updateButton")
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert drive.title == "The VS Code Runtime is up to date"
            assert "You have version 2.0.0 now. Version 1.0.0 is kept" in drive.text("pageLead")
            assert drive.text("changed-0") == "1.0.0 → 2.0.0"

    play(scenario())


def test_an_update_that_was_stopped_names_the_button_that_goes_on(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            house.publish("2.0.0")
            await drive.click("startPageButton")
            await drive.click("updateButton")
            await drive.until(lambda: drive.title == "Update to version 2.0.0", "no quote")
            house.server.set_rate(100_000)
            await drive.click("commitButton")
            await drive.page(PageId.PROGRESS)
            await drive.until(lambda: drive.percent() > 5, "no progress")
            await drive.click("cancelButton")
            await drive.click("yesButton")
            await drive.page(PageId.FINISH)
            assert drive.text("finishHint").endswith("open this program again and choose Update.")
            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("updateButton"), "another button")
            assert not drive.sees("finishInstallationButton")

    play(scenario())


@pytest.mark.parametrize(
    ("available", "offered", "heading", "lead"),
    [
        ("1.4.1", "Update to version 1.4.1", "Update to version 1.4.1", "go back to version 1.4.0."),
        ("1.4.0", "Update to the new build of version 1.4.0", "Update the modules", "to what you have."),
        (
            "1.3.9",
            "Update to the older version 1.3.9",
            "Update to the older version 1.3.9",
            "go back to version 1.4.0.",
        ),
    ],
)
def test_what_is_on_offer_is_called_newer_only_where_it_is(
    available: str, offered: str, heading: str, lead: str
) -> None:
    status = UpdateAvailable(current="1.4.0", available=available)
    here = reviews.HERE.but(status=status, manifest_version=available)
    titles = [each.title.replace("&", "") for each in greet(here, open_runbook()).others]
    assert offered in titles
    review = review_of(Quote(Verb.UPDATE, reviews.UPDATE, here))
    assert review.heading == heading
    assert review.lead.endswith(lead)


@pytest.mark.parametrize(
    ("version", "title", "lead"),
    [
        ("1.5.0", "The VS Code Runtime is up to date", "You have version 1.5.0 now. Version 1.4.0 is kept"),
        (
            "1.4.0",
            "The VS Code Runtime is up to date",
            "You have the new build of version 1.4.0 now. The one",
        ),
        ("1.3.0", "Version 1.3.0 is in use", "You have version 1.3.0 now. Version 1.4.0 is kept"),
    ],
)
def test_what_an_update_led_to_is_called_by_its_name(
    play: Play, house: House, version: str, title: str, lead: str
) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            _, state = states.ENDINGS["completed"]
            before, after = reviews.KEPT[1], reviews.KEPT[2].model_copy(update={"manifest_version": version})
            drive.wizard.go(PageId.FINISH)
            drive.wizard.finish.show_ending(
                Ending(Verb.UPDATE, state, states.FOLDER, states.NAMES, before=before, after=after)
            )
            assert drive.title == title
            assert drive.text("pageLead").startswith(lead)

    play(scenario())


def test_an_update_without_a_connection_is_said_and_tried_again(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            house.publish("2.0.0")
            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("updateButton"), "no update")
            _expire(drive)
            house.server.behave("/manifest.json", Behaviour(status=503))
            await drive.click("updateButton")
            await drive.until(lambda: drive.title == "The download server has a problem", "not said")
            assert not drive.sees("commitButton")
            house.server.behave("/manifest.json", Behaviour())
            await drive.click("tryAgainButton")
            await drive.until(lambda: drive.title == "Update to version 2.0.0", "not tried again")

    play(scenario())


def test_an_update_that_is_there_no_more_is_said(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            house.publish("2.0.0")
            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("updateButton"), "no update")
            _expire(drive)
            house.publish("1.0.0")
            await drive.click("updateButton")
            await drive.until(lambda: drive.title == "You have the newest version", "not said")
            assert not drive.sees("commitButton")
            await drive.click("cancelButton")
            await drive.page(PageId.WELCOME)
            await drive.until(lambda: drive.title == "The runtime is installed and ready", "not looked anew")

    play(scenario())


def test_a_check_finds_nothing_and_changes_nothing(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            journal = house.prefix / "journal.jsonl"
            before = journal.read_bytes()
            await drive.click("startPageButton")
            await drive.click("repairButton")
            await drive.until(lambda: drive.title == "Everything is in order", "not in order")
            assert not drive.sees("commitButton")
            assert journal.read_bytes() == before
            await drive.click("repairAnywayButton")
            await drive.page(PageId.FINISH)
            assert drive.text("pageLead") == "Nothing had to be put right."

    play(scenario())


def test_a_check_can_be_stopped(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            await drive.click("startPageButton")
            house.server.behave("/manifest.json", Behaviour(header_delay=20))
            await drive.click("repairButton")
            await drive.page(PageId.REVIEW)
            _expire(drive)
            began = time.monotonic()
            await drive.click("cancelButton")
            await drive.page(PageId.WELCOME)
            await drive.until(lambda: drive.sees("repairButton"), "the first page never came back")
            assert time.monotonic() - began < 5
            await asyncio.sleep(0)

    play(scenario())


def _expire(drive: Driver) -> None:
    """Forget the manifest that was just fetched, as if a day had gone by."""
    catalog = drive.wizard.flow._desk.session._outfit.tools.catalog
    assert catalog is not None
    catalog.forget()
