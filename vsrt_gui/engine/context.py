"""What a run works with: the tools of the house, the prefix, the request, and whom it tells."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from vsrt_gui.engine.breaker import Breakers
from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.journal import Journal
from vsrt_gui.engine.persist import Rules
from vsrt_gui.engine.ports import Archives, Cache, Catalog, Host, Prefix, Source
from vsrt_gui.engine.server_port import Servers
from vsrt_gui.model.events import Event, Step
from vsrt_gui.model.manifest import Platform
from vsrt_gui.model.policies import Policies
from vsrt_gui.model.request import Request

P = ParamSpec("P")
T = TypeVar("T")


def _none() -> int:
    return 0


@dataclass(frozen=True)
class Tools:
    """The hands that the composition root gives to the engine.

    Attributes:
        catalog: None where none is configured; then only what is installed can be worked on.
        source: gets bytes.
        cache: of manifests.
        archives: reads archives.
        host: what only the operating system can tell.
        servers: processes that go on when this program ends.
        prefix_at: opens a folder as a prefix; a non-empty foreign folder gives a subfolder of it.
        platform: of this machine, None where nothing is published for its kind.
        policies: the numbers.
        catalog_breakers: one breaker for each host that manifests come from.
        download_breakers: one for each host that artifacts come from.
        close: called when the session ends, to let connections go.
    """

    catalog: Catalog | None
    source: Source
    archives: Archives
    host: Host
    cache: Cache
    servers: Servers
    prefix_at: Callable[[Path], Prefix]
    platform: Platform | None
    policies: Policies
    catalog_breakers: Breakers
    download_breakers: Breakers
    close: tuple[Callable[[], None], ...] = ()


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
        fresh: whether the catalog is to be asked, however new what is kept of it is.
    """

    tools: Tools
    workers: Workers
    prefix: Prefix
    request: Request
    emit: Callable[[Event], None]
    stop: Stop
    journal: Journal
    fresh: bool = False

    def tell(self, event: Event) -> None:
        """Write an event down and tell of it."""
        self.journal.note(event)
        self.emit(event)

    async def work(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work in a thread; a cancelled run waits for it to end."""
        return await self.workers.run(self.stop, task, *args, **kwargs)

    def catalog_rules(self) -> Rules:
        """Return what rules asking the catalog."""
        policies = self.tools.policies
        return Rules(policies.manifest_retry, self.tools.catalog_breakers, self.tell)

    def download_rules(self, module: str, step: Step, gained: Callable[[], int] = _none) -> Rules:
        """Return what rules fetching one module."""
        policies, breakers = self.tools.policies, self.tools.download_breakers
        return Rules(policies.download_retry, breakers, self.tell, module, step, gained)
