"""A page of the runbook: what one fault means for the user, and the ways out."""

from enum import StrEnum

from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.value import Value


class Remedy(StrEnum):
    """One safe action that a button can run; every front has a handler for each."""

    RETRY = "retry"
    """The same request again; what is on the disk is kept."""
    REPAIR = "repair"
    UPDATE = "update"
    """Bring the newest version instead of mending this one."""
    FREE_SPACE = "free-space"
    """Remove leftover downloads and what no generation names."""
    CHANGE_FOLDER = "change-folder"
    CHANGE_MODULES = "change-modules"
    RESET_BREAKER = "reset-breaker"
    """Do not wait for the pause after too many failures."""
    SETTINGS = "settings"
    """Show the settings of the network: proxy, its login, certificate file, patience."""
    OPEN_FOLDER = "open-folder"
    COPY_DETAILS = "copy-details"
    CLOSE = "close"


class Page(Value):
    """The words for one fault; `{names}` in them are facts of that fault, already filled in.

    Attributes:
        code: the fault it is for.
        title: a few words.
        cause: what happened.
        meaning: what it means for the user.
        steps: what to do, in order.
        remedies: what the program can do by one button; the first is the recommended one.
    """

    code: FaultCode
    title: str
    cause: str
    meaning: str
    steps: tuple[str, ...]
    remedies: tuple[Remedy, ...]
