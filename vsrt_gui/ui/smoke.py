"""Shows that a build is whole: paints the first page, reads what is shipped, plans an installation, and ends."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from vsrt_gui.engine.session import Session
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.loop import WindowLoop
from vsrt_gui.ui.wizard import Wizard

PATIENCE = 30.0
"""Seconds for the whole of it, on a slow machine with a cold disk."""


def run_smoke(
    session_factory: Callable[[], Session], runbook: Runbook, resources: Callable[[str], Path]
) -> int:
    """Prove the build, and print what was seen as one JSON object.

    Args:
        session_factory: makes a session whose catalog needs no network.
        runbook: the words for faults.
        resources: finds shipped files and folders.

    Returns:
        0 when all of it is there, 1 when the page stayed blank or the plan empty. What is missing altogether is raised.
    """
    app = QApplication([])
    loop = WindowLoop(app)
    asyncio.set_event_loop(loop)
    try:
        seen = loop.run_until_complete(asyncio.wait_for(_look(session_factory, runbook, resources), PATIENCE))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    print(json.dumps(seen), flush=True)  # noqa: T201 -- the answer to whoever asked for it
    return 0 if all(seen.values()) else 1


async def _look(
    session_factory: Callable[[], Session], runbook: Runbook, resources: Callable[[str], Path]
) -> dict[str, object]:
    session = session_factory()
    wizard = Wizard(session, runbook, resources("icons"))
    wizard.show()
    try:
        plan = await session.quote(Request(verb=Verb.INSTALL))
        while wizard.welcome.looks:  # noqa: ASYNC110 -- a widget has no event to wait for
            await asyncio.sleep(0.05)
        return {
            "page": _colours(wizard),
            "title": wizard.welcome.heading.text(),
            "icons": len(list(resources("icons").glob("*.svg"))),
            "runbook": runbook.page(Fault(code=FaultCode.CANCELLED)).title,
            "planned": [work.target.id for work in plan.work],
        }
    finally:
        wizard.close()
        await session.close()
        wizard.deleteLater()


def _colours(wizard: Wizard) -> int:
    """Count the colours of what was painted, one pixel in eight; a blank page has one."""
    image = wizard.grab().toImage()
    pixels = {image.pixel(x, y) for x in range(0, image.width(), 8) for y in range(0, image.height(), 8)}
    return len(pixels) if len(pixels) > 1 else 0
