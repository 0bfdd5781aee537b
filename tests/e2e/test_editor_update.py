"""From one real version of the editor to the next while it runs: it goes on, the new one starts next, and back."""

import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editor_home import EARLIER, NEEDS_EDITOR, NOW, get, log_in
from integration.cli_house import Vsrt
from simulators.served_runtime import Runtime
from window_home import LONG, Home

from vsrt_gui.adapters.host.processes import process_start
from vsrt_gui.ui.pages.page import PageId

Play = Callable[[Any], Any]
MANIFEST = "/manifest.json"
BEAT = 0.05
"""Seconds between two questions whether the editor is well."""

pytestmark = NEEDS_EDITOR


@dataclass(frozen=True)
class Running:
    """The editor as one start of it brought it up."""

    ready: Any

    @property
    def pid(self) -> int:
        """Its process: the one whose arguments name its port."""
        mark = f"127.0.0.1:{self.ready['address'].rsplit(':', 1)[1].rstrip('/')}\0".encode()
        lines = (
            (entry, _read(entry / "cmdline")) for entry in Path("/proc").iterdir() if entry.name.isdigit()
        )
        return min(int(entry.name) for entry, line in lines if mark in line)

    @property
    def version(self) -> str:
        """What it says of itself on its page, to who has the password."""
        page = log_in(self.ready["address"], self.ready["password"])
        found = re.search(r"codeServerVersion&quot;:&quot;([^&]+)&quot;", page)
        assert found, page
        return found[1]

    @contextmanager
    def well(self) -> Iterator[None]:
        """Ask it again and again within the block; it must be the same process, and well each time."""
        before, pid = process_start(self.pid), self.pid
        answers: list[int] = []
        over = threading.Event()

        def watch() -> None:
            while not over.wait(BEAT):
                answers.append(get(self.ready["address"], "/healthz").status)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
        assert set(answers) == {200}
        assert len(answers) > 5
        assert (self.pid, process_start(pid)) == (pid, before)


def test_an_update_and_the_way_back_with_the_editor_running(
    earlier_editor_catalog: Path, editor_home: Home
) -> None:
    home, vsrt = editor_home, Vsrt(editor_home.server.url, editor_home.prefix)
    _publish(home, earlier_editor_catalog)
    assert _done(vsrt, "install", "server")["outcome"] == "completed"
    assert _in_force(vsrt.prefix) == EARLIER
    old = _launch(vsrt)
    assert (old.version, old.ready["version"], old.ready["found"]) == (EARLIER, EARLIER, False)

    _publish(home, home.catalog)
    home.server.forget()
    with old.well():
        assert _done(vsrt, "update")["outcome"] == "completed"
        assert _in_force(vsrt.prefix) == NOW
        again = _launch(vsrt)
        assert (again.ready["found"], again.ready["version"], again.version) == (True, EARLIER, EARLIER)
    assert all(NOW in served.path for served in home.asked()), home.asked()

    new = _next(vsrt, old)
    assert (new.version, new.ready["version"]) == (NOW, NOW)
    home.server.forget()
    with new.well():
        assert _done(vsrt, "rollback")["outcome"] == "completed"
        assert _in_force(vsrt.prefix) == EARLIER
        assert new.version == NOW
    assert home.asked() == []
    back = _next(vsrt, new)
    assert (back.version, back.ready["version"]) == (EARLIER, EARLIER)


def test_the_window_updates_what_runs(play: Play, earlier_editor_catalog: Path, editor_home: Home) -> None:
    home, vsrt = editor_home, Vsrt(editor_home.server.url, editor_home.prefix)
    _publish(home, earlier_editor_catalog)
    assert _done(vsrt, "install", "server")["outcome"] == "completed"
    old = _launch(vsrt)
    _publish(home, home.catalog)

    async def scenario() -> None:
        async with home.window() as opened:
            drive = opened.drive
            await drive.click("updateButton")
            await drive.page(PageId.REVIEW)
            await drive.click("commitButton")
            await drive.page(PageId.FINISH, LONG)
            assert f"still version {EARLIER}" in drive.text("editorNotice"), drive.texts()

    with old.well():
        play(scenario())
        assert _in_force(vsrt.prefix) == NOW
        assert old.version == EARLIER
    assert _next(vsrt, old).version == NOW


def _publish(home: Home, catalog: Path) -> None:
    """Let a catalog be what the server's address brings; what it alone has is served, too."""
    for path in catalog.rglob("*"):
        name = f"/{path.relative_to(catalog).as_posix()}"
        if path.is_file() and (name == MANIFEST or not (home.catalog / name[1:]).exists()):
            home.server.put(name, path.read_bytes())


def _done(vsrt: Vsrt, *words: str) -> Any:
    ended = vsrt.run(*words, "--yes", "--json")
    assert ended.code == 0, ended
    return ended.end


def _launch(vsrt: Vsrt) -> Running:
    ended = vsrt.run("launch", "--no-browser", "--json")
    assert ended.code == 0, ended
    (ready,) = (event for event in ended.events if event.get("state") == "ready")
    return Running(ready)


def _next(vsrt: Vsrt, running: Running) -> Running:
    """Stop the editor and start it again."""
    pid = running.pid
    assert vsrt.run("launch", "--stop").code == 0
    assert process_start(pid) is None
    started = _launch(vsrt)
    assert (started.ready["found"], started.pid == pid) == (False, False)
    return started


def _in_force(prefix: Path) -> str:
    """Return what the editor that is in force says when it is asked for its version."""
    generation = Runtime(prefix, prefix).within(lambda session: session.record()).current
    assert generation is not None
    (server,) = (target for target in generation.modules if target.id == "server")
    folder = prefix / "store" / server.folder
    argv = [prefix / "bin" / "node", folder / "out" / "node" / "entry.js", "--version"]
    options = ["--config", folder / "config.yaml", "--user-data-dir", prefix.parent / "data"]
    said = subprocess.run([*argv, *options], capture_output=True, text=True, timeout=60, check=True).stdout
    return said.split()[0]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""
