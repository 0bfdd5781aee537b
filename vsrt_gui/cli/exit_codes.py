"""The codes that the program ends with: one for each fault, stable for ever, so that a script can act on them."""

import sys
from collections.abc import Mapping
from typing import assert_never

from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.run import RunState
from vsrt_gui.runbook.library import Runbook

COMPLETED = 0
DAMAGE_FOUND = 1
"""Only `verify`: it worked, and found something that a repair can put right."""
USAGE = 2
"""The command line itself can't be understood; what shells and Typer use for it."""
PARTIAL = 3
"""Everything critical is there; the faults of the others are in the output."""

FAULT_CODES: Mapping[FaultCode, int] = {
    # 10-29: the network
    FaultCode.NAME_NOT_FOUND: 10,
    FaultCode.CONNECTION_FAILED: 11,
    FaultCode.CONNECT_TIMEOUT: 12,
    FaultCode.STALLED: 13,
    FaultCode.CERTIFICATE_REJECTED: 14,
    FaultCode.SERVER_ERROR: 15,
    FaultCode.RATE_LIMITED: 16,
    FaultCode.ACCESS_REFUSED: 17,
    FaultCode.SOURCE_GONE: 18,
    FaultCode.REDIRECT_LOOP: 19,
    FaultCode.BAD_RESPONSE: 20,
    FaultCode.PROXY_UNREACHABLE: 21,
    FaultCode.PROXY_AUTH_REQUIRED: 22,
    FaultCode.PROXY_REFUSED: 23,
    FaultCode.SECRETS_UNAVAILABLE: 24,
    FaultCode.SOURCE_REPLACED: 25,
    FaultCode.PROXY_SCRIPT: 26,
    # 30-39: what was downloaded
    FaultCode.CHECKSUM_MISMATCH: 30,
    FaultCode.SIZE_MISMATCH: 31,
    FaultCode.ARCHIVE_DAMAGED: 32,
    FaultCode.ARCHIVE_UNSAFE: 33,
    FaultCode.INDEX_INVALID: 34,
    # 40-59: disk and files
    FaultCode.DISK_SPACE_LOW: 40,
    FaultCode.DISK_FULL: 41,
    FaultCode.DISK_ERROR: 42,
    FaultCode.FOLDER_NOT_WRITABLE: 43,
    FaultCode.FILE_IN_USE: 44,
    FaultCode.TOO_MANY_OPEN_FILES: 45,
    FaultCode.PREFIX_TOO_NEW: 46,
    FaultCode.PREFIX_DAMAGED: 47,
    FaultCode.FOLDER_MISSING: 48,
    FaultCode.FILE_MISSING: 49,
    FaultCode.FILE_UNREADABLE: 50,
    FaultCode.DAMAGED_AGAIN: 51,
    FaultCode.NOT_A_FOLDER: 52,
    # 60-79: the list of modules
    FaultCode.CATALOG_NOT_FOUND: 60,
    FaultCode.MANIFEST_UNREADABLE: 61,
    FaultCode.MANIFEST_INVALID: 62,
    FaultCode.CLIENT_TOO_OLD: 63,
    FaultCode.MODULE_UNKNOWN: 64,
    FaultCode.DEPENDENCY_CYCLE: 65,
    FaultCode.DEPENDENCY_MISSING: 66,
    FaultCode.DEPENDENCY_FAILED: 67,
    FaultCode.PLATFORM_UNSUPPORTED: 68,
    FaultCode.REQUIREMENT_UNMET: 69,
    # 80-99: the run
    FaultCode.ALREADY_RUNNING: 80,
    FaultCode.NOT_INSTALLED: 81,
    FaultCode.NO_EARLIER_GENERATION: 82,
    FaultCode.PROOF_FAILED: 83,
    FaultCode.INTERRUPTED: 84,
    FaultCode.SETTING_INVALID: 85,
    FaultCode.SOURCES_INVALID: 86,
    FaultCode.NO_SERVER: 87,
    FaultCode.SERVER_CRASHED: 88,
    FaultCode.SERVER_NOT_READY: 89,
    FaultCode.SETTINGS_UNREADABLE: 90,
    FaultCode.GENERATION_UNKNOWN: 91,
    # 100: ours
    FaultCode.UNEXPECTED: 100,
    # What shells use for Ctrl-C (128 + SIGINT); everything above 125 is theirs otherwise.
    FaultCode.CANCELLED: 130,
}
CANCELLED = FAULT_CODES[FaultCode.CANCELLED]


def of_run(end: RunFinished, state: RunState) -> int:
    """Return the code for the way a run ended.

    Args:
        end: the run's last event.
        state: the run's state after it.
    """
    match end.outcome:
        case Outcome.COMPLETED:
            return COMPLETED if sound(end, state) else DAMAGE_FOUND
        case Outcome.PARTIAL:
            return PARTIAL
        case Outcome.CANCELLED:
            return CANCELLED
        case Outcome.FAILED:
            return of_faults(end.faults, _optional(state))
        case _:
            assert_never(end.outcome)


def sound(end: RunFinished, state: RunState) -> bool:
    """Tell whether a completed run found nothing to mend; only `verify` can find something and complete."""
    return not end.faults and all(found.drift is Drift.SATISFIED for found in state.found)


def of_faults(faults: tuple[Fault, ...], optional: frozenset[str] = frozenset()) -> int:
    """Return the code of the fault that matters most: the first of a critical module, else the first.

    Args:
        faults: in the order they happened; none of them means that nobody knows, which is `unexpected`.
        optional: ids of modules that are known to be optional.
    """
    critical = (fault for fault in faults if fault.module not in optional)
    first = next(critical, faults[0] if faults else None)
    return FAULT_CODES[first.code if first else FaultCode.UNEXPECTED]


def _optional(state: RunState) -> frozenset[str]:
    work = state.plan.work if state.plan else ()
    return frozenset(each.target.id for each in work if each.target.module.optional)


def table(runbook: Runbook) -> str:
    """Return all codes as a Markdown table, for the README."""
    general = {
        COMPLETED: ("completed", "All done"),
        DAMAGE_FOUND: ("", "`verify` found files that a repair puts right"),
        USAGE: ("", "The command line can't be understood, or `--yes` is missing"),
        PARTIAL: ("partial", "Done, except for some modules"),
    }
    faults = {
        number: (str(code), runbook.page(Fault(code=code)).title) for code, number in FAULT_CODES.items()
    }
    rows = sorted({**general, **faults}.items())
    lines = [f"| {number} | {f'`{name}`' if name else ''} | {title} |" for number, (name, title) in rows]
    return "\n".join(["| exit code | name in JSON | what it means |", "|---|---|---|", *lines])


def main() -> None:
    """Print the table."""
    from vsrt_gui.resources import resource_text  # noqa: PLC0415 -- only the README's table needs it
    from vsrt_gui.runbook.library import load  # noqa: PLC0415

    sys.stdout.write(table(load(resource_text("runbook/en.toml"))) + "\n")


if __name__ == "__main__":
    main()
