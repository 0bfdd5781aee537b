"""The sample catalog's editor: built, unpacked, started with the catalog's own Node.js, and asked for its page."""

import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sharing import CACHE, built

from vsrt_gui.adapters.folder import path_of
from vsrt_gui.adapters.host import SystemHost, current_platform
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.resolve import available
from vsrt_gui.model.launching import Place, arguments
from vsrt_gui.model.manifest import Platform, Target
from vsrt_gui.publish.unpack import unpack
from vsrt_gui.publish.wheels import Fetched
from vsrt_gui.resources import resource

READY_SECONDS, END_SECONDS = 60.0, 15.0
ADDONS = {
    "node_modules/argon2": "await it.verify(await it.hash('word'), 'word')",
    "lib/vscode/node_modules/@parcel/watcher": "(await it.subscribe('.', () => {})).unsubscribe() && true",
    "lib/vscode/node_modules/@vscode/spdlog": "typeof it.createRotatingLogger === 'function'",
    "lib/vscode/node_modules/kerberos": "typeof it.initializeClient === 'function'",
    "lib/vscode/node_modules/native-watchdog": "typeof it.start === 'function'",
    "lib/vscode/node_modules/node-pty": "await new Promise(done => it.spawn('echo', ['on a terminal'], {}).onData("
    "said => done(said.includes('on a terminal'))))",
}
"""Each add-on's folder, and what is true when it works."""

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        current_platform() is not Platform.LINUX_X64, reason="the server is published for Linux on x64"
    ),
    pytest.mark.skipif(
        "VSRT_WITHOUT_SERVER" in os.environ, reason="left out by `dev.py test --without-server`"
    ),
]


@dataclass
class Editor:
    """What was unpacked.

    Attributes:
        targets: Node.js and the server.
        place: where they lie.
        home: the user's home folder, as the server sees it.
    """

    targets: tuple[Target, ...]
    place: Place
    home: Path

    @property
    def server(self) -> Target:
        return next(target for target in self.targets if target.id == "server")

    @property
    def folder(self) -> Path:
        return Path(self.place.folder(self.server))

    def argv(self, *templates: str) -> tuple[str, ...]:
        return arguments(self.targets, self.server, templates, self.place)

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), **more}


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Editor:
    """Build the catalog (the first time that takes minutes) and unpack what the editor needs of it."""
    manifest = built(resource("catalog/server.toml"), CACHE / "catalog-with-server")
    offered = available(manifest, Platform.LINUX_X64, {})
    targets = tuple(target for target in offered.targets if target.id in {"nodejs", "server"})
    folder = tmp_path_factory.mktemp("editor")
    (folder / "home").mkdir()
    for target in targets:
        unpack(Fetched(path_of(target.artifact.url), universal=True), folder / "store" / target.folder)
    place = Place(store=str(folder / "store"), data=str(folder / "data"))
    return Editor(targets, place, folder / "home")


@dataclass
class Running:
    """A server that was started as its manifest says."""

    port: int
    secret: str

    def ask(
        self, path: str, cookie: str = "", form: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Return status, headers and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": cookie} if cookie else {}
        if form is None:
            connection.request("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", path, urlencode(form), headers)
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def wait_until_ready(self, path: str, log: Path) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                assert self.ask(path)[0] == 200
            except OSError:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            else:
                return


@pytest.fixture(scope="module")
def running(editor: Editor) -> Iterator[Running]:
    """Start the server as its manifest says, on a free port and with a random password; at the end, stop it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        it = Running(free.getsockname()[1], secrets.token_urlsafe(24))
    launch = editor.server.launch.server
    assert launch is not None

    def filled_in(text: str) -> str:
        return text.replace("{port}", str(it.port)).replace("{secret}", it.secret)

    argv = [filled_in(part) for part in editor.argv(*launch.argv)]
    assert it.secret not in " ".join(argv)
    own = {name: filled_in(value) for name, value in launch.env.items()}
    meant_otherwise = {"PORT": "1", "CODE_SERVER_HOST": "0.0.0.0", "HASHED_PASSWORD": "x"}
    log = editor.home.parent / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            cwd=editor.home,
            env=editor.environment(**meant_otherwise | own),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        it.wait_until_ready(launch.ready, log)
        yield it
    finally:
        process.terminate()
        process.wait(END_SECONDS)
    assert it.secret not in log.read_text()
    with pytest.raises(ProcessLookupError):  # no child is left behind
        os.killpg(process.pid, signal.SIGKILL)


def test_holds_what_it_needs_and_no_leftovers(editor: Editor) -> None:
    paths = [path.relative_to(editor.folder) for path in editor.folder.rglob("*")]
    assert not [
        path for path in paths if path.name in {"obj.target", ".deps", "config.gypi", ".package-lock.json"}
    ]
    assert not [path for path in paths if path.suffix in {".map", ".mk", ".o"}]
    files = [path for path in editor.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert 4_000 < len(files) < 7_000
    assert editor.server.artifact.size is not None
    assert editor.server.artifact.size < 50_000_000


def test_proves_itself_and_leaves_only_its_log_in_the_home_folder(editor: Editor) -> None:
    assert len(editor.server.launch.proof) == 2
    for proof in editor.server.launch.proof:
        code, said = SystemHost().prove(editor.argv(*proof.argv), editor.environment(), Stop())
        assert code == 0, said
        assert re.search(proof.expect, said), said
    files = [path for path in editor.home.rglob("*") if path.is_file()]
    assert {path.parent for path in files} <= {editor.home / ".local/share/code-server/coder-logs"}


@pytest.mark.parametrize("addon", ADDONS)
def test_every_addon_works_under_the_installed_node(editor: Editor, addon: str, tmp_path: Path) -> None:
    script = (
        f"(async () => {{ const it = require({str(editor.folder / addon)!r}); return {ADDONS[addon]} }})()"
    )
    whole = f"{script}.then(good => process.exit(good ? 0 : 1), error => {{ console.error(error); process.exit(2) }})"
    ended = subprocess.run(
        [*editor.argv("{bin:node}"), "-e", whole],
        cwd=tmp_path,
        env=editor.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_searches_with_a_program_that_starts(editor: Editor) -> None:
    (program,) = editor.argv("{module}/lib/vscode/node_modules/@vscode/ripgrep/bin/rg")
    assert SystemHost().prove((program, "--version"), editor.environment(), Stop())[1].startswith("ripgrep ")


def test_refuses_who_does_not_know_the_password(running: Running) -> None:
    status, headers, body = running.ask("/")
    assert (status, headers["location"]) == (302, "./login")
    assert "workbench" not in body
    status, headers, _ = running.ask("/login", form={"password": f"{running.secret}x"})
    assert (status, "set-cookie" in headers) == (200, False)
    assert running.ask("/", cookie="code-server-session=guessed")[0] == 302


def test_shows_the_workbench_to_who_does(running: Running) -> None:
    status, headers, _ = running.ask("/login", form={"password": running.secret})
    assert (status, headers["location"]) == (302, "./")
    cookie = headers["set-cookie"].split(";")[0]
    status, headers, body = running.ask("/", cookie=cookie)
    if status == 302:  # to the folder that was open last
        status, headers, body = running.ask(headers["location"].removeprefix("."), cookie=cookie)
    assert status == 200
    assert "&quot;enableTelemetry&quot;:false" in body
    script = re.search(r'src="([^"]+/workbench/workbench\.js)"', body)
    assert script, body
    status, _, program = running.ask(f"/{script[1]}", cookie=cookie)
    assert (status, len(program) > 1_000_000) == (200, True)


def test_can_be_reached_from_this_computer_only(running: Running) -> None:
    assert sys.platform == "linux"
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    here = [
        local
        for _, local, _, state, *_ in listening
        if state == "0A" and local.endswith(f":{running.port:04X}")
    ]
    assert here == [f"0100007F:{running.port:04X}"]
    wide = Path("/proc/net/tcp6").read_text() if Path("/proc/net/tcp6").is_file() else ""
    assert f":{running.port:04X} 00000000" not in wide
