"""A whole world in memory around one session: publish modules, run requests, spoil things, look at what came of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from simulators.memory import MemoryCache, MemoryCatalog, MemoryHost, MemoryLogbook, MemoryPrefix
from simulators.memory_archives import Item, MemoryArchives, index_of, pack, with_patches
from simulators.memory_servers import MemoryServers
from simulators.memory_source import MemorySource, Shelf, Trouble
from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.mirrors import Copies
from vsrt_gui.engine.service import Notes, services
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Event, RunFinished
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import (
    ArchiveFormat,
    Artifact,
    IndexReference,
    Launch,
    Manifest,
    Module,
    ModuleType,
    PatchesReference,
    Platform,
    PublishedModule,
    Requirements,
    Target,
)
from vsrt_gui.model.policies import BreakerPolicy, LimitPolicy, Policies, RetryPolicy
from vsrt_gui.model.request import Request, Trigger, Verb
from vsrt_gui.model.run import RunState
from vsrt_gui.model.survey import Generation

T = TypeVar("T")
HOST = "https://files.test"
PLATFORM = Platform.LINUX_X64
ASKS_NOTHING = Requirements()
STARTS_NOTHING = Launch()
NOW = RetryPolicy(first_delay=0.0)
"""The usual patience without the pauses."""


@dataclass(frozen=True)
class Sample:
    """One module to be published; `indexed` publishes its file index too, a zip has byte ranges."""

    id: str
    needs: tuple[str, ...] = ()
    optional: bool = False
    version: str = "1.0"
    items: Mapping[str, Item] | None = None
    zipped: bool = True
    indexed: bool = True
    sized: bool = True
    mirrors: tuple[str, ...] = ()
    platforms: tuple[Platform, ...] = (PLATFORM,)
    requires: Requirements = ASKS_NOTHING
    launch: Launch = STARTS_NOTHING
    before: "Sample | None" = None
    """What patches are published against."""

    @property
    def content(self) -> Mapping[str, Item]:
        """Some files of its own: one of them runs, one is empty, one is a link."""
        if self.items is not None:
            return self.items
        seed = f"{self.id} {self.version} ".encode()
        return {
            "bin/run": Item(seed * 200, executable=True),
            "lib/a.js": Item(b"a" + seed * 300),
            "lib/b.js": Item(b"b" + seed * 300),
            "lib/empty": Item(b""),
            "link": Item(link="bin/run"),
        }

    @property
    def archive(self) -> bytes:
        return pack(self.content)

    @property
    def url(self) -> str:
        return f"{HOST}/{self.id}-{self.version}.{'zip' if self.zipped else 'tar.gz'}"

    @property
    def artifact(self) -> Artifact:
        digest = sha256(self.archive).hexdigest()
        return Artifact(
            url=self.url,
            mirrors=self.mirrors,
            sha256=digest,
            size=len(self.archive) if self.sized else None,
            format=ArchiveFormat.ZIP if self.zipped else ArchiveFormat.TAR_GZ,
            index=IndexReference(url=f"{self.url}.index", sha256=digest) if self.indexed else None,
            patches=PatchesReference(
                url=f"{self.url}.patches",
                mirrors=tuple(f"{url}.patches" for url in self.mirrors),
                sha256=sha256(self.patches).hexdigest(),
                size=len(self.patches),
            )
            if self.before
            else None,
        )

    @property
    def index(self) -> FileIndex:
        return self._patched[0]

    @property
    def patches(self) -> bytes:
        return self._patched[1]

    @property
    def _patched(self) -> tuple[FileIndex, bytes]:
        index = index_of(self.archive, ranged=self.zipped)
        return with_patches(index, self.content, self.before.content) if self.before else (index, b"")

    @property
    def published(self) -> PublishedModule:
        return PublishedModule(**dict(self.module), artifacts=dict.fromkeys(self.platforms, self.artifact))

    @property
    def module(self) -> Module:
        return Module(
            id=self.id,
            name=self.id.title(),
            type=ModuleType.RUNTIME,
            version=self.version,
            dependencies=self.needs,
            optional=self.optional,
            requires=self.requires,
            launch=self.launch,
        )

    @property
    def target(self) -> Target:
        return Target(module=self.module, artifact=self.artifact)


def manifest(*samples: Sample, version: str = "1.0.0") -> Manifest:
    return Manifest(version=version, modules=tuple(sample.published for sample in samples))


def generation(*samples: Sample, number: int = 1, version: str = "1.0.0") -> Generation:
    return Generation(
        number=number,
        manifest_version=version,
        installed_at=datetime(2026, 1, 1, tzinfo=UTC),
        trigger=Trigger.MANUAL,
        complete=True,
        modules=tuple(sample.target for sample in samples),
    )


POLICIES = Policies(
    manifest_retry=NOW,
    download_retry=NOW,
    # High, so that a test of something else never waits for a breaker's cooldown.
    manifest_breaker=BreakerPolicy(threshold=1000),
    download_breaker=BreakerPolicy(threshold=1000),
    manifest_limit=LimitPolicy(gap=0.0),
    download_limit=LimitPolicy(gap=0.0),
)


class World:
    """Everything that a session needs, in memory.

    Attributes:
        events: all that the session told of.
    """

    def __init__(self, *samples: Sample, policies: Policies = POLICIES) -> None:
        self.source = MemorySource()
        self.prefix = MemoryPrefix()
        self.catalog = MemoryCatalog(manifest())
        self.host = MemoryHost()
        self.servers = MemoryServers()
        self.archives = MemoryArchives(self.prefix.downloads)
        self.policies = policies
        self.events: list[Event] = []
        self.online = True
        self.notes: Notes | None = None
        self.copies = Copies()
        self.publish(*samples)

    def publish(self, *samples: Sample, version: str = "1.0.0") -> None:
        """Replace the manifest; archives of earlier ones stay where they were."""
        self.catalog.published = manifest(*samples, version=version)
        for sample in samples:
            for url in (sample.url, *sample.mirrors):
                self.source.shelves[url] = Shelf(sample.archive)
                if sample.before:
                    self.source.shelves[f"{url}.patches"] = Shelf(sample.patches)
            if sample.indexed:
                self.catalog.indexes[f"{sample.url}.index"] = sample.index

    def tools(self) -> Tools:
        asked, fetched = services(self.policies)
        return Tools(
            cache=MemoryCache(),
            logbook=MemoryLogbook(),
            catalog=self.catalog if self.online else None,
            source=self.source,
            archives=self.archives,
            host=self.host,
            servers=self.servers,
            prefix_at=lambda _folder: self.prefix,
            platform=PLATFORM,
            policies=self.policies,
            catalog_service=asked,
            download_service=fetched,
            notes=self.notes,
            copies=self.copies,
        )

    def within(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Do something with a session of its own on a loop of its own, and close it."""

        async def all_of_it() -> T:
            session = Session(self.tools(), Path("/memory"))
            session.subscribe(self._listen)
            try:
                return await work(session)
            finally:
                await session.close()

        return asyncio.run(all_of_it())

    def _listen(self, event: Event, _state: RunState) -> None:
        self.events.append(event)

    def run(self, verb: Verb, *modules: str, generation: int | None = None) -> RunFinished:
        """Run one request to its end; `events` holds what was told of it."""
        self.events.clear()

        async def work(session: Session) -> RunFinished:
            session.start(Request(verb=verb, modules=frozenset(modules), generation=generation))
            return await session.finished()

        return self.within(work)

    def cancelled(self, verb: Verb = Verb.INSTALL, *, times: int = 1) -> RunFinished:
        """Run a request and cancel it when its download has gone silent; see `silence`."""
        self.events.clear()

        async def work(session: Session) -> RunFinished:
            session.start(Request(verb=verb))
            await self.hung()
            for _ in range(times):
                session.cancel()
                await asyncio.sleep(0)
            return await session.finished()

        return self.within(work)

    def silence(self, sample: Sample, after: int = 2000) -> None:
        """Let the next download of a module go silent half-way."""
        self.source.troubles[sample.url] = [Trouble(None, after=after)]

    async def hung(self) -> None:
        """Wait until a download has gone silent."""
        while not self.source.silent.is_set():  # noqa: ASYNC110 -- a thread sets it
            await asyncio.sleep(0.001)

    def told(self, kind: type[T]) -> list[T]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def installed(self) -> dict[str, str]:
        """Module id to version of what is in force."""
        prefix = self.prefix
        modules = () if prefix.current is None else prefix.generations[prefix.current].modules
        return {target.id: target.module.version for target in modules}

    def spoil(self, sample: Sample, path: str, content: bytes = b"spoilt") -> None:
        """Change one installed file."""
        self.prefix.folders[sample.target.folder][path] = Item(content, mtime=1)
