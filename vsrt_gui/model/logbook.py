"""The lines of the logs: what is written down for support, and in which of the three logs."""

from collections.abc import Mapping
from enum import StrEnum

from vsrt_gui.model.settings import LogLevel
from vsrt_gui.model.value import Value


class LogName(StrEnum):
    """The logs, each a file of that name."""

    APPLICATION = "application"
    """What was asked, what came of it, and what went wrong."""
    INFRASTRUCTURE = "infrastructure"
    """What the program met with: pauses, tries, disks, servers that it starts."""
    DOWNLOADS = "downloads"
    """What was fetched, from where, and how that went."""


SEVERITY = {LogLevel.DEBUG: 10, LogLevel.INFO: 20, LogLevel.WARNING: 30, LogLevel.ERROR: 40}
"""How much a line matters, as Python's own logging counts it."""


class LogLine(Value):
    """One line.

    Attributes:
        at: seconds since 1970, UTC.
        level: how much it matters.
        log: which log it is in.
        run_id: the run that it belongs to, None outside of any.
        module: the module that it is about, None for none.
        kind: an event's name, or `message`.
        text: what a `message` says; empty for an event, whose facts say it.
        facts: an event's fields.
    """

    at: float
    level: LogLevel
    log: LogName
    run_id: str | None = None
    module: str | None = None
    kind: str = "message"
    text: str = ""
    facts: Mapping[str, object] = {}


class PlanOutline(Value):
    """What a log keeps of a plan: its thousands of words stand in the journal.

    Attributes:
        work: module id to why there is work on it, and which version it gets.
        keep: ids of the modules that are right as they are.
        drop: ids of the modules that are left out from then on.
        to_fetch: bytes to fetch.
        to_write: bytes to write.
    """

    work: Mapping[str, str] = {}
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    to_fetch: int = 0
    to_write: int = 0
