"""One module's way from its plan to a whole folder."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.meter import Gauge, Meter
from vsrt_gui.engine.mirrors import told
from vsrt_gui.engine.persist import Turn
from vsrt_gui.engine.planner import contents, spans
from vsrt_gui.engine.retry import DAMAGED_BYTES, OF_THE_PLACE
from vsrt_gui.engine.transfer import Line, fetch_archive, fetch_span
from vsrt_gui.model.events import Step
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.paths import check_index
from vsrt_gui.model.plan import FileRanges, ModulePlan, WholeArchive
from vsrt_gui.model.survey import Depth, FileState

Attempt = Callable[[Line, Turn], Awaitable[None]]

UNRANGED = DAMAGED_BYTES | {FaultCode.BAD_RESPONSE}
"""What a source answers that can't serve ranges, or whose ranges are not what the index says."""


@dataclass(frozen=True)
class Lane:
    """The work on one module.

    Attributes:
        context: of the run.
        meter: where its gauges hang.
        work: what is planned.
        index: the file index, None where it must be made from the archive.
        wrong: path to what is wrong, where the index is known.
        whole: held while the archive's partial file is in use, which two modules may share.
    """

    context: Context
    meter: Meter
    work: ModulePlan
    index: FileIndex | None
    wrong: dict[str, FileState]
    whole: asyncio.Lock

    async def fetch(self) -> bool:
        """Bring the archive, if the plan wants it whole. Restartable.

        Returns:
            Whether the archive is staged.
        """
        match self.work.fetch:
            case None:
                return False
            case WholeArchive():
                await self._fetch_whole()
                return True
            case FileRanges(to_fetch=count):
                return not await self._fetched_ranges(count)

    async def _fetched_ranges(self, count: int) -> bool:
        """Bring the wrong files by their ranges, else the archive; tell whether the ranges did it."""
        unranged: list[str] = []
        try:
            await self._fetch_ranges(count, unranged)
        except InstallerError as error:
            if error.fault.code not in OF_THE_PLACE or not unranged:
                raise
            await self._fetch_whole()
            return False
        return True

    async def _fetch_whole(self) -> None:
        artifact = self.work.target.artifact
        part = self.context.prefix.part(artifact)
        gauge = Gauge(0, artifact.size)

        async def attempt(line: Line, _turn: Turn) -> None:
            await self.context.work(fetch_archive, line, artifact, part, gauge)

        async with self.whole:
            gauge.done = await self.context.work(part.staged)
            await self._from_any_source(gauge, attempt, whole=True)

    async def _fetch_ranges(self, count: int, unranged: list[str]) -> None:
        """Bring the wrong files by their ranges.

        Args:
            count: bytes to fetch.
            unranged: gets the places that may have the archive all the same.
        """
        if self.index is None:
            return
        files = contents(self.index, self.wrong)
        gauge = Gauge(0, count)
        left = list(spans(files))

        async def attempt(line: Line, turn: Turn) -> None:
            line = replace(line, came=gauge.add)
            first = len(left)
            while left:
                if len(left) < first:
                    await turn.next()
                before = gauge.done
                try:
                    await self.context.work(fetch_span, line, left[0], self.context.tools.archives, self._put)
                except InstallerError as error:
                    gauge.done = before  # the span starts over
                    unranged.extend([line.url] if error.fault.code in UNRANGED else [])
                    raise
                turn.kept = True
                span = left.pop(0)
                gauge.done = before + span.end - span.start

        await self._from_any_source(gauge, attempt, whole=False)

    async def _from_any_source(self, gauge: Gauge, attempt: Attempt, *, whole: bool) -> None:
        """Fetch from the artifact's places, and tell which of them the bytes came from.

        Args:
            gauge: counts the bytes.
            attempt: asks one of the places.
            whole: whether an attempt that can't go on from what is there starts from nothing.
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
                if whole and turn.shown and not turn.blended:
                    served.clear()
                if turn.kept or (whole and turn.shown):
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
        """
        target, meter = self.work.target, self.meter
        gauge = Gauge(0, self.work.unpack_bytes)
        meter.start(target.id, Step.UNPACK, gauge)
        try:
            index, wrong = await self._ready(gauge) if self.index is None else (self.index, self.wrong)
            await self.context.work(self.context.prefix.keep_index, target, index)
            files = tuple(contents(index, wrong)) if staged else ()
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


def _ignore(_count: int) -> None:
    """Count nothing."""


def _counted(content: Iterable[bytes], gauge: Gauge) -> Iterator[bytes]:
    for piece in content:
        yield piece
        gauge.add(len(piece))
