"""The prefix on a real disk: one door to the rooms that read, write, commit and clean it."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from json import dumps
from pathlib import Path
from threading import Lock

from platformdirs import user_state_path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import collecting, commit, holding, identity, reading, removing
from vsrt_gui.adapters.prefix.elsewhere import claim_elsewhere, laid_out, unmarked
from vsrt_gui.adapters.prefix.filling import Pieces, lent
from vsrt_gui.adapters.prefix.journal import Journal
from vsrt_gui.adapters.prefix.lock import PrefixLock
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.parting import Parting
from vsrt_gui.adapters.prefix.replacing import Patience, replace_file
from vsrt_gui.adapters.prefix.surveying import Survey
from vsrt_gui.adapters.prefix.writing import ModuleFolder
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Keep, Tick
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.launching import data_names
from vsrt_gui.model.manifest import Artifact, Target
from vsrt_gui.model.request import Wanted
from vsrt_gui.model.survey import (
    Depth,
    FileState,
    FolderSurvey,
    Generation,
    Held,
    Launchers,
    PrefixRecord,
    Volume,
)


class DiskPrefix:
    """Implements `ports.Prefix`; the methods' contracts stand there.

    Attributes:
        root: the prefix's real path; the folder need not exist.
        store: the folder in it that holds the modules' folders.
    """

    def __init__(
        self,
        folder: Path,
        state_dir: Path | None = None,
        patience: Patience | None = None,
        downloads: Path | None = None,
    ) -> None:
        """Look at a folder, changing nothing.

        Args:
            folder: the prefix, as `choose_prefix` returned it.
            state_dir: where locks lie; the user's state folder where None.
            patience: how long to wait for files that another program holds.
            downloads: where downloads are to lie, in a folder of this prefix's own; in the prefix where None.
        """
        self.root = Path(os.path.realpath(folder))
        self._downloads = downloads
        self._layout = unmarked(self.root, downloads)
        self.store = self._layout.store
        self._patience = patience or Patience()
        self._journal = Journal(self._layout.journal)
        state = state_dir or user_state_path("vscode-runtime", appauthor=False)
        self._lock = PrefixLock(self.root, state / "locks")
        self._parting = Parting(self.root, self._lock.parting)
        self._guard = Lock()
        self._folders: dict[str, ModuleFolder] = {}
        self._named: frozenset[str] | None = None
        self._stop = Stop()

    def read(self) -> PrefixRecord:
        """Read what the prefix says of itself."""
        self._look()
        return reading.read_record(self._layout)

    def lock(self, stop: Stop | None = None) -> AbstractContextManager[None]:
        """Hold the one writer's lock within the block; `stop` ends the waiting for held files of modules."""
        return self._locked(stop or Stop())

    def holder(self) -> int | None:
        """Return the process that holds the lock, None when it is free."""
        return self._lock.holder()

    def claim(self) -> None:
        """Make the folders and `.vsrt.json`."""
        made = self._parting.levels() or identity.missing_levels(self.root)
        self._parting.remember(made)
        try:
            self._lock.claimed(lambda: self._claim(made))
        except InstallerError:
            if not os.path.lexists(self.root):
                self._parting.give_up()
            raise
        self._parting.forget()

    def volume(self) -> Volume:
        """Measure the disk that the prefix lies, or would lie, on."""
        return _measured(self.root)

    def download_volume(self) -> Volume:
        """Measure the disk that downloads lie, or would lie, on."""
        return _measured(self._downloads or self._layout.downloads)

    def write_wanted(self, wanted: Wanted) -> None:
        """Replace `wanted.json`."""
        content = dumps(wanted.dump()).encode() + b"\n"
        replace_file(self._layout.wanted, content, patience=self._patience)

    def record(self, line: Mapping[str, object]) -> None:
        """Append one line to the journal; a folder that is not, or no longer, ours keeps none."""
        with translating(self.root):
            ours = self._layout.identity.exists()
        if ours:
            self._journal.append(line)

    def index(self, target: Target) -> FileIndex | None:
        """Read the kept file index of a target."""
        return reading.read_index(self._layout.index(target))

    def keep_index(self, target: Target, index: FileIndex) -> None:
        """Keep a file index."""
        reading.write_index(self._layout.index(target), index)

    def survey(self, target: Target, index: FileIndex, depth: Depth, tick: Tick, stop: Stop) -> FolderSurvey:
        """Compare a target's folder with its index."""
        if not reading.has_store(self._layout):
            return FolderSurvey(exists=False, wrong={file.path: FileState.MISSING for file in index.files})
        return Survey(self._layout.module(target), depth, tick, stop).run(index)

    def part(self, artifact: Artifact) -> DiskPart:
        """Return the artifact's partial download."""
        return self.piece(artifact.sha256)

    def piece(self, name: str) -> DiskPart:
        """Return the partial download of a piece."""
        return DiskPart(self._layout.downloads, name, self._patience)

    def put(self, target: Target, file: IndexedFile, content: Iterable[bytes], *, durable: bool) -> None:
        """Write one file under a temporary name, check size and hash, rename.

        It is durable at once also where a set names the folder that is not in force: a quick look trusts what a set
        names, and going back to it flushes nothing more.
        """
        self._folder(target).put(file, Pieces(content), durable=durable or self._is_named(target))

    def held(self, wanted: frozenset[str], besides: frozenset[Held]) -> Mapping[str, tuple[Held, ...]]:
        """Find content that the store holds already."""
        return holding.held(self._layout, wanted, besides)

    def copy(self, target: Target, file: IndexedFile, held: Held, tick: Tick, *, durable: bool) -> bool:
        """Write one file from another file of the store; tells whether that one would do."""
        with lent(self.store / held.folder, held.path, tick) as loan:
            if loan is None:
                return False
            try:
                self._folder(target).put(file, loan, durable=durable or self._is_named(target))
            except InstallerError as error:
                if error.fault.code not in {FaultCode.SIZE_MISMATCH, FaultCode.CHECKSUM_MISMATCH}:
                    raise
                return False
        return True

    def content(self, held: Held, most: int, tick: Tick) -> memoryview | None:
        """Read a file of the store that is not larger than this; None where that can't be done."""
        with lent(self.store / held.folder, held.path, tick) as loan:
            return loan.content(most) if loan else None

    def mend_entry(self, target: Target, file: IndexedFile) -> None:
        """Make a link, or set a file's mode and time; durable where a generation names the folder."""
        self._folder(target).mend(file, durable=self._is_named(target))

    def commit(self, generation: Generation, indexes: Mapping[str, FileIndex]) -> None:
        """Make all of it durable, write the generation and the launchers, then replace `current`."""
        sets = (*reading.read_generations(self._layout), generation)
        identity.note_data(self._layout, frozenset().union(*(data_names(one.modules) for one in sets)))
        commit.commit(self._layout, generation, indexes, self._patience)
        self._forget()

    def switch(self, generation: Generation) -> None:
        """Make a kept generation the current one; mends the launchers when it is that already."""
        commit.switch(self._layout, generation, self._patience)

    def launchers(self, generation: Generation) -> Launchers:
        """Look at the launchers of a generation's commands."""
        return commit.look_at_launchers(self._layout, generation)

    def collect(self, keep: Keep) -> int:
        """Delete what nothing names any more and return the bytes that it took."""
        self._forget()
        return collecting.collect(self._layout, keep)

    def withdraw(self, data: frozenset[str]) -> None:
        """Let nothing be in force any more."""
        removing.withdraw(self._layout, data)

    def remove(self, *, keep_downloads: bool = False, last: Callable[[], None] = lambda: None) -> None:
        """Uninstall."""
        self._forget()
        self._look()
        removing.remove(self._layout, self._parting, keep_downloads=keep_downloads, last=last)
        self._lock.leave(self._parting)

    @contextmanager
    def _locked(self, stop: Stop) -> Iterator[None]:
        with self._lock.hold():
            self._forget()  # another process may have changed the folders meanwhile
            self._look()
            self._stop = stop
            yield

    def _look(self) -> None:
        """Find where everything lies: the mark notes what lies outside of the prefix."""
        self._layout = laid_out(self.root, self._downloads)

    def _claim(self, made: int) -> None:
        identity.claim(self._layout, made)
        self._look()
        claim_elsewhere(self._layout)

    def _folder(self, target: Target) -> ModuleFolder:
        name = target.folder  # computed, and asked for thousands of times
        with self._guard:
            if name not in self._folders:
                patience = replace(self._patience, check=self._stop.check)
                self._folders[name] = ModuleFolder(self._layout.module(target), patience)
            return self._folders[name]

    def _is_named(self, target: Target) -> bool:
        """Tell whether a generation names the folder: what is written there must be durable at once."""
        with self._guard:
            if self._named is None:
                generations = reading.read_generations(self._layout)
                self._named = frozenset(target.folder for found in generations for target in found.modules)
            return target.folder in self._named

    def _forget(self) -> None:
        with self._guard:
            self._folders.clear()
            self._named = None


def _measured(folder: Path) -> Volume:
    with translating(folder):
        above = (path for path in (folder, *folder.parents) if path.exists())
        existing = next(above, Path(folder.anchor))
        usage = shutil.disk_usage(existing)
        device = existing.stat().st_dev
        writable = os.access(existing, os.W_OK | os.X_OK)
    return Volume(key=str(device), path=str(folder), free=usage.free, total=usage.total, writable=writable)
