"""A runtime with a small real server, published in a folder and installed from it by the real engine."""

import asyncio
import hashlib
import json
import sys
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import urlopen

from vsrt_gui.app import open_session
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Outcome, RunFinished
from vsrt_gui.model.request import Request, Verb

T = TypeVar("T")
PLATFORMS = ("linux-x64", "linux-arm64", "macos-x64", "macos-arm64", "windows-x64")

SERVER = """
import os, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, version, how = int(sys.argv[1]), sys.argv[2], os.environ.get("SERVED", "")
print("version", version, "begins", flush=True)
print("an editor's own:", [name for name in os.environ if name.startswith("VSCODE_")], flush=True)
if how == "crash":
    print("no bed for the night", flush=True)
    sys.exit(7)
if how == "hang":
    time.sleep(600)
if how == "stubborn":
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        secret = os.environ.get("PASSWORD") or (sys.argv[3] if len(sys.argv) > 3 else "")
        given = self.headers.get("X-Password") or query.removeprefix("tkn=")
        if path == "/die":
            os._exit(3)
        if path == "/leave":
            child.kill()
            os._exit(0)
        if path == "/healthz":
            self.say(503 if how == "unwell" else 200, "up")
        elif given != secret:
            self.say(403, "no")
        else:
            self.say(200, f"{version} {os.getpid()} {child.pid}")

    def say(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""
PASSWORD: Mapping[str, Any] = {
    "argv": ["{bin:python}", "{module}/server.py", "{port}", "VERSION"],
    "env": {"PASSWORD": "{secret}"},
    "ready": "/healthz",
    "secret": "passwordEnv",
    "extensionsDir": "{data}/extensions",
}
TOKEN: Mapping[str, Any] = {
    "argv": ["{bin:python}", "{module}/server.py", "{port}", "VERSION", "{secret}"],
    "ready": "/healthz",
    "secret": "connectionToken",
}


@dataclass
class Published:
    """A catalog: `python` (the one that runs this), a server, and extensions.

    Attributes:
        folder: of the catalog.
        version: of every module.
        server: its launch record; VERSION in it stands for the version.
        extensions: id to the name that the manifest records.
        proofs: module id to its proofs.
        checks: module id to the program of its `check.py`, which proofs may run.
    """

    folder: Path
    version: str = "1.0.0"
    server: Mapping[str, Any] | None = field(default_factory=lambda: PASSWORD)
    extensions: Mapping[str, str] = field(default_factory=dict)
    proofs: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)

    def write(self) -> "Published":
        self.folder.mkdir(exist_ok=True)
        python = {"bin": {"python": [sys.executable, "-I", "-S"]}}
        server = json.loads(json.dumps(self.server).replace("VERSION", self.version))
        modules = [
            self._module("python", "runtime", python),
            self._module("server", "server", {"server": server}, ("python",)),
            *(
                self._module(key, "extensions", {}, ("server",), name)
                for key, name in self.extensions.items()
            ),
        ]
        document = {"version": self.version, "modules": modules}
        (self.folder / "manifest.json").write_text(json.dumps(document))
        return self

    def _module(
        self,
        key: str,
        kind: str,
        launch: Mapping[str, Any],
        needs: tuple[str, ...] = (),
        extension: str | None = None,
    ) -> Mapping[str, Any]:
        return {
            "id": key,
            "name": key.title(),
            "type": kind,
            "version": self.version,
            "dependencies": needs,
            "isOptional": kind == "extensions",
            "metadata": {"extension": extension} if extension else None,
            "platformArtifacts": dict.fromkeys(PLATFORMS, self._artifact(key, extension)),
            "launch": {**launch, "proof": self.proofs.get(key, [])},
        }

    def _artifact(self, key: str, extension: str | None) -> Mapping[str, Any]:
        files = {
            "VERSION": f"{key} {self.version}\n",
            "server.py": SERVER,
            "check.py": self.checks.get(key, ""),
        }
        if extension:
            publisher, _, name = extension.partition(".")
            package = {"publisher": publisher, "name": name, "version": self.version}
            files["package.json"] = json.dumps(package)
        path = self.folder / f"{key}-{self.version}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text)
        data = path.read_bytes()
        return {
            "url": path.name,
            "hash": hashlib.sha256(data).hexdigest(),
            "sizeBytes": len(data),
            "compressionFormat": "zip",
        }


@dataclass(frozen=True)
class Runtime:
    """An installed runtime."""

    catalog: Path
    prefix: Path

    def within(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Do something with a session of its own, as one start of the program would."""

        async def all_of_it() -> T:
            session = open_session(str(self.catalog), self.prefix)
            try:
                return await work(session)
            finally:
                await session.close()

        return asyncio.run(all_of_it())

    def run(self, verb: Verb, *modules: str) -> RunFinished:
        """Run a request to its end."""

        async def work(session: Session) -> RunFinished:
            session.start(Request(verb=verb, modules=frozenset(modules)))
            return await session.finished()

        return self.within(work)

    def install(self) -> "Runtime":
        """Install all that is published."""
        assert self.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        return self

    def stop(self) -> bool:
        """Stop the server."""
        return self.within(lambda session: session.stop_server())


def ask(page: str, password: str | None = None) -> str:
    """Get a page of the server: its version, its pid and its child's."""
    from urllib.request import Request as Asking  # noqa: PLC0415 -- ours has that name too

    headers = {"X-Password": password} if password else {}
    with urlopen(Asking(page, headers=headers), timeout=5) as answer:
        return str(answer.read().decode())
