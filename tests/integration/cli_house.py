"""A small catalog on the disk, and the real program as a process of its own."""

import hashlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[2]
PLATFORMS = ("linux-x64", "linux-arm64", "macos-x64", "macos-arm64", "windows-x64")
SIZE = 300_000
PATIENCE = 120.0
"""Seconds until a process that hangs fails its test."""

CONTROLLED = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal the process's own, as a shell does, so that Ctrl-C typed into it becomes a signal."""


@dataclass
class Catalog:
    """A chain of three modules: extra (optional) needs core, core needs base."""

    folder: Path
    version: str = "1.0.0"
    names: Mapping[str, str] = field(
        default_factory=lambda: {"base": "Base", "core": "Core", "extra": "Extra"}
    )
    sizes: Mapping[str, int] = field(default_factory=dict)

    def write(self) -> "Catalog":
        """Build the archives and the manifest."""
        self.folder.mkdir(exist_ok=True)
        before: list[str] = []
        modules = []
        for module_id, name in self.names.items():
            modules.append(self._module(module_id, name, before[-1:]))
            before.append(module_id)
        self.write_manifest({"version": self.version, "modules": modules})
        return self

    def write_manifest(self, manifest: Any) -> None:
        (self.folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    def manifest(self) -> Any:
        return json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))

    def archive(self, module_id: str) -> Path:
        return self.folder / f"{module_id}-{self.version}.zip"

    def _module(self, module_id: str, name: str, needs: list[str]) -> Mapping[str, Any]:
        artifact = self._artifact(module_id)
        return {
            "id": module_id,
            "name": name,
            "type": "runtime",
            "version": self.version,
            "dependencies": needs,
            "isOptional": module_id == "extra",
            "platformArtifacts": dict.fromkeys(PLATFORMS, artifact),
        }

    def _artifact(self, module_id: str) -> Mapping[str, Any]:
        # Its own in each module: what another one has, too, is never fetched twice.
        program = f"#!/bin/sh\n: {module_id}\necho here\n".encode()
        noise = Random(f"{module_id} {self.version}").randbytes(self.sizes.get(module_id, SIZE))
        with zipfile.ZipFile(self.archive(module_id), "w") as archive:
            for path, content in (("bin/run", program), ("noise.bin", noise)):
                entry = zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0))
                entry.external_attr = 0o755 << 16
                archive.writestr(entry, content)
        data = self.archive(module_id).read_bytes()
        return {
            "url": self.archive(module_id).name,
            "hash": hashlib.sha256(data).hexdigest(),
            "sizeBytes": len(data),
            "compressionFormat": "zip",
        }


@dataclass(frozen=True)
class Ended:
    """A process that ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[Any]:
        """The lines of `--json`: every one must be an object."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def end(self) -> Any:
        """The last line of `--json`."""
        return self.events[-1]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a child: this checkout's program, and nobody's settings."""
    foreign = {"COLUMNS", "LINES"}  # a terminal's own size counts
    mine = {n: value for n, value in os.environ.items() if not n.startswith("VSRT_") and n not in foreign}
    return {**mine, "PYTHONPATH": str(ROOT), **more}


@dataclass(frozen=True)
class Vsrt:
    """The program, with the two choices that all commands here share."""

    catalog: str
    prefix: Path

    def command(self, *args: str) -> list[str]:
        where = ["--catalog", self.catalog, "--prefix", str(self.prefix)]
        return [sys.executable, "-m", "vsrt_gui", *args, *where]

    def run(self, *args: str, **env: str) -> Ended:
        """Run a command to its end, with nobody to ask."""
        done = subprocess.run(
            self.command(*args),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            env=environment(**env),
            timeout=PATIENCE,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *args: str, **env: str) -> subprocess.Popen[str]:
        """Begin a command whose outputs are pipes."""
        return subprocess.Popen(
            self.command(*args),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environment(**env),
        )


def until(process: subprocess.Popen[str], wanted: Callable[[Any], bool]) -> list[Any]:
    """Read JSON lines until one is what is wanted."""
    assert process.stdout
    seen = []
    for line in process.stdout:
        seen.append(json.loads(line))
        if wanted(seen[-1]):
            return seen
    raise AssertionError(seen)


@dataclass(frozen=True)
class Shown:
    """What a person saw on a terminal, and how it ended."""

    code: int
    screen: str


def on_terminal(
    command: Sequence[str], replies: Sequence[tuple[str, str | signal.Signals]] = (), **env: str
) -> Shown:
    """Run a command on a terminal of 100 columns; POSIX only.

    Args:
        command: to run.
        replies: each a text to wait for, and what to type, or the signal to send, once it is there.
        **env: further environment.
    """
    import fcntl  # noqa: PLC0415 -- POSIX only
    import pty  # noqa: PLC0415
    import termios  # noqa: PLC0415

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", CONTROLLED, *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(**{"TERM": "xterm-256color", **env}),
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            screen = _talk(ours, process, list(replies))
        finally:
            process.kill()
            os.close(ours)
    assert "Traceback" not in screen
    return Shown(process.returncode, screen)


def _talk(
    terminal: int, process: subprocess.Popen[bytes], replies: list[tuple[str, str | signal.Signals]]
) -> str:
    screen, until_when = "", time.monotonic() + PATIENCE
    while time.monotonic() < until_when:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                screen += os.read(terminal, 65536).decode("utf-8", "replace")
            except OSError:  # the other end has closed: the process has ended
                break
        if replies and replies[0][0] in screen:
            reply = replies.pop(0)[1]
            if isinstance(reply, str):
                os.write(terminal, reply.encode())
            else:
                process.send_signal(reply)
    process.wait(PATIENCE)
    assert not replies, screen
    return screen
