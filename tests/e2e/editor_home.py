"""A user's computer with the whole catalog at hand: the editor that it brings, and a browser to see it in."""

import http.client
import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import chromium
import pytest

from vsrt_gui.adapters.host import SystemHost
from vsrt_gui.resources import resource

WITHOUT = "VSRT_WITHOUT_SERVER" in os.environ
PUBLISHED = sys.platform == "linux" and platform.machine() == "x86_64"
"""Whether the editor is compiled for this kind of computer."""
NEEDS_EDITOR = [
    pytest.mark.timeout(900),  # the first one compiles it
    pytest.mark.skipif(not PUBLISHED, reason="the editor is published for Linux on x64"),
    pytest.mark.skipif(WITHOUT, reason="left out by `dev.py test --without-server`"),
]
NEEDS_BROWSER = pytest.mark.skipif(
    chromium.missing() and not os.environ.get("CI"), reason=f"not on this machine: {chromium.PROGRAM}"
)
"""In CI a missing browser is a failure, as a missing editor is."""
WORKBENCH = ".monaco-workbench"
"""The element that holds all of the editor."""
NOW, EARLIER = "4.100.3", "4.100.0"
"""The version that the catalog brings, and the published one before it."""
REFUSED = frozenset({401, 403})
TO_LOGIN = re.compile(r"(\.{0,2}/)*login(\?.*)?")
"""Where the editor sends those who did not log in."""
EDITOR_LOOKS = (
    f"document.querySelector('{WORKBENCH} .part.editor') && document.querySelector('{WORKBENCH} .part.statusbar')"
    f" && document.querySelector('{WORKBENCH} .part.activitybar .action-item')"
)
"""JavaScript that is true once the editor's parts are drawn: its middle, its status bar, its side bar's icons."""


@dataclass(frozen=True)
class Answered:
    """A server's answer."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def refused(self) -> bool:
        """Whether this is a no: 401, 403, or a way to the login page; and nothing of the editor in it."""
        away = self.status in {302, 303, 307} and TO_LOGIN.fullmatch(self.headers.get("location", ""))
        return (bool(away) or self.status in REFUSED) and "workbench" not in self.body


def get(address: str, path: str, **headers: str) -> Answered:
    """Get a path of the server at an address, following no redirect."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = b"" if answer.status == 101 else answer.read()  # an open websocket never ends
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answered(answer.status, found, body.decode("utf-8", "replace"))
    finally:
        connection.close()


def log_in(address: str, password: str) -> str:
    """Return the editor's page, as one gets it with the password."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", urlencode({"password": password}), form)
    cookie = connection.getresponse().getheader("set-cookie", "")
    connection.close()
    page = get(address, "/?folder=/", Cookie=cookie.partition(";")[0])
    assert page.status == 200, page
    return page.body


def earlier_sources(folder: Path) -> Path:
    """Write the sources of the catalog as it was before, which differ in the editor's version alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("sample.toml", "server.toml"):
        text = resource(f"catalog/{name}").read_text("utf-8")
        earlier = text.replace(NOW, EARLIER).replace(re.escape(NOW), re.escape(EARLIER))
        (folder / name).write_text(earlier, "utf-8")
    return folder / "server.toml"


class Desktop(SystemHost):
    """The real computer; the addresses that its browser is to open are taken down."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def browse(self, address: str) -> bool:
        self.opened.append(address)
        return True
