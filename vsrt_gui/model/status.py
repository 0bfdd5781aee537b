"""What the runtime is, derived from disk and manifest and never stored."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Literal

from vsrt_gui.model.events import Severity
from vsrt_gui.model.faults import Fault
from vsrt_gui.model.launch_state import LaunchState, Stopped
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Drift, Finding
from vsrt_gui.model.survey import PrefixRecord, Volume
from vsrt_gui.model.value import Value
from vsrt_gui.model.versions import Newness, newness


class NotInstalled(Value):
    """Nothing was ever installed here, or all of it was removed."""

    status: Literal["notInstalled"] = "notInstalled"


class Installed(Value):
    """All that is wanted is there."""

    status: Literal["installed"] = "installed"
    version: str
    installed_at: datetime
    modules: tuple[str, ...]


class PartiallyInstalled(Value):
    """Some of what is wanted is there; an installation waits to be finished."""

    status: Literal["partiallyInstalled"] = "partiallyInstalled"
    installed: tuple[str, ...]
    missing: tuple[str, ...]


class Installing(Value):
    """A run is under way, in this program or in another."""

    status: Literal["installing"] = "installing"
    progress: float | None = None
    current_module: str | None = None


class Failed(Value):
    """The last run failed, and nothing usable is there."""

    status: Literal["failed"] = "failed"
    fault: Fault


class UpdateAvailable(Value):
    """All that is wanted is there, and the manifest has something else, which is newer as a rule."""

    status: Literal["updateAvailable"] = "updateAvailable"
    current: str
    available: str

    @property
    def newness(self) -> Newness:
        """What is available, held against what is there."""
        return newness(self.current, self.available)


class Damaged(Value):
    """Files of installed modules are missing or were changed, or the prefix's own notes are damaged.

    Attributes:
        modules: whose files are wrong.
        notes: paths of what else is damaged: the notes that say what is installed, and the folders of the prefix.
    """

    status: Literal["damaged"] = "damaged"
    modules: tuple[str, ...]
    notes: tuple[str, ...] = ()


RuntimeStatus = (
    NotInstalled | Installed | PartiallyInstalled | Installing | Failed | UpdateAvailable | Damaged
)


class Overview(Value):
    """All that the welcome, components and folder pages show.

    Attributes:
        status: what the runtime is.
        prefix: the folder it is, or would be, installed in.
        record: what the prefix says of itself.
        available: the manifest's modules for this machine, in dependency order; empty without a manifest.
        manifest_version: None when the manifest could not be had; `catalog_fault` says why.
        defaults: ids that a first installation has ticked.
        findings: the current generation's modules, each with its drift.
        unavailable: modules that this machine can't have, each with the reason.
        catalog_fault: why the manifest could not be had; `available` may still come from an old one.
        fetched_at: when the manifest came, in seconds since 1970; None where it came just now, or there is none.
        volume: the disk that the prefix lies on.
        server: what the installed server is just now, whichever program started it.
        other_pid: the process that works on the prefix just now, None when there is none.
        pending: whether this is what the disk alone tells, while the catalog has not answered yet.
    """

    status: RuntimeStatus
    prefix: str
    record: PrefixRecord
    available: tuple[Target, ...] = ()
    manifest_version: str | None = None
    defaults: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    unavailable: tuple[Fault, ...] = ()
    catalog_fault: Fault | None = None
    fetched_at: float | None = None
    volume: Volume | None = None
    server: LaunchState = Stopped()
    other_pid: int | None = None
    pending: bool = False

    @property
    def obtainable(self) -> tuple[Target, ...]:
        """All modules that one can choose: what the manifest offers, and what is installed and left it."""
        offered = {target.id for target in self.available}
        here = self.record.current.modules if self.record.current else ()
        return (*self.available, *(target for target in here if target.id not in offered))


def derive_status(
    record: PrefixRecord,
    findings: tuple[Finding, ...],
    available: tuple[Target, ...],
    *,
    manifest_version: str | None,
    busy: bool,
) -> RuntimeStatus:
    """Tell what the runtime is.

    Args:
        record: what the prefix says of itself.
        findings: the current generation's modules, each with its drift.
        available: the manifest's modules for this machine; empty without a manifest.
        manifest_version: None without a manifest.
        busy: whether a process holds the prefix's lock.
    """
    if busy:
        return Installing()
    current = record.current
    missing = _missing(record)
    damaged = tuple(f.target.id for f in findings if f.drift is Drift.DAMAGED)
    if record.damage and (current or record.lost or missing):
        return Damaged(modules=damaged, notes=tuple(one.path for one in record.damage))
    if current is None:
        run = record.last_run
        if run and run.finished and run.faults and not run.cancelled:
            return Failed(fault=run.faults[0])
        return PartiallyInstalled(installed=(), missing=missing) if missing else NotInstalled()
    if damaged:
        return Damaged(modules=damaged)
    installed = tuple(target.id for target in current.modules)
    if missing:
        return PartiallyInstalled(installed=installed, missing=missing)
    if manifest_version is not None and outdated(current.modules, available):
        return UpdateAvailable(current=current.manifest_version, available=manifest_version)
    return Installed(version=current.manifest_version, installed_at=current.installed_at, modules=installed)


def _missing(record: PrefixRecord) -> tuple[str, ...]:
    """Return the wanted modules that the current generation lacks."""
    wanted = record.wanted.modules if record.wanted else frozenset()
    present = record.current.ids if record.current else frozenset()
    return tuple(sorted(wanted - present))


def outdated(installed: tuple[Target, ...], available: tuple[Target, ...]) -> tuple[Target, ...]:
    """Return the available targets whose module is installed with another version, content or way to start it."""
    here = {target.id: target.effect for target in installed}
    return tuple(t for t in available if t.id in here and here[t.id] != t.effect)


def judge(usable: AbstractSet[str], wanted: AbstractSet[str], critical: AbstractSet[str]) -> Severity:
    """Tell how bad a state is.

    Args:
        usable: modules that are installed and right.
        wanted: modules that the user wants, with what they need.
        critical: those of them that are not optional.
    """
    if not usable:
        return Severity.P1
    if (critical & wanted) - usable:
        return Severity.P2
    return Severity.P3 if wanted - usable else Severity.P4
