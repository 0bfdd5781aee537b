"""The program itself on a screen: opened, watched, photographed, and asked afterwards how its run ended."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import x_screen
from PySide6.QtGui import QImage
from window_home import LONG, Home
from x_screen import Screen

import vsrt_gui

ROOT = Path(vsrt_gui.__file__).parent.parent
PICTURES = ROOT / "artifacts" / "window"
TITLE = "VS Code Runtime"
RATE = 12_000_000
"""Bytes a second: slow enough to be photographed half-way."""


@contextmanager
def shown(folder: Path) -> Iterator[Screen]:
    """Give a test a screen of its own; its last picture is kept.

    Args:
        folder: of the test.
    """
    pixels = folder / "pixels"
    pixels.mkdir()
    with x_screen.x_screen(pixels) as screen:
        try:
            yield screen
        finally:
            keep(screen.shot(), "last")


@contextmanager
def program(home: Home, screen: Screen, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Open the program on the screen; when the block is left, it must end well and have said nothing."""
    command = [sys.executable, "-m", "vsrt_gui", "window", "--catalog", home.server.url]
    with subprocess.Popen(
        [*command, "--prefix", str(home.prefix)],
        cwd=ROOT,
        env=screen.environment | environment,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            screen.xdotool("search", "--sync", "--onlyvisible", "--name", TITLE)
            yield process
            _, said = process.communicate(timeout=LONG)
        finally:
            process.kill()
    assert (process.returncode, said) == (0, b"")


def click_to_the_progress(screen: Screen, home: Home, *, photograph: bool) -> QImage:
    """Click on the one button that stands out, page after page, until a third of it is there; returns the last page."""
    before = None
    for number, page in enumerate(("welcome", "modules", "folder"), 1):
        place = screen.button(before).center()
        before = screen.shot()
        if photograph:
            keep(before, f"{number}-{page}")
        screen.click(place)
    assert before is not None
    a_third_comes(home)
    return before


def a_third_comes(home: Home) -> None:
    """Wait until a third of all archives lies on the disk."""
    total = sum(home.archives().values())
    until(lambda: home.staged() > total / 3, "a third of it")


def keep(picture: QImage, name: str) -> None:
    """Keep a picture with the run's other artefacts."""
    file = PICTURES / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    assert picture.save(str(file))


def outcome(home: Home) -> str | None:
    """Return how the run that began last ended, as the journal has it; None while it goes on, or there was none."""
    journal = home.prefix / "journal.jsonl"
    lines = journal.read_text("utf-8").splitlines() if journal.exists() else []
    events = [json.loads(line) for line in lines if '"run-finished"' in line or '"run-started"' in line]
    return str(events[-1]["outcome"]) if events and events[-1]["event"] == "run-finished" else None


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that takes as long as installing."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.05)
