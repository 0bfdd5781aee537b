"""Scripts out there act on these numbers: each fault has its own, and none ever changes."""

import subprocess
import sys

from vsrt_gui.cli import exit_codes
from vsrt_gui.model.faults import FaultCode

PUBLISHED = {
    "name-not-found": 10,
    "connection-failed": 11,
    "connect-timeout": 12,
    "stalled": 13,
    "certificate-rejected": 14,
    "server-error": 15,
    "rate-limited": 16,
    "access-refused": 17,
    "source-gone": 18,
    "redirect-loop": 19,
    "bad-response": 20,
    "proxy-unreachable": 21,
    "proxy-auth-required": 22,
    "proxy-refused": 23,
    "secrets-unavailable": 24,
    "source-replaced": 25,
    "proxy-script": 26,
    "checksum-mismatch": 30,
    "size-mismatch": 31,
    "archive-damaged": 32,
    "archive-unsafe": 33,
    "index-invalid": 34,
    "disk-space-low": 40,
    "disk-full": 41,
    "disk-error": 42,
    "folder-not-writable": 43,
    "file-in-use": 44,
    "too-many-open-files": 45,
    "prefix-too-new": 46,
    "prefix-damaged": 47,
    "folder-missing": 48,
    "file-missing": 49,
    "file-unreadable": 50,
    "damaged-again": 51,
    "not-a-folder": 52,
    "catalog-not-found": 60,
    "manifest-unreadable": 61,
    "manifest-invalid": 62,
    "client-too-old": 63,
    "module-unknown": 64,
    "dependency-cycle": 65,
    "dependency-missing": 66,
    "dependency-failed": 67,
    "platform-unsupported": 68,
    "requirement-unmet": 69,
    "already-running": 80,
    "not-installed": 81,
    "no-earlier-generation": 82,
    "generation-unknown": 91,
    "proof-failed": 83,
    "interrupted": 84,
    "setting-invalid": 85,
    "sources-invalid": 86,
    "no-server": 87,
    "server-crashed": 88,
    "server-not-ready": 89,
    "settings-unreadable": 90,
    "unexpected": 100,
    "cancelled": 130,
}
GENERAL = {exit_codes.COMPLETED, exit_codes.DAMAGE_FOUND, exit_codes.USAGE, exit_codes.PARTIAL}
SHELLS_OWN = 126
"""From here on, shells use the numbers themselves."""


def test_every_fault_has_a_code_of_its_own() -> None:
    assert set(exit_codes.FAULT_CODES) == set(FaultCode)
    numbers = list(exit_codes.FAULT_CODES.values())
    assert len(set(numbers)) == len(numbers)
    assert not GENERAL & set(numbers)
    assert [n for code, n in exit_codes.FAULT_CODES.items() if n >= SHELLS_OWN] == [exit_codes.CANCELLED]


def test_no_published_code_has_changed() -> None:
    assert PUBLISHED.items() <= {str(code): n for code, n in exit_codes.FAULT_CODES.items()}.items()
    assert (exit_codes.COMPLETED, exit_codes.DAMAGE_FOUND, exit_codes.USAGE, exit_codes.PARTIAL) == (
        0,
        1,
        2,
        3,
    )


def test_the_table_names_every_code() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vsrt_gui.cli.exit_codes"], capture_output=True, text=True, check=True
    )
    for name, number in PUBLISHED.items():
        assert f"| {number} | `{name}` | " in done.stdout
    assert "| 0 | `completed` | " in done.stdout
    assert not done.stderr
