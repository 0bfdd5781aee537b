"""The way in and out of the window: `run_window`, quitting, signals, and a bug of ours that shows itself."""

import logging
import os
import signal
import sys
from functools import partial

import pytest
from house import BRISK, House
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel

from vsrt_gui.app import open_runbook, open_session
from vsrt_gui.resources import resource
from vsrt_gui.ui.tokens import DARK
from vsrt_gui.ui.window import run_window
from vsrt_gui.ui.wizard import Wizard

pytestmark = pytest.mark.usefixtures("qapp")


def windows() -> list[Wizard]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, Wizard) and w.isVisible()]


def close() -> None:
    """Close the window as soon as there is one, and no dialog over it."""
    shown = windows()
    if shown and QApplication.activeModalWidget() is None:
        shown[0].close()
    else:
        later(20, close)


def run(house: House) -> int:
    """Run the window as the program does."""
    return run_window(
        partial(open_session, f"{house.server.url}/manifest.json", house.prefix, BRISK),
        open_runbook(),
        resource,
    )


def later(milliseconds: int, what: object) -> None:
    QTimer.singleShot(milliseconds, what)


def test_closing_the_window_ends_the_program(house: House) -> None:
    later(300, close)
    assert run(house) == 0
    assert windows() == []


def test_the_system_may_quit_it(qapp: QApplication, house: House) -> None:
    later(300, qapp.quit)
    assert run(house) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM there")
def test_a_signal_closes_it_without_a_question(house: House) -> None:
    later(300, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert run(house) == 0


def test_a_bug_is_logged_and_shown_as_ours(house: House, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    before = sys.excepthook

    def fail() -> None:
        msg = "something of ours"
        raise ValueError(msg)

    def look() -> None:
        dialog = windows()[0].findChild(QDialog, "faultDialog") if windows() else None
        if dialog is None:
            later(20, look)
            return
        seen.extend(label.text() for label in dialog.findChildren(QLabel))
        dialog.reject()
        later(50, close)

    later(300, fail)
    later(320, look)
    with caplog.at_level(logging.ERROR, "vsrt_gui.ui.window"):
        assert run(house) == 0
    assert any("bug" in text or "our" in text for text in seen), seen
    assert "something of ours" in caplog.text
    assert sys.excepthook is before


def test_it_can_be_run_twice(house: House) -> None:
    for _ in range(2):
        later(250, close)
        assert run(house) == 0


def test_a_setting_that_can_not_be_used_is_told_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setenv("VSRT_RETRY_MAX_ATTEMPTS", "many")

    def look() -> None:
        dialog = windows()[0].findChild(QDialog, "faultDialog") if windows() else None
        if dialog is None:
            later(20, look)
            return
        seen.extend(label.text() for label in dialog.findChildren(QLabel))
        dialog.reject()
        later(50, close)

    later(300, look)
    assert run(house) == 0
    assert any("VSRT_RETRY_MAX_ATTEMPTS" in text and "many" in text for text in seen), seen


@pytest.mark.parametrize(("appearance", "dark"), [("dark", True), ("light", False)])
def test_the_variable_chooses_the_colours(
    house: House, monkeypatch: pytest.MonkeyPatch, appearance: str, dark: bool
) -> None:
    seen: list[bool] = []
    monkeypatch.setenv("VSRT_APPEARANCE", appearance)

    def look() -> None:
        seen.append(windows()[0].theme.tokens is DARK)
        later(0, close)

    later(500, look)
    assert run(house) == 0
    assert seen == [dark]
