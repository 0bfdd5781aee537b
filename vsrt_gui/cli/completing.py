"""What the shell offers while a command is typed: from the disk alone, and nothing at all rather than a message."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer._completion_classes import completion_init

from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.settings import Settings

if TYPE_CHECKING:
    from vsrt_gui.model.hints import Hints


def answer_shells() -> None:
    """Let the program answer when a completion script asks what fits."""
    completion_init()


def complete_modules(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer modules that are not on the command line yet; only installed ones where they are to be removed."""
    known = _hints(context)
    there = set(context.params.get("modules") or ())
    offered = known.installed if context.info_name == "uninstall" else known.modules
    return [
        (key, known.modules.get(key, ""))
        for key in sorted(offered)
        if key.startswith(incomplete) and key not in there
    ]


def complete_generations(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the versions that can be gone back to, the newest first."""
    found = sorted(_hints(context).generations.items(), reverse=True)
    return [(str(number), when) for number, when in found if str(number).startswith(incomplete)]


def complete_settings(incomplete: str) -> list[str]:
    """Offer the names of settings."""
    return [name for name in Settings.model_fields if name.startswith(incomplete)]


def complete_codes(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the codes of faults, with their titles."""
    return list(_codes(context, incomplete))


def _codes(context: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    from vsrt_gui.model.faults import Fault  # noqa: PLC0415 -- with the pages, which only this needs

    runbook = context.find_root().command.doors.runbook  # type: ignore[attr-defined]
    for code in FaultCode:
        if code.startswith(incomplete):
            yield str(code), runbook.page(Fault(code=code)).title


def _hints(context: typer.Context) -> "Hints":
    doors = context.find_root().command.doors  # type: ignore[attr-defined]
    given: dict[str, object] = {}
    if catalog := context.params.get("catalog"):
        given["manifest_url"] = catalog
    if prefix := context.params.get("prefix"):
        given["prefix"] = Path(prefix)
    found: Hints = doors.local.hints(given)
    return found
