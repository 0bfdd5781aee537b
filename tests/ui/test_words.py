"""Numbers in words: sizes, calm times, countdowns, plurals; and what each status is greeted with."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtWidgets import QApplication
from simulators import window_states as states

from vsrt_gui import ui
from vsrt_gui.app import open_runbook
from vsrt_gui.model.events import Retrying, RunStarted, Step, StepStarted, Waiting
from vsrt_gui.model.request import Request, Trigger, Verb, Wanted
from vsrt_gui.model.run import Phase
from vsrt_gui.model.survey import PrefixRecord
from vsrt_gui.ui import text
from vsrt_gui.ui.pages.greeting import greet
from vsrt_gui.ui.pages.offers import Intent, way_on
from vsrt_gui.ui.rows import Countdowns, row_view
from vsrt_gui.ui.tokens import Tone

RUNBOOK = open_runbook()
HERE = states.OVERVIEWS["installed"].record
WANTED = Wanted(modules=frozenset({"java"}), trigger=Trigger.MANUAL)
MB = 1_000_000


@pytest.fixture(autouse=True)
def _english(qapp: QApplication) -> None:
    text.speak_english(qapp)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("done", "total", "words"),
    [
        (34 * MB, 62 * MB, "34 of 62 MB"),
        (0, 62 * MB, "0 of 62 MB"),
        (800_000, 62 * MB, "800 KB of 62 MB"),
        (70 * MB, 62 * MB, "62 of 62 MB"),
        (5 * MB, None, "5.0 MB"),
    ],
)
def test_part_of(done: int, total: int | None, words: str) -> None:
    assert text.part_of(done, total) == words


def test_plurals_and_dates() -> None:
    assert text.modules(1) == "1 module"
    assert text.modules(6) == "6 modules"
    assert "2026" in text.date(datetime(2026, 11, 3, 12, tzinfo=UTC))
    assert text.plain("Save && &close") == "Save & close"


def test_long_paths_may_wrap() -> None:
    assert text.BREAK in text.breakable("It goes into /home/somebody/with/a/long/name.")
    assert text.breakable("and/or") == "and/or"


def test_a_countdown_counts_down_between_events() -> None:
    clock = Clock()
    countdowns = Countdowns(clock)
    retrying = Retrying(
        module="server", step=Step.DOWNLOAD, fault=states.STALLED, attempt=1, attempts=3, delay=8.0
    )
    countdowns.see(retrying)
    row = states.row(states.SERVER, Phase.RETRYING, 0.4, fault=states.STALLED, pause=8.0)

    def shown() -> str:
        return row_view(row, countdowns.left("server", row.pause), RUNBOOK, states.NAMES).phase

    assert shown() == "The download came to a standstill. Trying again in 8 seconds"
    clock.now += 6.5
    assert shown() == "The download came to a standstill. Trying again in 2 seconds"
    clock.now += 0.6
    assert shown() == "The download came to a standstill. Trying again in 1 second"
    clock.now += 60
    assert shown() == "The download came to a standstill. Trying again now"
    countdowns.see(StepStarted(module="server", step=Step.DOWNLOAD, done=0, total=1))
    assert countdowns.left("server", 5.0) == 5.0


def test_a_pause_of_the_catalog_is_counted_too_and_a_new_run_forgets() -> None:
    clock = Clock()
    countdowns = Countdowns(clock)
    countdowns.see(Waiting(module=None, host="example.com", seconds=30.0))
    clock.now += 10
    assert countdowns.left(None, 30.0) == 20.0
    countdowns.see(RunStarted(run_id="1", request=Request(verb=Verb.INSTALL), at=0))
    assert countdowns.left(None, 30.0) == 30.0


def test_rows() -> None:
    views = {r.module: row_view(r, 7.0, RUNBOOK, states.NAMES) for r in states.WORKING.modules}
    assert views["server"].amount == "45 of 108 MB  ·  7.4 MB/s"
    assert views["server"].tone is Tone.ACCENT
    assert views["nodejs"].amount == "112 of 186 MB"
    assert views["base-extensions"].amount == "3.0 MB"
    assert views["pyright"].tone is Tone.WARNING
    assert views["ruff"].fraction == 1.0
    rough = {r.module: row_view(r, 43.0, RUNBOOK, states.NAMES) for r in states.ROUGH.modules}
    assert rough["nodejs"].phase == "The server needs a pause: going on in 43 seconds"
    assert rough["server"].phase == "The download came to a standstill"
    assert rough["pyright"].fraction is None
    assert rough["base-extensions"].fraction is None


MAINS = {
    "fresh": Intent.INSTALL,
    "fresh-offline": Intent.LOOK_AGAIN,
    "fresh-empty": Intent.LOOK_AGAIN,
    "unfinished": Intent.FINISH,
    "partial": Intent.FINISH,
    "failed": Intent.FINISH,
    "damaged": Intent.REPAIR,
    "update": None,
    "installed": None,
    "installed-offline": None,
    "installed-looking": None,
    "partial-looking": Intent.FINISH,
    "busy": Intent.LOOK_AGAIN,
}


@pytest.mark.parametrize("name", MAINS)
def test_each_status_leads_somewhere(name: str) -> None:
    greeting = greet(states.OVERVIEWS[name], RUNBOOK)
    assert greeting.heading
    assert greeting.main is MAINS[name]
    assert greeting.main is not None or Intent.REPAIR in {each.intent for each in greeting.others}
    assert all(each.title and each.why for each in greeting.others)


def test_what_needs_the_catalog_is_not_offered_without_it() -> None:
    offline = greet(states.OVERVIEWS["installed-offline"], RUNBOOK)
    ready = {each.intent: each.ready for each in offline.others}
    assert ready[Intent.CHANGE] is False
    assert ready[Intent.REPAIR] is True
    assert "can't be found" in {each.intent: each.why for each in offline.others}[Intent.LOOK_AGAIN]
    unfinished = states.OVERVIEWS["partial"].but(available=(), catalog_fault=states.OFFLINE)
    assert greet(unfinished, RUNBOOK).main is Intent.LOOK_AGAIN


@pytest.mark.parametrize(
    ("verb", "record", "way"),
    [
        (Verb.INSTALL, PrefixRecord(), Intent.INSTALL),
        (Verb.INSTALL, PrefixRecord(wanted=WANTED), Intent.FINISH),
        (Verb.UPDATE, HERE, Intent.UPDATE),
        (Verb.UPDATE, HERE.but(wanted=WANTED), Intent.FINISH),
        (Verb.CHANGE, HERE, Intent.CHANGE),
        (Verb.CHANGE, HERE.but(wanted=WANTED), Intent.FINISH),
        (Verb.REPAIR, HERE.but(wanted=WANTED), Intent.REPAIR),
        (Verb.ROLLBACK, HERE, Intent.VERSIONS),
        (Verb.UNINSTALL, HERE, None),
        (Verb.UPDATE, None, Intent.UPDATE),
    ],
)
def test_what_was_stopped_is_gone_on_with_by_the_button_that_the_first_page_has(
    verb: Verb, record: PrefixRecord | None, way: Intent | None
) -> None:
    assert way_on(verb, record) is way


def test_the_last_failure_is_remembered() -> None:
    remark = greet(states.OVERVIEWS["partial"], RUNBOOK).remark
    assert remark is not None
    assert remark.offer is Intent.EXPLAIN
    assert "standstill" in remark.title


def test_qt_finds_every_text_to_translate(tmp_path: Path) -> None:
    lupdate = shutil.which("pyside6-lupdate", path=Path(sys.executable).parent)
    assert lupdate is not None
    sources = sorted(Path(ui.__path__[0]).rglob("*.py"))
    found = tmp_path / "found.ts"
    subprocess.run([lupdate, "-silent", *sources, "-ts", found], check=True, timeout=60)
    texts = {source.text for source in ET.parse(found).iter("source")}
    assert set(text.PLURALS) <= texts
    assert {words for source in sources for words in _translated(source)} - texts == set()


def _translated(source: Path) -> Iterator[str]:
    """Yield every text that the code has translated."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            place = {"tr": 0, "translate": 1}.get(getattr(node.func, "attr", getattr(node.func, "id", "")))
            words = node.args[place] if place is not None and len(node.args) > place else None
            if isinstance(words, ast.Constant):
                yield words.value
