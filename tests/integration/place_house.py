"""A small runtime in a folder of the user's, worked on within this process by the real engine on the real disk."""

import asyncio
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from integration.cli_house import Catalog
from simulators.http_server import HttpServer

from vsrt_gui.app import open_session
from vsrt_gui.model.events import Event, Outcome, PlanReady, RunFinished
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState
from vsrt_gui.model.status import Overview

OLD, NEW = "1.0.0", "2.0.0"
OWN = "the user's own"
LAUNCH: Mapping[str, Any] = {
    "bin": {"run": "bin/run", "edit": ["{bin:run}", "--extensions", "{data}/extensions"]}
}


@dataclass(frozen=True)
class Place:
    """A runtime that works, and the lists of modules of both its versions.

    Attributes:
        root: of all that a test touches.
        name: of the folder that is chosen in the home; the home itself where empty.
    """

    root: Path
    name: str = "runtime"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def data(self) -> Path:
        """The user's own data, which belongs to no prefix."""
        return self.root / "personal" / "data" / "vscode-runtime"

    @property
    def prefix(self) -> Path:
        return self.home / self.name

    def catalog(self, version: str) -> Path:
        return self.root / f"catalog-{version}"

    def run(
        self, verb: Verb, catalog: str | Path, *modules: str, generation: int | None = None
    ) -> RunFinished:
        return self.ask(Request(verb=verb, modules=frozenset(modules), generation=generation), catalog)

    def ask(self, request: Request, catalog: str | Path, *, cancel: bool = False) -> RunFinished:
        """Do it to its end, or cancel it when it is known what is to be done."""
        return asyncio.run(_run(str(catalog), self.prefix, request, cancel=cancel))

    def look(self, version: str = OLD) -> Overview:
        return asyncio.run(_look(str(self.catalog(version)), self.prefix))

    def works(self) -> bool:
        done = subprocess.run([self.prefix / "bin" / "run"], check=False, capture_output=True)
        return done.returncode == 0

    @property
    def version(self) -> str:
        number = (self.prefix / "current").read_text().strip()
        note = (self.prefix / "generations" / f"{number}.json").read_text()
        return NEW if f'"manifest_version": "{NEW}"' in note else OLD

    def own(self) -> dict[str, str]:
        """Return the files in the prefix that hold what is the user's."""
        files = (path for path in self.prefix.rglob("*") if path.is_file() and not path.is_symlink())
        return {
            path.relative_to(self.prefix).as_posix(): OWN
            for path in files
            if path.read_bytes() == OWN.encode()
        }


async def _run(catalog: str, prefix: Path, request: Request, *, cancel: bool) -> RunFinished:
    session = open_session(catalog, prefix)

    def watch(event: Event, _state: RunState) -> None:
        if cancel and isinstance(event, PlanReady):
            session.cancel()

    session.subscribe(watch)
    session.start(request)
    try:
        return await session.finished()
    finally:
        await session.close()


async def _look(catalog: str, prefix: Path) -> Overview:
    session = open_session(catalog, prefix)
    try:
        return await session.look()
    finally:
        await session.close()


def as_user(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CACHE", "CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(root / "personal" / name.lower()))


def fine(ended: RunFinished) -> None:
    assert (ended.outcome, ended.faults) == (Outcome.COMPLETED, ()), ended


def fetched(server: HttpServer) -> int:
    """Return the bytes of archives that a server gave."""
    return sum(served.sent for served in server.log if served.path.endswith(".zip"))


def made(root: Path, sets: int, place: Place | None = None, launch: Mapping[str, Any] = LAUNCH) -> Place:
    """Publish both versions; with one set, install the older one, and with two, update it."""
    place = place or Place(root)
    for version in (OLD, NEW):
        catalog = Catalog(
            place.catalog(version), version, sizes=dict.fromkeys(("base", "core", "extra"), 9000)
        )
        catalog.write()
        manifest = catalog.manifest()
        manifest["modules"][0]["launch"] = launch
        catalog.write_manifest(manifest)
    if sets > 0:
        fine(place.run(Verb.INSTALL, place.catalog(OLD)))
    if sets > 1:
        fine(place.run(Verb.UPDATE, place.catalog(NEW)))
    return place


def copied(template: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    shutil.copytree(template, root, symlinks=True, dirs_exist_ok=True)
    as_user(root, monkeypatch)
    return Place(root)
