"""The runbook has words for everything that can happen, and only such words as anybody understands."""

import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from string import Formatter

import pytest

from vsrt_gui.model.events import Outcome, Severity
from vsrt_gui.model.faults import FACTS, Fact, Fault, FaultCode
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.request import Trigger, Verb
from vsrt_gui.model.run import Phase
from vsrt_gui.model.runbook import Remedy
from vsrt_gui.model.survey import FileState
from vsrt_gui.model.versions import Newness
from vsrt_gui.runbook.library import Runbook

LANGUAGES = sorted((Path(__file__).parents[2] / "resources" / "runbook").glob("*.toml"))
DATA = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in LANGUAGES}
STATUSES = {
    "notInstalled",
    "installed",
    "partiallyInstalled",
    "installing",
    "failed",
    "updateAvailable",
    "damaged",
}
JARGON = re.compile(
    r"\b(checksums?|sha-?\d*|hash(es)?|errors?|exceptions?|bugs?|circuit|breakers?|timeouts?|time-out|tls|ssl|https?|urls?|"
    r"dns|cdn|mitm|json|toml|manifests?|artifacts?|archives?|prefix|generations?|journal|staged|stderr|abort(ed)?|"
    r"fatal|invalid|illegal|fail(ed|ure|s)?|cache|pid|thread|process|lock|null|none)\b|!",
    re.IGNORECASE,
)
SHORTEST_PAGE, LONGEST_SENTENCES = 2, 240

every_language = pytest.mark.parametrize("language", DATA)
every_page = pytest.mark.parametrize(
    ("language", "code"), [(name, code) for name, data in DATA.items() for code in data["faults"]]
)


def texts(page: dict[str, object]) -> Iterator[str]:
    for value in (page["title"], page["cause"], page["meaning"], *page["steps"]):  # type: ignore[misc]
        assert isinstance(value, str)
        yield value


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def example(code: FaultCode) -> Fault:
    facts: dict[str, Fact] = dict.fromkeys(FACTS[code], "something")
    return Fault(code=code, facts=facts)


def test_there_is_an_english_runbook() -> None:
    assert "en" in DATA


@every_language
def test_every_fault_has_a_page_and_every_page_a_fault(language: str) -> None:
    assert set(DATA[language]["faults"]) == {str(code) for code in FaultCode}


@every_page
def test_placeholders_are_facts_of_the_fault(language: str, code: str) -> None:
    for text in texts(DATA[language]["faults"][code]):
        assert placeholders(text) <= FACTS[FaultCode(code)]


@every_page
def test_a_page_is_whole(language: str, code: str) -> None:
    page = Runbook(DATA[language]).page(example(FaultCode(code)))
    assert set(DATA[language]["faults"][code]) == {"title", "cause", "meaning", "steps", "remedies"}
    assert len(page.steps) >= SHORTEST_PAGE
    assert page.remedies
    assert len(set(page.remedies)) == len(page.remedies)
    assert page.remedies[0] is not Remedy.COPY_DETAILS or len(page.remedies) == SHORTEST_PAGE
    assert "(unknown)" not in page.model_dump_json()


@every_page
def test_a_page_can_be_left(language: str, code: str) -> None:
    assert "close" in DATA[language]["faults"][code]["remedies"]


@every_page
def test_words_are_short_and_plain(language: str, code: str) -> None:
    page = DATA[language]["faults"][code]
    assert not page["title"].endswith(".")
    for text in texts(page):
        bare = re.sub(r"\{\w+\}", "", text)
        assert not JARGON.search(bare), JARGON.search(bare)
        assert len(text) <= LONGEST_SENTENCES
        assert text == text.strip()
    for text in (page["cause"], page["meaning"], *page["steps"]):
        assert text.endswith((".", "?"))


@every_page
def test_the_proxy_is_the_it_departments_matter(language: str, code: str) -> None:
    """But for the faults of the proxy itself, which only those meet who have one."""
    if code.startswith("proxy-"):
        return
    for text in texts(DATA[language]["faults"][code]):
        if "proxy" in text or "firewall" in text:
            assert text.startswith("On a company network, ")


@every_page
def test_what_steps_promise_a_button_does(language: str, code: str) -> None:
    """A page whose steps say "Try again" or "Copy the details" has the button for it."""
    page = DATA[language]["faults"][code]
    said = " ".join(page["steps"])
    for words, remedy in (
        ("Try again", Remedy.RETRY),
        ("opy the details", Remedy.COPY_DETAILS),
        ("Free up space here", Remedy.FREE_SPACE),
    ):
        if words in said:
            assert remedy in page["remedies"]


@every_language
@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("severity", Severity),
        ("outcome", Outcome),
        ("completed", Verb),
        ("running", Verb),
        ("remedy", Remedy),
        ("phase", Phase),
        ("drift", Drift),
        ("wrong", FileState),
        ("trigger", Trigger),
    ],
)
def test_every_member_has_a_word(language: str, table: str, kind: type[StrEnum]) -> None:
    assert set(DATA[language]["words"][table]) == {str(member) for member in kind}


@every_language
def test_what_is_available_and_not_newer_has_a_sentence(language: str) -> None:
    assert set(DATA[language]["words"]["offered"]) == {str(each) for each in Newness} - {Newness.NEWER}


@every_language
def test_every_status_has_a_sentence(language: str) -> None:
    assert set(DATA[language]["words"]["status"]) == STATUSES


@every_language
def test_short_words_are_plain(language: str) -> None:
    for table in DATA[language]["words"].values():
        for text in table.values():
            assert not JARGON.search(text)


@every_language
@pytest.mark.parametrize(
    ("codes", "ideas"),
    [
        (
            ("connection-failed", "connect-timeout", "stalled", "name-not-found"),
            ("online", "Try again", "minute", "proxy", "another network", "Security software"),
        ),
        (
            ("disk-space-low", "disk-full"),
            ("leftover downloads", "trash", "disk with more room", "{needed}", "{free}", "Try again"),
        ),
        (
            ("checksum-mismatch", "size-mismatch"),
            ("thrown away", "fetched anew", "proxy changes", "another network", "support"),
        ),
        (
            ("dependency-cycle", "dependency-missing", "dependency-failed"),
            ("fetched anew", "right order", "Leave", "publisher", "mended"),
        ),
        (
            ("cancelled", "interrupted"),
            ("where it stopped", "uninstall first", "free up the space", "is kept"),
        ),
    ],
)
def test_the_five_scenarios_carry_every_way_out(
    language: str, codes: tuple[str, ...], ideas: tuple[str, ...]
) -> None:
    said = " ".join(" ".join(texts(DATA[language]["faults"][code])) for code in codes)
    if language == "en":
        assert [idea for idea in ideas if idea not in said] == []
