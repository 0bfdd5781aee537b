"""What is told while a run goes on: how long it still takes, and its story line by line."""

import re
from collections.abc import Iterable
from random import Random

import pytest
from PySide6.QtWidgets import QApplication
from simulators import window_states as states

from vsrt_gui.app import open_runbook
from vsrt_gui.model.events import PlanReady, Retrying, RunStarted, Step, StepFinished, StepStarted, Waiting
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import Phase, RunState, fold
from vsrt_gui.ui import text
from vsrt_gui.ui.entries import Entry
from vsrt_gui.ui.narration import Story
from vsrt_gui.ui.rows import row_view
from vsrt_gui.ui.tokens import Tone

RUNBOOK = open_runbook()
MB = 1_000_000


@pytest.fixture(autouse=True)
def _english(qapp: QApplication) -> None:
    text.speak_english(qapp)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.2, 0.2, "A few seconds left"),
        (5, 25, "Less than a minute left"),
        (20, 60, "Less than a minute left"),
        (62, 70, "About 1 minute left"),
        (20, 100, "Less than 2 minutes left"),
        (25, 70, "Less than 2 minutes left"),
        (100, 170, "2 to 3 minutes left"),
        (170, 200, "About 3 minutes left"),
        (300, 600, "5 to 10 minutes left"),
        (590, 601, "About 10 minutes left"),
        (601, 1000, "10 to 15 minutes left"),
        (100, 1000, "Less than 15 minutes left"),
        (4000, 6500, "60 to 105 minutes left"),
        (1800, 8000, "1 to 2 hours left"),
        (3 * 3600, 3.2 * 3600, "About 3 hours left"),
        (3 * 3600, 7 * 3600, "3 to 7 hours left"),
    ],
)
def test_time_left(low: float, high: float, words: str) -> None:
    assert text.time_left(low, high) == words


def told(rates: Iterable[float], left: float, step: float = 0.5) -> list[str]:
    """Return the texts that are shown one after another while a download goes on at these rates, MB a second."""
    calm, now, shown = text.CalmTime(), 0.0, [""]
    for rate in rates:
        said = calm.say(int(left * MB), now)
        if said != shown[-1]:
            shown.append(said)
        now, left = now + step, max(0.0, left - rate * step)
    return shown


def test_a_steady_rate_needs_no_range() -> None:
    assert told([10.0] * 520, 2400) == [
        "",
        "About 4 minutes left",
        "About 3 minutes left",
        "About 2 minutes left",
        "About 1 minute left",
        "Less than a minute left",
        "A few seconds left",
        "",
    ]


def test_an_uneven_rate_gives_a_range() -> None:
    """Ten seconds at full speed, then ten at nothing, and so on."""
    uneven = ([10.0] * 20 + [0.0] * 20) * 3
    shown = told(uneven, 1800)
    assert "4 to 8 minutes left" in shown, shown  # six are true
    assert not any("hour" in words for words in shown)


def test_noise_is_not_shown() -> None:
    """A rate that differs by up to half from one moment to the next: the time only gets shorter."""
    noise = Random(7)
    shown = told([10 * noise.uniform(0.5, 1.5) for _ in range(500)], 2400)
    least = [int(number) for words in shown for number in re.findall(r"(\d+) minutes? left", words)]
    assert least == sorted(least, reverse=True), shown
    assert len(shown) < 16, shown


def test_a_slower_line_is_admitted_only_when_it_stays_slow() -> None:
    hiccup = told([10.0] * 60 + [0.0] * 6 + [10.0] * 60, 3000)
    assert hiccup == ["", "About 5 minutes left", "About 4 minutes left"], hiccup
    slower = told([10.0] * 60 + [4.0] * 120, 3000)
    assert slower[1] == "About 5 minutes left"
    assert slower[-1] in {"8 to 9 minutes left", "About 9 minutes left", "About 10 minutes left"}, slower


def test_nothing_is_said_of_what_can_not_be_told() -> None:
    assert told([0.0] * 100, 50) == [""]
    assert told([10.0] * 6, 3000) == [""]
    calm = text.CalmTime()
    for second in range(20):
        calm.say((100 - second) * MB, float(second))
    assert calm.say(0, 20.0) == "About 1 minute left"
    assert calm.say(0, 40.0) == ""


def test_the_story_names_modules_not_ids() -> None:
    retrying = Retrying(
        module="server", step=Step.DOWNLOAD, fault=states.STALLED, attempt=1, attempts=3, delay=8.0
    )
    said = Story(RUNBOOK, states.NAMES).tell(retrying)
    assert said is not None
    assert said.words == (
        "Extension Server: The download came to a standstill. Trying again in 8 seconds (attempt 2 of 3)."
    )
    assert (said.module, said.name, said.tone) == ("server", "Extension Server", Tone.WARNING)
    assert said.line == f"{said.time}   {said.words}"


def tail(entry: Entry | None) -> str:
    """Return an entry's words, empty for none."""
    return entry.words if entry else ""


def test_spoilt_bytes_are_fetched_again_now_not_in_0_seconds() -> None:
    wrong = InstallerError(FaultCode.SIZE_MISMATCH, file="pyright.zip", expected=7, actual=9).fault
    again = Retrying(module="pyright", step=Step.DOWNLOAD, fault=wrong, attempt=1, attempts=3, delay=0.0)
    said = tail(Story(RUNBOOK, states.NAMES).tell(again))
    assert said == f"Pyright: {RUNBOOK.page(wrong).title}. Trying again now."
    row = states.row(states.PYRIGHT, Phase.RETRYING, 0.4, fault=wrong)
    assert row_view(row, 0.0, RUNBOOK, states.NAMES).phase.endswith(". Trying again now")


def test_another_place_is_named_by_story_and_row() -> None:
    instead = Retrying(
        module="pyright",
        step=Step.DOWNLOAD,
        fault=states.STALLED,
        attempt=1,
        attempts=3,
        delay=0.0,
        source="https://a.example/pyright.zip",
        then="https://b.example/pyright.zip",
    )
    said = tail(Story(RUNBOOK, states.NAMES).tell(instead))
    assert said == "Pyright: The download came to a standstill. Taking it from b.example instead."
    started = RunStarted(run_id="1", request=Request(verb=Verb.INSTALL), at=0.0)
    state = RunState()
    for event in (started, PlanReady(plan=states.plan()), instead):
        state = fold(state, event)
    (row,) = (row for row in state.modules if row.module == "pyright")
    shown = row_view(row, 0.0, RUNBOOK, states.NAMES).phase
    assert shown == "The download came to a standstill. Taking it from b.example instead"


def test_the_story_knows_the_names_of_kept_modules() -> None:
    story = Story(RUNBOOK, {})
    story.tell(PlanReady(plan=Plan(keep=(states.NODE,))))
    started = StepStarted(module="nodejs", step=Step.PROVE, done=0, total=None)
    assert tail(story.tell(started)) == "Node.js: trying it out."
    assert story.trying == "Trying out Node.js"
    story.tell(StepFinished(module="nodejs", step=Step.PROVE, done=0))
    assert story.trying == ""


def test_a_pause_of_a_server_is_told_once() -> None:
    story = Story(RUNBOOK, states.NAMES)
    waiting = [Waiting(module="server", host="example.com", seconds=30.0 - n) for n in range(3)]
    assert [tail(story.tell(event)) for event in waiting] == [
        "Extension Server: example.com needs a pause of 30 seconds.",
        "",
        "",
    ]
    story.tell(StepStarted(module="server", step=Step.DOWNLOAD, done=0, total=1))
    assert tail(story.tell(waiting[0]))


def test_the_story_goes_on_over_a_pause() -> None:
    story = Story(RUNBOOK, states.NAMES)
    started = RunStarted(run_id="1", request=Request(verb=Verb.INSTALL), at=0)
    assert tail(story.tell(started)) == "Installing the VS Code Runtime"
    assert tail(story.pause()) == "Paused."
    assert tail(story.tell(started)) == "Going on."
