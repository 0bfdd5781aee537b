"""Shows every scene of the window and looks for what is wrong with it; as a program, at the scale that Qt was given.

QT_SCALE_FACTOR=3 python tests/ui/walking.py FOLDER WIDTH HEIGHT light|dark plain|longer
"""

import asyncio
import json
import sys
from pathlib import Path

from cutting import faults_of, nameless
from longer import Longer, longer_runbook
from PySide6.QtWidgets import QApplication
from simulators.window_scenes import Stage

from vsrt_gui.app import open_runbook, open_session
from vsrt_gui.resources import resource
from vsrt_gui.ui.loop import WindowLoop
from vsrt_gui.ui.tokens import DARK, LIGHT, Tokens
from vsrt_gui.ui.wizard import Wizard

Wrong = dict[str, list[str]]
SCREEN = (1366, 768)
"""A common screen, in device-independent pixels; Qt's own for tests gets smaller with each scale."""


def platform(folder: Path, scale: float) -> str:
    """Return the name of a Qt platform without a display whose screen has room at a scale.

    Args:
        folder: for its description.
        scale: 1 for 100 %.
    """
    width, height = (round(side * scale) for side in SCREEN)
    screen = {"name": "screen", "x": 0, "y": 0, "width": width, "height": height, "logicalDpi": 96, "dpr": 1}
    described = folder / f"screen-{scale}.json"
    described.write_text(json.dumps({"screens": [screen]}))
    return f"offscreen:configfile={described}"


async def walk(folder: Path, size: tuple[int, int], tokens: Tokens, *, longer: bool = False) -> Wrong:
    """Return what is wrong with each scene.

    Args:
        folder: an empty one.
        size: of the window, device-independent pixels.
        tokens: the colours.
        longer: whether every word is a third longer, as in other languages.
    """
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    language = Longer()
    if longer:
        app.installTranslator(language)
    try:
        return await _walk(folder, size, tokens, longer=longer)
    finally:
        app.removeTranslator(language)


async def _walk(folder: Path, size: tuple[int, int], tokens: Tokens, *, longer: bool) -> Wrong:
    session = open_session(str(folder), folder / "prefix")
    runbook = longer_runbook() if longer else open_runbook()
    wizard = Wizard(session, runbook, resource("icons"))
    wizard.resize(*size)
    wizard.show()
    wizard.theme.wear(tokens)
    await asyncio.sleep(0.2)
    while wizard.welcome.looks:  # noqa: ASYNC110 -- a widget has no event to wait for
        await asyncio.sleep(0.05)
    found: Wrong = {}
    for scene in Stage(wizard, runbook).scenes():
        shown = scene.show()
        await asyncio.sleep(0.02)
        grown = [] if wizard.size().toTuple() == size else [f"the window grew to {wizard.size().toTuple()}"]
        found[scene.name] = grown + faults_of(shown) + nameless(shown)
        if shown is not wizard:
            shown.close()
    wizard.dismiss()
    await wizard.closed()
    await session.close()
    wizard.deleteLater()
    return found


def main(folder: str, width: str, height: str, scheme: str, words: str) -> None:
    """Print what is wrong, as JSON."""
    app = QApplication([])
    loop = WindowLoop(app)
    tokens = DARK if scheme == "dark" else LIGHT
    found = loop.run_until_complete(
        walk(Path(folder), (int(width), int(height)), tokens, longer=words == "longer")
    )
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
