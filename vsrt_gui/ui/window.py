"""Runs the window: application, loop, session, wizard, and the one place where a bug of ours comes up."""

import asyncio
import logging
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from PySide6.QtWidgets import QApplication

from vsrt_gui.engine.session import Session
from vsrt_gui.engine.support import SupportDesk
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.ui.loop import WindowLoop
from vsrt_gui.ui.smoothness import smooth
from vsrt_gui.ui.wizard import Wizard

log = logging.getLogger(__name__)

NO_FONT = (
    "This computer has no font, so the window can't show any text. Install one, such as fonts-dejavu-core.\n"
)
"""Said where it can be read: only the bare system of a container comes without a font, so none is shipped."""


def run_window(
    session_factory: Callable[[], Session],
    runbook: Runbook,
    resources: Callable[[str], Path],
    support: SupportDesk | None = None,
) -> int:
    """Show the window until it is closed.

    Args:
        session_factory: makes the session; called on the window's running loop.
        runbook: the words for faults.
        resources: finds shipped files and folders; `icons` is asked for.
        support: makes support files; None offers none.

    Returns:
        0 when the window was closed, also after `app.quit()`; what else ends the program is raised.
    """
    app = _application()
    app.setApplicationName("vsrt-gui")
    app.setApplicationDisplayName("VS Code Runtime")
    app.setDesktopFileName("vsrt-gui")
    loop = WindowLoop(app)
    asyncio.set_event_loop(loop)
    try:
        with smooth():
            loop.run_until_complete(_show(session_factory, runbook, resources, support))
    except asyncio.CancelledError:
        log.info("the system asked the program to end")
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
    return 0


def _application() -> QApplication:
    """Return the application, which a test may have made already."""
    there = QApplication.instance()
    return there if isinstance(there, QApplication) else QApplication(sys.argv[:1])


async def _show(
    session_factory: Callable[[], Session],
    runbook: Runbook,
    resources: Callable[[str], Path],
    support: SupportDesk | None,
) -> None:
    session = session_factory()
    wizard = Wizard(session, runbook, resources("icons"))
    before = sys.excepthook
    sys.excepthook = _reporting(wizard, session)
    _end_with_signals(wizard)
    if support is not None:
        wizard.flow.offer_support(support)
    if not wizard.theme.legible:
        sys.stderr.write(NO_FONT)
    wizard.show()
    try:
        await wizard.closed()
    finally:
        await wizard.flow.close()  # also when the application quits without closing the window
        await session.close()
        sys.excepthook = before
        wizard.deleteLater()


def _reporting(
    wizard: Wizard, session: Session
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Return the one excepthook: a slot, a callback or a task that raised is logged, reported and shown as our bug."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("not caught", exc_info=(kind, error, trace))
        frames = traceback.extract_tb(trace)
        place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
        fault = _unexpected(error, place)
        session.report(fault)
        wizard.flow.report(fault)

    return report


def _unexpected(error: BaseException, place: str) -> Fault:
    if isinstance(error, InstallerError):
        return error.fault
    detail = f"{error}{place}"[:500]
    return InstallerError(FaultCode.UNEXPECTED, kind=type(error).__name__, detail=detail).fault


def _end_with_signals(wizard: Wizard) -> None:
    """Stop cleanly when the terminal or the system asks; Windows tells a window in its own way."""
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(wanted, wizard.flow.quit)
