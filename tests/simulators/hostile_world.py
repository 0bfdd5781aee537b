"""A small real runtime on hostile servers: what is published, where each verb begins, runs, and what came of them."""

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators.behaviour import Behaviour, page, redirect
from simulators.hostile import CIRCLE, PORTAL, Kind, Step
from simulators.hostile_shelf import NEW, OLD, Edition, Shelf
from simulators.http_server import HttpServer
from simulators.segmented import limits
from vsrt_gui.adapters.prefix.layout import TEMPORARY_NAME
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.replacing import Patience
from vsrt_gui.app import open_session
from vsrt_gui.engine import segments
from vsrt_gui.model.events import Event, Outcome, RunFinished
from vsrt_gui.model.policies import BreakerPolicy, DiskPolicy, LimitPolicy, Policies, RetryPolicy
from vsrt_gui.model.request import Request, Verb

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
ALONE_SECONDS = 0.6
"""How long an archive takes that comes by one request, where it is to come by several."""
RANGES = 12
"""So many has an archive then."""
MEMORY = Path("/dev/shm")
PATIENT, HASTY = "20", "0.3"
"""Seconds without a byte; the second where somebody is to fall silent."""


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
        tally: cases, runs, requests, bytes, and how often a run ended in what.
        divided: whether archives come by several requests.
    """

    divided = False

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

    def divide(self, patch: pytest.MonkeyPatch) -> None:
        """Let archives come by several requests, as only large ones do, as long as the patch holds."""
        size = self.size(Edition("words", NEW).path)
        for name, limit in limits(size // RANGES).items():
            patch.setattr(segments, name, limit)
        self.origin.each = self.mirror.each = size / ALONE_SECONDS
        if not self.divided:
            self.tally.clear()
        self.divided = True

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
        tool = Edition("tool", version or self.version)
        patches = {tool.patches: Kind.ARCHIVE} if tool.patches in self.shelf.archives else {}
        return {LIST: Kind.LIST, f"{tool.path}.index": Kind.INDEX, **patches, **archives}

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
        # A further request, whatever came of it; those for single files have no If-Range.
        self.tally["divided"] += any(one.if_range and not (one.range or "-").endswith("-") for one in log)
        self.tally.update({str(fault.code): 1 for fault in end.faults})
        return Ran(end, events, sent, asked)

    @property
    def figures(self) -> str:
        """What was done in all, in words."""
        ends = {str(outcome): self.tally[str(outcome)] for outcome in Outcome}
        codes = sorted(set(self.tally) - {"runs", "requests", "bytes", "divided", "cases", *ends})
        divided = f", {self.tally['divided']} with further requests" if self.divided else ""
        return (
            f"{self.tally['runs']} runs ({', '.join(f'{n} {end}' for end, n in ends.items() if n)}{divided}), "
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

    def kept(self, edition: Edition) -> int:
        """Return how many bytes lie staged of an archive; 0 unless all of them are right."""
        archive = self.shelf.archives[edition.path]
        digest, staged = hashlib.sha256(archive).hexdigest(), self.staged(edition)
        ranges = DiskPart(self.prefix / "downloads", digest, Patience()).ranges()
        right = all(staged[start:end] == archive[start:end] for start, end in ranges)
        return sum(end - start for start, end in ranges) if right else 0

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
