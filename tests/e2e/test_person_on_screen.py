"""A person's whole path on a real screen: install, think better of it, finish it the next day, open the editor."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import chromium
import pytest
from editor_home import NEEDS_BROWSER, NEEDS_EDITOR
from on_screen import RATE, TITLE, a_third_comes, keep, outcome, program, shown, until
from window_home import Home
from x_screen import NEEDS_SCREEN, NotOnScreenError, Screen

pytestmark = [*NEEDS_EDITOR, NEEDS_BROWSER, NEEDS_SCREEN]
BROWSER = """#!/bin/sh
echo $$ >> {folder}/pids
exec {program} {alone} --user-data-dir={folder}/profile --incognito --test-type --start-maximized "$@" \
  > {folder}/browser.log 2>&1
"""
"""The user's browser, as $BROWSER names it: a real one that keeps its things in the test's folder."""


LOGIN, WORKBENCH_TITLE = "code-server login", " - code-server - "
TO_COPY = ("Tab",) * 4
"""From the button that opens the editor past the folder, the start page and the editor's own to the password's."""


@dataclass(frozen=True)
class Person:
    """Somebody in front of a screen.

    Attributes:
        screen: where the program is.
        browser: their browser.
    """

    screen: Screen
    browser: Path

    def sees(self, name: str) -> bool:
        """Tell whether a window with such a title is there."""
        return bool(self.titles(name))

    def titles(self, name: str) -> list[str]:
        """Return the titles of the windows that have this in it."""
        with suppress(NotOnScreenError):
            found = self.screen.xdotool("search", "--onlyvisible", "--name", name, "getwindowname", "%@")
            return found.splitlines()
        return []

    def waits_for(self, name: str) -> None:
        """Wait for a window."""
        deadline = time.monotonic() + chromium.PATIENCE
        while not self.sees(name):
            assert time.monotonic() < deadline, f"no window {name!r}; there are {self.titles('.')}"
            time.sleep(0.1)

    def turns_to(self, name: str) -> None:
        """Bring a window to the front."""
        self.screen.xdotool("search", "--onlyvisible", "--name", name, "windowactivate", "--sync")

    def presses(self, *keys: str) -> None:
        """Press keys in the window at the front."""
        self.screen.xdotool("key", "--delay", "60", *keys)

    def photographs(self, name: str) -> None:
        """Keep what is to be seen once it is at rest."""
        keep(self.screen.at_rest(), f"person/{name}")


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    folder = tmp_path / "browser"
    folder.mkdir()
    script = folder / "browse"
    script.write_text(
        BROWSER.format(folder=folder, program=chromium.PROGRAM, alone=" ".join(chromium.ALONE)), "utf-8"
    )
    script.chmod(0o755)
    with shown(tmp_path) as screen:
        yield Person(screen, script)
        for pid in (folder / "pids").read_text("utf-8").split() if (folder / "pids").exists() else ():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)


def test_from_the_first_click_to_the_editor(editor_home: Home, person: Person) -> None:
    home, screen = editor_home, person.screen
    home.server.set_rate(RATE)
    with program(home, screen):
        _installs_half(home, person)
    assert outcome(home) == "cancelled"
    staged = home.staged()
    assert staged > 0

    home.server.forget()
    home.server.set_rate(None)
    with program(home, screen, BROWSER=str(person.browser)):
        screen.button()
        person.photographs("07-not-finished")
        before = screen.shot()
        person.presses("alt+f")
        until(lambda: outcome(home) == "completed", "the end")
        screen.button(before)
        person.photographs("08-ready")
        _opens_the_editor(person)
        person.turns_to(TITLE)
        person.presses("alt+c")
    sent = sum(served.sent for served in home.asked())
    assert sent <= sum(home.archives().values()) - staged + (4 << 20)


def _installs_half(home: Home, person: Person) -> None:
    """Click and type through the pages, and stop in the middle."""
    screen = person.screen
    welcome = screen.button()
    person.photographs("01-welcome")
    before = screen.shot()
    screen.click(welcome.center())
    screen.button(before)
    person.photographs("02-modules")
    before = screen.shot()
    person.presses("alt+n")
    folder = screen.button(before)
    person.photographs("03-folder")
    screen.click(folder.center())
    a_third_comes(home)
    keep(screen.shot(), "person/04-half-way")
    person.presses("Escape")
    time.sleep(1)  # a person reads the question, while it goes on
    keep(screen.shot(), "person/05-question")
    person.presses("alt+s")
    until(lambda: outcome(home) == "cancelled", "the stop")
    time.sleep(0.5)
    person.photographs("06-stopped")
    person.presses("alt+c")


def _opens_the_editor(person: Person) -> None:
    """Open it, take the password along, and be in it."""
    screen = person.screen
    ready = screen.button()
    screen.click(ready.center())
    person.waits_for(LOGIN)
    person.photographs("09-login")
    person.turns_to(TITLE)
    person.presses(*TO_COPY, "space")
    person.photographs("10-copied")
    person.turns_to(LOGIN)
    person.presses("ctrl+v")
    person.photographs("11-pasted")
    person.presses("Return")
    deadline = time.monotonic() + chromium.PATIENCE
    while person.sees(LOGIN) or not person.sees(WORKBENCH_TITLE):
        assert time.monotonic() < deadline, person.titles(".")
        time.sleep(0.1)
    time.sleep(2)  # what it shows comes bit by bit
    person.photographs("12-workbench")
    assert person.titles(WORKBENCH_TITLE)
