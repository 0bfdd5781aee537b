"""Two installers at the same time: exactly one works, and the other names it and touches nothing."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aloud import say
from integration.cli_house import PATIENCE, Catalog, Vsrt
from simulators.http_server import HttpServer

from vsrt_gui.cli.exit_codes import FAULT_CODES
from vsrt_gui.model.faults import FaultCode

ROUNDS = 10
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


def test_exactly_one_works(server: HttpServer, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    for number in range(ROUNDS):
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
    say(request.config, f"two installers at once, {ROUNDS} times: one worked, one named it and left")


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
