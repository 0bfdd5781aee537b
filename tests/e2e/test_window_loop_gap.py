"""The window stays alive while it installs at full speed; the aim itself is tighter, see the bench."""

import subprocess
import sys
from pathlib import Path

import pytest

import vsrt_gui

pytestmark = pytest.mark.alone

BENCH = Path(vsrt_gui.__file__).parent.parent / "packaging" / "bench" / "loop_gap.py"
MOST_MS = 250
"""What a busy machine may add to the aim of 50 ms; people notice a click that is not answered within this."""


def test_the_loop_never_stands_still_for_long(sample_catalog: Path) -> None:
    command = [sys.executable, str(BENCH), "--catalog", str(sample_catalog), "--runs", "1"]
    done = subprocess.run(
        [*command, "--assert-max-ms", str(MOST_MS)], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "p99" in done.stdout
