"""Which language the words are in."""

import sys

import pytest

from vsrt_gui import app
from vsrt_gui.adapters.host.language import system_language
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.resources import resource_text
from vsrt_gui.runbook.languages import spoken

THERE = ("de", "en", "pt-BR")


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("de", "de"),
        ("de_AT.UTF-8", "de"),
        ("DE-de", "de"),
        ("pt_BR", "pt-BR"),
        ("pt", "en"),
        ("fr", "en"),
        ("C.UTF-8", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_as_near_as_there_is_one(wanted: str | None, language: str) -> None:
    assert spoken(wanted, THERE) == language


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no variables for it")
@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LC_ALL": "de_DE.UTF-8", "LANG": "fr_FR"}, "de_DE.UTF-8"),
        ({"LC_ALL": "", "LC_MESSAGES": "nl_NL", "LANG": "fr_FR"}, "nl_NL"),
        ({"LANG": "fr_FR"}, "fr_FR"),
    ],
)
def test_the_systems_own(environment: dict[str, str], language: str) -> None:
    assert system_language(environment) == language


@pytest.mark.parametrize(("variable", "title"), [("de", "Abgebrochen"), ("nl", None)])
def test_the_variable_chooses_the_words(
    monkeypatch: pytest.MonkeyPatch, variable: str, title: str | None
) -> None:
    english = resource_text("runbook/en.toml")
    usual = app.open_runbook("en").page(Fault(code=FaultCode.CANCELLED)).title
    texts = {
        "runbook/en.toml": english,
        "runbook/de.toml": english.replace(f'title = "{usual}"', 'title = "Abgebrochen"'),
    }
    monkeypatch.setattr(app, "languages", lambda: ("de", "en"))
    monkeypatch.setattr(app, "resource_text", texts.__getitem__)
    monkeypatch.setenv("VSRT_LANGUAGE", variable)
    assert app.set_runbook({}).page(Fault(code=FaultCode.CANCELLED)).title == (title or usual)
