"""Makes every word about a third longer, as a translation would, and leaves what is filled in as it is."""

import re
import tomllib
from math import ceil
from typing import Any

from PySide6.QtCore import QTranslator

from vsrt_gui.resources import resource_text
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.text import PLURALS

SHARE = 0.35
"""German runs 30 to 40 % longer than English for whole sentences."""
_PARTS = re.compile(r"\{[^}]*\}|%n|https?:\S+|[^\W\d_]+")


def longer(text: str) -> str:
    """Return the text with longer words."""
    return _PARTS.sub(lambda part: _word(part[0]), text)


def longer_runbook() -> Runbook:
    """Return the words for faults, longer."""
    return Runbook(_longer_values(tomllib.loads(resource_text("runbook/en.toml"))))


class Longer(QTranslator):
    """A language whose words are English ones, and longer."""

    def translate(self, _context: str, text: str, _note: str | None = None, number: int = -1) -> str | None:
        """Return the longer text."""
        forms = PLURALS.get(text)
        if forms is not None and number >= 0:
            return longer(forms[0] if number == 1 else forms[1])
        return longer(text)

    def isEmpty(self) -> bool:
        """Tell Qt that there is something to ask for."""
        return False


def _word(word: str) -> str:
    if word[0] == "{" or word == "%n" or word.startswith("http"):
        return word
    return word + (word * 2)[1 : 1 + ceil(SHARE * len(word))].lower()


def _longer_values(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: value if name == "remedies" else _longer_values(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_longer_values(value) for value in data]
    return longer(data) if isinstance(data, str) else data
