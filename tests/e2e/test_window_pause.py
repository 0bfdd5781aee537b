"""Pause half-way through real packages: all is let go of, another program may finish it, and nothing is sent twice."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aloud import say
from simulators.window_driver import Driver
from window_home import LONG, MODULES, Home, begin_install

from vsrt_gui.model.plan import Drift
from vsrt_gui.model.status import Installed
from vsrt_gui.ui.pages.page import PageId

Play = Callable[[Any], Any]
RATE = 8_000_000
"""Bytes a second: the catalog takes about ten seconds, so that there is a middle to pause in."""
IN_FLIGHT = 1 << 20
"""Bytes of one file that may be on their way at a pause, and are sent again."""
PAUSE_SECONDS = 1.0


async def pause_half_way(home: Home, drive: Driver) -> float:
    """Begin to install, pause at two fifths, and return the seconds from the click to the paused page."""
    total = sum(home.archives().values())
    home.server.set_rate(RATE)
    await begin_install(drive)
    await drive.until(lambda: home.staged() > 0.4 * total, "no progress", LONG)
    await drive.click("pauseButton")
    clicked = time.monotonic()
    await drive.until(lambda: drive.title == "The installation is paused", "never paused")
    taken = time.monotonic() - clicked
    assert 0.2 * total < home.staged() < 0.8 * total
    home.server.set_rate(None)
    return taken


async def go_on(drive: Driver) -> None:
    await drive.until(lambda: drive.text("pauseButton") == "&Go on", "nothing to go on with")
    await drive.click("pauseButton")
    await drive.page(PageId.FINISH, LONG)
    assert drive.title == "The VS Code Runtime is ready", drive.texts()


async def whole(home: Home) -> None:
    """Look at every byte."""
    found = await home.overview()
    assert isinstance(found.status, Installed)
    assert {finding.target.id for finding in found.findings} == MODULES
    assert {finding.drift for finding in found.findings} == {Drift.SATISFIED}


def sent_again(home: Home) -> Mapping[str, int]:
    return {path: home.server.sent(path) - size for path, size in home.archives().items()}


def test_pause_and_go_on_sends_nothing_twice(play: Play, home: Home, pytestconfig: pytest.Config) -> None:
    taken: list[float] = []

    async def scenario() -> None:
        async with home.window() as opened:
            taken.append(await pause_half_way(home, opened.drive))
            staged, safe = home.staged(), opened.drive.text("safeLabel")
            await asyncio.sleep(1.0)
            assert (home.staged(), opened.drive.text("safeLabel")) == (staged, safe)
            await go_on(opened.drive)
        await whole(home)

    play(scenario())
    assert home.run("node") == "v24.19.0"
    again = sent_again(home)
    say(pytestconfig, f"paused {taken[0]:.3f} s after the click; sent again: {dict(again)}")
    assert taken[0] <= PAUSE_SECONDS
    assert all(0 <= count <= IN_FLIGHT for count in again.values()), again


def install_by_command(home: Home) -> subprocess.CompletedProcess[str]:
    """Run the command line on the same folder, as a program of its own."""
    where = ["--catalog", f"{home.server.url}/", "--prefix", str(home.prefix)]
    return subprocess.run(
        [sys.executable, "-m", "vsrt_gui", "install", "--yes", "--json", *where],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LONG,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("VSRT_")},
    )


def test_another_program_may_finish_what_is_paused(play: Play, home: Home) -> None:
    async def scenario() -> None:
        async with home.window() as opened:
            await pause_half_way(home, opened.drive)
            done = await asyncio.to_thread(install_by_command, home)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr
            assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "completed"
            assert opened.drive.title == "The installation is paused"
            before = len(home.asked())
            await go_on(opened.drive)
            assert len(home.asked()) == before, "something was fetched that was there"
            assert "Node.js" in opened.drive.text("pageLead")
        await whole(home)

    play(scenario())
    assert all(0 <= count <= IN_FLIGHT for count in sent_again(home).values())


@pytest.mark.parametrize("way", ["close box", "quit"])
def test_a_program_that_is_closed_while_paused_offers_to_finish(play: Play, home: Home, way: str) -> None:
    async def scenario() -> None:
        async with home.window() as opened:
            await pause_half_way(home, opened.drive)
            if way == "quit":
                opened.drive.wizard.flow.quit()
            else:
                opened.drive.wizard.close()
            await opened.drive.until(lambda: not opened.drive.wizard.isVisible(), "the window stayed")
        async with home.window() as opened:
            await opened.drive.until(
                lambda: opened.drive.title == "The installation isn't finished", "nothing to finish"
            )
            await opened.drive.click("finishInstallationButton")
            await opened.drive.page(PageId.FINISH, LONG)
            assert opened.drive.title == "The VS Code Runtime is ready"

    play(scenario())
    assert all(0 <= count <= IN_FLIGHT for count in sent_again(home).values())
