"""The editor from the window: a real small server, opened, shown, stopped, crashed and left running by real clicks."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from house import BRISK, House
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from simulators.served_runtime import TOKEN, Published, Runtime, ask
from simulators.window_driver import Driver

from vsrt_gui.adapters.host import SystemHost
from vsrt_gui.app import open_runbook, open_session
from vsrt_gui.model.launch_state import Stopped
from vsrt_gui.resources import resource
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.wizard import Wizard

Play = Callable[[Any], Any]
OPEN = "The editor is open in your browser"
STARTING = "Starting the editor…"
BLOCKED = 0.25
"""Seconds between two turns of the loop that a user would feel."""


class Desktop(SystemHost):
    """The real computer, but for its browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def browse(self, address: str) -> bool:
        self.opened.append(address)
        return True


class Home:
    """A catalog with a small server, and the window on a folder."""

    def __init__(self, folder: Path) -> None:
        self.runtime = Runtime(folder / "catalog", folder / "prefix")
        self.desktop = Desktop()

    @property
    def pages(self) -> list[str]:
        return self.desktop.opened

    @asynccontextmanager
    async def window(self) -> AsyncIterator[Driver]:
        session = open_session(str(self.runtime.catalog), self.runtime.prefix, BRISK, self.desktop)
        wizard = Wizard(session, open_runbook(), resource("icons"))
        wizard.show()
        QTest.qWaitForWindowExposed(wizard)
        try:
            yield Driver(wizard)
        finally:
            wizard.dismiss()
            await wizard.closed()
            await session.close()
            wizard.deleteLater()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    for name in ("STATE", "DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.delenv("SERVED", raising=False)
    Published(tmp_path / "catalog").write()
    made = Home(tmp_path)
    yield made
    made.runtime.stop()


async def install(drive: Driver) -> None:
    await drive.click("installButton")
    await drive.click("nextButton")
    await drive.click("commitButton")
    await drive.page(PageId.FINISH)


async def says(drive: Driver, words: str) -> None:
    await drive.until(lambda: words in drive.texts(), f"it never said {words!r}")


async def smooth(ended: asyncio.Event) -> float:
    """Return the longest time that the loop had no turn, until `ended`."""
    longest, before = 0.0, time.monotonic()
    while not ended.is_set():
        await asyncio.sleep(0.005)
        now = time.monotonic()
        longest, before = max(longest, now - before), now
    return longest


def test_the_finish_page_opens_shows_and_stops_the_editor(play: Play, home: Home) -> None:
    async def scenario() -> None:
        async with home.window() as drive:
            await install(drive)
            assert drive.text("launchButton") == "Open the &editor"
            assert drive.button("launchButton").property("primary")
            assert not drive.button("closeButton").property("primary")
            await drive.until(lambda: drive.button("launchButton").hasFocus(), "the focus is elsewhere")
            assert not drive.sees("editorNotice")
            ended = asyncio.Event()
            watch = asyncio.create_task(smooth(ended))
            await drive.click("launchButton")
            await says(drive, STARTING)
            await says(drive, OPEN)
            ended.set()
            assert await watch < BLOCKED
            password = drive.text("passwordNotice")
            assert "Your password, asked once by the browser" in drive.texts()
            said = ask(home.pages[0], password)

            await drive.click("copyPasswordButton")
            assert QGuiApplication.clipboard().text() == password
            assert drive.text("copyPasswordButton") == "Copied"

            await drive.click("launchButton")
            await drive.until(lambda: len(home.pages) == 2, "it was not shown again")
            assert home.pages[0] == home.pages[1]
            assert ask(home.pages[1], password) == said

            await drive.click("stopEditorButton")
            await drive.until(lambda: not drive.sees("editorNotice"), "it was not stopped")
            assert not drive.sees("passwordNotice")
            await drive.until(lambda: not _begun(home), "its process is still there")
            await drive.click("launchButton")
            await says(drive, OPEN)

    play(scenario())


def test_it_outlives_the_window_and_the_next_one_finds_it(play: Play, home: Home) -> None:
    async def scenario() -> None:
        async with home.window() as drive:
            await install(drive)
            await drive.click("launchButton")
            await says(drive, OPEN)
            said = ask(home.pages[0], drive.text("passwordNotice"))
        async with home.window() as drive:
            await says(drive, "The editor is running")
            assert drive.title == "The runtime is installed and ready"
            assert ask(home.pages[0], drive.text("passwordNotice")) == said
            await drive.click("launchButton")
            await says(drive, OPEN)
            assert home.pages[0] == home.pages[1]
            await drive.click("stopEditorButton")
            await drive.until(lambda: not drive.sees("editorNotice"), "it was not stopped")
            assert drive.sees("launchButton")

    play(scenario())


def test_closing_while_it_starts_takes_it_back(
    play: Play, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVED", "hang")

    async def scenario() -> None:
        async with home.window() as drive:
            await install(drive)
            await drive.click("launchButton")
            await drive.until(lambda: _begun(home), "no process was started")
            assert STARTING in drive.texts()
            began = time.monotonic()
            await drive.click("closeButton")
            await drive.until(lambda: not drive.wizard.isVisible(), "the window stayed")
        assert time.monotonic() - began < 5

    play(scenario())
    assert not _begun(home)
    assert home.pages == []
    assert isinstance(home.runtime.within(lambda session: session.server()), Stopped)


def test_a_start_can_be_stopped(play: Play, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVED", "hang")

    async def scenario() -> None:
        async with home.window() as drive:
            await install(drive)
            await drive.click("launchButton")
            await drive.until(lambda: _begun(home), "no process was started")
            await drive.click("stopEditorButton")
            await drive.until(lambda: not drive.sees("editorNotice"), "it was not stopped")
            assert not _begun(home)
            monkeypatch.delenv("SERVED")
            await drive.click("launchButton")
            await says(drive, OPEN)

    play(scenario())


def test_a_crash_is_explained_and_tried_again(
    play: Play, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVED", "crash")

    async def scenario() -> None:
        async with home.window() as drive:
            await install(drive)
            await drive.click("startPageButton")
            await drive.click("launchButton")
            await drive.dialog("faultDialog")
            assert drive.text("faultTitle") == "The editor stopped by itself"
            await drive.click("remedy-close")
            await drive.until(lambda: not drive.sees("faultDialog"), "the dialog stayed")
            assert "The editor could not be started" in drive.texts()
            log = next(word for word in drive.text("editorNotice").split() if ".log" in word).rstrip(".")
            assert "no bed for the night" in _read(log)
            await asyncio.sleep(0.1)  # the window takes the answer of the dialog that is gone

            monkeypatch.delenv("SERVED")
            await drive.click("explainEditorButton")
            await drive.dialog("faultDialog")
            await drive.click("remedy-retry")
            await says(drive, OPEN)
            assert drive.wizard.currentId() == PageId.WELCOME
            assert home.pages

    play(scenario())


def test_one_that_ends_by_itself_is_told_of(play: Play, home: Home) -> None:
    async def scenario() -> None:
        async with home.window() as drive:
            await install(drive)
            await drive.click("launchButton")
            await says(drive, OPEN)
            with pytest.raises(OSError, match=r"closed connection|reset"):
                ask(f"{home.pages[0].rstrip('/')}/die")
            await says(drive, "The editor stopped by itself")
            assert not drive.sees("passwordNotice")
            assert not drive.sees("stopEditorButton")

    play(scenario())


def test_after_an_update_it_says_that_the_old_one_runs(play: Play, home: Home) -> None:
    async def scenario() -> None:
        async with home.window() as drive:
            await install(drive)
            await drive.click("launchButton")
            await says(drive, OPEN)
            Published(home.runtime.catalog, "2.0.0").write()
            await drive.click("startPageButton")
            await drive.click("updateButton")
            await drive.page(PageId.REVIEW)
            await drive.until(lambda: drive.button("commitButton").isEnabled(), "no quote")
            assert any("The editor that is open goes on" in said for said in drive.texts())
            await drive.click("commitButton")
            await drive.page(PageId.FINISH)
            assert "still version 1.0.0" in drive.text("editorNotice")
            await drive.click("stopEditorButton")
            await drive.until(lambda: not drive.sees("editorNotice"), "it was not stopped")
            await drive.click("launchButton")
            await says(drive, OPEN)
            assert ask(home.pages[-1], drive.text("passwordNotice")).startswith("2.0.0 ")

    play(scenario())


def test_a_token_is_in_the_page_and_no_password_is_shown(play: Play, home: Home) -> None:
    Published(home.runtime.catalog, server=TOKEN).write()

    async def scenario() -> None:
        async with home.window() as drive:
            await install(drive)
            await drive.click("launchButton")
            await says(drive, OPEN)
            assert not drive.sees("passwordNotice")
            assert ask(home.pages[0]).startswith("1.0.0 ")
            token = home.pages[0].partition("tkn=")[2]
            assert token
            assert not any(token in said for said in drive.texts())

    play(scenario())


def test_without_a_server_nothing_of_it_is_shown(play: Play, house: House) -> None:
    async def scenario() -> None:
        async with house.window() as drive:
            await install(drive)
            assert not drive.sees("launchButton")
            assert drive.button("closeButton").property("primary")
            await drive.click("startPageButton")
            await drive.until(lambda: drive.sees("repairButton"), "not installed")
            assert not drive.sees("launchButton")
            assert not drive.sees("editorNotice")

    play(scenario())


def _read(path: str) -> str:
    return Path(path).read_text("utf-8")


def _begun(home: Home) -> list[int]:
    """Return the processes of the small server of this test."""
    mark = str(home.runtime.prefix).encode()
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it has ended meanwhile
            if mark in line and b"server.py" in line:
                found.append(int(entry.name))
    return found
