"""Turns the lines of the logs into entries for people, run by run."""

from collections.abc import Iterator
from datetime import UTC, datetime

from vsrt_gui.engine.chronicle import told_again
from vsrt_gui.model.events import Event, RunFinished, RunStarted
from vsrt_gui.model.logbook import LogLine, PlanOutline
from vsrt_gui.model.request import Verb
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.entries import Entry, Kind, tone_of_level
from vsrt_gui.ui.narration import Names, entry_of, planned
from vsrt_gui.ui.text import moment
from vsrt_gui.ui.translation import translate


class Retelling:
    """Goes through lines in the order of time, and puts a heading before each run and what lies between runs."""

    def __init__(self, runbook: Runbook, names: Names) -> None:
        """Begin before the first line.

        Args:
            runbook: the words.
            names: module id to name, as far as they are known.
        """
        self._runbook = runbook
        self._names = names
        self._begun = False
        self._run: str | None = None
        self._headings: dict[str, str] = {}

    def learn(self, names: Names) -> None:
        """Call these modules by their names from now on."""
        self._names = {**self._names, **names}

    def entries(self, line: LogLine) -> Iterator[Entry]:
        """Yield a line's entry, after a heading where one is due; nothing for what is not worth a line."""
        event = told_again(line)
        entry = self._entry(line, event)
        if isinstance(event, RunStarted):
            self._headings[event.run_id] = _heading(event.request.verb, event.at)
        if entry is not None:
            yield from self._turn(line)
            yield entry
        if isinstance(event, RunFinished):
            self._begun = False

    def _entry(self, line: LogLine, event: Event | PlanOutline | None) -> Entry | None:
        if isinstance(event, PlanOutline):
            return Entry(planned(event), at=line.at)
        if event is not None:
            return entry_of(event, line.at, self._names, self._runbook)
        module = line.module or ""
        words = line.text.strip() or _bare(line)
        return Entry(
            words, Kind.TECHNICAL, tone_of_level(line.level), line.at, module, self._names.get(module, module)
        )

    def _turn(self, line: LogLine) -> Iterator[Entry]:
        """Yield a heading where another run begins, or what belongs to none; messages in a run belong to it."""
        if self._begun and line.run_id in {None, self._run}:
            return
        self._begun, self._run = True, line.run_id
        yield Entry(
            self._headings.get(line.run_id or "") or _heading(None, line.at), Kind.HEADING, at=line.at
        )


def _bare(line: LogLine) -> str:
    """Name what a newer or older program wrote down."""
    said = ", ".join(f"{name}: {value}" for name, value in line.facts.items())
    return f"{line.kind} ({said})" if said else line.kind


def _heading(verb: Verb | None, at: float) -> str:
    """Return `Update, Monday, 23 November 2026, 22:10`."""
    names = {
        Verb.INSTALL: translate("retelling", "Installation"),
        Verb.CHANGE: translate("retelling", "Change of modules"),
        Verb.REPAIR: translate("retelling", "Repair"),
        Verb.UPDATE: translate("retelling", "Update"),
        Verb.ROLLBACK: translate("retelling", "Return to an earlier version"),
        Verb.UNINSTALL: translate("retelling", "Removal"),
        Verb.VERIFY: translate("retelling", "Check"),
        None: translate("retelling", "In between"),
    }
    words = translate("retelling", "{what}, {when}")
    return words.format(what=names[verb], when=moment(datetime.fromtimestamp(at, UTC)))
