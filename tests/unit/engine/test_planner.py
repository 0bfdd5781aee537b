"""What is to be done: drift, the cheapest way to mend it, and the room that it takes."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

import pytest
from simulators.engine_world import Sample, generation
from simulators.memory_archives import index_of

from vsrt_gui.engine.planner import (
    FREE_REQUESTS,
    REQUEST_BYTES,
    Looked,
    classify,
    contents,
    fetching,
    finding,
    known_wrong,
    patched,
    plan,
    room_needed,
    wanted_contents,
)
from vsrt_gui.engine.resolve import Goal
from vsrt_gui.engine.spans import STAGED, ranges
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.file_index import LARGEST_PATCH, ByteRange, FileIndex, IndexedFile, Packing, Patch
from vsrt_gui.model.manifest import PatchesReference, Target
from vsrt_gui.model.plan import Drift, FileRanges, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.policies import GIGABYTE, DiskPolicy
from vsrt_gui.model.survey import FileState, FolderSurvey, Generation, Harm, Held

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


def drawn(*found: Looked, current: Generation | None = None, **more: object) -> Plan:
    goal = Goal(targets=tuple(one.target for one in found)).but(**more)
    return plan(goal, found, current)


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

    def test_what_is_wrong_with_a_module_in_force_is_told_apart(self) -> None:
        wrong = WRONG.but(launchers={"node": FileState.MISSING})
        harm = Harm(states={FileState.CHANGED: 1}, names={"lib/a.js": FileState.CHANGED}, commands=("node",))
        assert drawn(looked(NODE, wrong), current=generation(NODE)).work[0].harm == harm
        assert drawn(looked(NODE2, WRONG), current=generation(NODE)).work[0].harm == Harm()

    def test_what_is_dropped(self) -> None:
        found = drawn(looked(NODE, WHOLE), current=generation(NODE, RUFF))
        assert (found.drop, found.switch) == ((RUFF.target,), True)

    def test_everything_is_dropped(self) -> None:
        found = drawn(current=generation(NODE, RUFF), remove_all=True)
        assert (found.drop, found.switch) == ((NODE.target, RUFF.target), True)

    def test_a_module_that_could_not_be_looked_at_is_not_called_right(self) -> None:
        fault = Fault(code=FaultCode.STALLED, module="ruff")
        goal = Goal(targets=(NODE.target, RUFF.target), faults=(fault,))
        found = plan(goal, (looked(NODE, WHOLE),), None)
        assert (found.keep, found.faults) == ((NODE.target,), (fault,))


def file(path: str, offset: int, length: int, **more: object) -> IndexedFile:
    packed = ByteRange(offset=offset, length=length, packing=Packing.STORED)
    found = IndexedFile(path=path, size=length, sha256=sha256(path.encode()).hexdigest(), packed=packed)
    return found.model_copy(update=more)


class TestWholeOrRanges:
    """An archive of 1,000 bytes whose files lie far apart, so that no ranges are joined."""

    INDEX = FileIndex(
        files=(
            file("a", 0, 100),
            file("b", 40_000, 500),
            file("c", 80_000, 250),
            file("d", 160_000, 10),
            IndexedFile(path="link", size=0, sha256="0" * 64, link="a"),
            file("run", 120_000, 100, executable=True),
        )
    )

    def fetch(
        self, *paths: str, staged: int = 0, state: FileState = FileState.CHANGED, drift: Drift = Drift.DAMAGED
    ) -> WholeArchive | FileRanges | None:
        artifact = NODE.target.artifact.model_copy(update={"size": 1000})
        target = Target(module=NODE.module, artifact=artifact)
        survey = FolderSurvey(exists=True, wrong=dict.fromkeys(paths, state))
        current = None if drift is Drift.MISSING else generation(NODE)
        found = plan(Goal(targets=(target,)), (Looked(target, self.INDEX, survey, staged),), current)
        assert found.work[0].drift is drift
        return found.work[0].fetch

    @pytest.mark.parametrize(
        ("paths", "expected"),
        [
            (["a"], FileRanges(to_fetch=100)),
            (["b", "a", "c", "run"], FileRanges(to_fetch=950, requests=4)),  # exactly the share
            (["b", "a", "c", "run", "d"], WholeArchive(size=1000)),
            (["a", "link"], FileRanges(to_fetch=100)),
            (["link"], None),
        ],
    )
    def test_the_share_decides(self, paths: list[str], expected: WholeArchive | FileRanges | None) -> None:
        assert self.fetch(*paths) == expected
        assert self.fetch(*paths, drift=Drift.MISSING) == expected  # the other files are there

    @pytest.mark.parametrize("drift", [Drift.MISSING, Drift.DAMAGED])
    def test_of_a_new_module_the_archive_comes_whole(self, drift: Drift) -> None:
        """Also where its ranges are less: of several files of the same content all but one."""
        index = FileIndex(files=(file("a", 0, 100), file("b", 50_000, 200)))
        artifact = NODE.target.artifact.model_copy(update={"size": 1000})
        target = Target(module=NODE.module, artifact=artifact)
        survey = FolderSurvey(exists=False, wrong=dict.fromkeys("ab", FileState.MISSING))
        current = None if drift is Drift.MISSING else generation(NODE)
        found = plan(Goal(targets=(target,)), (Looked(target, index, survey, 0),), current).work[0].fetch
        assert found == (
            WholeArchive(size=1000) if drift is Drift.MISSING else FileRanges(to_fetch=300, requests=2)
        )

    @pytest.mark.parametrize(("staged", "ranges"), [(499, True), (500, False), (1000, False)])
    def test_not_where_the_rest_of_the_archive_is_less(self, staged: int, ranges: bool) -> None:
        assert isinstance(self.fetch("b", staged=staged), FileRanges) is ranges

    def test_files_of_the_same_content_cost_what_the_smallest_of_them_does(self) -> None:
        twins = tuple(
            file(path, offset, length, sha256="c" * 64, size=500)
            for path, offset, length in (("a", 0, 300), ("b", 100_000, 200), ("c", 200_000, 250))
        )
        index = FileIndex(files=(*twins, file("rest", 300_000, 250)))
        artifact = NODE.target.artifact.model_copy(update={"size": 1000})
        one = Looked(Target(module=NODE.module, artifact=artifact), index, FolderSurvey(exists=True), 0)
        assert fetching(one, twins) == FileRanges(to_fetch=200)
        bare = tuple(each.but(packed=None) for each in twins[:2])
        assert fetching(one, (*bare, twins[2])) == FileRanges(to_fetch=250)
        assert fetching(one, bare) == WholeArchive(size=1000)

    def test_many_requests_are_slower_than_the_archive(self) -> None:
        """Of 1,000 scattered files of 40 kB: each request beyond the free ones counts for 125 kB."""
        apart, size = 100_000, 40_000_000
        index = FileIndex(files=tuple(file(f"{n:03}", n * apart, 40_000) for n in range(1000)))
        artifact = NODE.target.artifact.model_copy(update={"size": size})
        one = Looked(Target(module=NODE.module, artifact=artifact), index, FolderSurvey(exists=True), 0)

        def fetch(count: int) -> WholeArchive | FileRanges | None:
            return fetching(one, index.files[:count])

        most = next(n for n in range(1, 1000) if n * 40_000 + (n - FREE_REQUESTS) * REQUEST_BYTES >= size) - 1
        assert fetch(most) == FileRanges(to_fetch=most * 40_000, requests=most)
        assert most * 40_000 < 0.6 * size
        assert fetch(most + 1) == WholeArchive(size=size)

    def test_what_an_earlier_run_brought_of_a_large_file_is_not_fetched_again(self) -> None:
        large = STAGED + 1
        index = FileIndex(
            files=(file("big", 0, large), file("c", 2 * large, 200), file("rest", 3 * large, large))
        )
        artifact = NODE2.target.artifact.model_copy(update={"size": 3 * large})
        target = Target(module=NODE2.module, artifact=artifact)
        survey = FolderSurvey(exists=True, wrong=dict.fromkeys(["big", "c"], FileState.MISSING), good_bytes=7)
        (piece,) = ranges(index.files[:1])
        one = Looked(target, index, survey, 0, pieces={piece.part(target): 1000, "another": 5})
        found = plan(Goal(targets=(target,)), (one,), generation(NODE))
        left = large - 1000
        assert found.work[0].fetch == FileRanges(to_fetch=left + 200, requests=2, staged=1000, staging=left)
        assert (found.to_fetch, found.begun) == (left + 200, 1007)
        whole = replace(one, pieces={piece.part(target): large})
        assert plan(Goal(targets=(target,)), (whole,), generation(NODE)).work[0].fetch == FileRanges(
            to_fetch=200, requests=1, staged=large
        )

    def test_a_mode_alone_needs_no_bytes(self) -> None:
        assert self.fetch("run", state=FileState.WRONG_MODE) is None
        survey = FolderSurvey(exists=True, wrong={"run": FileState.WRONG_MODE, "a": FileState.CHANGED})
        found = plan(Goal(targets=(NODE.target,)), (Looked(NODE.target, self.INDEX, survey, 0),), None)
        assert found.to_write == 100  # of the other file

    def test_an_archive_without_ranges_is_fetched_whole(self) -> None:
        found = drawn(looked(NODE, WRONG, ranged=False), current=generation(NODE))
        assert found.work[0].fetch == WholeArchive(size=len(NODE.archive))

    def test_only_contents_are_fetched(self) -> None:
        wrong = {"a": FileState.MISSING, "link": FileState.MISSING, "run": FileState.WRONG_MODE}
        assert [found.path for found in contents(self.INDEX, wrong)] == ["a"]


class TestCopies:
    """An update of four files, 1,000 bytes packed, of which the store has some already."""

    HERE = ("a", "b", "c", "run")

    def drawn(self, *held: str, ranged: bool = True, staged: int = 0) -> ModulePlan:
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
        there = {each.sha256: (Held(folder="old", path=each.path),) for each in files if each.path in held}
        one = Looked(target, FileIndex(files=files), survey, staged, there)
        return plan(Goal(targets=(target,)), (one,), generation(NODE)).work[0]

    @pytest.mark.parametrize(
        ("held", "fetch", "copies"),
        [
            ("", WholeArchive(size=1000), 0),
            (
                "a",
                FileRanges(to_fetch=900, requests=3),
                1,
            ),  # any saving counts where the rest need not be fetched
            ("a c", FileRanges(to_fetch=600, requests=2), 2),
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
        found = plan(Goal(targets=(target,)), (one,), generation(NODE)).work[0]
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


class TestPatches:
    """An update of three files, 900 bytes packed, of which some have patches of what the store may have."""

    BASES: Mapping[str, str] = {"one": "1" * 64, "two": "2" * 64}

    def looked(self, *held: str, size: int | None = 1000, **patches: tuple[Patch, ...]) -> Looked:
        files = tuple(
            file(path, number * 50_000, 300, sha256=path * 64, patches=patches.get(path, ()))
            for number, path in enumerate("abc")
        )
        there = None if size is None else PatchesReference(url="p", sha256="0" * 64, size=size)
        artifact = NODE2.target.artifact.model_copy(update={"size": 1000, "patches": there})
        survey = FolderSurvey(exists=False, wrong=dict.fromkeys("abc", FileState.MISSING))
        found = {self.BASES[name]: (Held(folder="old", path=name),) for name in held}
        index = FileIndex(files=files, patches="0" * 64)
        return Looked(Target(module=NODE2.module, artifact=artifact), index, survey, 0, found)

    def patch(self, base: str, offset: int, length: int) -> Patch:
        return Patch(base=self.BASES[base], offset=offset, length=length)

    def fetch(self, one: Looked) -> WholeArchive | FileRanges | None:
        return plan(Goal(targets=(one.target,)), (one,), generation(NODE)).work[0].fetch

    @pytest.mark.parametrize(
        ("held", "patched"),
        [("", 0), ("one", 50), ("two", 20), ("one two", 20)],  # the smaller one of two
    )
    def test_only_what_starts_from_something_in_the_store(self, held: str, patched: int) -> None:
        one = self.looked(*held.split(), a=(self.patch("one", 0, 50), self.patch("two", 50, 20)))
        assert self.fetch(one) == FileRanges(
            to_fetch=patched + (600 if patched else 900), patched=patched, requests=3
        )

    def test_neighbours_count_with_what_is_fetched_along(self) -> None:
        one = self.looked("one", a=(self.patch("one", 0, 50),), b=(self.patch("one", 90, 10),))
        assert self.fetch(one) == FileRanges(to_fetch=400, patched=100, requests=2)

    def test_one_for_two_files_counts_once(self) -> None:
        one = self.looked("one", a=(self.patch("one", 0, 50),), b=(self.patch("one", 0, 50),))
        assert self.fetch(one) == FileRanges(to_fetch=350, patched=50, requests=2)

    def test_one_gives_all_files_of_the_same_content(self) -> None:
        one = self.looked("one", a=(self.patch("one", 0, 50),))
        files = tuple(each.but(sha256="d" * 64) for each in one.index.files[:2]) if one.index else ()
        assert {path: patch.length for path, (_, patch) in patched(one, files).items()} == {"a": 50, "b": 50}
        assert fetching(one, files) == FileRanges(to_fetch=50, patched=50)
        assert fetching(one, files, frozenset("b")) == FileRanges(to_fetch=300)

    @pytest.mark.parametrize("length", [300, 301])
    def test_not_where_the_packed_file_is_no_larger(self, length: int) -> None:
        one = self.looked("one", a=(self.patch("one", 0, length),))
        assert self.fetch(one) == FileRanges(to_fetch=900, requests=3)

    @pytest.mark.parametrize("size", [None, 49])
    def test_not_where_they_are_not_published(self, size: int | None) -> None:
        one = self.looked("one", size=size, a=(self.patch("one", 0, 50),))
        assert self.fetch(one) == FileRanges(to_fetch=900, requests=3)
        assert wanted_contents([one]) == {letter * 64 for letter in "abc"}

    def test_one_too_large_for_memory_is_not_used(self) -> None:
        huge = LARGEST_PATCH + 1
        one = self.looked("one", size=2 * huge, a=(self.patch("one", 0, huge),))
        packed = ByteRange(offset=0, length=2 * huge, packing=Packing.STORED)
        files = (one.index.files[0].model_copy(update={"packed": packed}),) if one.index else ()
        assert patched(one, files, frozenset()) == {}

    def test_what_they_start_from_is_looked_for(self) -> None:
        one = self.looked(a=(self.patch("one", 0, 50),), b=(self.patch("two", 50, 20),))
        assert wanted_contents([one]) == {*(letter * 64 for letter in "abc"), *self.BASES.values()}

    def test_without_ranges_they_help_only_where_they_give_all(self) -> None:
        one = self.looked("one", **{path: (self.patch("one", 0, 50),) for path in "abc"})
        bare = (
            tuple(each.model_copy(update={"packed": None}) for each in one.index.files) if one.index else ()
        )
        assert self.fetch(replace(one, index=FileIndex(files=bare, patches="0" * 64))) == FileRanges(
            to_fetch=50, patched=50
        )
        some = (*bare[:2], bare[2].model_copy(update={"patches": ()}))
        assert self.fetch(replace(one, index=FileIndex(files=some, patches="0" * 64))) == WholeArchive(
            size=1000
        )

    def test_not_those_that_proved_useless(self) -> None:
        one = self.looked("one", a=(self.patch("one", 0, 50),), b=(self.patch("one", 50, 50),))
        files = one.index.files if one.index else ()
        assert fetching(one, files, frozenset("a")) == FileRanges(to_fetch=650, patched=50, requests=3)


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
            (work(Drift.DAMAGED, 0), 0),  # modes and launchers alone
            (Plan(work=(work(Drift.DAMAGED, 0).work[0].but(fetch=WholeArchive(size=None)),)), 16),
        ],
    )
    def test_table(self, planned: Plan, needed: int) -> None:
        assert room_needed(planned, self.POLICY) == needed
