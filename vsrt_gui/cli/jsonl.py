"""One JSON object a line, for programs that read along; the last line is always how it ended."""

import json
from collections.abc import Mapping
from typing import Any

from vsrt_gui.cli.outlet import Outlet
from vsrt_gui.model.events import Event, RunFinished
from vsrt_gui.model.faults import Fault
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.run import RunState
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Generation, PrefixRecord

_SECRETS = {"page", "password"}
"""What `status` keeps to itself: its output is what people send to support."""


class JsonLines:
    """Writes events as they come."""

    def __init__(self, out: Outlet) -> None:
        self._out = out

    def on_event(self, event: Event, _state: RunState) -> None:
        """Write one event; a run's own last event is the last line."""
        self.write(event.model_dump(mode="json"))

    def ended(self, _end: RunFinished, _state: RunState) -> None:
        """Add nothing: all was said in the last event."""

    def overview(self, overview: Overview) -> None:
        """Write what `status` knows."""
        self.write({"event": "status", **_status(overview)})

    def modules(self, overview: Overview) -> None:
        """Write the modules that can be had."""
        drifts = {finding.target.id: finding.drift for finding in overview.findings}
        modules = [_available(target, drifts.get(target.id)) for target in overview.available]
        self.write({"event": "modules", "modules": modules, "unavailable": _faults(overview.unavailable)})

    def generations(self, record: PrefixRecord) -> None:
        """Write the versions that are kept."""
        self.write(
            {"event": "generations", "generations": [_generation(g, record) for g in record.generations]}
        )

    def write(self, line: Mapping[str, Any]) -> None:
        """Write an object as plain ASCII: every console's encoding, and a name that is no Unicode, survives."""
        self._out.line(json.dumps(line, separators=(",", ":")))


def _status(overview: Overview) -> Mapping[str, Any]:
    current = overview.record.current
    wanted = overview.record.wanted
    return {
        "status": overview.status.model_dump(mode="json"),
        "prefix": overview.prefix,
        "generation": current.number if current else None,
        "generations": [generation.number for generation in overview.record.generations],
        "wanted": sorted(wanted.modules) if wanted else [],
        "kept": overview.record.kept,
        "modules": [
            {
                "id": f.target.id,
                "version": f.target.module.version,
                "drift": f.drift,
                "wrong": f.survey.count,
            }
            for f in overview.findings
        ],
        "server": overview.server.model_dump(mode="json", exclude=_SECRETS),
        "manifest_version": overview.manifest_version,
        "manifest_fetched_at": overview.fetched_at,
        "unavailable": _faults(overview.unavailable),
        "catalog_fault": overview.catalog_fault.model_dump(mode="json") if overview.catalog_fault else None,
    }


def _generation(generation: Generation, record: PrefixRecord) -> Mapping[str, Any]:
    return {
        "number": generation.number,
        "current": record.current is not None and generation.number == record.current.number,
        "version": generation.manifest_version,
        "installed_at": generation.installed_at.isoformat(),
        "trigger": generation.trigger,
        "complete": generation.complete,
        "modules": {target.id: target.module.version for target in generation.modules},
    }


def _available(target: Target, drift: Drift | None) -> Mapping[str, Any]:
    module = target.module
    return {
        "id": module.id,
        "name": module.name,
        "version": module.version,
        "type": module.type,
        "optional": module.optional,
        "dependencies": module.dependencies,
        "size": target.artifact.size,
        "installed": drift is not None,
        "drift": drift,
    }


def _faults(faults: tuple[Fault, ...]) -> list[Any]:
    return [fault.model_dump(mode="json") for fault in faults]
