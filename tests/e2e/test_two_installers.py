"""Two installers at the same time: exactly one works, and the other names it and touches nothing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aloud import say
from integration.cli_house import PATIENCE, Catalog, Vsrt, environment
from memory_disk import fast_folder
from simulators.http_server import HttpServer

from vsrt_gui.cli.exit_codes import FAULT_CODES
from vsrt_gui.model.faults import FaultCode

ROUNDS = 50
USERS = 10
"""Rounds between two users."""
STARTED = 3
"""Rounds of programs that start from nothing, and come to the folder when they come."""
SLOW = 50_000
"""Bytes a second: the one that works takes 18 s, so that the other one surely comes meanwhile."""
INSTALL = ("install", "--yes", "--json")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Catalog(tmp_path / "catalog").write()
    with HttpServer(tmp_path / "catalog", SLOW) as serving:
        yield serving


def both(vsrt: Vsrt, server: HttpServer) -> list[tuple[subprocess.Popen[str], list[Any]]]:
    """Start two at once and wait for both; return the one that ended first, then the other, with what they told."""
    first, second = (vsrt.start(*INSTALL) for _ in range(2))
    with first, second:
        try:
            loser = _first_to_end(first, second)
            winner = second if loser is first else first
            server.set_rate(None)
            return [(each, _told(each)) for each in (loser, winner)]
        finally:
            first.kill()
            second.kill()


def _first_to_end(*processes: subprocess.Popen[str]) -> subprocess.Popen[str]:
    for _ in range(int(PATIENCE / 0.02)):
        for process in processes:
            try:
                process.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
            return process
    raise AssertionError("neither ended")


def _told(process: subprocess.Popen[str]) -> list[Any]:
    out, err = process.communicate(timeout=PATIENCE)
    assert err == ""
    return [json.loads(line) for line in out.splitlines()]


def raced(folder: Path, rounds: int, users: str) -> list[list[Any]]:
    """Let two installers start at the same instant, again and again; each round's one that ended first comes first."""
    folder.chmod(0o755)  # the other user comes in, too
    env = {**environment(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-B", "-m", "simulators.twins", str(folder), str(rounds), users]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: list[list[Any]] = json.loads(done.stdout)
    assert len(found) == rounds
    return found


def check(prefix: Path, loser: Any, winner: Any, named: int) -> None:
    """See that one worked, and that the other one named it and changed nothing."""
    end = winner["said"][-1]
    assert (winner["code"], end["outcome"], end["faults"]) == (0, "completed", [])
    assert loser["code"] == FAULT_CODES[FaultCode.ALREADY_RUNNING]
    assert [event["event"] for event in loser["said"]] == ["run-started", "run-finished"]
    (fault,) = loser["said"][-1]["faults"]
    assert (fault["code"], fault["facts"]) == ("already-running", {"path": str(prefix), "pid": named})
    assert loser["changed"] == 0 < winner["changed"]
    lines = (prefix / "journal.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["run_id"] for line in lines} == {winner["said"][0]["run_id"]}
    assert (prefix / "current").read_text("utf-8").strip() == "1"
    assert [path for path in prefix.rglob("*") if path.name.startswith(".vsrt-")] == []


@pytest.fixture
def open_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that another user can reach, in memory where there is such."""
    with fast_folder(tmp_path) as folder:
        for above in (folder, *folder.parents):
            if above.is_relative_to(tmp_path.parents[1]):
                above.chmod(above.stat().st_mode | 0o055)
        yield folder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_of_two_at_the_same_instant_exactly_one_works(
    open_folder: Path, request: pytest.FixtureRequest
) -> None:
    for number, (loser, winner) in enumerate(raced(open_folder, ROUNDS, "one")):
        check(open_folder / f"runtime-{number}", loser, winner, winner["pid"])
    say(
        request.config,
        f"two installers at the same instant, {ROUNDS} times: one worked, one named it and left",
    )


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="becomes another user")
def test_of_two_users_at_the_same_instant_exactly_one_works(
    open_folder: Path, request: pytest.FixtureRequest
) -> None:
    for number, (loser, winner) in enumerate(raced(open_folder, USERS, "two")):
        check(open_folder / f"runtime-{number}", loser, winner, 0)  # another user's process has no name here
    say(request.config, f"two users' installers at the same instant, {USERS} times: one worked, one left")


def test_exactly_one_works(server: HttpServer, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    for number in range(STARTED):
        server.set_rate(SLOW)
        server.forget()
        vsrt = Vsrt(f"{server.url}/manifest.json", tmp_path / f"runtime-{number}")
        (loser, said), (winner, done) = both(vsrt, server)

        assert (winner.returncode, done[-1]["outcome"], done[-1]["faults"]) == (0, "completed", [])
        assert loser.returncode == FAULT_CODES[FaultCode.ALREADY_RUNNING]
        assert [event["event"] for event in said] == ["run-started", "run-finished"]
        (fault,) = said[-1]["faults"]
        assert (said[-1]["outcome"], fault["code"]) == ("failed", "already-running")
        assert fault["facts"] == {"path": str(vsrt.prefix), "pid": winner.pid}

        lines = (vsrt.prefix / "journal.jsonl").read_text("utf-8").splitlines()
        assert {json.loads(line)["run_id"] for line in lines} == {done[0]["run_id"]}
        assert [len(server.requests(f"/{name}-1.0.0.zip")) for name in ("base", "core", "extra")] == [1] * 3
        assert vsrt.run("verify").code == 0
    say(request.config, f"two programs started together, {STARTED} times: one worked, one named it and left")


@pytest.mark.skipif(sys.platform == "win32", reason="a running process keeps its files open there")
def test_the_one_that_leaves_touches_nothing(server: HttpServer, tmp_path: Path) -> None:
    vsrt = Vsrt(f"{server.url}/manifest.json", tmp_path / "runtime")
    server.set_rate(None)
    assert vsrt.run(*INSTALL).code == 0
    (next((vsrt.prefix / "store").glob("base-*")) / "noise.bin").write_bytes(b"damaged")
    server.set_rate(SLOW)
    with vsrt.start("repair", "--yes", "--json") as winner:
        assert winner.stdout
        next(line for line in winner.stdout if '"step-started"' in line)
        winner.send_signal(signal.SIGSTOP)  # it holds on to the folder, however long the others take
        before = _entries(vsrt.prefix)
        for command in ("install", "repair", "uninstall", "update"):
            assert vsrt.run(command, "--yes").code == FAULT_CODES[FaultCode.ALREADY_RUNNING]
        after = _entries(vsrt.prefix)
        winner.kill()
    assert after == before


def _entries(prefix: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file that the working one does not change by itself just now, with its inode and content."""
    files = (path for path in sorted(prefix.rglob("*")) if path.is_file())
    own = ("journal.jsonl", "downloads")
    return {
        str(path): (path.stat().st_ino, path.read_bytes())
        for path in files
        if not set(own) & set(path.relative_to(prefix).parts) and not path.name.startswith(".vsrt-")
    }
