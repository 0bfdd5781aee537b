"""What the user asks for."""

from collections.abc import Mapping
from enum import StrEnum

from vsrt_gui.model.value import Value


class Verb(StrEnum):
    """What a run is to bring about; all but VERIFY are the same reconcile with another desired state."""

    INSTALL = "install"
    """Adds modules to what is wanted (none named: the default selection) and finishes what is missing."""
    CHANGE = "change"
    """Replaces what is wanted by exactly the named modules and what they need."""
    REPAIR = "repair"
    """Brings the current generation back to what it was, after a deep survey."""
    UPDATE = "update"
    """Takes all wanted modules to the manifest's versions."""
    UNINSTALL = "uninstall"
    """Removes the named modules and what depends on them (none named: everything)."""
    ROLLBACK = "rollback"
    """Makes an earlier generation the current one."""
    VERIFY = "verify"
    """Looks deeply and changes nothing."""


class Trigger(StrEnum):
    """What made a run start."""

    MANUAL = "manual"
    WELCOME_SCREEN = "welcomeScreen"
    FILE_OPEN = "fileOpen"
    MARKETPLACE = "marketplace"
    SETTINGS = "settings"
    AUTO_UPDATE = "autoUpdate"
    SYSTEM_REQUIREMENT = "systemRequirement"


class Request(Value):
    """One command to the engine.

    Attributes:
        verb: what to bring about.
        modules: the named modules; empty means the verb's default.
        trigger: recorded with the run.
        generation: for ROLLBACK, the wanted number; None means the one before the current.
        keep_downloads: for UNINSTALL of everything, whether what was downloaded stays for a later installation.
        with_data: for UNINSTALL of everything, whether the user's own settings and extensions go, too.
    """

    verb: Verb
    modules: frozenset[str] = frozenset()
    trigger: Trigger = Trigger.MANUAL
    generation: int | None = None
    keep_downloads: bool = False
    with_data: bool = False


class Wanted(Value):
    """What the user wants to have, as `wanted.json` keeps it.

    Attributes:
        modules: the ids that were asked for; what they need follows from the manifest.
        trigger: of the run that wrote it.
        format: of the file.
    """

    modules: frozenset[str]
    trigger: Trigger = Trigger.MANUAL
    format: int = 1

    def dump(self) -> Mapping[str, object]:
        """Return the file's content, ids sorted."""
        return {"format": self.format, "modules": sorted(self.modules), "trigger": self.trigger}
