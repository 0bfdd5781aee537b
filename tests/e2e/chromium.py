"""A real Chromium without a window, driven over the two pipes of its own DevTools protocol: no driver, no library."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import Any

PROGRAM = "chromium"
"""As Debian calls it; `packaging/dev_machine.py` installs it for the tests."""
PATIENCE = 60.0
"""Seconds until something that never comes fails the test; an editor's first page takes a few."""
SIZE = (1280, 800)
TEXT = "document.body?.innerText"
ALONE = (
    "--no-sandbox",  # as root, which CI often is, there is none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
)
"""What lets it run anywhere, ask nobody anything, and talk to nobody but the editor."""
_AS_THREE_AND_FOUR = """
import fcntl, os, sys
reading, writing = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(reading, 3)
os.dup2(writing, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads commands from descriptor 3 and answers on 4."""


def missing() -> bool:
    """Tell whether there is none here."""
    return shutil.which(PROGRAM) is None


@dataclass
class Tab:
    """One page of a browser.

    Attributes:
        asking: where commands are written to.
        answers: where answers and news are read from.
        session: the page's name in them.
    """

    asking: int
    answers: int
    session: str | None = None
    _number: int = 0
    _heard: bytearray = field(default_factory=bytearray)

    def call(self, method: str, **params: Any) -> Any:
        """Give a command and return what came of it; news that nobody asked for are passed over."""
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.asking, json.dumps(command).encode() + b"\0")
        while True:
            heard = self._next()
            if heard.get("id") == self._number:
                assert "error" not in heard, f"{method}: {heard['error']}"
                return heard["result"]

    def open(self, address: str) -> None:
        """Go to an address and wait until its page is there."""
        gone = self.call("Page.navigate", url=address)
        assert "errorText" not in gone, gone
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def ask(self, expression: str) -> Any:
        """Evaluate JavaScript in the page and return its value."""
        ended = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in ended, ended
        return ended["result"].get("value")

    def until(self, expression: str, seconds: float = PATIENCE) -> None:
        """Wait until JavaScript is true in the page, also across a change of pages."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self.ask(f"Boolean({expression})"):
                    return
            except AssertionError:  # between two pages there is nowhere to ask
                if time.monotonic() > deadline:
                    raise
            assert time.monotonic() < deadline, f"never: {expression}; the page says: {self.ask(TEXT)!r}"
            time.sleep(0.05)

    def has(self, selector: str) -> bool:
        """Tell whether the page has such an element."""
        return bool(self.ask(f"document.querySelector({json.dumps(selector)}) !== null"))

    def type(self, text: str) -> None:
        """Type into what has the focus, and press Enter."""
        self.call("Input.insertText", text=text)
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key="Enter", windowsVirtualKeyCode=13, text="\r")

    def click(self, selector: str) -> None:
        """Click on the middle of an element as soon as it is there and at rest."""
        place = f"document.querySelector({json.dumps(selector)})?.getBoundingClientRect().toJSON()"
        before = None
        deadline = time.monotonic() + PATIENCE
        while (now := self.ask(place)) is None or now != before:
            assert time.monotonic() < deadline, f"no {selector}; the page says: {self.ask(TEXT)!r}"
            before = now
            time.sleep(0.1)
        middle = {"x": now["x"] + now["width"] / 2, "y": now["y"] + now["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **middle)

    def shoot(self, file: Path) -> None:
        """Keep a picture of the page."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _next(self) -> Any:
        """Return the next message."""
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self._heard:
            waited = max(0.0, deadline - time.monotonic())
            assert select([self.answers], [], [], waited)[0], "the browser says nothing"
            piece = os.read(self.answers, 1 << 20)
            assert piece, "the browser has ended"
            self._heard += piece
        message, _, rest = self._heard.partition(b"\0")
        self._heard = rest
        return json.loads(message)


@contextmanager
def chromium(profile: Path) -> Iterator[Tab]:
    """Run a browser with an empty page within the block.

    Args:
        profile: a folder of its own, which also gets its log.
    """
    profile.mkdir(parents=True, exist_ok=True)
    their_reading, asking = os.pipe()
    answers, their_writing = os.pipe()
    size = f"--window-size={SIZE[0]},{SIZE[1]}"
    own = ["--headless", "--remote-debugging-pipe", size, f"--user-data-dir={profile}", "about:blank"]
    argv = [sys.executable, "-c", _AS_THREE_AND_FOUR, str(their_reading), str(their_writing)]
    with (profile / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            [*argv, PROGRAM, *ALONE, *own],
            pass_fds=(their_reading, their_writing),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    os.close(their_reading)
    os.close(their_writing)
    tab = Tab(asking, answers)
    try:
        yield _attached(tab)
        tab.session = None
        tab.call("Browser.close")
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        os.close(asking)
        os.close(answers)


def _attached(tab: Tab) -> Tab:
    """Take hold of the empty page that the browser opens with."""
    deadline = time.monotonic() + PATIENCE
    while True:
        pages = [it for it in tab.call("Target.getTargets")["targetInfos"] if it["type"] == "page"]
        if pages:
            break
        assert time.monotonic() < deadline, "the browser opens no page"
        time.sleep(0.05)
    attached = tab.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)
    tab.session = attached["sessionId"]
    tab.call("Page.enable")
    return tab
