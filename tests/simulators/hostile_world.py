"""A small real runtime on hostile servers: what is published, where each verb begins, runs, and what came of them."""

import asyncio
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulators.behaviour import Behaviour, page, redirect
from simulators.hostile import CIRCLE, PORTAL, Kind, Step
from simulators.http_server import HttpServer
from vsrt_gui.adapters.archives.library import ArchiveLibrary
from vsrt_gui.adapters.prefix.layout import TEMPORARY_NAME
from vsrt_gui.app import open_session
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.events import Event, Outcome, RunFinished
from vsrt_gui.model.manifest import ArchiveFormat, Artifact
from vsrt_gui.model.policies import BreakerPolicy, DiskPolicy, LimitPolicy, Policies, RetryPolicy
from vsrt_gui.model.request import Request, Verb

PLATFORMS = ("linux-x64", "linux-arm64", "macos-x64", "macos-arm64", "windows-x64")
OLD, NEW = "1.0.0", "2.0.0"
LIST = "/manifest.json"
HARM = b"damaged"
QUICK = Policies(
    manifest_retry=RetryPolicy(first_delay=0.01),
    download_retry=RetryPolicy(first_delay=0.01),
    manifest_breaker=BreakerPolicy(threshold=5, cooldown=0.05, successes=1),
    download_breaker=BreakerPolicy(threshold=5, cooldown=0.05, successes=1),
    manifest_limit=LimitPolicy(gap=0.0),
    download_limit=LimitPolicy(gap=0.0),
    disk=DiskPolicy(minimum=0, reserve=0),
)
"""The usual patience with hardly a pause in it."""
MEMORY = Path("/dev/shm")
PATIENT, HASTY = "20", "0.3"
"""Seconds without a byte; the second where somebody is to fall silent."""


@dataclass(frozen=True)
class Edition:
    """One module in one version.

    Attributes:
        module: its id.
        version: its version.
    """

    module: str
    version: str

    @property
    def files(self) -> Mapping[str, bytes]:
        """What it holds: in each version a part is the same, a part another one."""
        own, same = Random(f"{self.module} {self.version}"), Random(self.module)
        return {
            "bin/run": f"#!/bin/sh\necho {self.module} {self.version}\n".encode(),
            "empty": b"",
            "lib/own": own.randbytes(9_000),
            "lib/same": same.randbytes(14_000),
            "lib/small": own.randbytes(500),
        }

    @property
    def path(self) -> str:
        """Where a server has its archive."""
        return f"/{self.module}-{self.version}.{'zip' if self.module == 'tool' else 'tar.gz'}"

    @property
    def archive(self) -> bytes:
        """Its archive: a zip for the tool, which has ranges, else a tar.gz."""
        return _zipped(self.files) if self.path.endswith(".zip") else _tarred(self.files)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if name.startswith("bin/") else 0o644) << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def _tarred(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), 1_700_000_000
            entry.mode = 0o755 if name.startswith("bin/") else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@dataclass(frozen=True)
class Shelf:
    """All that is published, made once: path to bytes.

    Attributes:
        folder: to work in.
        truth: store folder to its files.
        archives: path to bytes.
        lists: version to the manifest; its archives' mirrors stand at `{mirror}`.
    """

    folder: Path
    truth: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    archives: dict[str, bytes] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)

    def fill(self) -> "Shelf":
        """Publish both versions of both modules."""
        for version in (OLD, NEW):
            modules = [self._module(Edition(name, version)) for name in ("tool", "words")]
            self.lists[version] = json.dumps({"version": version, "modules": modules})
        return self

    def _module(self, edition: Edition) -> Mapping[str, Any]:
        data = edition.archive
        digest = hashlib.sha256(data).hexdigest()
        self.archives[edition.path] = data
        self.truth[f"{edition.module}-{edition.version}-{digest[:8]}"] = edition.files
        artifact: dict[str, Any] = {
            "url": edition.path[1:],
            "mirrors": [f"{{mirror}}{edition.path}"],
            "hash": digest,
            "sizeBytes": len(data),
        }
        if edition.module == "tool":
            artifact["index"] = self._index(edition, digest)
        return {
            "id": edition.module,
            "name": edition.module.title(),
            "type": "runtime",
            "version": edition.version,
            "dependencies": [],
            "isOptional": False,
            "platformArtifacts": dict.fromkeys(PLATFORMS, artifact),
        }

    def _index(self, edition: Edition, digest: str) -> Mapping[str, str]:
        file = self.folder / edition.path[1:]
        file.write_bytes(edition.archive)
        artifact = Artifact(url=file.as_uri(), sha256=digest, format=ArchiveFormat.ZIP)
        index = ArchiveLibrary().index(file, artifact, lambda _: None, Stop())
        data = index.model_dump_json().encode()
        self.archives[f"{edition.path}.index"] = data
        return {"url": f"{edition.path[1:]}.index", "hash": hashlib.sha256(data).hexdigest()}


@dataclass
class Ran:
    """One run that ended."""

    end: RunFinished
    events: list[Event]
    sent: Mapping[str, int]
    asked: Mapping[str, int]

    @property
    def done(self) -> bool:
        return self.end.outcome is Outcome.COMPLETED and not self.end.faults

    @property
    def codes(self) -> set[str]:
        return {str(fault.code) for fault in self.end.faults}


class World:
    """Two servers of the same bytes, and a computer to install on; all of it below one folder.

    Attributes:
        shelf: what is published.
        origin: the catalog's own server.
        mirror: another one, which the catalog names.
        version: of what is on offer.
        tally: runs, requests, bytes, and how often a run ended in what.
    """

    def __init__(self, folder: Path, origin: HttpServer, mirror: HttpServer) -> None:
        """Publish everything, and prepare an installation of the old version."""
        self.shelf = Shelf(folder).fill()
        self.origin, self.mirror = origin, mirror
        self.version = OLD
        self.tally: Counter[str] = Counter()
        self._home, self._ready = folder / "home", folder / "ready"
        self.offer(OLD)
        self._personal()
        assert self.run(Verb.INSTALL).done
        shutil.copytree(self._home, self._ready, symlinks=True)

    @property
    def prefix(self) -> Path:
        return self._home / "runtime"

    def _personal(self) -> None:
        for name in ("CACHE", "CONFIG", "STATE", "DATA"):
            os.environ[f"XDG_{name}_HOME"] = str(self._home / name.lower())

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator["World"]:
        """Make one, in memory where there is such, else in this folder; flushing takes long, and is tried elsewhere."""
        with (
            pytest.MonkeyPatch.context() as patch,
            tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else folder) as made,
            HttpServer() as origin,
            HttpServer() as mirror,
        ):
            for name in ("CACHE", "CONFIG", "STATE", "DATA"):
                patch.setenv(f"XDG_{name}_HOME", "")  # put back afterwards, whatever the world makes of it
            patch.setenv("VSRT_STALL_TIMEOUT", PATIENT)
            yield cls(Path(made), origin, mirror)

    def renew(self, *, installed: bool) -> None:
        """Begin anew: honest servers, and a computer with the old version or with nothing."""
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir()
        self._personal()
        if installed:
            shutil.copytree(self._ready / "runtime", self.prefix, symlinks=True)
        self.honest()
        self.offer(OLD)

    def offer(self, version: str, *, mirrored: bool = False) -> None:
        """Publish a version on both servers."""
        self.version = version
        for server in (self.origin, self.mirror):
            for path, data in self.shelf.archives.items():
                server.put(path, data)
        document = json.loads(self.shelf.lists[version].replace("{mirror}", self.mirror.url))
        if not mirrored:
            for module in document["modules"]:
                for artifact in module["platformArtifacts"].values():
                    artifact["mirrors"] = []
        self.origin.put(LIST, json.dumps(document).encode())

    def honest(self) -> None:
        """Let both servers be good from now on."""
        for server in (self.origin, self.mirror):
            server.reform()
            server.behave(PORTAL, page())
            server.behave(CIRCLE, redirect(CIRCLE))

    def hostile(self, server: HttpServer, path: str, steps: list[Step], *, ever: bool = False) -> None:
        """Let a server do these at a path, one for each request, and then behave, or go on with the last for ever."""
        size = len(self.shelf.archives.get(path, self.shelf.lists[self.version].encode()))
        for step in steps:
            server.behave(path, step.behaviour(size), times=1)
        if ever and steps:
            server.behave(path, steps[-1].behaviour(size))

    def size(self, path: str) -> int:
        return len(self.shelf.archives[path])

    def paths(self, version: str | None = None) -> dict[str, Kind]:
        """Return what a run may ask the servers for."""
        archives = {Edition(name, version or self.version).path: Kind.ARCHIVE for name in ("tool", "words")}
        index = f"{Edition('tool', version or self.version).path}.index"
        return {LIST: Kind.LIST, index: Kind.INDEX, **archives}

    def run(self, verb: Verb, *, stalls: bool = False) -> Ran:
        """Run one request to its end, and hold it to leaving nothing behind: no thread, no connection."""
        os.environ["VSRT_STALL_TIMEOUT"] = HASTY if stalls else PATIENT
        for server in (self.origin, self.mirror):
            server.forget()
        events: list[Event] = []
        with self._nothing_left():
            end = asyncio.run(self._play(verb, events))
        log = [*self.origin.log, *self.mirror.log]
        sent: dict[str, int] = {}
        asked: dict[str, int] = {}
        for one in log:
            sent[one.path] = sent.get(one.path, 0) + one.sent
            asked[one.path] = asked.get(one.path, 0) + 1
        self.tally.update({"runs": 1, "requests": len(log), "bytes": sum(sent.values()), str(end.outcome): 1})
        self.tally.update({str(fault.code): 1 for fault in end.faults})
        return Ran(end, events, sent, asked)

    @property
    def figures(self) -> str:
        """What was done in all, in words."""
        ends = {str(outcome): self.tally[str(outcome)] for outcome in Outcome}
        codes = sorted(set(self.tally) - {"runs", "requests", "bytes", *ends})
        return (
            f"{self.tally['runs']} runs ({', '.join(f'{n} {end}' for end, n in ends.items() if n)}), "
            f"{self.tally['requests']} requests, {self.tally['bytes'] / 1e6:.1f} MB; "
            f"faults: {', '.join(f'{code} {self.tally[code]}' for code in codes) or 'none'}"
        )

    async def _play(self, verb: Verb, events: list[Event]) -> RunFinished:
        session = open_session(f"{self.origin.url}{LIST}", self.prefix, QUICK)
        session.subscribe(lambda event, _state: events.append(event))
        try:
            session.start(Request(verb=verb))
            return await session.finished()
        finally:
            await session.close()

    @contextmanager
    def _nothing_left(self) -> Iterator[None]:
        yield
        until = time.monotonic() + 5
        while (left := self._left()) and time.monotonic() < until:
            time.sleep(0.002)
        assert not left, left

    def _left(self) -> list[str]:
        threads = [thread.name for thread in threading.enumerate() if thread.name.startswith("vsrt")]
        open_ = [
            f"connection to {server.url}" for server in (self.origin, self.mirror) if server.connected_to
        ]
        return [*threads, *open_]

    # What came of it.

    @property
    def current(self) -> str | None:
        """The number of the generation in force."""
        file = self.prefix / "current"
        return file.read_text() if file.exists() else None

    def in_force(self) -> dict[str, Mapping[str, bytes]]:
        """Return the folders of the generation in force with what they must hold."""
        if self.current is None:
            return {}
        number = json.loads(self.current)
        number = number["generation"] if isinstance(number, dict) else number
        text = (self.prefix / "generations" / f"{number}.json").read_text()
        return {name: files for name, files in self.shelf.truth.items() if _named(name, json.loads(text))}

    def held(self) -> dict[str, bytes]:
        """Return all files of the store, by their paths in it."""
        store = self.prefix / "store"
        return {
            file.relative_to(store).as_posix(): file.read_bytes()
            for file in sorted(store.rglob("*"))
            if file.is_file()
        }

    def wrong(self) -> list[str]:
        """Return the files of the store that are not what they must be, and those that nobody expects."""
        return [
            path
            for path, content in self.held().items()
            if self.shelf.truth[path.split("/")[0]].get(path.partition("/")[2]) != content
        ]

    def lacking(self) -> list[str]:
        """Return the files that the generation in force lacks."""
        held = self.held()
        return [
            f"{folder}/{name}"
            for folder, files in self.in_force().items()
            for name in files
            if f"{folder}/{name}" not in held
        ]

    def strays(self) -> list[str]:
        """Return temporary files that were left behind."""
        return [str(path) for path in self.prefix.rglob("*") if TEMPORARY_NAME.fullmatch(path.name)]

    def withdraw(self, version: str) -> None:
        """Take a version's files from both servers, index and all."""
        for server in (self.origin, self.mirror):
            for path in self.paths(version):
                if path != LIST:
                    server.behave(path, Behaviour(status=404))

    def damage(self) -> set[str]:
        """Harm what is installed, a file of each module; returns what was harmed."""
        harmed = set()
        for folder in self.in_force():
            (self.prefix / "store" / folder / "lib" / "own").write_bytes(HARM)
            (self.prefix / "store" / folder / "bin" / "run").unlink(missing_ok=True)
            harmed |= {f"{folder}/lib/own", f"{folder}/bin/run"}
        return harmed

    def staged(self, edition: Edition) -> bytes:
        """Return what lies staged of an archive."""
        digest = hashlib.sha256(self.shelf.archives[edition.path]).hexdigest()
        part = self.prefix / "downloads" / f"{digest}.part"
        return part.read_bytes() if part.exists() else b""


def _named(folder: str, generation: Mapping[str, Any]) -> bool:
    return any(
        folder.startswith(f"{one['module']['id']}-{one['module']['version']}-")
        for one in generation["modules"]
    )
