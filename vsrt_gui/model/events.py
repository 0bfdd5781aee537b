"""What happens in a run, as frozen values; every front end and the journal live on these alone."""

from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from vsrt_gui.model.faults import Fault
from vsrt_gui.model.plan import Drift, Plan
from vsrt_gui.model.request import Request
from vsrt_gui.model.survey import Harm
from vsrt_gui.model.value import Value


class Step(StrEnum):
    """One kind of work on a module."""

    DOWNLOAD = "download"
    UNPACK = "unpack"
    PROVE = "prove"


class Outcome(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Severity(StrEnum):
    """How bad the resulting state is, judged by what is usable, never by the fault alone."""

    P1 = "P1"
    """Nothing is usable."""
    P2 = "P2"
    """Critical modules are missing."""
    P3 = "P3"
    """Optional modules are missing."""
    P4 = "P4"
    """All that is wanted is there; something minor went wrong."""


class RunStarted(Value):
    """A run begins."""

    event: Literal["run-started"] = "run-started"
    run_id: str
    request: Request
    at: float
    """Seconds since 1970, UTC."""
    prefix: str = ""
    """The folder that is worked on: it may be one inside the folder that was asked for."""


class SurveyProgress(Value):
    """The survey looks at the disk; bytes hashed so far of all there are to hash."""

    event: Literal["survey-progress"] = "survey-progress"
    done: int
    total: int


class PlanReady(Value):
    """The work is known."""

    event: Literal["plan-ready"] = "plan-ready"
    plan: Plan


class ModuleFound(Value):
    """Verify found one module in this state; `wrong` counts its wrong files and launchers, `harm` tells them apart.

    `extra` counts what lies in its folder besides, which does no harm; `extra_names` are the first of it, relative to
    that folder, a folder with `/` at its end.
    """

    event: Literal["module-found"] = "module-found"
    module: str
    version: str
    drift: Drift
    wrong: int
    harm: Harm = Harm()
    extra: int = 0
    extra_names: tuple[str, ...] = ()


class StepStarted(Value):
    """A step of one module begins; `total` in bytes, None where unknown."""

    event: Literal["step-started"] = "step-started"
    module: str
    step: Step
    done: int
    total: int | None


class StepProgress(Value):
    """A step went on: at most 10 a second for a step, and one a second while a download stands.

    `done` and `total` are bytes; `at` is a monotonic clock in seconds, for rates.
    """

    event: Literal["step-progress"] = "step-progress"
    module: str
    step: Step
    done: int
    total: int | None
    at: float


class StepFinished(Value):
    """A step of one module is done."""

    event: Literal["step-finished"] = "step-finished"
    module: str
    step: Step
    done: int
    sources: tuple[str, ...] = ()
    """Of a download: the addresses that the bytes came from, in order, without secrets; empty where none was asked."""


class Retrying(Value):
    """Something failed and is tried again after a pause; without a module it is the catalog."""

    event: Literal["retrying"] = "retrying"
    module: str | None
    step: Step | None
    fault: Fault
    attempt: int
    attempts: int
    delay: float
    """Seconds until the next attempt."""
    source: str = ""
    """The address that failed, without secrets."""
    then: str = ""
    """The address that is asked next; another one where a copy stands in."""

    @property
    def elsewhere(self) -> str:
        """The server, or the folder, that is asked instead; empty where it is the same one again."""
        before, after = _holder(self.source), _holder(self.then)
        return after if after != before else ""


class Waiting(Value):
    """A server is left alone for a while because it failed too often; `seconds` are left.

    Without a module it is the catalog's server.
    """

    event: Literal["waiting"] = "waiting"
    module: str | None
    host: str
    seconds: float


class ModuleFinished(Value):
    """One module is on the disk, whole."""

    event: Literal["module-finished"] = "module-finished"
    module: str


class ModuleFailed(Value):
    """One module could not be brought to what it must be."""

    event: Literal["module-failed"] = "module-failed"
    module: str
    fault: Fault


class DiskWarning(Value):
    """There is room for this run, but the disk is nearly full; bytes."""

    event: Literal["disk-warning"] = "disk-warning"
    path: str
    free: int
    total: int


class CatalogMissed(Value):
    """The list of modules could not be had, and the run can do without a new one.

    `fetched_at` is when the list came that stands in for it, in seconds since 1970; None where none does.
    """

    event: Literal["catalog-missed"] = "catalog-missed"
    fault: Fault
    fetched_at: float | None = None


class CommandTaken(Value):
    """A file of the user's own stands where a command's launcher would, and is left as it is."""

    event: Literal["command-taken"] = "command-taken"
    command: str
    path: str


class Committed(Value):
    """A new generation is in force."""

    event: Literal["committed"] = "committed"
    generation: int
    complete: bool


class RunFinished(Value):
    """The run is over; always the last event."""

    event: Literal["run-finished"] = "run-finished"
    outcome: Outcome
    severity: Severity | None = None
    faults: tuple[Fault, ...] = ()


Event = Annotated[
    RunStarted
    | SurveyProgress
    | PlanReady
    | ModuleFound
    | StepStarted
    | StepProgress
    | StepFinished
    | Retrying
    | Waiting
    | ModuleFinished
    | ModuleFailed
    | DiskWarning
    | CatalogMissed
    | CommandTaken
    | Committed
    | RunFinished,
    Field(discriminator="event"),
]


def _holder(address: str) -> str:
    """Return the server that an address is on, or the folder that it lies in."""
    parts = urlsplit(address)
    return parts.netloc or parts.path.rpartition("/")[0]
