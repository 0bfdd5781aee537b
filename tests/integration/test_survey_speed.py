"""Looking at ten thousand files is not felt, and hashing them takes no longer than the system's own program."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from aloud import say

import vsrt_gui

BENCH = Path(vsrt_gui.__file__).parent.parent / "packaging" / "bench" / "survey.py"
PEERS = ("find", "du", "xargs", "sha256sum")
QUICK_SECONDS = 1.0
"""Measured at 0.13 on an idle machine."""
DEEP_RATIO = 1.2
"""Of the time that `sha256sum` takes on all cores; measured at 0.3 to 0.5."""


@pytest.mark.alone
@pytest.mark.skipif(not all(map(shutil.which, PEERS)), reason=f"needs {', '.join(PEERS)}")
def test_against_find_and_sha256sum(pytestconfig: pytest.Config) -> None:
    limits = ["--assert-quick", str(QUICK_SECONDS), "--assert-ratio", str(DEEP_RATIO)]
    command = [sys.executable, str(BENCH), *limits]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    for line in done.stdout.splitlines():
        say(pytestconfig, f"survey: {line}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sha256sum" in done.stdout
