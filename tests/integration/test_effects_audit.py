"""No change to the disk bypasses the port at which kills and faults are injected: the system's own word for it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from simulators.effects_audit import TRACED, Audit, audit
from simulators.http_server import HttpServer
from simulators.segmented import EACH
from simulators.served_runtime import Published
from simulators.sweep_world import OLD, World

from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.request import Verb

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

STRACE = "strace"
COMMANDS = {
    Verb.INSTALL: ("install", "--yes"),
    Verb.UPDATE: ("update", "--yes"),
    Verb.REPAIR: ("repair", "--yes"),
    Verb.ROLLBACK: ("rollback", "--to", "1", "--yes"),
    Verb.UNINSTALL: ("uninstall", "--yes"),
    Verb.CHANGE: ("modules", "words", "--yes"),
}
FEWEST = 7
"""Kinds of effects that each verb must have been seen to have."""
PATIENCE = 120

Run = Callable[..., None]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a program needs to run with this checkout's code, for the user of a world, whose downloads lie elsewhere."""
    world = tmp_path / "world"
    own = {
        f"XDG_{name}_HOME": str(world / "personal" / name.lower())
        for name in ("CACHE", "CONFIG", "STATE", "DATA")
    }
    here = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "HOME": str(tmp_path)}
    return {**os.environ, **own, **here, "VSRT_DOWNLOAD_DIR": str(world / "home" / "fetched")}


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
    """Run Python and write down its system calls; those of programs that it starts are their own."""
    options = ("-f", "-b", "execve", "-y", "-s", "500", "-e", "signal=none", "-e", TRACED)
    run(STRACE, *options, "-o", trace, sys.executable, *argv)


def line(world: World, command: str, *more: str) -> tuple[str | Path, ...]:
    """Return a command line, as a user types it, with a mark before each effect."""
    where = ("--catalog", world.offer(), "--prefix", world.prefix)
    return ("-m", "simulators.effects_audit", "run", command, *more, *where)


def audited(trace: Path, world: World) -> Audit:
    with trace.open(encoding="utf-8", errors="replace") as lines:
        found = audit(lines, world.folder)
    assert found.bypassing == []
    return found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[HttpServer]:
    (tmp_path / "world" / "personal" / "state" / "vscode-runtime").mkdir(
        parents=True
    )  # the logs would make it first
    with HttpServer(tmp_path / "world") as server:
        yield server


@pytest.mark.parametrize(("verb", "command"), COMMANDS.items())
def test_every_change_to_the_disk_passes_its_checkpoint(
    tmp_path: Path, run: Run, served: HttpServer, verb: Verb, command: tuple[str, ...]
) -> None:
    world, trace = World(tmp_path / "world", verb, served.url), tmp_path / "trace"
    run(sys.executable, "-m", "simulators.effects_audit", world.folder, verb, "make", served.url)
    served.forget()
    served.each = EACH
    traced(run, trace, *line(world, *command))
    found = audited(trace, world)
    assert len(found.effects) >= FEWEST, found.effects
    assert found.effects["unlink"] > 0
    assert verb is not Verb.INSTALL or len(served.requests("/catalog-1.0.0/tool.tar.zst")) > 1


def test_starting_the_editor_and_emptying_the_cache_pass_their_checkpoints(
    tmp_path: Path, run: Run, served: HttpServer
) -> None:
    world, trace = World(tmp_path / "world", Verb.INSTALL, served.url), tmp_path / "trace"
    Published(world.catalog, extensions={"words": "us.words"}).write()
    program = line(world, "install", "--yes")
    run(sys.executable, *program)
    try:
        traced(run, trace, *line(world, "launch", "--no-browser"))
        assert audited(trace, world).effects.keys() >= {"mkdir", "symlink", "lock", "create", "replace"}
    finally:
        traced(run, trace, *line(world, "launch", "--stop"))
    assert audited(trace, world).effects["unlink"] > 0
    traced(run, trace, "-m", "simulators.effects_audit", "run", "cache", "clear")
    assert audited(trace, world).effects == {"unlink": 1}


def test_a_volume_that_refuses_what_it_had_accepted_brings_nothing_into_force(
    tmp_path: Path, environment: dict[str, str], run: Run, served: HttpServer
) -> None:
    world = World(tmp_path / "world", Verb.UPDATE, served.url)
    run(sys.executable, "-m", "simulators.effects_audit", world.folder, world.verb, "make", served.url)
    inject = ("-f", "-o", tmp_path / "trace", "-e", "trace=syncfs", "-e", "inject=syncfs:error=EIO")
    program = (sys.executable, *line(world, "update", "--yes", "--json"))
    done = subprocess.run(
        (STRACE, *inject, *program), env=environment, check=False, capture_output=True, text=True
    )
    assert "(INJECTED)" in (tmp_path / "trace").read_text()
    ended = json.loads(done.stdout.splitlines()[-1])
    assert (ended["outcome"], [fault["code"] for fault in ended["faults"]]) == (
        "failed",
        [FaultCode.DISK_ERROR],
    )
    assert world.says() == OLD


CLONED = "import fcntl, contextlib\nwith contextlib.suppress(OSError): fcntl.ioctl(file, 0x40049409, file.fileno())"


MAPPED = "import mmap\nfile.truncate(1)\nmmap.mmap(file.fileno(), 1)"
ELSEWHERE = """from vsrt_gui.adapters.prefix import effects
from simulators.effects_audit import mark
with effects.watched(mark): effects.checkpoint('write', file.name + '-other')
file.write('1')"""


@pytest.mark.parametrize(
    ("does", "calls"),
    [
        ("file.write('1')", ["write"]),
        (CLONED, ["ioctl"]),
        (MAPPED, ["ftruncate", "mmap"]),
        (ELSEWHERE, ["write"]),
    ],
)
def test_a_change_that_bypasses_the_port_is_noticed(
    tmp_path: Path, run: Run, does: str, calls: list[str]
) -> None:
    (tmp_path / "world").mkdir()
    trace, there = tmp_path / "trace", tmp_path / "world" / "current"
    traced(run, trace, "-c", f"file = open({str(there)!r}, 'w+')\n{does}")
    with trace.open(encoding="utf-8", errors="replace") as lines:
        found = [line.split("(")[0].split()[1] for line in audit(lines, there.parent).bypassing]
    assert found == ["openat", *calls]
