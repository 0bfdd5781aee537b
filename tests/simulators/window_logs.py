"""Logs as they look after some runs, and the sheet that shows them in every state that it knows."""

from simulators import window_states as states
from vsrt_gui.app import open_runbook
from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Event, Step
from vsrt_gui.ui.entries import Entry
from vsrt_gui.ui.narration import entry_of

AT = 1_795_471_800.0
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


def entries(events: tuple[Event, ...], at: float = AT) -> tuple[Entry, ...]:
    """Return what is told of events that happened a few seconds after each other."""
    told = (entry_of(event, at + 3.0 * number, states.NAMES, RUNBOOK) for number, event in enumerate(events))
    return tuple(entry for entry in told if entry is not None)


STORY = entries(ROUGH)
