"""What the engine needs of the world, as interfaces; adapters implement them, and nothing here does I/O.

Every method blocks and is called in one of the engine's threads. A long one takes a `Stop` and raises
StoppedError soon (well within a second) after it was set. Foreign exceptions never come through: an adapter translates
each into an `InstallerError` with the code and facts of `model.faults`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.part_port import Part
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.manifest import Artifact, Target
from vsrt_gui.model.request import Wanted
from vsrt_gui.model.survey import Depth, FolderSurvey, Generation, Held, Launchers, PrefixRecord, Volume
from vsrt_gui.model.value import Value

Tick = Callable[[int], None]
"""Counts bytes as they are done; called from worker threads, cheap."""
Put = Callable[[IndexedFile, Iterable[bytes]], None]
"""Writes one file from its content."""


class Ask(Value):
    """One request for bytes.

    Attributes:
        url: http, https or file.
        start: first byte.
        end: one past the last byte, None for all that follows.
        validator: of the bytes one already has (an ETag that is not weak, or a Last-Modified date);
            goes out as If-Range, so that two different files are never spliced.
        strict: whether any other answer than those bytes is of no use, so that nobody asks for all of the file.
    """

    url: str
    start: int = 0
    end: int | None = None
    validator: str | None = None
    strict: bool = False


class Body(Protocol):
    """An answer whose bytes are read once, in order.

    Attributes:
        start: where in the file its first byte lies: the asked start, or 0 when the server sends all of it.
        total: bytes of the whole file, None where the server did not say.
        validator: what to send as If-Range later, None where the server gave nothing usable.
    """

    start: int
    total: int | None
    validator: str | None

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in pieces of at most 256 KiB."""
        ...


class Source(Protocol):
    """Gets bytes from servers and folders."""

    def open(self, ask: Ask, stop: Stop) -> AbstractContextManager[Body]:
        """Ask for bytes and return once the header is there; reading goes on until the block ends.

        Raises:
            InstallerError: with one of the network, disk or `source-gone` codes; also out of the iteration.
            StoppedError: within 1 s of `stop`, wherever it waits (name, connect, TLS, header, body).
        """
        ...


class Archives(Protocol):
    """Reads archives of every format."""

    def index(self, path: Path, artifact: Artifact, tick: Tick, stop: Stop) -> FileIndex:
        """Read the whole archive and make its file index, paths stripped as the artifact says.

        Raises:
            InstallerError: `archive-damaged` (truncated, not that format, wrong CRC), `archive-unsafe` (a path that
                leaves the folder, a device, a link out of it, a path through a link, two names that are one file
                on some system, a name that some system refuses).
        """
        ...

    def unpack(
        self, path: Path, artifact: Artifact, files: tuple[IndexedFile, ...], put: Put, stop: Stop
    ) -> None:
        """Hand the content of these files (no links among them) to `put`, several at a time where the format allows.

        Members that are not asked for are passed over. `put` may be called from several threads.

        Raises:
            InstallerError: `archive-damaged`, also when an asked file is not in it.
        """
        ...

    def inflate(self, file: IndexedFile, packed: Iterable[bytes]) -> Iterator[bytes]:
        """Turn the packed bytes of one file's range into its content.

        Raises:
            InstallerError: `archive-damaged`.
        """
        ...

    def patched(self, file: IndexedFile, base: memoryview, frame: bytes) -> Iterator[bytes]:
        """Make a file's content from an earlier one and a patch of it, in bounded memory; nothing of it is checked.

        Raises:
            InstallerError: `archive-damaged`.
        """
        ...


class Keep(Value):
    """What a collection leaves, besides the generation in force and all that it names.

    Attributes:
        generations: how many of the others stay, first of all those that were in force before it; their folders and
            indexes stay too.
        used: whether a download stays although a generation that stays has its module whole.
        unfinished: whether folders and downloads that no generation ever named, and that were touched within 30 days,
            stay for the run that goes on with them.
        spare: folders of the store that stay as well, because something runs from them; and by their sha256 downloads
            that are not used up although a generation names their module, because a repair of it goes on with them.
    """

    generations: int
    used: bool = False
    unfinished: bool = False
    spare: frozenset[str] = frozenset()


class Prefix(Protocol):
    """The folder that the runtime is installed in; the only way to write there.

    Attributes:
        root: its real path.
        store: the folder in it that holds the modules' folders.
    """

    root: Path
    store: Path

    def read(self) -> PrefixRecord:
        """Read what the prefix says of itself; writes nothing, and needs no lock.

        Raises:
            InstallerError: `prefix-too-new`, `prefix-damaged`, disk codes.
        """
        ...

    def lock(self, stop: Stop | None = None) -> AbstractContextManager[None]:
        """Hold the one writer's lock within the block.

        Args:
            stop: ends the waiting for a module's file that another program holds; the caller takes the StoppedError.

        Raises:
            InstallerError: `already-running`, with the holder's pid.
        """
        ...

    def holder(self) -> int | None:
        """Return the process that holds the lock (0 where unknown), None when it is free."""
        ...

    def claim(self) -> None:
        """Make the folders and `.vsrt.json`; nothing happens where they are.

        Raises:
            InstallerError: `folder-not-writable`, `prefix-too-new`, disk codes.
        """
        ...

    def volume(self) -> Volume:
        """Measure the disk that the prefix lies, or would lie, on."""
        ...

    def download_volume(self) -> Volume:
        """Measure the disk that downloads lie, or would lie, on, which may be another one."""
        ...

    def write_wanted(self, wanted: Wanted) -> None:
        """Replace `wanted.json`."""
        ...

    def record(self, line: Mapping[str, object]) -> None:
        """Append one line to the journal."""
        ...

    def index(self, target: Target) -> FileIndex | None:
        """Read the kept file index of a target, None where none is kept or it can't be read."""
        ...

    def keep_index(self, target: Target, index: FileIndex) -> None:
        """Keep a file index."""
        ...

    def survey(self, target: Target, index: FileIndex, depth: Depth, tick: Tick, stop: Stop) -> FolderSurvey:
        """Compare a target's folder with its index."""
        ...

    def part(self, artifact: Artifact) -> Part:
        """Return the artifact's partial download, which need not exist yet."""
        ...

    def piece(self, name: str) -> Part:
        """Return the partial download of a large piece of an archive or of patches.

        Args:
            name: 64 hexadecimal digits that no other piece has, and no artifact as its sha256.
        """
        ...

    def put(self, target: Target, file: IndexedFile, content: Iterable[bytes], *, durable: bool) -> None:
        """Write one file under a temporary name, check size and hash, rename.

        With `durable`, and wherever a generation names the folder, the file is on the disk, not only in the cache, when
        this returns.

        Raises:
            InstallerError: `checksum-mismatch`, `size-mismatch`, `file-in-use`, disk codes.
        """
        ...

    def held(self, wanted: frozenset[str], besides: frozenset[Held]) -> Mapping[str, tuple[Held, ...]]:
        """Find content that the store should hold, by kept file indexes and sizes; returns its places by its sha256.

        Args:
            wanted: sha256 of each.
            besides: files that are known to be wrong.

        Raises:
            InstallerError: disk codes.
        """
        ...

    def copy(self, target: Target, file: IndexedFile, held: Held, tick: Tick, *, durable: bool) -> bool:
        """Write one file as `put` does, from another one of the store; blocks are shared where the disk can.

        `tick` comes at least every 256 KiB, and what it raises ends the work. Returns whether the other file did.

        Raises:
            InstallerError: `file-in-use`, disk codes.
        """
        ...

    def content(self, held: Held, most: int, tick: Tick) -> memoryview | None:
        """Read a file of the store, None where it is gone, can't be read or has more than `most` bytes.

        Nobody has checked it. `tick` comes at least every 256 KiB, and what it raises ends the work.
        """
        ...

    def mend_entry(self, target: Target, file: IndexedFile) -> None:
        """Make a symbolic link, or give a file with the right content its mode and time."""
        ...

    def commit(self, generation: Generation, indexes: Mapping[str, FileIndex]) -> None:
        """Make all of it durable, write the generation and its launchers, then replace `current`.

        Args:
            generation: what is in force from then on.
            indexes: target id to file index, whose folders must be durable first.
        """
        ...

    def switch(self, generation: Generation) -> None:
        """Make a kept generation the current one; one that is it already gets back what its launchers lack."""
        ...

    def launchers(self, generation: Generation) -> Launchers:
        """Look at the launchers of a generation's commands; changes nothing.

        Raises:
            InstallerError: disk codes.
        """
        ...

    def collect(self, keep: Keep) -> int:
        """Delete what nothing names any more and return the bytes that it took."""
        ...

    def withdraw(self, data: frozenset[str]) -> None:
        """Let nothing be in force any more, which an uninstall begins with; all else is there still.

        Args:
            data: names that modules keep for the user, to be told by `read` until the prefix is gone.

        Raises:
            InstallerError: `folder-not-writable`, `prefix-too-new`, disk codes; then nothing has happened.
        """
        ...

    def remove(self, *, keep_downloads: bool = False, last: Callable[[], None] = lambda: None) -> None:
        """Uninstall: `current` first, then all that is recorded as ours; nothing else. A rerun finishes it.

        Args:
            keep_downloads: what was fetched stays, packed or unpacked, and the folder stays ours with it.
            last: called when all else is done, while the folder is known as ours still; a rerun calls it again.
        """
        ...
