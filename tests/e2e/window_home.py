"""A user's computer: the sample catalog on a real server, a folder for the runtime, and the real window on both."""

import os
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtTest import QTest
from simulators.http_server import HttpServer, Served
from simulators.window_driver import Driver

from vsrt_gui.adapters.catalog import parse_index
from vsrt_gui.adapters.host import SystemHost
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.replacing import Patience
from vsrt_gui.app import open_runbook, open_session
from vsrt_gui.engine.session import Session
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Depth
from vsrt_gui.resources import resource
from vsrt_gui.ui.pages.page import PageId
from vsrt_gui.ui.wizard import Wizard

MODULES = {"nodejs", "pyright", "pyright-to-gitlab-ci", "ruff"}
LONG = 120.0
"""Seconds that installing real packages may take on a busy machine."""

Snapshot = dict[str, tuple[int, int, int]]


@dataclass(frozen=True)
class Opened:
    """A window, with hands and eyes on it, and the session that it shows."""

    drive: Driver
    session: Session


@dataclass(frozen=True)
class Home:
    """Where everything of one test is."""

    server: HttpServer
    catalog: Path
    prefix: Path
    host: SystemHost = field(default_factory=SystemHost)

    @asynccontextmanager
    async def window(self) -> AsyncIterator[Opened]:
        """Open the program's own session and window, as it does itself; both are closed at the end."""
        session = open_session(f"{self.server.url}/", self.prefix, host=self.host)
        wizard = Wizard(session, open_runbook(), resource("icons"))
        wizard.show()
        QTest.qWaitForWindowExposed(wizard)
        try:
            yield Opened(Driver(wizard), session)
        finally:
            wizard.dismiss()
            await wizard.closed()
            await session.close()
            wizard.deleteLater()

    async def overview(self) -> Overview:
        """Look at every byte of the runtime, with a session of its own."""
        session = open_session(f"{self.server.url}/", self.prefix)
        try:
            return await session.look(Depth.DEEP)
        finally:
            await session.close()

    def run(self, command: str) -> str:
        """Run `COMMAND --version` from the prefix, as any other program would, and return what it says."""
        found = {"PATH": os.environ["PATH"], "HOME": str(self.prefix.parent)}
        done = subprocess.run(
            [self.prefix / "bin" / command, "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env=found,
        )
        return done.stdout.strip()

    def archives(self) -> dict[str, int]:
        """Return the path on the server and the size of each archive."""
        files = (self.catalog / "archives").iterdir()
        return {f"/archives/{file.name}": file.stat().st_size for file in files}

    def asked(self) -> list[Served]:
        """Return the server's answers that were about archives."""
        return [served for served in self.server.log if served.path.startswith("/archives/")]

    def staged(self) -> int:
        """Return the bytes of archives that lie on the disk; an archive that comes by several requests has gaps."""
        folder = self.prefix / "downloads"
        return sum(DiskPart(folder, part.stem, Patience()).staged() for part in folder.glob("*.part"))

    def index(self, target: Target) -> FileIndex:
        """Return the published list of a module's files."""
        reference = target.artifact.index
        assert reference is not None
        name = Path(reference.url).name
        return parse_index((self.catalog / "indexes" / name).read_bytes(), name)

    def folder(self, target: Target) -> Path:
        """Return where a module lies."""
        return self.prefix / "store" / target.folder

    def snapshot(self) -> Snapshot:
        """Take down size, time and inode of everything in the prefix."""
        found = {}
        for path in self.prefix.rglob("*"):
            status = path.lstat()
            size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
            found[str(path.relative_to(self.prefix))] = (size, status.st_mtime_ns, status.st_ino)
        return found


async def begin_install(drive: Driver) -> None:
    """Click through to the progress page, with everything as it is offered."""
    await drive.click("installButton")
    await drive.page(PageId.COMPONENTS)
    await drive.click("nextButton")
    await drive.page(PageId.FOLDER)
    await drive.click("commitButton")
    await drive.page(PageId.PROGRESS)


async def install(drive: Driver) -> None:
    """Click through a whole installation, to the last page."""
    await begin_install(drive)
    await drive.page(PageId.FINISH, LONG)
    assert drive.title == "The VS Code Runtime is ready", drive.texts()
