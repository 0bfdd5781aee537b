"""One module's way from its plan to a whole folder."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from vsrt_gui.engine.archive_streams import Errand
from vsrt_gui.engine.context import Context
from vsrt_gui.engine.meter import Gauge, Meter
from vsrt_gui.engine.mirrors import told
from vsrt_gui.engine.persist import Turn
from vsrt_gui.engine.piecemeal import Piecemeal
from vsrt_gui.engine.planner import Looked, contents, fetching
from vsrt_gui.engine.retry import DAMAGED_BYTES
from vsrt_gui.engine.segments import Trust, fetch_archive
from vsrt_gui.engine.transfer import Line
from vsrt_gui.model.events import Step
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.paths import check_index
from vsrt_gui.model.plan import FileRanges, ModulePlan, WholeArchive
from vsrt_gui.model.survey import Depth, FileState, Held

Attempt = Callable[[Line, Turn], Awaitable[None]]

MISFITS = DAMAGED_BYTES | {FaultCode.ARCHIVE_UNSAFE}
"""How the right archive fails a file index that is not its own."""


class MisfitError(InstallerError):
    """What came does not fit the file index that was kept: that one may be damaged."""


@dataclass(frozen=True)
class Lane:
    """The work on one module.

    Attributes:
        context: of the run.
        meter: where its gauges hang.
        work: what is planned.
        looked: the module as the survey found it; without a file index, that is made from the archive.
        wrong: path to what is still wrong, where the index is known.
        written: counts the bytes written to its folder.
        whole: held while the archive's partial file is in use, which two modules may share.
        patching: held while one file is made from an earlier one.
    """

    context: Context
    meter: Meter
    work: ModulePlan
    looked: Looked
    wrong: dict[str, FileState]
    written: Gauge
    whole: asyncio.Lock
    patching: Lock

    @property
    def index(self) -> FileIndex | None:
        """The file index, as far as the survey knew it."""
        return self.looked.index

    @property
    def _doubtful(self) -> bool:
        """Whether the file index was kept: it is neither what is published just now nor made from the archive."""
        return self.index is not None and not self.looked.fresh

    @contextmanager
    def _fitting(self) -> Iterator[None]:
        """Within the block, what contradicts a doubtful file index raises a MisfitError."""
        try:
            yield
        except InstallerError as error:
            if not self._doubtful or error.fault.code not in MISFITS:
                raise
            raise _misfit(error) from error

    async def fetch(self) -> bool:
        """Take what the store has, and bring the rest: the archive, if the plan wants it whole. Restartable.

        A file index that was fetched is kept first, lest a run that is lost now must fetch it again; one for a folder
        in force only once that is what it says, lest the next quick look takes that for granted.

        Returns:
            Whether the archive is staged.
        """
        if self.index is not None and not (self.work.live and self.looked.fresh):
            await self.context.work(self.context.prefix.keep_index, self.work.target, self.index)
        match await self._left():
            case None:
                return False
            case WholeArchive():
                await self._fetch_whole()
                return True
            case FileRanges():
                return not await self._fetched_ranges()

    async def _left(self) -> WholeArchive | FileRanges | None:
        """Copy what the store has, and return how the rest is fetched: more than planned, if a copy was not right."""
        if self.index is None or not self.work.copies:
            return self.work.fetch
        self.meter.start(self.work.target.id, Step.UNPACK, self.written)
        try:
            await self.context.work(self._copy, self.index)
        finally:
            self.meter.drop(self.work.target.id, Step.UNPACK)
        rest = tuple(contents(self.index, self.wrong))
        return fetching(self.looked, rest)

    def _copy(self, index: FileIndex) -> None:
        """Copy each file that lies in the store already; what is right nowhere there stays wrong here."""
        for file in tuple(contents(index, self.wrong)):
            if any(self._copied_from(held, file) for held in self.looked.held.get(file.sha256, ())):
                del self.wrong[file.path]

    def _copied_from(self, held: Held, file: IndexedFile) -> bool:
        """Copy a file from another one, and tell whether that one was right."""
        before, prefix = self.written.done, self.context.prefix
        if prefix.copy(self.work.target, file, held, self._copied, durable=self.work.live):
            return True
        self.written.done = before
        return False

    def _copied(self, count: int) -> None:
        self.context.stop.check()
        self.written.add(count)

    async def _fetched_ranges(self) -> bool:
        """Bring the wrong files one by one, else the archive; tell whether the former was possible.

        Raises:
            MisfitError: before the archive is fetched for a file index that may be wrong.
            InstallerError: network and disk codes.
        """
        files = Piecemeal(
            self.context, self.meter, self.looked, self.wrong, live=self.work.live, patching=self.patching
        )
        with self._fitting():
            if await files.bring():
                return True
        if self._doubtful and files.misfit is not None:
            raise _misfit(files.misfit)
        await self._fetch_whole()
        return False

    async def _fetch_whole(self) -> None:
        artifact = self.work.target.artifact
        part = self.context.prefix.part(artifact)
        gauge = Gauge(0, artifact.size)
        trust = Trust()

        async def attempt(line: Line, turn: Turn) -> None:
            await fetch_archive(Errand(line, artifact, part, gauge), turn, self.context.work, trust)

        async with self.whole:
            gauge.done = await self.context.work(part.staged)
            await self._from_any_source(gauge, attempt)

    async def _from_any_source(self, gauge: Gauge, attempt: Attempt) -> None:
        """Fetch from the artifact's places, and tell which of them the bytes came from.

        Args:
            gauge: counts the bytes.
            attempt: asks one of the places; where it can't go on from what is there, it starts from nothing.
        """
        context, module = self.context, self.work.target.id
        rules = context.download_rules(module, Step.DOWNLOAD, lambda: gauge.done)
        served: dict[str, None] = {}  # in order, each once

        async def once(turn: Turn) -> None:
            if not self.meter.watches(module, Step.DOWNLOAD):
                self.meter.start(module, Step.DOWNLOAD, gauge)  # not before it is its turn
            line = Line(context.tools.source, turn.url, context.stop, turn.answered, blended=turn.blend)
            try:
                await attempt(line, turn)
            finally:
                if turn.shown and not turn.blended:
                    served.clear()
                if turn.shown:
                    served[told(turn.url)] = None

        try:
            await rules.persist(context.places(self.work.target.artifact), once)
            self.meter.finish(module, Step.DOWNLOAD, tuple(served))
        finally:
            self.meter.drop(module, Step.DOWNLOAD)

    async def unpack(self, *, staged: bool) -> FileIndex | None:
        """Write what is wrong and still missing, then links and modes. Restartable, file by file.

        Args:
            staged: whether the archive is there to unpack from.

        Returns:
            The file index, which may have been made just now.

        Raises:
            MisfitError: where a file index that may be wrong says something else than the archive.
            InstallerError: disk codes; `archive-damaged`, `archive-unsafe`, `checksum-mismatch`, `index-invalid`.
        """
        target, meter, gauge = self.work.target, self.meter, self.written
        meter.start(target.id, Step.UNPACK, gauge)
        try:
            index, wrong = await self._ready(gauge) if self.index is None else (self.index, self.wrong)
            files = tuple(contents(index, wrong)) if staged else ()
            with self._fitting():
                if files:
                    async with self.whole:
                        await self.context.work(self._unpack, files, gauge)
                await self.context.work(self._mend, index, wrong)
            meter.finish(target.id, Step.UNPACK)
        finally:
            meter.drop(target.id, Step.UNPACK)
        return index

    async def _ready(self, gauge: Gauge) -> tuple[FileIndex, dict[str, FileState]]:
        """Make the index from the archive and see which of its files an earlier attempt has written."""
        target, context = self.work.target, self.context
        part = context.prefix.part(target.artifact)
        archives = context.tools.archives
        index = await context.work(archives.index, part.path, target.artifact, _ignore, context.stop)
        await context.work(check_index, index, part.path.name)
        await context.work(context.prefix.keep_index, target, index)
        survey = await context.work(context.prefix.survey, target, index, Depth.DEEP, _ignore, context.stop)
        gauge.total = sum(file.size for file in index.select(frozenset(survey.wrong)))
        return index, dict(survey.wrong)

    def _unpack(self, files: tuple[IndexedFile, ...], gauge: Gauge) -> None:
        def put(file: IndexedFile, content: Iterable[bytes]) -> None:
            self._put(file, _counted(content, gauge))

        part = self.context.prefix.part(self.work.target.artifact)
        archives = self.context.tools.archives
        archives.unpack(part.path, self.work.target.artifact, files, put, self.context.stop)

    def _put(self, file: IndexedFile, content: Iterable[bytes]) -> None:
        self.context.stop.check()
        self.context.prefix.put(self.work.target, file, content, durable=self.work.live)

    def _mend(self, index: FileIndex, wrong: dict[str, FileState]) -> None:
        """Set modes, and make links last, so that no path ever runs through one while files are written."""
        for file in index.select(frozenset(wrong)):
            if file.link is not None or wrong[file.path] is FileState.WRONG_MODE:
                self.context.stop.check()
                self.context.prefix.mend_entry(self.work.target, file)


def _misfit(error: InstallerError) -> MisfitError:
    return MisfitError(error.fault.code, **error.fault.facts)


def _ignore(_count: int) -> None:
    """Count nothing."""


def _counted(content: Iterable[bytes], gauge: Gauge) -> Iterator[bytes]:
    for piece in content:
        yield piece
        gauge.add(len(piece))
