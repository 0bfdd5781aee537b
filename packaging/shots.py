"""Photographs every page and dialog of the window onto contact sheets.

    python packaging/shots.py [--out artifacts/shots] [--only NAME] [--scheme light] [--scale 2] [--size 900x600]

Light and dark, at 100, 200 and 300 %, and at 100 % also on a laptop's screen and in the smallest window. Each
combination runs in a process of its own, because Qt reads its scale once. Needs no display.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

ROOT = Path(__file__).resolve().parent.parent
SCHEMES = ("light", "dark")
SCALES = (1, 2, 3)
USUAL = "900x600"
SMALL = ("1024x560", "720x470")
"""A screen of 1024x600 without its panel, and the smallest window."""
SCREEN = (1366, 768)
"""In device-independent pixels."""
COLUMNS = 6
GAP = 24
NAME_HEIGHT = 16
THUMB = (450, 320)
SETTLE = 0.25
"""Seconds until bars and layouts have come to rest."""


def main() -> int:
    """Take all pictures, or those of the combinations that were asked for."""
    parser = argparse.ArgumentParser(description="Photograph every page and dialog of the window.")
    parser.add_argument("--out", type=Path, default=ROOT / "artifacts" / "shots")
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--size", help="of the window, WIDTHxHEIGHT")
    parser.add_argument("--scheme", choices=SCHEMES)
    parser.add_argument("--scale", type=int, choices=SCALES)
    parser.add_argument("--here", action="store_true", help="in this process, whose scale is set")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.here:
        photograph(options)
    else:
        each_in_its_own_process(options)
    return 0


def combinations(options: argparse.Namespace) -> list[tuple[str, int, str]]:
    """Return scheme, scale and size of all that is to be photographed."""
    everything = [(scheme, scale, USUAL) for scheme in SCHEMES for scale in SCALES]
    everything += [(scheme, 1, size) for scheme in SCHEMES for size in SMALL]
    if options.size:
        everything = [(scheme, scale, options.size) for scheme in SCHEMES for scale in SCALES]
    return [
        (scheme, scale, size)
        for scheme, scale, size in everything
        if options.scheme in {None, scheme} and options.scale in {None, scale}
    ]


def each_in_its_own_process(options: argparse.Namespace) -> None:
    """Run this file once for each combination."""
    for scheme, scale, size in combinations(options):
        one = ["--here", "--scheme", scheme, "--scale", str(scale), "--size", size]
        same = ["--only", options.only, "--out", str(options.out)]
        environment = os.environ | {"QT_SCALE_FACTOR": str(scale), "QT_QPA_PLATFORM": screen(scale)}
        subprocess.run([sys.executable, __file__, *one, *same], check=True, env=environment)
        print(sheet_path(options.out, scheme, scale, size))


def screen(scale: int) -> str:
    """Return the name of a Qt platform without a display, whose screen has the same room at every scale."""
    width, height = (side * scale for side in SCREEN)
    described = Path(tempfile.gettempdir()) / f"vsrt-screen-{scale}.json"
    one = {"name": "screen", "x": 0, "y": 0, "width": width, "height": height, "logicalDpi": 96, "dpr": 1}
    described.write_text(json.dumps({"screens": [one]}))
    return f"offscreen:configfile={described}"


def sheet_path(out: Path, scheme: str, scale: int, size: str) -> Path:
    """Return where a contact sheet goes."""
    return out / f"contact-{name_of(scheme, scale, size)}.png"


def name_of(scheme: str, scale: int, size: str) -> str:
    """Return what a combination is called: `light-100`, and with its size where that is not the usual one."""
    return f"{scheme}-{scale * 100}" + ("" if size == USUAL else f"-{size}")


def photograph(options: argparse.Namespace) -> None:
    """Take the pictures of one scheme and scale, in this process."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from PySide6.QtWidgets import QApplication

    from vsrt_gui.ui.loop import WindowLoop

    app = QApplication([])
    loop = WindowLoop(app)
    with tempfile.TemporaryDirectory() as folder:
        pictures = loop.run_until_complete(take(options, Path(folder)))
    loop.close()
    contact_sheet(pictures, options)


async def take(options: argparse.Namespace, folder: Path) -> Mapping[str, "QPixmap"]:
    """Show every scene and photograph it; the session looks at an empty folder."""
    from simulators.window_scenes import Stage

    from vsrt_gui.app import open_runbook, open_session
    from vsrt_gui.model.settings import Appearance
    from vsrt_gui.resources import resource
    from vsrt_gui.ui.wizard import Wizard

    session = open_session(str(folder), folder / "prefix")
    runbook = open_runbook()
    wizard = Wizard(session, runbook, resource("icons"))
    wizard.resize(*(int(part) for part in options.size.split("x")))
    wizard.show()
    wizard.theme.prefer(Appearance(options.scheme))
    await asyncio.sleep(SETTLE)
    while wizard.welcome.looks:  # noqa: ASYNC110 -- what it finds would come in between
        await asyncio.sleep(SETTLE)
    folder = options.out / name_of(options.scheme, options.scale, options.size)
    folder.mkdir(exist_ok=True)
    pictures = {}
    for scene in Stage(wizard, runbook).scenes():
        if options.only in scene.name:
            shown = scene.show()
            await asyncio.sleep(SETTLE)
            pictures[scene.name] = shown.grab()
            pictures[scene.name].save(str(folder / f"{scene.name}.png"))
            if shown is not wizard:
                shown.close()
    wizard.dismiss()
    await wizard.closed()
    await session.close()
    return pictures


def contact_sheet(pictures: Mapping[str, "QPixmap"], options: argparse.Namespace) -> None:
    """Put all pictures onto one sheet, each under its name."""
    from PySide6.QtCore import QRect, Qt
    from PySide6.QtGui import QColor, QPainter, QPixmap

    scale = options.scale
    width, height = THUMB
    rows = -(-len(pictures) // COLUMNS)
    sheet = QPixmap(scale * (COLUMNS * (width + GAP) + GAP), scale * (rows * (height + GAP) + GAP))
    sheet.setDevicePixelRatio(scale)
    sheet.fill(QColor("#7a7f88"))
    painter = QPainter(sheet)
    painter.setPen(QColor("white"))
    for number, (name, picture) in enumerate(pictures.items()):
        left = GAP + number % COLUMNS * (width + GAP)
        top = GAP + number // COLUMNS * (height + GAP)
        fitted = picture.scaled(
            width * scale,
            (height - NAME_HEIGHT) * scale,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        painter.drawPixmap(left, top + NAME_HEIGHT, fitted)
        painter.drawText(QRect(left, top - 2, width, NAME_HEIGHT), Qt.AlignmentFlag.AlignLeft, name)
    painter.end()
    sheet.save(str(sheet_path(options.out, options.scheme, scale, options.size)))


if __name__ == "__main__":
    raise SystemExit(main())
