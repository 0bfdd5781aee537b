"""A real X screen with a window manager, a mouse that clicks on it, and eyes that see nothing but its pixels."""

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage

from vsrt_gui.ui.tokens import DARK, LIGHT

PROGRAMS = ("Xvfb", "openbox", "xdotool")
SIZE = (1280, 800)
PATIENCE = 30.0
PRIMARY = {QColor(colour).rgb() for scheme in (LIGHT, DARK) for colour in (scheme.fill, scheme.fill_hover)}
"""What a primary button is filled with; no other area of a button's size has it."""
BUTTON = (56, 24)
"""Pixels that a primary button has at least."""
ABOVE_TEXT = 3
"""Pixels below a button's upper edge where nothing is written."""


def missing() -> list[str]:
    """Return the programs that are not here."""
    return [program for program in PROGRAMS if not shutil.which(program)]


NEEDS_SCREEN = pytest.mark.skipif(
    bool(missing()) and not os.environ.get("CI"), reason=f"not on this machine: {', '.join(missing())}"
)
"""In CI a missing program is a failure."""


class NotOnScreenError(Exception):
    """What was looked for is not to be seen."""


@dataclass(frozen=True)
class Screen:
    """One screen.

    Attributes:
        display: its name, as DISPLAY has it.
        pixels: the file that the server keeps the screen in.
    """

    display: str
    pixels: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to show itself here."""
        return os.environ | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def shot(self) -> QImage:
        """Return what is to be seen now."""
        data = self.pixels.read_bytes()
        header = struct.unpack(">25I", data[:100])  # XWDFileHeader of X11/XWDFile.h
        start, width, height, stride, colours = header[0], header[4], header[5], header[12], header[19]
        first = start + 12 * colours
        image = QImage(data[first:], width, height, stride, QImage.Format.Format_RGB32)
        return image.copy()

    def at_rest(self, seconds: float = 0.3) -> QImage:
        """Wait until nothing has moved for a while, and return what is to be seen then."""
        seen, since = self.shot(), time.monotonic()
        deadline = since + PATIENCE
        while time.monotonic() - since < seconds:
            assert time.monotonic() < deadline, "the screen never comes to rest"
            time.sleep(0.05)
            now = self.shot()
            if now != seen:
                seen, since = now, time.monotonic()
        return seen

    def button(self, before: QImage | None = None) -> QRect:
        """Wait for a picture at rest with a primary button, other than the one before; returns where it is."""
        deadline = time.monotonic() + PATIENCE
        while True:
            seen = self.at_rest()
            found = primary_button(seen) if seen != before else None
            if found is not None:
                return found
            assert time.monotonic() < deadline, "no button to click on came"

    def click(self, place: QPoint) -> None:
        """Move the mouse there, click, and move it out of the way."""
        self.xdotool("mousemove", str(place.x()), str(place.y()), "sleep", "0.1", "click", "1")
        self.xdotool("mousemove", str(SIZE[0] - 2), str(SIZE[1] - 2))

    def xdotool(self, *words: str) -> str:
        """Run xdotool on this screen and return what it says; NotOnScreenError when it does not find what it is to."""
        command = ["xdotool", *words]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode:
            raise NotOnScreenError(f"{words}: {done.stdout}{done.stderr}")
        return done.stdout.strip()


def primary_button(image: QImage) -> QRect | None:
    """Return where the primary button of a picture is, None where there is none."""
    wide, high = BUTTON
    for y in range(0, image.height(), high // 2):
        x = 0
        while x < image.width() - wide:
            if image.pixel(x, y) not in PRIMARY:
                x += wide // 4
                continue
            found = _grown(image, x, y)
            if found.width() >= wide and found.height() >= high:
                return found
            x = found.right() + 1
    return None


def _grown(image: QImage, x: int, y: int) -> QRect:
    """Return the filled area around a pixel: along its column, then along the row above what is written on it."""
    up, down = _reach(image, x, y, 0, -1), _reach(image, x, y, 0, 1)
    top = y - up + min(ABOVE_TEXT, up + down)
    left, right = _reach(image, x, top, -1, 0), _reach(image, x, top, 1, 0)
    return QRect(x - left, y - up, left + right + 1, up + down + 1)


def _reach(image: QImage, x: int, y: int, dx: int, dy: int) -> int:
    """Count the filled pixels from one on in one direction."""
    steps = 0
    while image.rect().contains(x + dx, y + dy) and image.pixel(x + dx, y + dy) in PRIMARY:
        x, y, steps = x + dx, y + dy, steps + 1
    return steps


@contextmanager
def x_screen(folder: Path) -> Iterator[Screen]:
    """Run an X server and a window manager within the block.

    Args:
        folder: an empty one, for the screen's pixels.
    """
    with ExitStack() as stack:
        reading, writing = os.pipe()
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        options = [
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            size,
            "-fbdir",
            str(folder),
            "-nolisten",
            "tcp",
        ]
        server = _started(stack, ["Xvfb", *options], pass_fds=(writing,))
        os.close(writing)
        with os.fdopen(reading) as number:
            display = f":{number.readline().strip()}"
        assert server.poll() is None, "Xvfb has ended"
        screen = Screen(display, folder / "Xvfb_screen0")
        _started(stack, ["openbox"], env=screen.environment)
        yield screen


def _started(
    stack: ExitStack, command: list[str], env: dict[str, str] | None = None, pass_fds: tuple[int, ...] = ()
) -> "subprocess.Popen[bytes]":
    """Start a program that is ended with the stack."""
    process = subprocess.Popen(
        command, env=env, pass_fds=pass_fds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process
