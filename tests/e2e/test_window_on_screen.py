"""The program itself on a real screen: a mouse clicks on what can be seen, from the first page to the last."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
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

pytestmark = pytest.mark.skipif(
    bool(x_screen.missing()), reason=f"not on this machine: {', '.join(x_screen.missing())}"
)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    """A screen of this test's own; its last picture is kept."""
    pixels = tmp_path / "pixels"
    pixels.mkdir()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with x_screen.x_screen(pixels) as shown:
        yield shown
        _keep(shown.shot(), "last")


@contextmanager
def _program(home: Home, screen: Screen) -> Iterator["subprocess.Popen[bytes]"]:
    """Open the program on the screen; when the block is left, it must have ended well and said nothing."""
    command = [sys.executable, "-m", "vsrt_gui", "window", "--catalog", home.server.url]
    with subprocess.Popen(
        [*command, "--prefix", str(home.prefix)], cwd=ROOT, env=screen.environment, stderr=subprocess.PIPE
    ) as program:
        try:
            screen.xdotool("search", "--sync", "--onlyvisible", "--name", TITLE)
            yield program
            _, said = program.communicate(timeout=LONG)
        finally:
            program.kill()
    assert (program.returncode, said) == (0, b"")


def test_a_mouse_installs_the_sample_catalog(home: Home, screen: Screen) -> None:
    home.server.set_rate(RATE)
    with _program(home, screen):
        folder = _click_to_the_progress(screen, home, keep=True)
        _keep(screen.shot(), "4-progress")
        _until(lambda: _outcome(home) == "completed", "the end")
        close = screen.button(folder).center()
        _keep(screen.shot(), "5-finish")
        screen.click(close)
    assert home.run("node") == "v24.19.0"
    assert home.run("pyright") == "pyright 1.1.414"


def test_the_close_box_asks_and_stops(home: Home, screen: Screen) -> None:
    home.server.set_rate(RATE)
    with _program(home, screen) as program:
        _click_to_the_progress(screen, home, keep=False)
        screen.xdotool(
            "search", "--onlyvisible", "--name", TITLE, "windowactivate", "--sync", "key", "alt+F4"
        )
        time.sleep(1)  # what closes without a question is gone by then
        assert program.poll() is None
        _keep(screen.shot(), "6-question")
        screen.xdotool("key", "alt+s")
    assert _outcome(home) == "cancelled"
    assert home.staged() > 0
    assert not (home.prefix / "current").exists()


def _click_to_the_progress(screen: Screen, home: Home, *, keep: bool) -> QImage:
    """Click on the one button that stands out, page after page, until a third of it is there; returns the last page."""
    before = None
    for number, page in enumerate(("welcome", "modules", "folder"), 1):
        place = screen.button(before).center()
        before = screen.shot()
        if keep:
            _keep(before, f"{number}-{page}")
        screen.click(place)
    assert before is not None
    total = sum(home.archives().values())
    _until(lambda: home.staged() > total / 3, "a third of it")
    return before


def _keep(picture: QImage, name: str) -> None:
    assert picture.save(str(PICTURES / f"{name}.png"))


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
