"""Logs as they look after some runs, and the sheet that shows them in every state that it knows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from simulators import window_states as states
from vsrt_gui.app import open_runbook
from vsrt_gui.engine.chronicle import Chronicle
from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Event, Outcome, Severity, Step
from vsrt_gui.model.logbook import LogLine, LogName
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.settings import LogLevel
from vsrt_gui.ui.dialogs.log import LogDialog
from vsrt_gui.ui.entries import Entry
from vsrt_gui.ui.narration import entry_of
from vsrt_gui.ui.retelling import Retelling
from vsrt_gui.ui.wizard import Wizard

AT = 1_795_471_800.0
HOUR = 3600.0
RUNBOOK = open_runbook()
ROUGH: tuple[Event, ...] = (
    ev.StepStarted(module="nodejs", step=Step.DOWNLOAD, done=0, total=62 * states.MB),
    ev.StepStarted(module="server", step=Step.DOWNLOAD, done=12 * states.MB, total=67 * states.MB),
    ev.Retrying(module="server", step=Step.DOWNLOAD, fault=states.STALLED, attempt=1, attempts=3, delay=8.0),
    ev.StepFinished(module="nodejs", step=Step.DOWNLOAD, done=62 * states.MB),
    ev.StepStarted(module="nodejs", step=Step.UNPACK, done=0, total=190 * states.MB),
    ev.ModuleFinished(module="nodejs"),
    ev.StepStarted(module="pyright", step=Step.DOWNLOAD, done=0, total=6 * states.MB),
    ev.ModuleFailed(module="pyright", fault=states.BROKEN),
)
TRACEBACK = """not caught
Traceback (most recent call last):
  File "/home/sam/.local/lib/vsrt_gui/ui/flow.py", line 91, in begin
    self._looking.begin()
  File "/home/sam/.local/lib/vsrt_gui/ui/looking.py", line 44, in begin
    self._task = self._desk.instead(self._task, self.look())
  File "/home/sam/.local/lib/vsrt_gui/ui/desk.py", line 57, in instead
    return self.jobs.start(job)
RuntimeError: no running event loop"""
ADDRESS = "https://downloads.example.com/vscode-runtime/releases/server-1.126.04524-linux-x64.tar.zst"


def entries(events: Iterable[Event], at: float = AT) -> tuple[Entry, ...]:
    """Return what is told of events that happened a few seconds after each other."""
    told = (entry_of(event, at + 3.0 * number, states.NAMES, RUNBOOK) for number, event in enumerate(events))
    return tuple(entry for entry in told if entry is not None)


def lines(verb: Verb, events: Iterable[Event], at: float, outcome: Outcome) -> Iterator[LogLine]:
    """Yield the lines of a whole run."""
    chronicle = Chronicle()
    started = ev.RunStarted(run_id=f"{verb} {at}", request=Request(verb=verb), at=at)
    severity = None if outcome is Outcome.COMPLETED else Severity.P3
    whole = (started, *events, ev.RunFinished(outcome=outcome, severity=severity))
    for number, event in enumerate(whole):
        line = chronicle.told(event, at + 3.0 * number)
        if line is not None:
            yield line


def message(text: str, at: float, level: LogLevel = LogLevel.INFO) -> LogLine:
    """Return what the program wrote for who knows it."""
    return LogLine(at=at, level=level, log=LogName.INFRASTRUCTURE, text=text)


STORY = entries(ROUGH)
SMOOTH: tuple[Event, ...] = (
    ev.PlanReady(plan=states.plan()),
    *(ev.StepStarted(module=t.id, step=Step.DOWNLOAD, done=0, total=1) for t in states.CATALOG[:3]),
    ev.CommandTaken(command="node", path=f"{states.FOLDER}/bin/node"),
    *(ev.ModuleFinished(module=t.id) for t in states.CATALOG[:3]),
    ev.Committed(generation=1, complete=True),
)
LINES: tuple[LogLine, ...] = (
    *lines(Verb.INSTALL, SMOOTH, AT - 30 * HOUR, Outcome.COMPLETED),
    message(f'HTTP Request: GET {ADDRESS} "HTTP/1.1 206 Partial Content"', AT - 20 * HOUR),
    message(TRACEBACK, AT - 20 * HOUR + 1, LogLevel.ERROR),
    *lines(Verb.UPDATE, ROUGH, AT, Outcome.PARTIAL),
)


def retold(written: Iterable[LogLine]) -> tuple[Entry, ...]:
    """Return lines as people read them."""
    retelling = Retelling(RUNBOOK, states.NAMES)
    return tuple(entry for line in written for entry in retelling.entries(line))


@dataclass(frozen=True)
class Logs:
    """A window that the log stands over."""

    wizard: Wizard

    def states(self) -> Iterator[tuple[str, Callable[[], QWidget]]]:
        """Yield the name of each state, and what brings it about."""
        yield "log-full", lambda: self._shown(LINES)
        yield "log-reading", self._sheet
        yield "log-empty", lambda: self._shown(())
        yield "log-found", self._found
        yield "log-grave", self._grave
        yield "log-nothing", self._nothing
        yield "log-saved", self._saved

    def _sheet(self) -> LogDialog:
        sheet = LogDialog(self.wizard, self.wizard.theme, support=True)
        sheet.open()
        return sheet

    def _shown(self, written: tuple[LogLine, ...]) -> LogDialog:
        sheet = self._sheet()
        sheet.log.say_nothing("Nothing was written yet.")
        sheet.log.show_entries(retold(written))
        return sheet

    def _found(self) -> LogDialog:
        sheet = self._shown(LINES)
        sheet.log.search.setText("DOWN")
        sheet.log.list.setCurrentIndex(sheet.log.list.model().index(2, 0))
        return sheet

    def _grave(self) -> LogDialog:
        sheet = self._shown(LINES)
        sheet.log.level.setCurrentIndex(1)
        sheet.log.module.setCurrentIndex(sheet.log.module.findText("Extension Server"))
        return sheet

    def _nothing(self) -> LogDialog:
        sheet = self._shown(LINES)
        sheet.log.search.setText("a needle in this haystack")
        return sheet

    def _saved(self) -> LogDialog:
        sheet = self._shown(LINES)
        sheet.note_support(
            "Saved as /home/sam/Desktop/vsrt-support-20261123-2210.zip. "
            "Your name, your home folder and passwords were taken out."
        )
        return sheet
