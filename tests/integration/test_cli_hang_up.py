"""A terminal that is closed in the middle: the run is cancelled as by Ctrl-C, though nobody reads how it ends."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_house import CONTROLLED, PATIENCE, Catalog, Vsrt, environment
from simulators.http_server import HttpServer

BIG = 3_000_000
RATE = 1_000_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpServer]:
    catalog = Catalog(tmp_path / "catalog", sizes={"base": BIG}).write()
    with HttpServer(catalog.folder, RATE) as running:
        yield running


def test_the_run_is_cancelled_and_goes_on_from_there(server: HttpServer, tmp_path: Path) -> None:
    vsrt = Vsrt(f"{server.url}/", tmp_path / "prefix")
    process = _on_terminal_that_closes(vsrt, ignoring=False)
    assert process.returncode == 130
    assert _last_line(vsrt)["outcome"] == "cancelled"
    server.set_rate(None)
    assert vsrt.run("install", "--yes").code == 0
    assert server.sent("/base-1.0.0.zip") < 1.5 * BIG


def test_one_that_is_to_outlive_its_terminal_does(server: HttpServer, tmp_path: Path) -> None:
    vsrt = Vsrt(f"{server.url}/", tmp_path / "prefix")
    process = _on_terminal_that_closes(vsrt, ignoring=True)
    assert process.returncode == 0
    assert _last_line(vsrt)["outcome"] == "completed"


def _on_terminal_that_closes(vsrt: Vsrt, *, ignoring: bool) -> "subprocess.Popen[bytes]":
    """Install on a terminal of its own, which is closed once something is there; waits for the end.

    Args:
        vsrt: the program.
        ignoring: whether the hang-up is ignored from the start, as nohup does it; then a file is written to, too.
    """
    ours, theirs = pty.openpty()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignoring else signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLED, *vsrt.command("install", "--yes")],
            stdin=theirs,
            stdout=subprocess.DEVNULL if ignoring else theirs,
            stderr=subprocess.DEVNULL if ignoring else theirs,
            env=environment(TERM="xterm-256color"),
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGHUP, before)
        os.close(theirs)
    with process:
        deadline = time.monotonic() + PATIENCE
        while not any(part.stat().st_size for part in vsrt.prefix.glob("downloads/*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.close(ours)
        process.wait(PATIENCE)
    return process


def _last_line(vsrt: Vsrt) -> dict[str, object]:
    lines = (vsrt.prefix / "journal.jsonl").read_text("utf-8").splitlines()
    return dict(json.loads(lines[-1]))
