"""What a list of happenings shows: one entry for each, whether it was told live or read from a log."""

from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from PySide6.QtCore import QDateTime

from vsrt_gui.engine.chronicle import weight
from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Event, Outcome
from vsrt_gui.model.settings import LogLevel
from vsrt_gui.ui.tokens import Tone


class Kind(Enum):
    """How an entry is set."""

    HEADING = auto()
    """Begins a run; it is shown where something below it is."""
    TOLD = auto()
    """A sentence for everybody."""
    TECHNICAL = auto()
    """A message as the program wrote it, for who knows the program."""


@dataclass(frozen=True)
class Entry:
    """One happening, in words.

    Attributes:
        words: of a module's entry the first ones are its name.
        kind: how it is set.
        tone: says with an icon how it went; neutral for what is neither good nor bad.
        at: seconds since 1970.
        module: id of the module that it is about, empty for none.
        name: of that module, for people.
    """

    words: str
    kind: Kind = Kind.TOLD
    tone: Tone = Tone.NEUTRAL
    at: float = 0.0
    module: str = ""
    name: str = ""

    @property
    def grave(self) -> bool:
        """Whether it is a warning or an error."""
        return self.tone in {Tone.WARNING, Tone.DANGER}

    @cached_property
    def time(self) -> str:
        """The time of day; a heading says its own."""
        if self.kind is Kind.HEADING:
            return ""
        return QDateTime.fromMSecsSinceEpoch(int(self.at * 1000)).toString("HH:mm:ss")

    @cached_property
    def line(self) -> str:
        """All of it, as it is copied."""
        return f"{self.time}   {self.words}" if self.time else self.words

    @cached_property
    def sought(self) -> str:
        """What is searched, without a difference between small and capital letters."""
        return f"{self.line} {self.module}".casefold()


def tone_of(event: Event) -> Tone:
    """Return what an event's icon says."""
    match event:
        case ev.ModuleFinished() | ev.Committed() | ev.RunFinished(outcome=Outcome.COMPLETED):
            return Tone.SUCCESS
        case _:
            return tone_of_level(weight(event))


def tone_of_level(level: LogLevel) -> Tone:
    """Return what the icon of a message says."""
    return {LogLevel.WARNING: Tone.WARNING, LogLevel.ERROR: Tone.DANGER}.get(level, Tone.NEUTRAL)
