"""The way in and out of the window: `run_window`, quitting, signals, and a bug of ours that shows itself."""

import asyncio
import json
import logging
import os
import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from house import BRISK, House
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from simulators.sentry import Sentry

from vsrt_gui.adapters.log_files import LogFiles
from vsrt_gui.app import Workshop, open_runbook, open_session, open_settings, session_for
from vsrt_gui.engine.session import Session
from vsrt_gui.logs import Logs
from vsrt_gui.model.redaction import Private, Redaction
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


def told(log: Path) -> str:
    """Return what a log says, empty while there is none."""
    return log.read_text("utf-8") if log.exists() else ""


@pytest.mark.parametrize("wished", [True, False])
def test_a_bug_of_the_window_itself_is_logged_and_reported_where_that_is_wished(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wished: bool
) -> None:
    sentry = Sentry()
    files = LogFiles(tmp_path / "logs", Redaction(Private()))

    def fail() -> None:
        msg = "something of ours"
        raise ValueError(msg)

    def look() -> None:
        dialog = windows()[0].findChild(QDialog, "faultDialog") if windows() else None
        if dialog is None:
            later(20, look)
            return
        dialog.reject()
        later(50, close)

    later(300, fail)
    later(320, look)
    with sentry.listening() as dsn, Logs(files) as logs:
        if wished:
            monkeypatch.setenv("VSRT_SENTRY_DSN", dsn)
        given = {"manifest_url": f"{house.server.url}/manifest.json", "prefix": house.prefix}
        session = partial(session_for, given, Workshop(BRISK, logs=logs))
        assert run_window(session, open_runbook(), resource) == 0
        assert sentry.came.wait(10 if wished else 0.1) is wished
    (entry,) = (line for line in told(files.folder / "application.log").splitlines() if "not caught" in line)
    assert "something of ours" in json.loads(entry)["text"]
    kinds = [json.loads(body.splitlines()[2])["exception"]["values"][0]["type"] for _, _, body in sentry.got]
    assert kinds == ["ValueError"] * wished


def test_a_log_file_that_can_not_be_written_is_told_and_the_window_goes_on(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    files = LogFiles(tmp_path / "logs", Redaction(Private()))
    monkeypatch.setenv("VSRT_LOG_FILE", str(tmp_path / "nowhere" / "all.log"))

    async def change(session: Session) -> None:
        await session.change_settings({"keep_downloads": True})  # the wrong one stands in nobody's way
        while "HTTP Request" not in told(files.folder / "downloads.log"):  # noqa: ASYNC110 -- the usual logs go on
            await asyncio.sleep(0.02)
        later(0, close)

    def look() -> None:
        dialog = windows()[0].findChild(QDialog, "faultDialog") if windows() else None
        if dialog is None:
            later(20, look)
            return
        seen.extend(label.text() for label in dialog.findChildren(QLabel))
        dialog.reject()
        desk = windows()[0].flow._desk
        desk.jobs.start(change(desk.session))

    later(300, look)
    with Logs(files) as logs:
        given = {"manifest_url": f"{house.server.url}/manifest.json", "prefix": house.prefix}
        session = partial(session_for, given, Workshop(BRISK, logs=logs))
        assert run_window(session, open_runbook(), resource) == 0
    assert any("VSRT_LOG_FILE" in text and "can't be written" in text for text in seen), seen
    assert open_settings({}).read().settings.keep_downloads is True


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
