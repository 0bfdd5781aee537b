"""A catalog and copies of it on real servers, and whole runs of the real program against them, in this process."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cli_house import Catalog
from simulators.http_server import HttpServer

from vsrt_gui.app import open_session
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Event, Outcome, Retrying, RunFinished, Step, StepFinished
from vsrt_gui.model.policies import BreakerPolicy, DiskPolicy, LimitPolicy, Policies, RetryPolicy
from vsrt_gui.model.request import Request, Verb

SERIAL = LimitPolicy(concurrent=1, gap=0.0)
QUICK = Policies(
    manifest_retry=RetryPolicy(first_delay=0.05),
    download_retry=RetryPolicy(first_delay=0.05),
    manifest_breaker=BreakerPolicy(threshold=3, cooldown=0.5),
    download_breaker=BreakerPolicy(threshold=5, cooldown=0.5),
    download_limit=SERIAL,  # one after the other, so that what one finds out is known to the next
    disk=DiskPolicy(minimum=0),
)


@dataclass
class Ran:
    """One run that ended."""

    end: RunFinished
    events: list[Event]

    @property
    def codes(self) -> list[str]:
        return [str(fault.code) for fault in self.end.faults]

    @property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Module to the servers that its bytes came from."""
        return {
            event.module: tuple(url.rsplit("/", 1)[0] for url in event.sources)
            for event in self.events
            if isinstance(event, StepFinished) and event.step is Step.DOWNLOAD
        }

    @property
    def retries(self) -> list[Retrying]:
        return [event for event in self.events if isinstance(event, Retrying)]


@dataclass
class Served:
    """A folder with a catalog, and a prefix to install in.

    Attributes:
        tmp: where all of it lies.
        monkeypatch: sets the environment.
        catalog: its folder is what servers serve.
    """

    tmp: Path
    monkeypatch: pytest.MonkeyPatch
    catalog: Catalog = field(init=False)

    def __post_init__(self) -> None:
        for name in ("STATE", "DATA", "CACHE", "CONFIG"):
            self.monkeypatch.setenv(f"XDG_{name}_HOME", str(self.tmp / name.lower()))
        self.catalog = Catalog(self.tmp / "catalog").write()

    @property
    def prefix(self) -> Path:
        return self.tmp / "runtime"

    def path(self, module: str) -> str:
        return f"/{self.catalog.archive(module).name}"

    def size(self, *modules: str) -> int:
        return sum(self.catalog.archive(module).stat().st_size for module in modules or self.catalog.names)

    def copies(self, *urls: str) -> None:
        """Let these stand before the catalog, as the settings say."""
        self.monkeypatch.setenv("VSRT_MIRRORS", ", ".join(f"{url}/" for url in urls))

    def name_mirrors(self, *urls: str) -> None:
        """Let the manifest itself name these mirrors of every archive."""
        manifest = self.catalog.manifest()
        for module in manifest["modules"]:
            for artifact in module["platformArtifacts"].values():
                artifact["mirrors"] = [f"{url}/{artifact['url']}" for url in urls]
        self.catalog.write_manifest(manifest)

    def run(
        self,
        catalog: str,
        verb: Verb = Verb.INSTALL,
        policies: Policies = QUICK,
        meanwhile: Callable[[Session, Event], None] = lambda _session, _event: None,
    ) -> Ran:
        """Run one request to its end.

        Args:
            catalog: address of it.
            verb: what is asked.
            policies: the numbers.
            meanwhile: called with each event, on the loop.
        """
        events: list[Event] = []

        async def play() -> RunFinished:
            session = open_session(catalog, self.prefix, policies)

            def listen(event: Event, _state: object) -> None:
                events.append(event)
                meanwhile(session, event)

            session.subscribe(listen)
            try:
                session.start(Request(verb=verb))
                return await session.finished()
            finally:
                await session.close()

        return Ran(asyncio.run(play()), events)

    def installed(self, modules: Iterable[str] = ("base", "core", "extra")) -> bool:
        """Tell whether every module is in the store with the very bytes that were packed."""
        ended = self.run(str(self.catalog.folder), Verb.VERIFY)
        there = {path.name.split("-")[0] for path in (self.prefix / "store").iterdir()}
        return ended.end.outcome is Outcome.COMPLETED and ended.end.severity is None and there == set(modules)


def fetched(*servers: HttpServer) -> dict[str, int]:
    """Return the bytes of archives that each server sent."""
    return {
        server.url: sum(one.sent for one in server.log if one.path.endswith(".zip")) for server in servers
    }
