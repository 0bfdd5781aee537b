"""What is to be done: drift, the cheapest way to mend it, and the room that it takes."""

import pytest
from simulators.engine_world import Sample, generation
from simulators.memory_archives import index_of

from vsrt_gui.engine.planner import (
    Looked,
    classify,
    contents,
    finding,
    known_wrong,
    plan,
    room_needed,
    wanted_contents,
)
from vsrt_gui.engine.resolve import Goal
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.file_index import ByteRange, FileIndex, IndexedFile, Packing
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Drift, FileRanges, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.policies import GIGABYTE, DiskPolicy
from vsrt_gui.model.survey import FileState, FolderSurvey, Generation, Held

NODE, NODE2, RUFF = Sample("nodejs"), Sample("nodejs", version="2.0"), Sample("ruff")
WRONG = FolderSurvey(exists=True, wrong={"lib/a.js": FileState.CHANGED})
WHOLE = FolderSurvey(exists=True)


def looked(
    sample: Sample,
    survey: FolderSurvey | None = None,
    *,
    staged: int = 0,
    index: bool = True,
    ranged: bool = True,
) -> Looked:
    """One module as it was found; without a survey, its folder is not there."""
    listed = index_of(sample.archive, ranged=ranged)
    if survey is None:
        survey = FolderSurvey(exists=False, wrong={file.path: FileState.MISSING for file in listed.files})
    return Looked(sample.target, listed if index else None, survey, staged)


def drawn(*found: Looked, current: Generation | None = None, share: float = 0.6, **more: object) -> Plan:
    goal = Goal(targets=tuple(one.target for one in found)).but(**more)
    return plan(goal, found, current, share)


class TestClassify:
    @pytest.mark.parametrize(
        ("one", "current", "drift"),
        [
            (looked(NODE, WHOLE), generation(NODE), Drift.SATISFIED),
            (looked(NODE, WHOLE), None, Drift.SATISFIED),  # unpacked, not yet in force
            (looked(NODE), None, Drift.MISSING),
            (looked(NODE, WRONG), None, Drift.MISSING),  # half unpacked by an earlier run
            (looked(NODE), generation(RUFF), Drift.MISSING),
            (looked(NODE2), generation(NODE), Drift.OUTDATED),
            (looked(NODE2, WRONG), generation(NODE), Drift.OUTDATED),
            (looked(NODE, WRONG), generation(NODE), Drift.DAMAGED),
            (looked(NODE), generation(NODE), Drift.DAMAGED),  # the whole folder is gone
            (looked(NODE, WHOLE, index=False), generation(NODE), Drift.DAMAGED),  # not known to be right
        ],
    )
    def test_table(self, one: Looked, current: Generation | None, drift: Drift) -> None:
        assert classify(one, current) is drift
        assert finding(one, current).drift is drift


class TestPlan:
    def test_nothing_to_do(self) -> None:
        found = drawn(looked(NODE, WHOLE), current=generation(NODE))
        assert found == Plan(keep=(NODE.target,))

    def test_a_first_installation(self) -> None:
        found = drawn(looked(NODE), looked(RUFF, index=False))
        node, ruff = found.work
        assert (node.target, node.drift, node.live) == (NODE.target, Drift.MISSING, False)
        assert node.fetch == WholeArchive(size=len(NODE.archive))
        assert node.files == len(NODE.content)
        assert node.unpack_bytes == sum(len(item.content) for item in NODE.content.values())
        assert ruff.files is None
        assert ruff.unpack_bytes == 4 * len(RUFF.archive)
        assert found.switch
        assert found.to_fetch == len(NODE.archive) + len(RUFF.archive)
        assert found.to_write == node.unpack_bytes + ruff.unpack_bytes

    def test_what_is_staged_is_not_fetched_again(self) -> None:
        found = drawn(looked(NODE, staged=1000))
        assert found.to_fetch == len(NODE.archive) - 1000
        assert found.begun == 1000

    def test_an_archive_of_unknown_size_counts_nothing(self) -> None:
        unsized = Sample("nodejs", sized=False, zipped=False)
        found = drawn(looked(unsized, index=False, staged=7))
        assert found.work[0].fetch == WholeArchive(size=None, staged=7)
        assert (found.to_fetch, found.to_write) == (0, 0)

    def test_work_that_was_begun_is_counted(self) -> None:
        survey = FolderSurvey(exists=True, wrong={"lib/a.js": FileState.MISSING}, good_bytes=500)
        assert drawn(looked(NODE, survey, staged=100), looked(RUFF, WHOLE)).begun == 600
        assert drawn(looked(NODE, survey, staged=100), current=generation(NODE)).begun == 0

    def test_a_module_in_force_is_live(self) -> None:
        assert drawn(looked(NODE, WRONG), current=generation(NODE)).work[0].live
        assert not drawn(looked(NODE2, WRONG), current=generation(NODE)).work[0].live

    def test_what_is_dropped(self) -> None:
        found = drawn(looked(NODE, WHOLE), current=generation(NODE, RUFF))
        assert (found.drop, found.switch) == ((RUFF.target,), True)

    def test_everything_is_dropped(self) -> None:
        found = drawn(current=generation(NODE, RUFF), remove_all=True)
        assert (found.drop, found.switch) == ((NODE.target, RUFF.target), True)

    def test_a_module_that_could_not_be_looked_at_is_not_called_right(self) -> None:
        fault = Fault(code=FaultCode.STALLED, module="ruff")
        goal = Goal(targets=(NODE.target, RUFF.target), faults=(fault,))
        found = plan(goal, (looked(NODE, WHOLE),), None, 0.6)
        assert (found.keep, found.faults) == ((NODE.target,), (fault,))


def file(path: str, offset: int, length: int, **more: object) -> IndexedFile:
    packed = ByteRange(offset=offset, length=length, packing=Packing.STORED)
    found = IndexedFile(path=path, size=length, sha256="0" * 64, packed=packed)
    return found.model_copy(update=more)


class TestWholeOrRanges:
    """An archive of 1,000 bytes whose files a to d lie far apart, so that no ranges are joined."""

    INDEX = FileIndex(
        files=(
            file("a", 0, 100),
            file("b", 40_000, 500),
            file("c", 80_000, 200),
            IndexedFile(path="link", size=0, sha256="0" * 64, link="a"),
            file("run", 120_000, 100, executable=True),
        )
    )

    def fetch(
        self, *paths: str, staged: int = 0, share: float = 0.6, state: FileState = FileState.CHANGED
    ) -> WholeArchive | FileRanges | None:
        artifact = NODE.target.artifact.model_copy(update={"size": 1000})
        target = Target(module=NODE.module, artifact=artifact)
        survey = FolderSurvey(exists=True, wrong=dict.fromkeys(paths, state))
        found = plan(Goal(targets=(target,)), (Looked(target, self.INDEX, survey, staged),), None, share)
        return found.work[0].fetch

    @pytest.mark.parametrize(
        ("paths", "expected"),
        [
            (["a"], FileRanges(to_fetch=100)),
            (["b", "run"], FileRanges(to_fetch=600)),  # exactly the share
            (["b", "a", "run"], WholeArchive(size=1000)),
            (["a", "link"], FileRanges(to_fetch=100)),
            (["link"], None),
        ],
    )
    def test_the_share_decides(self, paths: list[str], expected: WholeArchive | FileRanges | None) -> None:
        assert self.fetch(*paths) == expected

    @pytest.mark.parametrize(("staged", "ranges"), [(499, True), (500, False), (1000, False)])
    def test_not_where_the_rest_of_the_archive_is_less(self, staged: int, ranges: bool) -> None:
        assert isinstance(self.fetch("b", staged=staged), FileRanges) is ranges

    def test_a_mode_alone_needs_no_bytes(self) -> None:
        assert self.fetch("run", state=FileState.WRONG_MODE) is None

    def test_an_archive_without_ranges_is_fetched_whole(self) -> None:
        found = drawn(looked(NODE, WRONG, ranged=False), current=generation(NODE))
        assert found.work[0].fetch == WholeArchive(size=len(NODE.archive))

    def test_only_contents_are_fetched(self) -> None:
        wrong = {"a": FileState.MISSING, "link": FileState.MISSING, "run": FileState.WRONG_MODE}
        assert [found.path for found in contents(self.INDEX, wrong)] == ["a"]


class TestCopies:
    """An update of four files, 1,000 bytes packed, of which the store has some already."""

    HERE = ("a", "b", "c", "run")

    def drawn(self, *held: str, ranged: bool = True, staged: int = 0, share: float = 0.3) -> ModulePlan:
        sizes = {"a": 100, "b": 500, "c": 300, "run": 100}
        offsets = range(0, 200_000, 50_000)
        files = tuple(
            file(path, offset, sizes[path], sha256=path * (64 // len(path)))
            for path, offset in zip(self.HERE, offsets, strict=False)
        )
        if not ranged:
            files = tuple(each.model_copy(update={"packed": None}) for each in files)
        artifact = NODE2.target.artifact.model_copy(update={"size": 1000})
        target = Target(module=NODE2.module, artifact=artifact)
        survey = FolderSurvey(exists=False, wrong=dict.fromkeys(self.HERE, FileState.MISSING))
        there = {each.sha256: Held(folder="old", path=each.path) for each in files if each.path in held}
        one = Looked(target, FileIndex(files=files), survey, staged, there)
        return plan(Goal(targets=(target,)), (one,), generation(NODE), share).work[0]

    @pytest.mark.parametrize(
        ("held", "fetch", "copies"),
        [
            ("", WholeArchive(size=1000), 0),
            ("a", FileRanges(to_fetch=900), 1),  # any saving counts where the rest need not be fetched
            ("a c", FileRanges(to_fetch=600), 2),
            ("a b c", FileRanges(to_fetch=100), 3),
            ("a b c run", None, 4),
        ],
    )
    def test_what_the_store_has_is_not_fetched(
        self, held: str, fetch: WholeArchive | FileRanges | None, copies: int
    ) -> None:
        found = self.drawn(*held.split())
        assert (found.drift, found.fetch, found.copies) == (Drift.OUTDATED, fetch, copies)
        assert (found.files, found.unpack_bytes) == (4, 1000)  # copies are written, too

    def test_without_ranges_the_archive_has_them_all(self) -> None:
        found = self.drawn("a", "b", "c", ranged=False)
        assert (found.fetch, found.copies) == (WholeArchive(size=1000), 0)

    def test_without_ranges_nothing_is_fetched_where_the_store_has_all(self) -> None:
        found = self.drawn(*self.HERE, ranged=False)
        assert (found.fetch, found.copies, found.to_fetch) == (None, 4, 0)

    def test_an_archive_that_is_nearly_there_is_brought_to_its_end(self) -> None:
        found = self.drawn("a", "c", staged=950)
        assert (found.fetch, found.copies, found.to_fetch) == (WholeArchive(size=1000, staged=950), 0, 50)

    def test_an_update_goes_on_as_it_began(self) -> None:
        index = FileIndex(files=(file("a", 0, 100), file("b", 50_000, 900)))
        artifact = NODE2.target.artifact.model_copy(update={"size": 1000})
        target = Target(module=NODE2.module, artifact=artifact)
        survey = FolderSurvey(exists=True, wrong={"b": FileState.MISSING}, good_bytes=100)
        one = Looked(target, index, survey, 0)
        found = plan(Goal(targets=(target,)), (one,), generation(NODE), 0.6).work[0]
        assert (found.fetch, found.copies) == (FileRanges(to_fetch=900), 0)

    def test_what_is_looked_for(self) -> None:
        wrong = {"a": FileState.CHANGED, "link": FileState.MISSING, "run": FileState.WRONG_MODE}
        index = FileIndex(
            files=(
                file("a", 0, 1, sha256="a" * 64),
                file("run", 1, 1, sha256="b" * 64),
                IndexedFile(path="link", size=0, sha256="c" * 64, link="a"),
            )
        )
        one = Looked(NODE.target, index, FolderSurvey(exists=True, wrong=wrong), 0)
        blind = Looked(RUFF.target, None, FolderSurvey(exists=False), 0)
        assert wanted_contents([one, blind]) == {"a" * 64}
        folder = NODE.target.folder
        assert known_wrong([one, blind]) == {Held(folder=folder, path=path) for path in wrong}


def work(drift: Drift, size: int, *, begun: int = 0) -> Plan:
    one = ModulePlan(
        target=NODE.target, drift=drift, fetch=WholeArchive(size=size), files=None, unpack_bytes=4 * size
    )
    return Plan(work=(one,), begun=begun)


class TestRoom:
    POLICY = DiskPolicy(minimum=GIGABYTE, reserve=16)

    @pytest.mark.parametrize(
        ("planned", "needed"),
        [
            (Plan(keep=(NODE.target,)), 0),
            (work(Drift.MISSING, 1000), GIGABYTE),
            (work(Drift.OUTDATED, 1000), GIGABYTE),
            (work(Drift.DAMAGED, 1000), 5016),  # a repair is never refused for want of a gigabyte
            (work(Drift.MISSING, GIGABYTE), 5 * GIGABYTE + 16),
            (work(Drift.MISSING, 1000, begun=GIGABYTE - 9000), 9000),  # the rest of what was begun
            (work(Drift.MISSING, 1000, begun=2 * GIGABYTE), 5016),
        ],
    )
    def test_table(self, planned: Plan, needed: int) -> None:
        assert room_needed(planned, self.POLICY) == needed
