"""Files are made from earlier ones by patches; whatever is wrong with those, the files come all the same."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256

import pytest
from simulators.engine_world import Sample, World
from simulators.memory_archives import Item
from simulators.memory_source import Shelf, Trouble, broken, lost

from vsrt_gui.engine.meter import INTERVAL
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Outcome, PlanReady, Retrying, Step, StepFinished, StepProgress
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import IndexedFile, Patch
from vsrt_gui.model.plan import FileRanges, ModulePlan, WholeArchive
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState, fold


def noise(seed: str, size: int = 6000) -> bytes:
    """Return bytes that nothing makes smaller."""
    return b"".join(sha256(f"{seed} {n}".encode()).digest() for n in range(size // 32))


SAME: Mapping[str, Item] = {"lib/same": Item(noise("same"))}
BEFORE = {
    **SAME,
    "bin/run": Item(noise("run"), executable=True),
    "lib/a": Item(noise("a")),
    "lib/b": Item(noise("b")),
}
AFTER = {
    **SAME,
    "bin/run": Item(b"new " + noise("run"), executable=True),
    "lib/a": Item(noise("a") + b"more"),
    "lib/b": Item(noise("b")[:-100]),
    "lib/new": Item(noise("new", 640)),
}
CHANGED = ("bin/run", "lib/a", "lib/b")
OLD = Sample("tool", items=BEFORE)
NEW = Sample("tool", version="2.0", items=AFTER, before=OLD)
PATCHES = f"{NEW.url}.patches"


@pytest.fixture
def world() -> World:
    made = World(OLD)
    assert made.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    made.source.sent.clear()
    made.source.asks.clear()
    made.prefix.puts.clear()
    made.publish(NEW, version="2.0.0")
    return made


def size(*paths: str) -> int:
    """Return the bytes of these files in the archive."""
    return sum(len(AFTER[path].content) for path in paths)


def updated(world: World, new: Sample = NEW) -> ModulePlan:
    """Update, see that all is there whatever the way was, and return what was planned."""
    ended = world.run(Verb.UPDATE)
    assert (ended.outcome, ended.faults) == (Outcome.COMPLETED, ())
    assert world.prefix.folders[new.target.folder] == new.content
    (event,) = world.told(PlanReady)
    (found,) = event.plan.work
    return found


def test_what_has_changed_is_made_from_what_is_there(world: World) -> None:
    work = updated(world)
    fetched = len(NEW.patches) + size("lib/new")
    assert work.fetch == FileRanges(to_fetch=fetched, patched=len(NEW.patches), requests=2)
    assert (work.copies, work.files) == (1, 5)
    assert world.source.sent == {PATCHES: len(NEW.patches), NEW.url: size("lib/new")}
    assert sorted(world.archives.made) == sorted(CHANGED)
    (end,) = [event for event in world.told(StepFinished) if event.step is Step.DOWNLOAD]
    assert (end.done, end.sources) == (fetched, (PATCHES, NEW.url))
    assert world.told(Retrying) == []


def test_neighbouring_patches_come_in_one_answer(world: World) -> None:
    updated(world)
    assert [ask.url for ask in world.source.asks] == [PATCHES, NEW.url]


def test_nothing_else_is_fetched_where_patches_give_all(world: World) -> None:
    new = replace(NEW, items={**AFTER, "lib/new": SAME["lib/same"]})
    world.publish(new, version="2.0.0")
    assert updated(world, new).to_fetch == len(new.patches)
    assert world.source.sent == {PATCHES: len(new.patches)}


def test_an_archive_without_ranges_is_not_needed_where_patches_give_all(world: World) -> None:
    new = replace(NEW, items={**AFTER, "lib/new": SAME["lib/same"]}, zipped=False)
    world.publish(new, version="2.0.0")
    updated(world, new)
    assert world.source.sent == {f"{new.url}.patches": len(new.patches)}


def test_an_archive_without_ranges_has_them_all_where_one_file_has_no_patch(world: World) -> None:
    new = replace(NEW, zipped=False)
    world.publish(new, version="2.0.0")
    assert updated(world, new).fetch == WholeArchive(size=len(new.archive))
    assert world.source.sent == {new.url: len(new.archive)}


def test_a_patch_that_is_no_smaller_is_not_used(world: World) -> None:
    items = {**AFTER, "lib/a": Item(noise("all of it is new"))}
    new = replace(NEW, items=items)
    world.publish(new, version="2.0.0")
    updated(world, new)
    assert sorted(world.archives.made) == ["bin/run", "lib/b"]


def test_a_first_installation_uses_none() -> None:
    world = World(NEW)
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    assert world.source.sent == {NEW.url: len(NEW.archive)}


def test_a_repair_uses_them_where_the_earlier_version_is_still_there(world: World) -> None:
    updated(world)
    world.source.sent.clear()
    world.spoil(NEW, "lib/a")
    world.spoil(NEW, "lib/new")
    assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
    assert world.prefix.folders[NEW.target.folder] == NEW.content
    (patch,) = next(file for file in NEW.index.files if file.path == "lib/a").patches
    assert world.source.sent == {PATCHES: patch.length, NEW.url: size("lib/new")}
    assert world.prefix.done.count("put durable") == 2


def test_copies_set_by_hand_are_asked_first(world: World) -> None:
    mirror = "https://mirror.test"
    new = replace(NEW, mirrors=(f"{mirror}/tool.zip",))
    world.publish(new, version="2.0.0")
    del world.source.shelves[PATCHES]
    updated(world, new)
    assert world.source.sent == {f"{mirror}/tool.zip.patches": len(NEW.patches), NEW.url: size("lib/new")}


def test_nobody_waits_for_patches(world: World) -> None:
    """Each place is asked once; then the ranges have their turn, with all the patience that they need."""
    mirror = "https://mirror.test"
    new = replace(NEW, mirrors=(f"{mirror}/tool.zip",))
    world.publish(new, version="2.0.0")
    places = (PATCHES, f"{mirror}/tool.zip.patches")
    for url in places:
        world.source.troubles[url] = [Trouble(lost())] * 10
    updated(world, new)
    assert sorted(ask.url for ask in world.source.asks if ask.url in places) == sorted(places)
    assert world.source.sent == {NEW.url: size(*CHANGED, "lib/new")}


def test_one_more_attempt_as_long_as_files_come(world: World) -> None:
    files = {file.path: file for file in NEW.index.files}
    second = files["lib/a"].patches[0].offset
    world.source.troubles[PATCHES] = [Trouble(lost(), after=second + 5), Trouble(lost(), after=5)]
    updated(world)
    asked = [(ask.start, ask.end) for ask in world.source.asks if ask.url == PATCHES]
    assert asked == [(0, len(NEW.patches)), (second, len(NEW.patches))]
    assert world.archives.made == ["bin/run"]


@pytest.mark.parametrize("spoilt", ["lib/a", "lib/a too"])
def test_a_patch_starts_from_a_second_copy_where_the_first_is_damaged(spoilt: str) -> None:
    before = replace(OLD, items={**BEFORE, "lib/a too": BEFORE["lib/a"]})
    world = World(before)
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    world.source.sent.clear()
    world.spoil(before, spoilt, b"X" * len(BEFORE["lib/a"].content))
    world.publish(NEW, version="2.0.0")
    updated(world)
    assert world.source.sent == {PATCHES: len(NEW.patches), NEW.url: size("lib/new")}


def test_one_content_at_a_time_lies_in_memory() -> None:
    old = [replace(OLD, id=name) for name in ("one", "two", "three")]
    new = [replace(NEW, id=each.id, before=each) for each in old]
    world = World(*old)
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    world.publish(*new, version="2.0.0")
    inside, most = 0, 0

    def begin(_file: object, _base: object, _frame: object) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.01)
        inside -= 1

    world.archives.meanwhile = begin
    assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
    assert (len(world.archives.made), most) == (9, 1)


def test_two_files_of_the_same_content_come_of_one_patch(world: World) -> None:
    twin = AFTER["lib/a"].content
    items = {**AFTER, "lib/a2": Item(twin), "lib/new": SAME["lib/same"]}
    before = replace(OLD, items={**BEFORE, "lib/a2": BEFORE["lib/a"]})
    new = replace(NEW, items=items, before=before)
    world.publish(new, version="2.0.0")
    index = world.catalog.indexes[f"{new.url}.index"]
    first = next(file.patches for file in index.files if file.path == "lib/a")
    files = tuple(file.but(patches=first) if file.path == "lib/a2" else file for file in index.files)
    world.catalog.indexes[f"{new.url}.index"] = index.but(files=files)
    work = updated(world, new)
    assert sorted(world.archives.made) == ["bin/run", "lib/a", "lib/a2", "lib/b"]
    assert work.to_fetch == sum(world.source.sent.values())
    assert set(world.source.sent) == {PATCHES}


class TestFallback:
    """Whatever is wrong with the patches, the files' own ranges are there."""

    def test_they_are_gone(self, world: World) -> None:
        del world.source.shelves[PATCHES]
        updated(world)
        assert world.source.sent == {NEW.url: size(*CHANGED, "lib/new")}
        assert world.told(Retrying) == []

    def test_their_server_is_out_of_order(self, world: World) -> None:
        world.source.troubles[PATCHES] = [Trouble(broken())] * 9
        updated(world)
        assert world.source.sent == {NEW.url: size(*CHANGED, "lib/new")}

    def test_they_and_the_archive_come_without_ranges(self, world: World) -> None:
        (first, *_) = [file for file in NEW.index.files if file.path == "bin/run"]
        world.spoil(OLD, "bin/run", b"X" * len(BEFORE["bin/run"].content))
        assert first.patches[0].offset == 0
        for url in (PATCHES, NEW.url):
            world.source.shelves[url].ranges = False
        updated(world)
        assert world.source.asks[-1].end is None
        assert world.source.sent[NEW.url] >= len(NEW.archive)

    def test_one_is_damaged(self, world: World) -> None:
        shelf = world.source.shelves[PATCHES]
        patch = next(file for file in NEW.index.files if file.path == "lib/a").patches[0]
        middle = patch.offset + patch.length // 2
        shelf.content = shelf.content[:middle] + b"XXXX" + shelf.content[middle + 4 :]
        updated(world)
        assert world.source.sent[NEW.url] == size("lib/a", "lib/new")
        assert [event.fault.code for event in world.told(Retrying)] == [FaultCode.CHECKSUM_MISMATCH]

    def test_all_are_something_else(self, world: World) -> None:
        world.source.shelves[PATCHES] = Shelf(b"<html>welcome</html>" * 100)
        updated(world)
        assert world.archives.made == []
        assert world.source.sent[NEW.url] == size(*CHANGED, "lib/new")

    def test_one_mirror_lies_and_another_does_not(self, world: World) -> None:
        new = replace(NEW, mirrors=("https://mirror.test/tool.zip",))
        world.publish(new, version="2.0.0")
        world.source.shelves[PATCHES] = Shelf(b"X" * len(NEW.patches))
        updated(world, new)
        assert len(world.archives.made) == 2  # the first lie has cost one
        assert world.source.sent["https://mirror.test/tool.zip.patches"] > 0

    @pytest.mark.parametrize("how", ["changed", "gone", "larger"])
    def test_what_they_start_from_is_damaged_meanwhile(self, world: World, how: str) -> None:
        def spoil() -> None:
            folder = world.prefix.folders[OLD.target.folder]
            if how == "gone":
                folder.pop("lib/a", None)
            else:
                world.spoil(OLD, "lib/a", b"X" * (len(BEFORE["lib/a"].content) + (how == "larger")))

        world.prefix.meanwhile["content"] = spoil
        updated(world)
        assert sorted(world.archives.made) == ["bin/run", "lib/b"]
        assert world.source.sent == {PATCHES: len(NEW.patches), NEW.url: size("lib/a", "lib/new")}
        assert world.told(Retrying) == []

    def test_all_that_they_start_from_is_gone_before_the_plan(self, world: World) -> None:
        world.prefix.folders[OLD.target.folder].clear()
        assert updated(world).fetch == WholeArchive(size=len(NEW.archive))
        assert PATCHES not in world.source.sent

    def test_an_index_that_says_nonsense(self, world: World) -> None:
        """Patches within each other, of contents that they are none of."""
        index = world.catalog.indexes[f"{NEW.url}.index"]
        bases = [sha256(BEFORE[path].content).hexdigest() for path in reversed(CHANGED)]
        wrong = {
            path: Patch(base=base, offset=number // 2, length=30 + number)
            for number, (path, base) in enumerate(zip(CHANGED, bases, strict=True))
        }
        files = tuple(
            file.but(patches=(wrong[file.path],)) if file.path in wrong else file for file in index.files
        )
        world.catalog.indexes[f"{NEW.url}.index"] = index.but(files=files)
        updated(world)
        assert world.source.sent[NEW.url] == size(*CHANGED, "lib/new")

    def test_there_is_no_memory_for_them(self, world: World) -> None:
        def short(file: IndexedFile, _base: object, _frame: object) -> None:
            if file.path == "lib/a":
                raise MemoryError

        world.archives.meanwhile = short
        updated(world)
        assert sorted(world.archives.made) == ["bin/run", "lib/b"]
        assert world.source.sent[NEW.url] == size("lib/a", "lib/new")
        assert world.told(Retrying) == []

    def test_an_index_of_other_patches(self, world: World) -> None:
        """One that was kept while the catalog was published anew says the places of those before."""
        index = world.catalog.indexes[f"{NEW.url}.index"]
        world.catalog.indexes[f"{NEW.url}.index"] = index.but(patches="0" * 64)
        updated(world)
        assert PATCHES not in world.source.sent

    def test_a_full_disk_is_told_at_once(self, world: World) -> None:
        world.prefix.troubles["lib/a"] = InstallerError(FaultCode.DISK_FULL, path="/memory")
        ended = world.run(Verb.UPDATE)
        assert [fault.code for fault in ended.faults] == [FaultCode.DISK_FULL]
        assert NEW.url not in world.source.sent


class TestGoingOn:
    def test_a_lost_connection_costs_the_file_that_was_on_its_way(self, world: World) -> None:
        files = {file.path: file for file in NEW.index.files}
        after = files["lib/a"].patches[0].offset + 5
        world.source.troubles[PATCHES] = [Trouble(lost(), after=after)]
        world.source.piece = 10
        updated(world)
        assert world.source.sent[PATCHES] == len(NEW.patches) + 5
        assert world.prefix.puts["bin/run"] == 1

    def test_ranges_too_go_on_with_the_file_that_is_missing(self, world: World) -> None:
        new = replace(NEW, before=None)
        world.publish(new, version="2.0.0")
        first = next(file.packed for file in NEW.index.files if file.path == "lib/a")
        assert first
        world.source.troubles[new.url] = [Trouble(lost(), after=size("bin/run") + 1500)]
        updated(world, new)
        assert world.source.sent[new.url] == size(*CHANGED, "lib/new") + 1500
        assert set(world.prefix.puts.values()) == {1}

    def test_an_update_that_was_stopped_goes_on(self, world: World) -> None:
        world.source.troubles[NEW.url] = [Trouble(None, after=100)]
        world.cancelled(Verb.UPDATE)
        assert sorted(world.archives.made) == sorted(CHANGED)
        world.source.sent.clear()
        assert updated(world).fetch == FileRanges(to_fetch=size("lib/new"))
        assert world.source.sent == {NEW.url: size("lib/new")}

    def test_one_that_was_stopped_between_two_patches_asks_for_the_others_only(self, world: World) -> None:
        files = {file.path: file for file in NEW.index.files}
        world.source.piece = 10
        world.source.troubles[PATCHES] = [Trouble(None, after=files["lib/a"].patches[0].offset + 5)]
        world.cancelled(Verb.UPDATE)
        assert world.archives.made == ["bin/run"]
        world.source.sent.clear()
        left = sum(files[path].patches[0].length for path in ("lib/a", "lib/b"))
        assert updated(world).fetch == FileRanges(to_fetch=left + size("lib/new"), patched=left, requests=2)
        assert world.source.sent == {PATCHES: left, NEW.url: size("lib/new")}

    def test_what_is_called_safe_when_it_is_stopped_is_what_was_made(self, world: World) -> None:
        files = {file.path: file for file in NEW.index.files}
        world.source.piece = 10
        world.source.troubles[PATCHES] = [Trouble(None, after=files["lib/a"].patches[0].offset + 5)]

        async def stop(session: Session) -> int:
            session.start(Request(verb=Verb.UPDATE))
            await world.hung()
            await asyncio.sleep(2 * INTERVAL)
            told = session.state.safe_bytes
            session.cancel()
            await session.finished()
            assert told > session.state.safe_bytes
            return session.state.safe_bytes

        assert world.within(stop) == files["bin/run"].patches[0].length

    @pytest.mark.parametrize(
        "trouble",
        [
            lambda source: source.shelves.pop(PATCHES),
            lambda source: source.troubles.update({PATCHES: [Trouble(lost(), after=50)] * 2}),
            lambda source: source.shelves.update({PATCHES: Shelf(b"X" * 500)}),
        ],
        ids=["gone", "lost", "damaged"],
    )
    def test_progress_never_runs_backwards(self, world: World, trouble: Callable[[object], object]) -> None:
        trouble(world.source)
        updated(world)
        state, progress, fetched = RunState(), [0.0], [0]
        for event in world.events:
            state = fold(state, event)
            progress.append(state.progress)
            if isinstance(event, StepProgress | StepFinished) and event.step is Step.DOWNLOAD:
                fetched.append(event.done)
        assert progress == sorted(progress)
        (row,) = state.modules
        assert row.fetched == row.to_fetch
