"""Archives and partial downloads in memory: a format of our own that is packed, indexed and read like the real ones."""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from vsrt_gui.adapters.archives.patches import apply_patch, make_patch
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.part_port import SEVERAL
from vsrt_gui.engine.ports import Put, Tick
from vsrt_gui.engine.shares import Range, merged
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import ByteRange, FileIndex, IndexedFile, Packing, Patch
from vsrt_gui.model.manifest import ArchiveFormat, Artifact

MAGIC = b"memory archive\n"
MTIME = 1_700_000_000
ROOT = Path("/memory/prefix")


@dataclass(frozen=True)
class Item:
    """A file or, with `link`, a symbolic link."""

    content: bytes = b""
    executable: bool = False
    link: str | None = None
    mtime: int = MTIME


def pack(items: Mapping[str, Item]) -> bytes:
    """Make an archive: a line of JSON that lists what is in it, then the contents."""
    head = [[path, len(i.content), i.executable, i.link] for path, i in sorted(items.items())]
    bodies = (item.content for _, item in sorted(items.items()))
    return MAGIC + json.dumps(head).encode() + b"\n" + b"".join(bodies)


def index_of(archive: bytes, *, ranged: bool) -> FileIndex:
    """Read an archive that `pack` made."""
    rest = archive.removeprefix(MAGIC)
    head, newline, body = rest.partition(b"\n")
    if not archive.startswith(MAGIC) or not newline:
        raise InstallerError(FaultCode.ARCHIVE_DAMAGED, file="memory", reason="no memory archive")
    at = len(archive) - len(body)
    files = []
    for path, size, executable, link in json.loads(head):
        content = archive[at : at + size]
        packed = ByteRange(offset=at, length=size, packing=Packing.STORED) if ranged and not link else None
        digest = sha256(content).hexdigest()
        entry = IndexedFile(path=path, size=size, sha256=digest, executable=executable, mtime=MTIME)
        files.append(entry.model_copy(update={"link": link, "packed": packed}))
        at += size
    return FileIndex(files=tuple(files))


def with_patches(
    index: FileIndex, new: Mapping[str, Item], old: Mapping[str, Item]
) -> tuple[FileIndex, bytes]:
    """Patch each file whose content has changed since; returns the index that says so, and the patches."""
    frames, files = b"", []
    for file in index.files:
        before, after = old.get(file.path), new[file.path]
        if before and before.content != after.content and file.link is None:
            frame = make_patch(before.content, after.content)
            base = sha256(before.content).hexdigest()
            patch = Patch(base=base, offset=len(frames), length=len(frame))
            file = file.model_copy(update={"patches": (patch,)})  # noqa: PLW2901
            frames += frame
        files.append(file)
    return FileIndex(files=tuple(files), patches=sha256(frames).hexdigest()), frames


@dataclass
class MemoryArchives:
    """Answers `ports.Archives` for what `pack` makes; zips have byte ranges, tars have none."""

    downloads: Mapping[Path, bytearray]
    inflated: list[str] = field(default_factory=list)
    unpacked: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    meanwhile: Callable[[IndexedFile, memoryview, bytes], None] = lambda _file, _base, _frame: None

    def index(self, path: Path, artifact: Artifact, tick: Tick, stop: Stop) -> FileIndex:
        stop.check()
        content = bytes(self.downloads[path])
        tick(len(content))
        return index_of(content, ranged=artifact.format is ArchiveFormat.ZIP)

    def unpack(
        self, path: Path, _artifact: Artifact, files: tuple[IndexedFile, ...], put: Put, stop: Stop
    ) -> None:
        archive = bytes(self.downloads[path])
        places = {f.path: f.packed for f in index_of(archive, ranged=True).files}
        for file in files:
            stop.check()
            place = places.get(file.path)
            if place is None:
                raise InstallerError(FaultCode.ARCHIVE_DAMAGED, file=file.path, reason="it is not there")
            put(file, _pieces(archive[place.offset : place.offset + place.length]))
            self.unpacked.append(file.path)

    def inflate(self, file: IndexedFile, packed: Iterable[bytes]) -> Iterator[bytes]:
        self.inflated.append(file.path)
        yield from packed

    def patched(self, file: IndexedFile, base: memoryview, frame: bytes) -> Iterator[bytes]:
        self.meanwhile(file, base, frame)
        yield from apply_patch(file, base, (frame,))
        self.made.append(file.path)


def _pieces(content: bytes, size: int = 1000) -> Iterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


@dataclass
class Note:
    """What a sidecar says."""

    validator: str | None
    source: str
    request: str = ""
    size: int | None = None
    done: tuple[Range, ...] | None = None


class MemoryPart:
    """Answers `ports.Part`: staged bytes count only together with a note of where they come from."""

    def __init__(self, downloads: dict[Path, bytearray], notes: dict[Path, Note], digest: str) -> None:
        self.path = ROOT / "downloads" / f"{digest}.part"
        self._downloads = downloads
        self._notes = notes

    def _note(self) -> Note:
        return self._notes.get(self.path, Note(None, ""))

    def staged(self) -> int:
        return sum(end - start for start, end in self.ranges())

    def ranges(self) -> tuple[Range, ...]:
        if self.path not in self._notes:
            return ()
        done = self._note().done
        return merged([(0, len(self._downloads[self.path]))]) if done is None else done

    def noted(self) -> bool:
        return self._note().done is not None

    def validator(self) -> str | None:
        return self._note().validator

    def size(self) -> int | None:
        return self._note().size

    def source(self) -> str:
        return self._note().source

    def request(self) -> str:
        return self._note().request

    def content(self, stop: Stop, start: int = 0) -> Generator[bytes, None, None]:
        end = next((end for first, end in self.ranges() if first <= start < end), start)
        for piece in _pieces(bytes(self._downloads.get(self.path, b"")[start:end])):
            yield piece
            stop.check()

    def begin(
        self, validator: str | None, source: str = "", *, request: str = "", size: int | None = None
    ) -> None:
        self._downloads[self.path] = bytearray()
        self._notes[self.path] = Note(validator, source, request, size)

    def blend(self) -> None:
        self._notes[self.path] = replace(self._note(), validator=None, source=SEVERAL, request="")

    def note(self, ranges: Iterable[Range]) -> None:
        if self.path in self._notes:
            self._notes[self.path] = replace(self._note(), done=tuple(ranges))

    def append(self, pieces: Iterable[bytes], tick: Tick, start: int | None = None) -> None:
        content = self._downloads[self.path]
        at = len(content) if start is None else start
        for piece in pieces:
            content.extend(bytes(max(0, at - len(content))))
            content[at : at + len(piece)] = piece
            at += len(piece)
            tick(len(piece))

    def distrust(self) -> None:
        self.discard()  # memory loses all at once

    def discard(self) -> None:
        self._downloads.pop(self.path, None)
        self._notes.pop(self.path, None)
