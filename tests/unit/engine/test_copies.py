"""What the store has is copied, the rest is fetched; what is not right there is fetched, too."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from simulators.engine_world import Sample, World
from simulators.memory_archives import Item, index_of
from simulators.memory_source import Shelf, Trouble, lost

from vsrt_gui.model.events import Outcome, PlanReady, Retrying, Step, StepFinished, StepStarted
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.plan import FileRanges, ModulePlan, WholeArchive
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import Phase, RunState, fold

SAME: Mapping[str, Item] = {
    "bin/run": Item(b"the program " * 300, executable=True),
    "lib/a": Item(bytes(range(256)) * 20),
    "lib/empty": Item(b""),
    "link": Item(link="bin/run"),
}
CHANGED = b"the part that changes " * 40
OLD = Sample("tool", items={**SAME, "lib/b": Item(b"old " + CHANGED)})
NEW = Sample("tool", version="2.0", items={**SAME, "lib/b": Item(b"new " + CHANGED)})
PLAIN = Sample("tool", version="2.0", items=NEW.items, zipped=False)


def packed(sample: Sample, *paths: str) -> int:
    """Return the packed bytes of these files."""
    files = index_of(sample.archive, ranged=True).select(frozenset(paths))
    return sum(file.packed.length for file in files if file.packed)


@pytest.fixture
def world() -> World:
    made = World(OLD)
    assert made.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    made.source.sent.clear()
    made.source.asks.clear()
    made.prefix.done.clear()
    return made


def work(world: World) -> ModulePlan:
    (event,) = world.told(PlanReady)
    (found,) = event.plan.work
    return found


def updated(world: World, new: Sample = NEW) -> None:
    """Update, and see that all is there whatever the way was."""
    world.publish(new, version="2.0.0")
    ended = world.run(Verb.UPDATE)
    assert (ended.outcome, ended.faults) == (Outcome.COMPLETED, ())
    assert world.prefix.folders[new.target.folder] == new.content


def test_an_update_fetches_what_has_changed(world: World) -> None:
    updated(world)
    assert (work(world).fetch, work(world).copies) == (FileRanges(to_fetch=packed(NEW, "lib/b")), 3)
    assert world.source.sent == {NEW.url: packed(NEW, "lib/b")}
    assert world.prefix.done.count("copy") == 3


def test_the_plan_says_what_is_really_fetched(world: World) -> None:
    updated(world)
    assert work(world).to_fetch == sum(world.source.sent.values()) < (NEW.artifact.size or 0)


def test_a_new_version_of_the_same_files_fetches_nothing(world: World) -> None:
    same = Sample("tool", version="2.0", items={**(OLD.items or {}), "lib/c": Item(SAME["lib/a"].content)})
    updated(world, same)
    assert (work(world).fetch, work(world).copies) == (None, 5)
    assert world.source.asks == []


def test_a_source_without_ranges_has_them_all(world: World) -> None:
    updated(world, PLAIN)
    assert (work(world).fetch, work(world).copies) == (WholeArchive(size=len(PLAIN.archive)), 0)
    assert world.prefix.done.count("copy") == 0


def test_a_damaged_file_is_fetched_instead(world: World) -> None:
    content = SAME["lib/a"].content
    world.spoil(OLD, "lib/a", b"X" * len(content))  # of the same size: nobody sees it before it is copied
    updated(world)
    assert work(world).copies == 3
    assert world.prefix.done.count("copy") == 2
    assert world.source.sent[NEW.url] >= packed(NEW, "lib/a", "lib/b")
    assert world.told(Retrying) == []


@pytest.mark.parametrize("spoilt", ["lib/a", "lib/a too"])
def test_a_second_copy_stands_in_for_a_damaged_one(spoilt: str) -> None:
    content = SAME["lib/a"].content
    world = World(replace(OLD, items={**(OLD.items or {}), "lib/a too": SAME["lib/a"]}))
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    world.source.sent.clear()
    world.prefix.folders[world.prefix.generations[1].modules[0].folder][spoilt] = Item(b"X" * len(content))
    updated(world)
    assert world.source.sent == {NEW.url: packed(NEW, "lib/b")}


def test_all_damaged_and_nothing_to_fetch_by_plan(world: World) -> None:
    same = Sample("tool", version="2.0", items={**(OLD.items or {}), "lib/c": Item(b"")})
    for path, item in (OLD.items or {}).items():
        if item.link is None:
            world.spoil(OLD, path, b"X" * len(item.content))
    updated(world, same)
    assert work(world).fetch is None
    assert world.source.sent[same.url]


def test_one_that_vanishes_after_the_plan_is_fetched(world: World) -> None:
    folder = world.prefix.folders[OLD.target.folder]
    world.prefix.meanwhile["write_wanted"] = lambda: folder.pop("lib/a", None) and None
    world.prefix.meanwhile["claim"] = world.prefix.meanwhile["write_wanted"]
    updated(world)
    assert (work(world).copies, world.prefix.done.count("copy")) == (3, 2)


def test_ranges_that_fail_bring_the_archive_and_keep_the_copies(world: World) -> None:
    world.publish(NEW, version="2.0.0")
    world.source.shelves[NEW.url] = Shelf(NEW.archive, ranges=False)
    assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
    assert world.prefix.folders[NEW.target.folder] == NEW.content
    assert (world.prefix.done.count("copy"), world.prefix.done.count("put")) == (3, 1)


def test_an_interrupted_update_copies_nothing_twice(world: World) -> None:
    world.publish(NEW, version="2.0.0")
    world.source.troubles[NEW.url] = [Trouble(lost())] * 50
    assert world.run(Verb.UPDATE).outcome is Outcome.FAILED
    assert world.prefix.done.count("copy") == 3
    assert world.installed == {"tool": "1.0"}
    world.source.troubles.clear()
    updated(world)
    assert (world.prefix.done.count("copy"), work(world).copies, work(world).files) == (3, 0, 2)


def test_a_full_disk_stops_it_and_the_old_one_stays(world: World) -> None:
    world.publish(NEW, version="2.0.0")
    world.prefix.troubles["lib/a"] = InstallerError(FaultCode.DISK_FULL, path="/")
    ended = world.run(Verb.UPDATE)
    assert (ended.outcome, [fault.code for fault in ended.faults]) == (Outcome.FAILED, [FaultCode.DISK_FULL])
    assert world.installed == {"tool": "1.0"}


def test_a_repair_takes_its_files_from_the_version_before(world: World) -> None:
    updated(world)
    world.spoil(NEW, "lib/a")
    world.prefix.done.clear()
    world.source.asks.clear()
    assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
    assert world.prefix.folders[NEW.target.folder] == NEW.content
    assert "copy durable" in world.prefix.done
    assert world.source.asks == []


def test_a_wrong_file_is_no_source_for_itself(world: World) -> None:
    world.spoil(OLD, "lib/a", b"X" * len(SAME["lib/a"].content))
    assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
    assert work(world).copies == 0
    assert world.prefix.folders[OLD.target.folder] == OLD.content


def test_progress_counts_copies_and_never_runs_back(world: World) -> None:
    updated(world)
    state, progress = RunState(), [0.0]
    for event in world.events:
        state = fold(state, event)
        progress.append(state.progress)
    assert progress == sorted(progress)
    (row,) = state.modules
    assert (row.phase, row.unpacked, row.fetched) == (Phase.FINISHED, row.to_unpack, row.to_fetch)
    steps = [(event.step, event.done) for event in world.told(StepStarted) if event.step is not Step.PROVE]
    copied = sum(len(item.content) for item in SAME.values())
    assert steps == [(Step.UNPACK, 0), (Step.DOWNLOAD, 0), (Step.UNPACK, copied)]
    done = {event.step: event.done for event in world.told(StepFinished)}
    assert (done[Step.DOWNLOAD], done[Step.UNPACK]) == (packed(NEW, "lib/b"), copied)
