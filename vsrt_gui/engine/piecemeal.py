"""Brings what is wrong file by file: first patches of what the store has, then the files' ranges in the archive."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import Lock

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.meter import Gauge, Meter
from vsrt_gui.engine.mirrors import told
from vsrt_gui.engine.persist import Turn
from vsrt_gui.engine.planner import Looked, contents, fetching, patched
from vsrt_gui.engine.retry import DAMAGED_BYTES, OF_THE_PLACE
from vsrt_gui.engine.spans import Piece, Span, patches, ranges, spans
from vsrt_gui.engine.staged_pieces import Staging, stage
from vsrt_gui.engine.transfer import Line, Take, fetch_span
from vsrt_gui.model.events import Step
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import LARGEST_PATCHED, IndexedFile, Patch
from vsrt_gui.model.plan import FileRanges, WholeArchive
from vsrt_gui.model.survey import FileState, Held

UNRANGED = DAMAGED_BYTES | {FaultCode.BAD_RESPONSE}
"""What a source answers that can't serve ranges, or whose ranges are not what the index says."""


@dataclass(frozen=True)
class _Way:
    """One published file that pieces come from.

    Attributes:
        places: where it lies.
        size: bytes of it, None where that is not known.
        left: tells which pieces of it are still to come.
        take: makes the files of a piece.
        attempts: how often each place is asked that brings nothing; None for the usual patience.
    """

    places: tuple[str, ...]
    size: int | None
    left: Callable[[], Sequence[Piece]]
    take: Take
    attempts: int | None = None


@dataclass
class Piecemeal:
    """One module's wrong files on their way.

    Attributes:
        context: of the run.
        meter: where its gauge hangs.
        looked: the module as the survey found it.
        wrong: path to what is still wrong; what was brought goes from it.
        live: whether each file must be durable at once.
        patching: held while a patch and an earlier content lie in memory: one at a time, in all modules.
        misfit: how the bytes of a range were not what the index says, None where they were.
    """

    context: Context
    meter: Meter
    looked: Looked
    wrong: dict[str, FileState]
    live: bool
    patching: Lock
    misfit: InstallerError | None = None
    _gauge: Gauge = field(default_factory=lambda: Gauge(0, 0))
    _staged: dict[str, int] = field(init=False)
    _served: dict[str, None] = field(default_factory=dict)
    _lenders: dict[str, list[str]] = field(default_factory=dict)
    _unranged: bool = False
    _spurned: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._staged = dict(self.looked.pieces)

    async def bring(self) -> bool:
        """Bring the wrong files, and tell whether that was possible; what did not come is in the archive.

        Restartable, file by file.

        Raises:
            InstallerError: network and disk codes.
        """
        module = self.looked.target.id
        try:
            await self.context.work(self._begin)
            await self._patches()
            came = await self._ranges()
            if came:
                self.meter.finish(module, Step.DOWNLOAD, tuple(self._served))
            return came
        finally:
            self.meter.drop(module, Step.DOWNLOAD)

    async def _patches(self) -> None:
        """Make files from earlier ones; one that can't be had that way stays wrong, and that is no fault.

        Nothing depends on patches, so nobody is waited for: each place has one attempt, and another one as long as
        files come of it, or much of a large patch. Then the ranges have their turn.
        """
        reference = self.looked.target.artifact.patches
        if reference is None:
            return
        way = _Way(
            self.context.tools.copies.places(reference.url, reference.mirrors),
            reference.size,
            self._left_patches,
            self._patch,
            attempts=1,
        )
        much = self.context.tools.policies.download_retry.progress
        while await self.context.work(self._left_patches):
            left, had = len(self.wrong), self._gauge.done
            try:
                await self._from_any(way)
            except InstallerError as error:
                if error.fault.code not in OF_THE_PLACE:
                    raise
                if len(self.wrong) == left and self._gauge.done - had < much:
                    self._spurned.update(self.wrong)

    async def _ranges(self) -> bool:
        match await self.context.work(self._left):
            case None:
                return True
            case FileRanges():
                pass
            case WholeArchive():
                return False
        self._unranged = False
        artifact = self.looked.target.artifact
        way = _Way(self.context.places(artifact), artifact.size, self._left_ranges, self._inflate)
        try:
            await self._from_any(way)
        except InstallerError as error:
            if error.fault.code not in OF_THE_PLACE or not self._unranged:
                raise
            self.misfit = error if error.fault.code in DAMAGED_BYTES else None
            return False
        return True

    async def _from_any(self, way: _Way) -> None:
        """Fetch the pieces from one place after the other, and note which of them the bytes came from."""
        context, module, gauge = self.context, self.looked.target.id, self._gauge
        rules = context.download_rules(module, Step.DOWNLOAD, lambda: gauge.done)
        if way.attempts is not None:
            rules = replace(rules, patience=rules.service.retry.but(attempts=way.attempts))

        async def once(turn: Turn) -> None:
            line = Line(context.tools.source, turn.url, context.stop, turn.answered, gauge.add, turn.blend)
            found = await context.work(self._to_come, way)
            if not self.meter.watches(module, Step.DOWNLOAD):
                self.meter.start(module, Step.DOWNLOAD, gauge)  # not before it is its turn
            try:
                for number, span in enumerate(found):
                    if number:
                        await self._go_on(turn)
                    fetch = self._fetch_staged if span.staged else self._fetch
                    await context.work(fetch, line, span, way, turn)
            except InstallerError as error:
                self._unranged |= error.fault.code in UNRANGED
                raise
            finally:
                if turn.kept:
                    self._served[told(turn.url)] = None

        await rules.persist(way.places, once)

    async def _go_on(self, turn: Turn) -> None:
        """Wait until the next range may be asked for: at once, unless the server failed or asked for patience."""
        if turn.place.failures or self.context.order.standing(turn.url).failures:
            await turn.next()

    def _begin(self) -> None:
        """Set the gauge to what an earlier run has left."""
        left = self._left()
        self._gauge.done = left.staged if isinstance(left, FileRanges) else 0

    def _to_come(self, way: _Way) -> tuple[Span, ...]:
        """Return what is still to be asked for, and set the gauge to what that comes to."""
        found = spans(way.left())
        match self._left():
            case FileRanges(to_fetch=count):
                self._gauge.total = self._gauge.done + count
            case _:
                self._gauge.total = self._gauge.done + sum(map(self._looked().left, found))
        return found

    def _fetch(self, line: Line, span: Span, way: _Way, turn: Turn) -> None:
        """Fetch a span; whatever ends it before its end, only the pieces that were made of it count."""
        gauge, before = self._gauge, self._gauge.done
        sure = before

        def taken(piece: Piece, content: Iterable[bytes]) -> None:
            nonlocal sure
            way.take(piece, content)
            sure = before + piece.end - span.start
            turn.kept = turn.kept or piece.file.path not in self.wrong

        try:
            fetch_span(line, span, taken)
            sure = before + span.size  # what came along behind its end counts for nothing
        finally:
            gauge.done = sure

    def _fetch_staged(self, line: Line, span: Span, way: _Way, turn: Turn) -> None:
        """Fetch a large piece; whatever ends it, all that came of it counts, unless that proves wrong."""
        (piece,) = span.pieces
        name = piece.part(self.looked.target)
        part, had = self.context.prefix.piece(name), self._looked().there(span)
        others = self._gauge.done - had

        def there(count: int) -> None:
            self._staged[name] = count
            self._gauge.done = others + count

        quiet = replace(line, came=lambda _count: None)  # what is not written yet does not count
        try:
            stage(Staging(quiet, span, part, way.size, there))
            with closing(part.content(line.stop)) as packed:  # Windows deletes no open file
                way.take(piece, packed)
            if piece.file.path not in self.wrong:
                turn.kept = True
                self._served |= dict.fromkeys(self._lenders.pop(name, ()))
        except InstallerError as error:
            if error.fault.code in DAMAGED_BYTES:
                part.discard()
                self._lenders.pop(name, None)
            elif part.staged() > had:
                self._lenders.setdefault(name, []).append(told(turn.url))
            raise
        finally:
            there(min(span.size, part.staged()))
        if self.live:  # else a power loss may still take the file, which nothing has flushed yet
            with suppress(InstallerError):  # the run's end takes out what can't go now
                part.discard()

    def _files(self) -> tuple[IndexedFile, ...]:
        index = self.looked.index
        return tuple(contents(index, self.wrong)) if index else ()

    def _left(self) -> WholeArchive | FileRanges | None:
        return fetching(self._looked(), self._files(), frozenset(self._spurned))

    def _looked(self) -> Looked:
        """Return the module as it was found, with what has come of its pieces since."""
        return replace(self.looked, pieces=self._staged)

    def _left_ranges(self) -> Sequence[Piece]:
        return ranges(self._files())

    def _left_patches(self) -> Sequence[Piece]:
        return patches(patched(self.looked, self._files(), frozenset(self._spurned)).values())

    def _inflate(self, piece: Piece, packed: Iterable[bytes]) -> None:
        """Make a file, and copy it for all others of the same content.

        Raises:
            InstallerError: among others `checksum-mismatch`, where the file is spoilt before it can be copied.
        """
        self._put(piece.file, self.context.tools.archives.inflate(piece.file, packed))
        target, made = self.looked.target, piece.file
        for file in piece.files[1:]:
            source = Held(folder=target.folder, path=made.path)
            if not self.context.prefix.copy(target, file, source, self._tick, durable=self.live):
                raise InstallerError(
                    FaultCode.CHECKSUM_MISMATCH, file=made.path, expected=made.sha256, actual=""
                )
            del self.wrong[file.path]

    def _patch(self, piece: Piece, packed: Iterable[bytes]) -> None:
        """Make all files of one patch; without what it starts from, or room for that, nothing becomes of them."""
        if piece.patch is None:
            return
        try:
            with self.patching:
                done = self._make_all(piece.files, piece.patch, b"".join(packed))
        except MemoryError:  # a range takes far less of it
            done = False
        if not done:
            self._spurned.update(file.path for file in piece.files)

    def _make_all(self, files: Iterable[IndexedFile], patch: Patch, frame: bytes) -> bool:
        """Make files of the same content, and tell whether what they start from is there."""
        base = self._base(patch)
        if base is None:
            return False
        for file in files:
            self._make(file, base, frame)
        return True

    def _make(self, file: IndexedFile, base: memoryview, frame: bytes) -> None:
        """Make one file; a patch that proved wrong is not asked for again, wherever it may lie."""
        try:
            self._put(file, self.context.tools.archives.patched(file, base, frame))
        except InstallerError as error:
            if error.fault.code in DAMAGED_BYTES:
                self._spurned.add(file.path)
            raise

    def _base(self, patch: Patch) -> memoryview | None:
        """Read what a patch starts from, None where it is nowhere what it was."""
        for held in self.looked.held[patch.base]:
            content = self.context.prefix.content(held, LARGEST_PATCHED, self._tick)
            if content is not None and sha256(content).hexdigest() == patch.base:
                return content
        return None

    def _put(self, file: IndexedFile, content: Iterable[bytes]) -> None:
        self.context.prefix.put(self.looked.target, file, self._watched(content), durable=self.live)
        del self.wrong[file.path]

    def _tick(self, _count: int) -> None:
        self.context.stop.check()

    def _watched(self, content: Iterable[bytes]) -> Iterator[bytes]:
        self.context.stop.check()
        for piece in content:
            yield piece
            self.context.stop.check()
