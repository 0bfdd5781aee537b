"""What a run works with: the tools of the house, the prefix, the request, and whom it tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.catalog_port import Catalog
from vsrt_gui.engine.host_port import Host
from vsrt_gui.engine.journal import Journal
from vsrt_gui.engine.memory_ports import Cache, Logbook
from vsrt_gui.engine.mirrors import Copies, MirrorOrder
from vsrt_gui.engine.persist import Rules
from vsrt_gui.engine.ports import Archives, Prefix, Source
from vsrt_gui.engine.secrets_port import Secrets
from vsrt_gui.engine.server_port import Servers
from vsrt_gui.engine.service import Notes, Service, Sharing
from vsrt_gui.model.events import Event, Step
from vsrt_gui.model.manifest import Artifact, Platform
from vsrt_gui.model.policies import Policies
from vsrt_gui.model.request import Request

P = ParamSpec("P")
T = TypeVar("T")


NO_COPIES = Copies()


def _none() -> int:
    return 0


@dataclass(frozen=True)
class Tools:
    """The hands that the composition root gives to the engine.

    Attributes:
        catalog: None where none is configured; then only what is installed can be worked on.
        cache: of manifests.
        logbook: what was written down lately.
        source: gets bytes.
        archives: reads archives.
        host: what only the operating system can tell.
        servers: processes that go on when this program ends.
        prefix_at: opens a folder as a prefix; a non-empty foreign folder gives a subfolder of it.
        platform: of this machine, None where nothing is published for its kind.
        policies: the numbers.
        catalog_service: rules asking for manifests and file indexes.
        download_service: rules asking for artifacts.
        notes: what programs tell each other of servers that failed; None keeps that to oneself.
        copies: of the catalog's folder.
        close: called when the session ends, to let connections go.
        secrets: keeps the logins of proxies; None where there is no keyring.
    """

    catalog: Catalog | None
    cache: Cache
    logbook: Logbook
    source: Source
    archives: Archives
    host: Host
    servers: Servers
    prefix_at: Callable[[Path], Prefix]
    platform: Platform | None
    policies: Policies
    catalog_service: Service
    download_service: Service
    notes: Notes | None = None
    copies: Copies = NO_COPIES
    close: tuple[Callable[[], None], ...] = ()
    secrets: Secrets | None = None


@dataclass(frozen=True)
class Context:
    """One run, or one look.

    Attributes:
        tools: the hands.
        workers: the threads.
        prefix: where.
        request: what is asked.
        emit: told of every event.
        stop: set when the run is cancelled.
        journal: of the run.
        order: what the run learns of servers.
        fresh: whether the catalog is to be asked, however new what is kept of it is.
        shares: whether it heeds and writes notes of servers that failed; who only looks must not wait unseen.
        newer: module to the version that the catalog has instead of the one that is worked on.
        listed: sha256 of the file indexes that the manifest at hand names.
    """

    tools: Tools
    workers: Workers
    prefix: Prefix
    request: Request
    emit: Callable[[Event], None]
    stop: Stop
    journal: Journal
    order: MirrorOrder
    fresh: bool = False
    shares: bool = False
    newer: Mapping[str, str] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()

    def tell(self, event: Event) -> None:
        """Write an event down and tell of it."""
        self.journal.note(event)
        self.emit(event)

    async def work(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work in a thread; a cancelled run waits for it to end."""
        return await self.workers.run(self.stop, task, *args, **kwargs)

    def catalog_rules(self) -> Rules:
        """Return what rules asking the catalog."""
        return Rules(self.tools.catalog_service, self.order, self.tell, sharing=self._sharing())

    def download_rules(self, module: str, step: Step, gained: Callable[[], int] = _none) -> Rules:
        """Return what rules fetching one module."""
        service = self.tools.download_service
        return Rules(service, self.order, self.tell, module, step, gained, self._sharing())

    def places(self, artifact: Artifact) -> tuple[str, ...]:
        """Return where an artifact lies, the preferred place first."""
        return self.tools.copies.places(artifact.url, artifact.mirrors)

    def _sharing(self) -> Sharing | None:
        notes = self.tools.notes
        return Sharing(notes, self.workers) if notes and self.shares else None
