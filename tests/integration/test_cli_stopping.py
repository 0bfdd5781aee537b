"""Stopping the command line in the middle: by Ctrl-C, by the system, by a reader who leaves, by a second installer."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_house import PATIENCE, Catalog, Vsrt, until
from simulators.http_server import STALL, HttpServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process can't be sent Ctrl-C there")

BIG = 6_000_000
SLOW = 2_000_000
"""Bytes a second: three seconds for the big one, time enough to come in between."""
SENT_TWICE = 1 << 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpServer]:
    Catalog(tmp_path / "catalog", sizes={"base": BIG}).write()
    with HttpServer(root=tmp_path / "catalog", rate=SLOW) as serving:
        yield serving


@pytest.fixture
def vsrt(server: HttpServer, tmp_path: Path) -> Vsrt:
    return Vsrt(f"{server.url}/manifest.json", tmp_path / "runtime")


def staged(event: Any) -> bool:
    return event["event"] == "step-progress" and event["module"] == "base" and event["done"] > BIG // 4


def stop(process: subprocess.Popen[str], number: signal.Signals, times: int = 1) -> tuple[str, float]:
    """Send a signal; return what was still written, and how long the end took."""
    assert process.stdout
    assert process.stderr
    began = time.monotonic()
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.02)
    out, err = process.communicate(timeout=PATIENCE)
    assert err == ""
    return out, time.monotonic() - began


@pytest.mark.alone
@pytest.mark.parametrize(("number", "times"), [(signal.SIGINT, 1), (signal.SIGINT, 3), (signal.SIGTERM, 1)])
def test_stopped_within_a_second_and_nothing_fetched_twice(
    number: signal.Signals, times: int, vsrt: Vsrt, server: HttpServer
) -> None:
    with vsrt.start("install", "--yes", "--json") as process:
        until(process, staged)
        out, seconds = stop(process, number, times)
    assert process.returncode == 130
    assert '"outcome":"cancelled"' in out.splitlines()[-1]
    assert seconds < 1.5  # a second for the run; the rest is the interpreter's own end on a busy machine

    server.set_rate(None)
    finished = vsrt.run("install", "--yes", "--json")
    assert (finished.code, finished.end["outcome"]) == (0, "completed")
    assert vsrt.run("verify").code == 0
    archive = server.requests("/base-1.0.0.zip")
    assert len(archive) > 1
    assert server.sent("/base-1.0.0.zip") <= BIG + 10_000 + SENT_TWICE


def test_a_reader_who_leaves_ends_it_quietly(vsrt: Vsrt) -> None:
    with vsrt.start("install", "--yes", "--json") as process:
        until(process, staged)
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(20) == 130
    assert vsrt.run("status", "--json").events[0]["status"]["status"] == "partiallyInstalled"


@pytest.mark.parametrize("command", ["status", "modules", "--help"])
def test_a_reader_who_never_listened(command: str, vsrt: Vsrt) -> None:
    line = vsrt.command(command) if command != "--help" else [sys.executable, "-m", "vsrt_gui", "--help"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""


def test_only_one_at_a_time(vsrt: Vsrt, server: HttpServer) -> None:
    with vsrt.start("install", "--yes", "--json") as process:
        until(process, staged)
        server.set_rate(SLOW / 40)  # a busy machine takes seconds to start the others
        second = vsrt.run("install", "--yes", "--json")
        assert vsrt.run("status", "--json").events[0]["status"]["status"] == "installing"
        stop(process, signal.SIGINT)
    assert (second.code, second.end["faults"][0]["code"]) == (80, "already-running")
    assert second.end["faults"][0]["facts"]["pid"] == process.pid


@pytest.mark.alone
def test_stopped_while_it_only_looks(vsrt: Vsrt, server: HttpServer) -> None:
    server.behave("/manifest.json", STALL)
    with vsrt.start("status", "--json") as process:
        while not server.sent_so_far("/manifest.json") and not _asked(server):
            time.sleep(0.02)
        out, seconds = stop(process, signal.SIGINT)
    assert process.returncode == 130
    assert '"outcome":"cancelled"' in out
    assert seconds < 1.5


def _asked(server: HttpServer) -> bool:
    return bool(server._connections)
