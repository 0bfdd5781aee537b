"""Makes the support file: all that somebody who wants to help must know, and nothing that tells who asks."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.recovery import damage_fault
from vsrt_gui.engine.session import Session
from vsrt_gui.model.faults import Fault, InstallerError
from vsrt_gui.model.plan import Finding
from vsrt_gui.model.redaction import Private, Redaction
from vsrt_gui.model.settings import Effective
from vsrt_gui.model.status import Overview

FORMAT = 1
LOOK_SECONDS = 20.0
"""How long the look may take: a support file without the catalog's state is better than none."""
MOST_BYTES = 8 << 20
"""Of all texts together, before they are packed: mail programs take ten megabytes."""
MOST_FILES = 100
"""Wrong files that are named for each module."""
_SECRETS = {"page", "password"}

README = """\
This file was made by the VS Code Runtime installer, to be sent to support.

The user's name, the home folder, the computer's name, passwords and keys were taken out: *** and ~ stand for them.
You can look into every file before you send it.

contents.json   what is in here
about.json      versions of the program, the system and the libraries
status.json     what is installed, and how it is
faults.json     which settings can't be used, and what went wrong last
settings.json   the settings, and where each came from
disks.json      how much room there is
prefix.json     which files lie in the runtime's folder
journal.jsonl   what was done lately
logs/           what the program and the editor wrote down
"""

Titles = Callable[[Fault], str]
"""The words for a fault, from the runbook."""


class SupportDesk(Protocol):
    """What a support file needs of the computer; each method blocks."""

    def private(self) -> Private:
        """Return what must not leave the computer."""
        ...

    def about(self) -> Mapping[str, Any]:
        """Return the versions of all that matters."""
        ...

    def disks(self, prefix: Path) -> list[Mapping[str, Any]]:
        """Measure every disk that is used."""
        ...

    def listing(self, prefix: Path) -> list[Mapping[str, Any]]:
        """List what lies in the prefix, without the modules' own files; what can't be read says so."""
        ...

    def texts(self, prefix: Path) -> Mapping[str, str]:
        """Return the ends of the journal and of the logs, by their name in the support file."""
        ...

    def pack(self, out: Path, files: Mapping[str, str]) -> None:
        """Write the support file, whole or not at all.

        Raises:
            InstallerError: disk codes.
        """
        ...


@dataclass(frozen=True)
class Seen:
    """What a look showed.

    Attributes:
        overview: None where nothing could be seen.
        faults: settings that can't be used, and what kept us from seeing.
    """

    overview: Overview | None
    faults: tuple[Fault, ...]


async def save_support_file(session: Session, desk: SupportDesk, titles: Titles, out: Path) -> Path:
    """Write a support file; it needs neither network nor a prefix that can be read, and changes nothing there.

    Args:
        session: whose prefix and settings it is about.
        desk: what is known of the computer.
        titles: the words for faults.
        out: the file, or a folder that it is put into.

    Returns:
        The file.

    Raises:
        InstallerError: disk codes, when it can't be written.
    """
    workers = Workers(1)
    try:
        overview, trouble = await _look(session)
        seen = Seen(overview, (*session.effective.faults, *([trouble] if trouble else [])))
        told = await workers.run(Stop(), _told, session.prefix, desk, seen, titles)
        told["settings.json"] = _settings(session.effective)
        return await workers.run(Stop(), _write, desk, out, told)
    finally:
        workers.close()


async def _look(session: Session) -> tuple[Overview | None, Fault | None]:
    """Look at what is there; what keeps one from seeing is part of the answer."""
    seen: list[Overview] = []
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await session.look(early=seen.append), None
    except TimeoutError:
        return (seen[-1] if seen else None), None
    except InstallerError as error:
        return None, error.fault


def _told(prefix: Path, desk: SupportDesk, seen: Seen, titles: Titles) -> dict[str, Any]:
    """Gather everything, by its name in the support file; texts as they are, all else as values."""
    overview = seen.overview
    last = overview.record.last_run.faults if overview and overview.record.last_run else ()
    damaged = [damage_fault(damage) for damage in overview.record.damage] if overview else []
    faults = (*seen.faults, *damaged, *last)
    return {
        "README.txt": README,
        "about.json": desk.about(),
        "status.json": _status(overview, prefix),
        "faults.json": [{**fault.model_dump(mode="json"), "title": titles(fault)} for fault in faults],
        "disks.json": desk.disks(prefix),
        "prefix.json": desk.listing(prefix),
        **desk.texts(prefix),
    }


def _status(overview: Overview | None, prefix: Path) -> Mapping[str, Any]:
    if overview is None:
        return {"prefix": str(prefix), "status": None}
    record = overview.record
    plain = {"status", "manifest_version", "catalog_fault", "unavailable", "volume", "other_pid"}
    return {
        "prefix": overview.prefix,
        **overview.model_dump(mode="json", include=plain),
        "generation": record.current.number if record.current else None,
        "generations": [
            {"number": each.number, "installed_at": each.installed_at.isoformat(), "complete": each.complete}
            for each in record.generations
        ],
        **record.model_dump(mode="json", include={"wanted", "last_run", "staged", "kept", "damage"}),
        "modules": [_module(finding) for finding in overview.findings],
        "server": overview.server.model_dump(mode="json", exclude=_SECRETS),
    }


def _module(finding: Finding) -> Mapping[str, Any]:
    wrong = sorted(finding.survey.wrong.items())
    return {
        "id": finding.target.id,
        "folder": finding.target.folder,
        "drift": finding.drift,
        "wrong": finding.survey.count,
        "launchers": dict(finding.survey.launchers),
        "files": dict(wrong[:MOST_FILES]),
    }


def _settings(effective: Effective) -> Mapping[str, Any]:
    values = effective.settings.model_dump(mode="json")
    return {
        name: {"value": values.get(name), **source.model_dump(mode="json")}
        for name, source in effective.sources.items()
    }


def _write(desk: SupportDesk, out: Path, told: Mapping[str, Any]) -> Path:
    redaction = Redaction(desk.private())
    files: dict[str, str] = {}
    room = MOST_BYTES
    for name, content in told.items():
        text = _text(redaction, content)[-room:] if room else ""
        files[name] = text
        room = max(0, room - len(text.encode()))
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sizes = {name: len(text.encode()) for name, text in files.items()}
    contents = {"format": FORMAT, "made": made, "files": sizes}
    path = out / f"vsrt-support-{time.strftime('%Y%m%d-%H%M%S')}.zip" if out.is_dir() else out
    desk.pack(path, {"contents.json": _json(contents), **files})
    return path


def _text(redaction: Redaction, content: Any) -> str:
    if not isinstance(content, str):
        return _json(redaction.value(content))
    return "".join(redaction.line(line) + "\n" for line in content.splitlines())


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
