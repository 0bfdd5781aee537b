"""The program itself on a real screen: a mouse clicks on what can be seen, from the first page to the last."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import x_screen
from window_home import LONG, Home
from x_screen import Screen

import vsrt_gui

ROOT = Path(vsrt_gui.__file__).parent.parent
PICTURES = ROOT / "artifacts" / "window"
RATE = 12_000_000
"""Bytes a second: slow enough to be photographed half-way."""

pytestmark = pytest.mark.skipif(
    bool(x_screen.missing()), reason=f"not on this machine: {', '.join(x_screen.missing())}"
)


def test_a_mouse_installs_the_sample_catalog(home: Home, tmp_path: Path) -> None:
    pixels = tmp_path / "pixels"
    pixels.mkdir()
    PICTURES.mkdir(parents=True, exist_ok=True)
    home.server.set_rate(RATE)
    command = [sys.executable, "-m", "vsrt_gui", "window", "--catalog", home.server.url]
    with (
        x_screen.x_screen(pixels) as screen,
        subprocess.Popen(
            [*command, "--prefix", str(home.prefix)], cwd=ROOT, env=screen.environment, stderr=subprocess.PIPE
        ) as program,
    ):
        try:
            _click_through(screen, home)
            _, said = program.communicate(timeout=LONG)
        finally:
            screen.shot().save(str(PICTURES / "last.png"))
            program.kill()
    assert (program.returncode, said) == (0, b"")
    assert home.run("node") == "v24.19.0"
    assert home.run("pyright") == "pyright 1.1.414"


def _click_through(screen: Screen, home: Home) -> None:
    """Click on the one button that stands out, page after page; each page is photographed."""
    screen.xdotool("search", "--sync", "--onlyvisible", "--name", "VS Code Runtime")
    before = None
    for number, page in enumerate(("welcome", "modules", "folder"), 1):
        place = screen.button(before).center()
        before = screen.shot()
        assert before.save(str(PICTURES / f"{number}-{page}.png"))
        screen.click(place)
    total = sum(home.archives().values())
    _until(lambda: home.staged() > total / 2, "half of it")
    assert screen.shot().save(str(PICTURES / "4-progress.png"))
    _until(lambda: _outcome(home) == "completed", "the end")
    close = screen.button(before).center()
    assert screen.shot().save(str(PICTURES / "5-finish.png"))
    screen.click(close)


def _outcome(home: Home) -> str | None:
    """Return how the run ended, as the journal has it; None while it goes on."""
    journal = home.prefix / "journal.jsonl"
    lines = journal.read_text("utf-8").splitlines() if journal.exists() else []
    events = [json.loads(line) for line in lines if '"run-finished"' in line]
    return str(events[-1]["outcome"]) if events else None


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.05)
