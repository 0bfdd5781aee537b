"""Runs as the engine would tell them, for the screens."""

import io
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from vsrt_gui.cli.outlet import Outlet
from vsrt_gui.model.events import Event
from vsrt_gui.model.faults import Fact, Fault, FaultCode, InstallerError
from vsrt_gui.model.manifest import Artifact, Module, Target
from vsrt_gui.model.plan import Drift, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.run import RunState, fold
from vsrt_gui.runbook.library import load

WORDS = Path(__file__).parents[3] / "resources" / "runbook" / "en.toml"


RUNBOOK = load(WORDS.read_text(encoding="utf-8"))


def target(
    module_id: str, name: str = "", *, version: str = "1.2.3", size: int = 60_000_000, optional: bool = False
) -> Target:
    module = Module(id=module_id, name=name or module_id, type="runtime", version=version, optional=optional)
    artifact = Artifact(
        url="http://127.0.0.1/a.zip", sha256=sha256(version.encode()).hexdigest(), size=size, format="zip"
    )
    return Target(module=module, artifact=artifact)


NODE = target("nodejs", "Node.js")
RUFF = target("ruff", "Ruff", size=10_000_000, optional=True)


def work(what: Target, drift: Drift = Drift.MISSING, staged: int = 0) -> ModulePlan:
    size = what.artifact.size or 0
    fetch = WholeArchive(size=size, staged=staged)
    return ModulePlan(target=what, drift=drift, fetch=fetch, files=None, unpack_bytes=4 * size)


PLAN = Plan(work=(work(NODE, staged=20_000_000), work(RUFF)), switch=True)


def fault(code: FaultCode, at: str | None = None, **facts: Fact) -> Fault:
    return InstallerError(code, **facts).at(at, "download" if at else None)


def folded(events: Iterable[Event]) -> RunState:
    state = RunState()
    for event in events:
        state = fold(state, event)
    return state


class Paper:
    """Both outputs, in memory."""

    def __init__(self) -> None:
        self._out, self._err = io.StringIO(), io.StringIO()
        self.out, self.err = Outlet(self._out), Outlet(self._err)

    @property
    def said(self) -> list[str]:
        return self._out.getvalue().splitlines()

    @property
    def complained(self) -> list[str]:
        return self._err.getvalue().splitlines()
