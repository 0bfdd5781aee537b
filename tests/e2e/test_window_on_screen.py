"""The program itself on a real screen: a mouse clicks on what can be seen, from the first page to the last."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from on_screen import RATE, TITLE, click_to_the_progress, keep, outcome, program, shown, until
from window_home import Home
from x_screen import NEEDS_SCREEN, Screen

pytestmark = NEEDS_SCREEN


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    with shown(tmp_path) as screen:
        yield screen


def test_a_mouse_installs_the_sample_catalog(home: Home, screen: Screen) -> None:
    home.server.set_rate(RATE)
    with program(home, screen):
        folder = click_to_the_progress(screen, home, photograph=True)
        keep(screen.shot(), "4-progress")
        until(lambda: outcome(home) == "completed", "the end")
        close = screen.button(folder).center()
        keep(screen.shot(), "5-finish")
        screen.click(close)
    assert home.run("node") == "v24.19.0"
    assert home.run("pyright") == "pyright 1.1.414"


def test_the_close_box_asks_and_stops(home: Home, screen: Screen) -> None:
    home.server.set_rate(RATE)
    with program(home, screen) as process:
        click_to_the_progress(screen, home, photograph=False)
        screen.xdotool(
            "search", "--onlyvisible", "--name", TITLE, "windowactivate", "--sync", "key", "alt+F4"
        )
        time.sleep(1)  # what closes without a question is gone by then
        assert process.poll() is None
        keep(screen.shot(), "6-question")
        screen.xdotool("key", "alt+s")
    assert outcome(home) == "cancelled"
    assert home.staged() > 0
    assert not (home.prefix / "current").exists()
