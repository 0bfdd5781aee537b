"""Kills the real program in the middle of a step, and takes down what it leaves behind."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from integration.cli_house import Ended, Vsrt
from simulators.http_server import HttpServer

from vsrt_gui.adapters.host import current_platform
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.replacing import Patience

EARLIEST, LATEST = 0.2, 0.8
"""Where in a step the kill must come, as a part of the step's bytes."""
SENT_TWICE = 1 << 20
"""Bytes of one archive that may be sent again."""
CONCURRENT = "VSRT_RATE_LIMIT_MAX_CONCURRENT"
TRIES = 8
"""How often a round begins anew when the machine was too busy to hit the step."""

_TEMPORARY = re.compile(r"\.vsrt-[0-9a-f]{8}-[0-9]+")


class Archive(NamedTuple):
    """One module's archive for this machine, as the catalog names it."""

    path: str
    sha256: str
    size: int


class Stamp(NamedTuple):
    """What tells a file that was written again from one that was left alone."""

    inode: int
    changed: int
    """Nanoseconds; every write, rename and change of mode or time shows here."""
    digest: str


@dataclass(frozen=True)
class Killed:
    """What lies on the disk after the kill.

    Attributes:
        event: the progress that it was killed on.
        staged: module id to bytes of its archive.
        files: path in the store to its stamp, of every file that has its final name.
        sent: module id to bytes of its archive that the server had sent.
        several: whether more than one request was at work on the first archive.
    """

    event: Mapping[str, Any]
    staged: Mapping[str, int]
    files: Mapping[str, Stamp]
    sent: Mapping[str, int]
    several: bool

    @property
    def part(self) -> float:
        """How far the step was, 0 to 1."""
        return _part(self.event)


@dataclass
class Tally:
    """What all rounds of one test showed, for its summary line."""

    step: str
    points: list[float] = field(default_factory=list)
    kept: int = 0
    again: int = 0
    most: int = 0
    files: int = 0

    def __str__(self) -> str:
        at = f"{min(self.points):.0%} to {max(self.points):.0%}" if self.points else "never"
        return (
            f"kill -9 in {self.step}: {len(self.points)} times at {at}; {self.kept / 1e6:.1f} MB and "
            f"{self.files} files were there already, none written again; "
            f"sent twice: {self.again / 1e3:.1f} kB in all, {self.most / 1e3:.1f} kB of one archive at most"
        )


@dataclass(frozen=True)
class Scene:
    """The program, and the server that it gets modules from.

    Attributes:
        vsrt: the program.
        server: the server.
        archives: what is installed.
        requests: so many the program may send at a time; more than one also for one archive.
    """

    vsrt: Vsrt
    server: HttpServer
    archives: Mapping[str, Archive]
    requests: int = 1

    def install(self) -> list[str]:
        """Return the one command that is killed and then given again."""
        return ["install", *self.archives, "--yes", "--json"]

    def killed(self, step: str, point: float) -> Killed | None:
        """Start the installation and kill it at the first progress past a point; None when that came too late."""
        with self.vsrt.start(*self.install(), **{CONCURRENT: str(self.requests)}) as process:
            assert process.stdout
            event = next(self._past(process.stdout, step, point), None)
            process.kill()
        if event is None or _part(event) > LATEST or (self.vsrt.prefix / "current").exists():
            return None
        sent = {module: self.server.sent(archive.path) for module, archive in self.archives.items()}
        staged = {module: self._staged(archive) for module, archive in self.archives.items()}
        first = next(iter(self.archives.values()))
        several = len(self.server.requests(first.path)) > 1
        return Killed(event, staged, self.stamps(), sent, several)

    def again(self) -> Ended:
        """Give the same command again, with all the bandwidth there is."""
        self.server.forget()
        self.server.set_rate(None)
        return self.vsrt.run(*self.install(), **{CONCURRENT: "1"})

    def asked(self, module: str) -> list[tuple[str | None, int]]:
        """Return what was asked of an archive since, as range and bytes sent."""
        return [(served.range, served.sent) for served in self.server.requests(self.archives[module].path)]

    def stamps(self) -> Mapping[str, Stamp]:
        """Take down every file of the store, but those with a temporary name."""
        store = self.vsrt.prefix / "store"
        files = (path for path in sorted(store.rglob("*")) if path.is_file() and not path.is_symlink())
        return {
            path.relative_to(store).as_posix(): _stamp(path)
            for path in files
            if not _TEMPORARY.fullmatch(path.name)
        }

    def strays(self) -> list[str]:
        """Return what must not be left over: temporary files, and downloads that were used up."""
        prefix = self.vsrt.prefix
        temporary = [path for path in prefix.rglob("*") if _TEMPORARY.search(path.name)]
        return [str(path) for path in (*temporary, *(prefix / "downloads").iterdir())]

    def _past(self, lines: Iterator[str], step: str, point: float) -> Iterator[Mapping[str, Any]]:
        """Yield the first progress of the first module's step that is past the point."""
        module = next(iter(self.archives))
        for line in lines:
            event = json.loads(line)
            here = (event["event"], event.get("module"), event.get("step"))
            if here == ("step-progress", module, step) and _part(event) >= point:
                yield event

    def _staged(self, archive: Archive) -> int:
        return DiskPart(self.vsrt.prefix / "downloads", archive.sha256, Patience()).staged()


def archives(catalog: Path, *modules: str) -> Mapping[str, Archive]:
    """Return these modules' archives for this machine."""
    published = {
        module["id"]: module["platformArtifacts"][str(current_platform())]
        for module in json.loads((catalog / "manifest.json").read_text("utf-8"))["modules"]
    }
    return {
        module: Archive(
            f"/{published[module]['url']}", published[module]["hash"], published[module]["sizeBytes"]
        )
        for module in modules
    }


def _part(event: Mapping[str, Any]) -> float:
    return float(event["done"] / event["total"])


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return Stamp(status.st_ino, status.st_ctime_ns, sha256(path.read_bytes()).hexdigest())
