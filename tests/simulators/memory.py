"""The engine's ports in memory: they behave as the real ones do, without disk, network or operating system."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from simulators.memory_archives import ROOT, Item, MemoryPart, Note
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Keep, Tick
from vsrt_gui.model.cached import CacheStats, Dated
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.logbook import SEVERITY, LogLine
from vsrt_gui.model.manifest import Artifact, Manifest, Requirements, Target
from vsrt_gui.model.request import Wanted
from vsrt_gui.model.settings import LogLevel
from vsrt_gui.model.survey import (
    Depth,
    FileState,
    FolderSurvey,
    Generation,
    Held,
    LastRun,
    Launchers,
    OwnData,
    PrefixRecord,
    Volume,
    staying,
)


@dataclass
class MemoryCatalog:
    """Answers `catalog_port.Catalog` with a manifest and indexes, unless a trouble is in the way."""

    published: Manifest
    indexes: dict[str, FileIndex] = field(default_factory=dict)
    troubles: list[InstallerError] = field(default_factory=list)
    index_troubles: dict[str, InstallerError] = field(default_factory=dict)
    source: str = "https://catalog.test/manifest.json"
    asked: int = 0
    dated: Dated | None = None

    def kept(self) -> Dated | None:
        return self.dated

    def forget(self) -> None:
        self.dated = None

    def manifest(self, stop: Stop) -> Manifest:
        stop.check()
        self.asked += 1
        if self.troubles:
            raise self.troubles.pop(0)
        return self.published

    def index(self, artifact: Artifact, stop: Stop) -> FileIndex | None:
        stop.check()
        if artifact.index is None:
            return None
        url = artifact.index.url
        if url in self.index_troubles:
            raise self.index_troubles[url]
        index = self.indexes.get(url)
        return index and index.but(published=artifact.index.sha256)


@dataclass
class MemoryCache:
    """Answers `ports.Cache` for as many valid and expired entries."""

    valid: int = 0
    expired: int = 0

    def stats(self) -> CacheStats:
        return CacheStats(total=self.valid + self.expired, valid=self.valid, expired=self.expired)

    def cleanup(self) -> int:
        gone, self.expired = self.expired, 0
        return gone

    def clear(self) -> int:
        gone, self.valid = self.valid, 0
        return gone + self.cleanup()


@dataclass
class MemoryLogbook:
    """Answers `ports.Logbook` for these lines."""

    lines: tuple[LogLine, ...] = ()
    folder: Path = Path("/memory/logs")

    def read(self, least: LogLevel = LogLevel.DEBUG) -> tuple[LogLine, ...]:
        return tuple(line for line in self.lines if SEVERITY[line.level] >= SEVERITY[least])


@dataclass
class MemoryHost:
    """Answers `ports.Host` for a system that has these versions."""

    have: dict[str, str] = field(default_factory=lambda: {"glibc": "2.36", "python": "3.11"})
    data: Path = ROOT / "data"
    says: Callable[[tuple[str, ...], Stop], tuple[int, str]] = lambda _argv, _stop: (0, "")
    proved: list[tuple[str, ...]] = field(default_factory=list)
    running: frozenset[str] = frozenset()
    parted: list[str] = field(default_factory=list)
    """What was removed of the user's own data, and from which folders links were taken."""

    def own_data(self, names: frozenset[str], _prefix: Path) -> OwnData:
        return OwnData(paths=tuple(str(self.data / name) for name in sorted(names)))

    def running_from(self, _store: Path) -> frozenset[str]:
        return self.running

    def remove_data(self, names: frozenset[str], _prefix: Path) -> None:
        self.parted += sorted(names)

    def unlink_extensions(self, folder: Path, _store: Path, *, lost: bool = False) -> None:  # noqa: ARG002
        self.parted.append(str(folder))

    def unmet(self, requirements: Requirements) -> tuple[str, str, str] | None:
        for name, needed in requirements.model_dump().items():
            have = self.have.get(name, "0")
            if needed is not None and _numbers(have) < _numbers(needed):
                return name, needed, have
        return None

    def prove(self, argv: tuple[str, ...], _env: Mapping[str, str], stop: Stop) -> tuple[int, str]:
        stop.check()
        self.proved.append(argv)
        return self.says(argv, stop)

    def browse(self, _address: str) -> bool:
        return False


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


class MemoryPrefix:
    """Answers `ports.Prefix`.

    `troubles` holds an error for the name of an operation, or for a file's path with `put`; it strikes each time.
    `meanwhile` holds what happens while an operation goes on, in its thread.
    """

    root = ROOT
    store = ROOT / "store"

    def __init__(self) -> None:
        self.exists = False
        self.folders: dict[str, dict[str, Item]] = {}
        self.kept_indexes: dict[str, FileIndex] = {}
        self.generations: dict[int, Generation] = {}
        self.current: int | None = None
        self.wanted: Wanted | None = None
        self.journal: list[Mapping[str, object]] = []
        self.downloads: dict[Path, bytearray] = {}
        self.notes: dict[Path, Note] = {}
        self.disk = Volume(key="memory", path=str(ROOT), free=10**12, total=2 * 10**12)
        self.download_disk: Volume | None = None
        self.troubles: dict[str, InstallerError] = {}
        self.meanwhile: dict[str, Callable[[], None]] = {}
        self.holding: int | None = None
        self.commands = Launchers()
        self.done: list[str] = []
        self.hashed = 0
        self.puts: defaultdict[str, int] = defaultdict(int)

    def _do(self, name: str) -> None:
        self.done.append(name)
        if name in self.meanwhile:
            self.meanwhile[name]()
        if name in self.troubles:
            raise self.troubles[name]

    def read(self) -> PrefixRecord:
        self._do("read")
        return PrefixRecord(
            path=str(ROOT),
            exists=self.exists,
            current=None if self.current is None else self.generations[self.current],
            generations=tuple(self.generations[number] for number in sorted(self.generations)),
            wanted=self.wanted,
            last_run=self._last_run(),
            staged={path.stem: len(self.downloads[path]) for path in self.notes},
        )

    def _last_run(self) -> LastRun | None:
        began = [line for line in self.journal if line["event"] == "run-started"]
        if not began:
            return None
        run_id = str(began[-1]["run_id"])
        mine = [line for line in self.journal if line["run_id"] == run_id]
        end = next((line for line in mine if line["event"] == "run-finished"), None)
        if end is None:
            return LastRun(run_id=run_id, finished=False)
        found = end["faults"]
        faults = tuple(Fault.model_validate(fault) for fault in found) if isinstance(found, list) else ()
        return LastRun(run_id=run_id, finished=True, cancelled=end["outcome"] == "cancelled", faults=faults)

    def lock(self, stop: Stop | None = None) -> AbstractContextManager[None]:  # noqa: ARG002 -- nobody holds files here
        return self._locked()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._do("lock")
        if self.holding is not None:
            raise InstallerError(FaultCode.ALREADY_RUNNING, path=str(ROOT), pid=self.holding)
        self.holding = 4711
        try:
            yield
        finally:
            self.holding = None

    def holder(self) -> int | None:
        return self.holding

    def claim(self) -> None:
        self._do("claim")
        self.exists = True

    def volume(self) -> Volume:
        self._do("volume")
        return self.disk

    def download_volume(self) -> Volume:
        self._do("volume")
        return self.download_disk or self.disk

    def write_wanted(self, wanted: Wanted) -> None:
        self._do("write_wanted")
        self.wanted = wanted

    def record(self, line: Mapping[str, object]) -> None:
        self._do("record")
        self.journal.append(json.loads(json.dumps(line)))

    def index(self, target: Target) -> FileIndex | None:
        return self.kept_indexes.get(target.artifact.digest)

    def keep_index(self, target: Target, index: FileIndex) -> None:
        self._do("keep_index")
        self.kept_indexes[target.artifact.digest] = index

    def survey(self, target: Target, index: FileIndex, depth: Depth, tick: Tick, stop: Stop) -> FolderSurvey:
        self._do("survey")
        folder = self.folders.get(target.folder)
        if folder is None:
            return FolderSurvey(exists=False, wrong={file.path: FileState.MISSING for file in index.files})

        def counted(count: int) -> None:
            self.hashed += count
            tick(count)

        wrong = {}
        for file in index.files:
            stop.check()
            state = _state(folder.get(file.path), file, depth, counted)
            if state is not None:
                wrong[file.path] = state
        good = sum(file.size for file in index.files if file.path not in wrong)
        return FolderSurvey(exists=True, wrong=wrong, good_bytes=good)

    def part(self, artifact: Artifact) -> MemoryPart:
        return self.piece(artifact.sha256)

    def piece(self, name: str) -> MemoryPart:
        return MemoryPart(self.downloads, self.notes, name)

    def put(self, target: Target, file: IndexedFile, content: Iterable[bytes], *, durable: bool) -> None:
        if file.path in self.troubles:
            raise self.troubles[file.path]
        found = b"".join(content)
        actual = sha256(found).hexdigest()
        if actual != file.sha256:
            raise InstallerError(
                FaultCode.CHECKSUM_MISMATCH, file=file.path, expected=file.sha256, actual=actual
            )
        self.done.append("put durable" if durable else "put")
        self.puts[file.path] += 1
        self.folders.setdefault(target.folder, {})[file.path] = Item(found, file.executable, mtime=file.mtime)

    def held(self, wanted: frozenset[str], besides: frozenset[Held]) -> Mapping[str, tuple[Held, ...]]:
        found: dict[str, tuple[Held, ...]] = {}
        for name, folder in sorted(self.folders.items()):
            index = next(
                (kept for digest, kept in self.kept_indexes.items() if digest[:8] == name[-8:]), None
            )
            for file in index.files if index else ():
                one, item = Held(folder=name, path=file.path), folder.get(file.path)
                there = file.link is None and item is not None and len(item.content) == file.size
                if there and file.sha256 in wanted and one not in besides:
                    found[file.sha256] = (*found.get(file.sha256, ()), one)
        return found

    def copy(self, target: Target, file: IndexedFile, held: Held, tick: Tick, *, durable: bool) -> bool:
        if file.path in self.troubles:
            raise self.troubles[file.path]
        item = self.folders.get(held.folder, {}).get(held.path)
        if item is None:
            return False
        tick(len(item.content))
        if sha256(item.content).hexdigest() != file.sha256:
            return False
        self.done.append("copy durable" if durable else "copy")
        self.folders.setdefault(target.folder, {})[file.path] = replace(
            item, executable=file.executable, mtime=file.mtime
        )
        return True

    def content(self, held: Held, most: int, tick: Tick) -> memoryview | None:
        self._do("content")
        item = self.folders.get(held.folder, {}).get(held.path)
        if item is None or len(item.content) > most:
            return None
        tick(len(item.content))
        return memoryview(item.content)

    def mend_entry(self, target: Target, file: IndexedFile) -> None:
        self._do("mend_entry")
        folder = self.folders.setdefault(target.folder, {})
        if file.link is not None:
            folder[file.path] = Item(link=file.link, mtime=file.mtime)
        else:
            folder[file.path] = replace(folder[file.path], executable=file.executable, mtime=file.mtime)

    def commit(self, generation: Generation, indexes: Mapping[str, FileIndex]) -> None:
        self._do("commit")
        for key, index in indexes.items():
            target = generation.target(key)
            if target is not None:
                self.kept_indexes[target.artifact.digest] = index
        self.generations[generation.number] = generation
        self.current = generation.number

    def switch(self, generation: Generation) -> None:
        self._do("switch")
        self.current = generation.number
        self.commands = Launchers(taken=self.commands.taken)

    def launchers(self, generation: Generation) -> Launchers:
        assert generation.number == self.current
        return self.commands

    def collect(self, keep: Keep) -> int:
        self._do("collect")
        numbers = staying(self.generations.values(), self.current or None, keep.generations)
        going = [self.generations.pop(number) for number in self.generations.keys() - numbers]
        doomed = {target.folder for g in going for target in g.modules}
        named = [target for g in self.generations.values() for target in g.modules]
        freed = 0
        for path in list(self.notes):
            installed = path.stem in {target.artifact.sha256 for target in named} - keep.spare
            if not keep.unfinished or (installed and not keep.used):
                freed += len(self.downloads.pop(path))
                del self.notes[path]
        for folder in self.folders.keys() - {target.folder for target in named} - keep.spare:
            if keep.unfinished and folder not in doomed:
                continue
            freed += sum(len(item.content) for item in self.folders.pop(folder).values())
        return freed

    def withdraw(self, _data: frozenset[str]) -> None:
        self._do("withdraw")
        self.current = None

    def remove(self, *, keep_downloads: bool = False, last: Callable[[], None] = lambda: None) -> None:
        self._do("remove")
        last()
        held, done = self.holding, self.done
        fetched = (self.folders, self.kept_indexes, self.downloads, self.notes)
        self.__init__()  # type: ignore[misc]  # as new, but for who works on it
        self.holding, self.done = held, done
        if keep_downloads:
            self.folders, self.kept_indexes, self.downloads, self.notes = fetched
            self.exists = bool(self.folders or self.downloads)


def _state(item: Item | None, file: IndexedFile, depth: Depth, tick: Tick) -> FileState | None:
    if item is None:
        return FileState.MISSING
    if (item.link is None) != (file.link is None):
        return FileState.LINK if item.link else FileState.WRONG_KIND
    if item.link != file.link or len(item.content) != file.size:
        return FileState.CHANGED
    if file.link is None and (depth is Depth.DEEP or item.mtime != file.mtime):
        tick(file.size)
        if sha256(item.content).hexdigest() != file.sha256:
            return FileState.CHANGED
    return FileState.WRONG_MODE if file.executable and not item.executable else None
