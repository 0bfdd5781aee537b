"""From the catalog to the workbench: installed and opened through the window, refused and shown in a real browser."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import chromium
from chromium import Tab
from editor_home import EDITOR_LOOKS, NEEDS_BROWSER, NEEDS_EDITOR, WORKBENCH, Desktop, get
from window_home import Home, install

import vsrt_gui

Play = Callable[[Any], Any]
PICTURES = Path(vsrt_gui.__file__).parent.parent / "artifacts" / "editor"
BEHIND_THE_LOGIN = (
    "/",
    "/?folder=/",
    "/?workspace=/x",
    "/vscode",
    "/vscode/",
    "/proxy/1/",
    "/absproxy/1/",
    "/update/check",
)
"""Whatever the editor serves but its login page, its health and its pictures."""
FILE, WORD, LANGUAGE = "notes.md", "Groceries", "Markdown"
"""The language is known to an extension that comes with the editor, not to the page."""
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

pytestmark = [*NEEDS_EDITOR, NEEDS_BROWSER]


def test_the_window_installs_an_editor_that_only_its_user_sees(
    play: Play, editor_home: Home, tmp_path: Path
) -> None:
    desktop = Desktop()
    home = replace(editor_home, host=desktop)

    async def scenario() -> str:
        async with home.window() as opened:
            await install(opened.drive)
            await opened.drive.click("launchButton")
            await opened.drive.until(lambda: opened.drive.sees("passwordNotice"), "it never opened", 60)
            return opened.drive.text("passwordNotice")

    password = play(scenario())
    (address,) = desktop.opened
    assert address.startswith("http://127.0.0.1:")
    assert password
    assert password not in address
    _assert_closed_to_others(address)
    with chromium.chromium(tmp_path / "browser") as tab:
        _look(tab, address, password, _work(tmp_path / "work"))
    assert get(address, "/healthz").status == 200


def _assert_closed_to_others(address: str) -> None:
    """Health is told to all; all else sends to the login page, or is refused, and no websocket opens."""
    assert get(address, "/healthz").status == 200
    for path in BEHIND_THE_LOGIN:
        assert get(address, path).refused, path
        assert get(address, path, Cookie="code-server-session=guessed").refused, path
    assert get(address, "/login").status == 200
    for path in ("/", "/stable-x?reconnectionToken=x&reconnection=false"):
        answer = get(address, path, **WEBSOCKET)
        assert answer.status != 101, path
        assert answer.refused, (path, answer)


def _work(folder: Path) -> Path:
    """Make a folder with a file to be edited."""
    folder.mkdir()
    (folder / FILE).write_text(f"# {WORD}\n\nWritten before the editor came.\n", "utf-8")
    return folder


def _look(tab: Tab, address: str, password: str, work: Path) -> None:
    """Go through what a person sees: a wrong password, the right one, the editor at work."""
    tab.open(address)
    assert tab.ask("location.pathname") == "/login"
    assert not tab.has(WORKBENCH)
    tab.type(f"{password}x")
    tab.until("document.querySelector('.error')")
    assert tab.ask("location.pathname") == "/login"
    assert not tab.has(WORKBENCH)
    tab.shoot(PICTURES / "1-refused.png")
    tab.open(f"{address}?folder={work}")
    tab.type(password)
    tab.until(EDITOR_LOOKS)
    assert tab.ask("location.origin") == address.rstrip("/")
    tab.shoot(PICTURES / "2-workbench.png")
    tab.click(f"[role=treeitem][aria-label^='{FILE}']")
    tab.until(f"document.querySelector('{WORKBENCH} .view-line')?.textContent.includes('{WORD}')")
    tab.until(f"document.getElementById('status.editor.mode').textContent === '{LANGUAGE}'")
    tab.shoot(PICTURES / "3-a-file.png")
