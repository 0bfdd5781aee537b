"""Places where a request can hang for ever: the name, the connection, the header, the body."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from integration.cli_house import PLATFORMS, Catalog
from simulators.http_server import STALL, Behaviour, HttpServer
from simulators.silent import unreachable

from vsrt_gui.adapters.catalog import UrlCatalog
from vsrt_gui.adapters.dialing import Address, LookUp, system_look_up
from vsrt_gui.adapters.folder import FolderSource
from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.sources import Sources
from vsrt_gui.app import open_session
from vsrt_gui.engine.session import Session

SILENT_HOST = "files.example"
"""A name that nobody may have (RFC 2606), and that our resolvers never answer for."""
SYN_SENT = "02"


class Place(StrEnum):
    """What a request waits for."""

    NAME = "name"
    CONNECTION = "connection"
    HEADER = "header"
    BODY = "body"


class Stage(StrEnum):
    """Which request it is."""

    MANIFEST = "manifest"
    ARTIFACT = "artifact"


@dataclass(frozen=True)
class Trap:
    """A catalog whose installation hangs.

    Attributes:
        catalog: its address.
        reached: tells whether somebody hangs there now.
        look_up: a resolver that hangs where a name is the trap.
        asked: a file that a resolver in another process makes when it begins to hang.
    """

    catalog: str
    reached: Callable[[], bool]
    look_up: LookUp
    asked: Path


@contextmanager
def trap(place: Place, stage: Stage, folder: Path) -> Iterator[Trap]:
    """Set up a server where the given request of an installation hangs."""
    Catalog(folder / "catalog", names={"base": "Base"}).write()
    path = "/manifest.json" if stage is Stage.MANIFEST else "/base-1.0.0.zip"
    asked = folder / "asked"
    with HttpServer(root=folder / "catalog") as server, unreachable() as dead_port:
        address, reached = server.url + path, (lambda: server.under_way(path))
        match place:
            case Place.NAME:
                address, reached = f"http://{SILENT_HOST}{path}", asked.exists
            case Place.CONNECTION:
                others = set().union(*(_connecting(dead_port) for _ in range(5)))
                address = f"http://127.0.0.1:{dead_port}{path}"
                reached = lambda: bool(_connecting(dead_port) - others)  # noqa: E731 -- one of four of a kind
            case Place.HEADER:
                server.behave(path, STALL)
            case Place.BODY:
                server.behave(path, Behaviour(stall_after=100))
                reached = lambda: server.sent_so_far(path) == 100  # noqa: E731
        if stage is Stage.ARTIFACT:
            _lead_to(folder / "catalog", address)
        catalog = address if stage is Stage.MANIFEST else f"{server.url}/manifest.json"
        with _silent_look_up(asked) as look_up:
            yield Trap(catalog, reached, look_up, asked)


def _lead_to(catalog: Path, address: str) -> None:
    manifest = json.loads((catalog / "manifest.json").read_text("utf-8"))
    for module in manifest["modules"]:
        for platform in PLATFORMS:
            module["platformArtifacts"][platform]["url"] = address
    (catalog / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def _connecting(port: int) -> set[str]:
    """Return our ends of the connections to a port of this machine that are not answered yet; Linux only.

    The kernel lists what is there while it changes, and may pass a connection over: one look is not enough.
    """
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    rows = [line.split() for line in lines]
    return {row[1] for row in rows if row[2].endswith(f":{port:04X}") and row[3] == SYN_SENT}


@contextmanager
def _silent_look_up(asked: Path) -> Iterator[LookUp]:
    """Yield a resolver that hangs on one name until the block ends."""
    over = threading.Event()

    def look_up(host: str, port: int) -> Sequence[Address]:
        if host == SILENT_HOST:
            asked.touch()
            over.wait(60)
            raise OSError(host)
        return system_look_up(host, port)

    try:
        yield look_up
    finally:
        over.set()


RESOLVER = f"""
import pathlib, socket, sys, time

asked, *rest = sys.argv[1:]
answer = socket.getaddrinfo

def hang(host, *more, **options):
    if host in ("{SILENT_HOST}", b"{SILENT_HOST}"):
        pathlib.Path(asked).touch()
        time.sleep(60)
    return answer(host, *more, **options)

socket.getaddrinfo = hang
sys.argv = ["vsrt", *rest]
from vsrt_gui.app import main
sys.exit(main())
"""
"""The program with a resolver that hangs; its first argument is the file that says so."""


def session(trapped: Trap, prefix: Path) -> Session:
    """Put the house together as the composition root does, with the trap's resolver."""
    usual = open_session(trapped.catalog, prefix)._tools
    source = Sources(HttpSource(look_up=trapped.look_up), FolderSource())
    close = (*usual.close, source.close)
    tools = replace(usual, catalog=UrlCatalog(trapped.catalog, source), source=source, close=close)
    return Session(tools, prefix)
