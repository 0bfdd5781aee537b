"""Decides what is to be done: drift, and the cheapest way to mend it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vsrt_gui.engine.pace import LINE, ROUND_TRIP
from vsrt_gui.engine.resolve import Goal
from vsrt_gui.engine.spans import Span, patches, ranges, same, spans
from vsrt_gui.model.file_index import LARGEST_PATCH, FileIndex, IndexedFile, Patch
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Drift, FileRanges, Finding, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.policies import DiskPolicy
from vsrt_gui.model.survey import FileState, FolderSurvey, Generation, Harm, Held

UNPACKED_RATIO = 4
"""Unpacked bytes for one byte of an archive whose index is not known: Node.js has 3.3, a server 4.4."""
COPYING_SHARE = 0.95
"""The share of an archive up to which its ranges are fetched: the other files are on the disk already."""
FREE_REQUESTS = 20
"""Requests for ranges that count for their bytes alone: nobody minds a second, and some pay for bytes."""
REQUEST_BYTES = int(ROUND_TRIP * LINE)
"""What each further one counts for besides: the bytes of the archive that would come meanwhile."""


@dataclass(frozen=True)
class Looked:
    """One target as the survey found it.

    Attributes:
        target: it.
        index: None where it is not known yet.
        survey: of its folder.
        staged: bytes of its archive that lie on the disk.
        held: sha256 of content that is wrong or missing here, or that patches start from, to the files of the
            store that should have it; one that proves spoilt leaves the others.
        fresh: whether the index came just now, in place of none or of another one.
        pieces: name of a partial download to the bytes that lie on the disk, of pieces among others.
    """

    target: Target
    index: FileIndex | None
    survey: FolderSurvey
    staged: int
    held: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)
    fresh: bool = False
    pieces: Mapping[str, int] = field(default_factory=dict)

    def there(self, span: Span) -> int:
        """Return how many bytes of a span lie on the disk."""
        piece = span.staged
        return min(span.size, self.pieces.get(piece.part(self.target), 0)) if piece else 0

    def left(self, span: Span) -> int:
        """Return how many bytes of a span are still to be fetched."""
        return span.size - self.there(span)


def classify(looked: Looked, current: Generation | None) -> Drift:
    """Tell a wanted module's drift."""
    if looked.index is not None and looked.survey.exists and not looked.survey.count:
        return Drift.SATISFIED
    here = current.target(looked.target.id) if current else None
    if here is None:
        return Drift.MISSING
    return Drift.DAMAGED if here.folder == looked.target.folder else Drift.OUTDATED


def finding(looked: Looked, current: Generation | None) -> Finding:
    """Return the module's state for people."""
    return Finding(target=looked.target, drift=classify(looked, current), survey=looked.survey)


def plan(goal: Goal, looked: tuple[Looked, ...], current: Generation | None) -> Plan:
    """Return the work that takes the prefix to its goal.

    Args:
        goal: what is wanted.
        looked: each of the goal's targets as it was found.
        current: the generation in force.
    """
    here = current.modules if current else ()
    work = tuple(
        module_plan(one, drift, live=one.target.folder in _folders(here))
        for one in looked
        if (drift := classify(one, current)) is not Drift.SATISFIED
    )
    busy = {module.target.id for module in work}
    wanted = {target.id for target in goal.targets}
    return Plan(
        work=work,
        keep=tuple(one.target for one in looked if one.target.id not in busy),
        drop=here if goal.remove_all else tuple(t for t in here if t.id not in wanted),
        faults=goal.faults,
        switch=goal.remove_all or _effects(goal.targets) != _effects(here) or current is None,
        begun=sum(
            one.staged + one.survey.good_bytes for one in looked if one.target.folder not in _folders(here)
        )
        + sum(one.fetch.staged for one in work if isinstance(one.fetch, FileRanges) and not one.live),
    )


def _effects(targets: Iterable[Target]) -> dict[str, tuple[object, ...]]:
    return {target.id: target.effect for target in targets}


def _folders(targets: Iterable[Target]) -> set[str]:
    return {target.folder for target in targets}


def module_plan(looked: Looked, drift: Drift, *, live: bool) -> ModulePlan:
    """Return the work on one module.

    Args:
        looked: it as it was found.
        drift: why there is work.
        live: whether its folder is in force.
    """
    target, index = looked.target, looked.index
    harm = looked.survey.harm if drift is Drift.DAMAGED else Harm()
    if index is None:
        whole, guess = _whole(looked), UNPACKED_RATIO * (target.artifact.size or 0)
        return ModulePlan(
            target=target, drift=drift, fetch=whole, files=None, unpack_bytes=guess, harm=harm, live=live
        )
    wrong = tuple(contents(index, looked.survey.wrong))
    rest = tuple(file for file in wrong if file.sha256 not in looked.held)
    new = drift is Drift.MISSING and len(looked.survey.wrong) == len(index.files) and rest == wrong
    # Of a new module nothing helps, and its archive comes by several requests where that is quicker.
    fetch = _whole(looked) if new and rest and not patched(looked, rest) else fetching(looked, rest)
    return ModulePlan(
        target=target,
        drift=drift,
        fetch=fetch,
        files=len(looked.survey.wrong),
        unpack_bytes=sum(file.size for file in wrong),
        copies=0 if isinstance(fetch, WholeArchive) else len(wrong) - len(rest),
        harm=harm,
        live=live,
    )


def contents(index: FileIndex, wrong: Mapping[str, FileState]) -> Iterable[IndexedFile]:
    """Yield the files whose bytes must be fetched: not links, and not those of which the mode alone is wrong."""
    return (
        file
        for file in index.select(frozenset(wrong))
        if file.link is None and wrong[file.path] is not FileState.WRONG_MODE
    )


def wanted_contents(looked: Iterable[Looked]) -> frozenset[str]:
    """Return the sha256 of all content that is wrong or missing, and of all that it can be made from by patches."""
    return frozenset(
        digest
        for one in looked
        if one.index
        for file in contents(one.index, one.survey.wrong)
        for digest in (file.sha256, *(patch.base for patch in _published(one, file)))
    )


def known_wrong(looked: Iterable[Looked]) -> frozenset[Held]:
    """Return the files that the survey found wrong: nothing is to be copied from them."""
    return frozenset(Held(folder=one.target.folder, path=path) for one in looked for path in one.survey.wrong)


def _whole(looked: Looked) -> WholeArchive:
    return WholeArchive(size=looked.target.artifact.size, staged=looked.staged)


def fetching(
    looked: Looked,
    files: tuple[IndexedFile, ...],
    spurned: frozenset[str] = frozenset(),
) -> WholeArchive | FileRanges | None:
    """Return how these files of a target are fetched, whose index is known: by ranges, or whole where that is quicker.

    Args:
        looked: the target as it was found.
        files: none of them a link.
        spurned: paths of those whose patches are of no use.
    """
    if not files:
        return None
    artifact, index = looked.target.artifact, looked.index
    packed = sum(file.packed.length for file in index.files if file.packed) if index else 0
    size = artifact.size or packed
    chosen = patched(looked, files, spurned)
    rest = [file for file in files if file.path not in chosen]
    pieces = ranges(rest)
    ranged = sum(len(piece.files) for piece in pieces) == len(rest)
    made, asked = spans(patches(chosen.values())), spans(pieces)
    found = _pieces(looked, made, asked)
    waited = REQUEST_BYTES * max(0, found.requests - FREE_REQUESTS)
    cheap = found.to_fetch <= COPYING_SHARE * size and found.to_fetch + waited < size - looked.staged
    return found if ranged and cheap else _whole(looked)


def _pieces(looked: Looked, made: tuple[Span, ...], asked: tuple[Span, ...]) -> FileRanges:
    """Count what patches and ranges still cost."""
    both = (*made, *asked)
    return FileRanges(
        to_fetch=sum(map(looked.left, both)),
        patched=sum(map(looked.left, made)),
        requests=sum(looked.left(span) > 0 for span in both),
        staged=sum(map(looked.there, both)),
        staging=sum(looked.left(span) for span in both if span.staged),
    )


def patched(
    looked: Looked, files: Iterable[IndexedFile], spurned: frozenset[str] = frozenset()
) -> dict[str, tuple[IndexedFile, Patch]]:
    """Return the patches to fetch, by path: those of what the store has, where they are less than the packed file.

    One gives all files of the same content, whichever of them it is published for.
    """
    found: dict[str, tuple[IndexedFile, Patch]] = {}
    for alike in same(files):
        every = (patch for file in alike for patch in _published(looked, file))
        usable = (patch for patch in every if patch.base in looked.held)
        best = min(usable, key=lambda patch: patch.length, default=None)
        packed = min((file.packed.length for file in alike if file.packed), default=None)
        useless = any(file.path in spurned for file in alike)
        if best and not useless and (packed is None or best.length < packed):
            found |= {file.path: (file, best) for file in alike}
    return found


def _published(looked: Looked, file: IndexedFile) -> Iterator[Patch]:
    """Yield a file's patches that can be there; those of an index that speaks of others can't."""
    there = looked.target.artifact.patches
    for patch in file.patches if there and looked.index and looked.index.patches == there.sha256 else ():
        if there and patch.length <= LARGEST_PATCH and patch.offset + patch.length <= there.size:
            yield patch


def room_needed(work: Plan, policy: DiskPolicy, *, apart: bool = False) -> int:
    """Return the bytes that must be free on the prefix's disk before the first one is fetched.

    What an earlier run has begun counts towards the minimum: a disk that had room for all has room for the rest.

    Args:
        work: what is to be done.
        policy: the numbers.
        apart: whether downloads go to another disk.
    """
    if not (work.to_fetch or work.to_write or work.unsized):
        return 0  # to set a mode or to write a launcher there is always room
    needed = (0 if apart else work.to_fetch) + work.to_write + policy.reserve
    whole = any(module.drift in {Drift.MISSING, Drift.OUTDATED} for module in work.work)
    return max(needed, policy.minimum - work.begun) if whole else needed


def download_room_needed(work: Plan, policy: DiskPolicy) -> int:
    """Return the bytes that must be free where downloads lie, if that is another disk; few ranges ever lie there."""
    fetched = sum(module.fetch.staging for module in work.work if module.fetch)
    return fetched + policy.reserve if fetched else 0
