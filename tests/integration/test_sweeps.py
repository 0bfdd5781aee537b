"""Killed at any change to the disk, or refused by the disk there, a run loses nothing, and the next one finishes.

A sample of all checkpoints is tried, of as many kinds as can be; `dev.py test --full` (VSRT_FULL_SWEEP=1) tries all.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aloud import say

from vsrt_gui.model.request import Verb

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(2400),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
]

VERBS = [Verb.INSTALL, Verb.UPDATE, Verb.REPAIR, Verb.ROLLBACK, Verb.UNINSTALL, Verb.CHANGE]
FULL = bool(os.environ.get("VSRT_FULL_SWEEP"))
KILLS, FAILURES = 30, 17
"""Checkpoints in a sample; at each of the second, two or three kinds of faults fit."""
READS = 8
"""Looks in a sample; there one fault is tried each."""
SEGMENTS = 8
"""The same where a run waits for a server."""
FEWEST = 30
MEMORY = Path("/dev/shm")
SEED = "1"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is such: it is the order of effects that is tried, and flushing takes long."""
    with tempfile.TemporaryDirectory(dir=MEMORY if _runs_programs(MEMORY) else tmp_path) as made:
        for above in (Path(made), *Path(made).parents):
            if above.is_relative_to(tmp_path.parents[1]):
                above.chmod(above.stat().st_mode | 0o055)  # the sweep becomes another user
        yield Path(made)


def _runs_programs(where: Path) -> bool:
    try:
        return os.access(where, os.W_OK) and not os.statvfs(where).f_flag & os.ST_NOEXEC
    except OSError:
        return False


def swept(folder: Path, verb: Verb, way: str, most: int) -> Any:
    """Sweep in a process that has no threads, and return what it found."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-B", "-m", "simulators.sweep", folder, verb, way, str(0 if FULL else most), SEED],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("verb", VERBS)
def test_a_kill_at_any_change_to_the_disk(folder: Path, verb: Verb, pytestconfig: pytest.Config) -> None:
    found = swept(folder, verb, "kill", KILLS)
    say(pytestconfig, f"{verb}: killed at {found['points']} of {found['checkpoints']} checkpoints")
    assert found["wrong"] == []
    assert found["points"] == (found["checkpoints"] if FULL else min(KILLS, found["checkpoints"]))
    assert found["checkpoints"] >= FEWEST


def test_a_kill_at_any_change_while_an_archive_comes_in_segments(
    folder: Path, pytestconfig: pytest.Config
) -> None:
    found = swept(folder, Verb.INSTALL, "segments", SEGMENTS)
    say(pytestconfig, f"segments: killed at {found['points']} of {found['checkpoints']} checkpoints")
    assert found["wrong"] == []
    assert found["points"] >= SEGMENTS


@pytest.mark.parametrize("verb", VERBS)
def test_a_disk_that_fails_at_any_change(folder: Path, verb: Verb, pytestconfig: pytest.Config) -> None:
    found = swept(folder, verb, "fail", FAILURES)
    say(pytestconfig, f"{verb}: {found['points']} faults of the disk at {found['checkpoints']} checkpoints")
    say(pytestconfig, f"{verb}: completed although it failed to {', '.join(sorted(found['tolerated']))}")
    assert found["wrong"] == []
    assert found["points"] >= FEWEST


@pytest.mark.parametrize("verb", VERBS)
def test_a_disk_that_cannot_be_read_anywhere(folder: Path, verb: Verb, pytestconfig: pytest.Config) -> None:
    found = swept(folder, verb, "read", READS)
    say(pytestconfig, f"{verb}: {found['points']} faults at {found['checkpoints']} looks at the disk")
    assert found["wrong"] == []
    assert found["points"] >= READS
