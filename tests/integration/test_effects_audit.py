"""No change to the disk bypasses the port at which kills and faults are injected: the system's own word for it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from simulators.effects_audit import TRACED, audit
from simulators.sweep_world import OLD, World

from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.request import Verb

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

STRACE = "strace"
VERBS = [Verb.INSTALL, Verb.UPDATE, Verb.REPAIR, Verb.ROLLBACK, Verb.UNINSTALL]
FEWEST = 7
"""Kinds of effects that each verb must have been seen to have."""
PATIENCE = 120

Run = Callable[..., None]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a program needs to run with this checkout's code."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "HOME": str(tmp_path)}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Run a program, and fail where it does."""

    def run(*argv: str | Path) -> None:
        done = subprocess.run(
            argv, env=environment, check=False, timeout=PATIENCE, capture_output=True, text=True
        )
        if "ptrace" in done.stderr:
            pytest.skip(f"strace may not look here: {done.stderr.splitlines()[0]}")
        assert done.returncode == 0, done.stderr

    return run


def traced(run: Run, trace: Path, *argv: str | Path) -> None:
    run(
        STRACE, "-f", "-y", "-s", "300", "-e", "signal=none", "-e", TRACED, "-o", trace, sys.executable, *argv
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_change_to_the_disk_passes_its_checkpoint(tmp_path: Path, run: Run, verb: Verb) -> None:
    world, trace = tmp_path / "world", tmp_path / "trace"
    program = ("-m", "simulators.effects_audit", world, verb)
    run(sys.executable, *program, "make")
    traced(run, trace, *program, "run")
    with trace.open(encoding="utf-8", errors="replace") as lines:
        found = audit(lines, world)
    assert found.bypassing == []
    assert len(found.effects) >= FEWEST, found.effects
    assert found.effects["unlink"] > 0


def test_a_volume_that_refuses_what_it_had_accepted_brings_nothing_into_force(
    tmp_path: Path, environment: dict[str, str], run: Run
) -> None:
    world = World(tmp_path / "world", Verb.UPDATE)
    program = (sys.executable, "-m", "simulators.effects_audit", world.folder, world.verb)
    run(*program, "make")
    inject = ("-f", "-o", tmp_path / "trace", "-e", "trace=syncfs", "-e", "inject=syncfs:error=EIO")
    done = subprocess.run(
        (STRACE, *inject, *program, "run"), env=environment, check=False, capture_output=True, text=True
    )
    assert "(INJECTED)" in (tmp_path / "trace").read_text()
    assert done.returncode
    assert FaultCode.DISK_ERROR in done.stderr
    assert world.says() == OLD


CLONED = "import fcntl, contextlib\nwith contextlib.suppress(OSError): fcntl.ioctl(file, 0x40049409, file.fileno())"


@pytest.mark.parametrize(("does", "call"), [("file.write('1')", "write"), (CLONED, "ioctl")])
def test_a_change_that_bypasses_the_port_is_noticed(tmp_path: Path, run: Run, does: str, call: str) -> None:
    (tmp_path / "world").mkdir()
    trace, there = tmp_path / "trace", tmp_path / "world" / "current"
    traced(run, trace, "-c", f"file = open({str(there)!r}, 'w')\n{does}")
    with trace.open(encoding="utf-8", errors="replace") as lines:
        calls = [line.split("(")[0].split()[1] for line in audit(lines, there.parent).bypassing]
    assert calls == ["openat", call]
