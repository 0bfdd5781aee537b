"""Finds the page for a fault and fills in what is known about it."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from vsrt_gui.model.faults import Fact, Fault
from vsrt_gui.model.run import Phase
from vsrt_gui.model.runbook import Page, Remedy
from vsrt_gui.runbook.quantities import duration, exact_size, size

_SIZES = frozenset({"needed", "free"})
"""Facts that are bytes wherever they are numbers; as text (versions, digests) they stand as they are."""
_EXACT_SIZES = frozenset({"expected", "actual"})
"""The same, where rounding could make two different sizes look alike."""
_TIMES = frozenset({"seconds", "retry_after"})
_IDS = frozenset({"module", "dependency", "modules"})
_PROGRAM = "pid"
"""A running program's number; 0 for one of another user, which has none here."""
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Runbook:
    """The words of one language: a page for each fault code, and the short words that the fronts share."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Take the parsed words.

        Args:
            data: `faults` (a table for each code) and `words` (tables of short words), as `load` parses them.
        """
        self._faults: Mapping[str, Mapping[str, Any]] = data["faults"]
        self._words: Mapping[str, Mapping[str, str]] = data["words"]

    def page(self, fault: Fault, names: Mapping[str, str] | None = None) -> Page:
        """Return the page for a fault, its facts filled in; one that is empty was not found out.

        Args:
            fault: what went wrong.
            names: module id to its name for people; ids that are not in it stand for themselves.
        """
        words = self._faults[fault.code]
        facts = _spoken({name: self._known(name, fact) for name, fact in fault.facts.items()}, names or {})
        return Page(
            code=fault.code,
            title=_filled(words["title"], facts),
            cause=_filled(words["cause"], facts),
            meaning=_filled(words["meaning"], facts),
            steps=tuple(_filled(step, facts) for step in words["steps"]),
            remedies=tuple(Remedy(remedy) for remedy in words["remedies"]),
        )

    def _known(self, name: str, fact: Fact) -> Fact:
        """Return a fact, or what stands for one that was not found out."""
        if fact == "" or (name == _PROGRAM and not fact):
            return self._words["some"].get(name, fact)
        return self.word("program.number", number=str(fact)) if name == _PROGRAM and fact else fact

    def word(self, key: str, **facts: Fact) -> str:
        """Return a short word or sentence.

        Args:
            key: table and name, as in `severity.P1`, `remedy.retry`, `phase.downloading`.
            **facts: what its placeholders stand for.

        Raises:
            KeyError: there is no such word.
        """
        table, _, name = key.partition(".")
        return _filled(self._words[table][name], _spoken(facts, {}))

    def phase(self, phase: Phase, left: float = 0.0, elsewhere: str = "") -> str:
        """Return what a phase is called.

        Args:
            phase: of a run or a module.
            left: seconds left of its pause, when it is retrying or waiting; with none left it goes on now.
            elsewhere: the server or folder that is asked instead, when it is retrying; empty for the same one.
        """
        over = left <= 0 and phase in {Phase.RETRYING, Phase.WAITING}
        if over and elsewhere and phase is Phase.RETRYING:
            return self.word("now.elsewhere", place=elsewhere)
        return self.word(f"now.{phase}" if over else f"phase.{phase}", seconds=left)


def load(text: str) -> Runbook:
    """Parse a runbook file's text.

    Raises:
        tomllib.TOMLDecodeError: the text is no TOML.
        KeyError: it lacks `faults` or `words`.
    """
    return Runbook(tomllib.loads(text))


class _Facts(dict[str, str]):
    """Facts by name; one that an older journal did not record yet must not cost the user the whole page."""

    def __missing__(self, name: str) -> str:
        return "(unknown)"


def _spoken(facts: Mapping[str, Fact], names: Mapping[str, str]) -> _Facts:
    return _Facts({name: _for_people(name, fact, names) for name, fact in facts.items()})


def _for_people(name: str, fact: Fact, names: Mapping[str, str]) -> str:
    number = None if isinstance(fact, str) else fact
    if name in _SIZES and number is not None:
        return size(number)
    if name in _EXACT_SIZES and number is not None:
        return exact_size(number)
    if name in _TIMES and number is not None:
        return duration(number)
    if name in _IDS:
        return _ID.sub(lambda found: names.get(found[0], found[0]), str(fact))
    return str(fact)


def _filled(words: str, facts: _Facts) -> str:
    return words.format_map(facts)
