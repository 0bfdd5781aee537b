"""Every verb is the same call with another goal: what it leaves in force, and how it says it ended."""

import pytest
from simulators.engine_world import Sample, World
from simulators.memory_archives import Item
from simulators.memory_source import lost, unsafe

from vsrt_gui.model.events import (
    CatalogMissed,
    Committed,
    DiskWarning,
    ModuleFound,
    Outcome,
    PlanReady,
    Severity,
)
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Requirements
from vsrt_gui.model.plan import Drift
from vsrt_gui.model.policies import GIGABYTE
from vsrt_gui.model.request import Trigger, Verb

NODE, NODE2 = Sample("nodejs"), Sample("nodejs", version="2.0")
PYRIGHT, PYRIGHT2 = Sample("pyright", needs=("nodejs",)), Sample("pyright", needs=("nodejs",), version="2.0")
RUFF, RUFF2 = Sample("ruff", optional=True), Sample("ruff", version="2.0", optional=True)
OLD = {"nodejs": "1.0", "pyright": "1.0", "ruff": "1.0"}
NEW = dict.fromkeys(OLD, "2.0")


def installed(*samples: Sample) -> World:
    world = World(*(samples or (NODE, PYRIGHT, RUFF)))
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    return world


def newer() -> World:
    """Return a world with all of the old installed and all of the new published."""
    world = installed()
    world.publish(NODE2, PYRIGHT2, RUFF2, version="2.0.0")
    return world


def complete(world: World) -> bool:
    assert world.prefix.current is not None
    return world.prefix.generations[world.prefix.current].complete


class TestInstall:
    def test_what_is_wanted_is_written_before_the_first_byte(self) -> None:
        world = World(NODE, PYRIGHT, RUFF)
        world.run(Verb.INSTALL, "pyright")
        done = world.prefix.done
        assert done.index("claim") < done.index("write_wanted") < done.index("put") < done.index("commit")
        assert world.prefix.wanted is not None
        assert world.prefix.wanted.modules == {"pyright"}
        assert set(world.installed) == {"nodejs", "pyright"}

    def test_again_changes_nothing(self) -> None:
        world = installed()
        world.prefix.done.clear()
        world.source.asks.clear()
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert not {"put", "commit", "switch", "write_wanted"} & set(world.prefix.done)
        assert (world.source.asks, world.told(Committed)) == ([], [])

    def test_again_without_a_network(self) -> None:
        world = installed()
        world.catalog.troubles = [lost()] * 3
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert world.installed == OLD

    def test_one_more(self) -> None:
        world = World(NODE, PYRIGHT, RUFF)
        world.run(Verb.INSTALL, "nodejs")
        world.run(Verb.INSTALL, "ruff")
        assert world.installed == {"nodejs": "1.0", "ruff": "1.0"}
        assert world.source.sent[NODE.url] == len(NODE.archive)

    def test_finishing_what_was_left_incomplete(self) -> None:
        world = World(NODE, PYRIGHT, RUFF)
        shelf = world.source.shelves.pop(PYRIGHT.url)
        assert world.run(Verb.INSTALL).outcome is Outcome.PARTIAL
        assert not complete(world)
        world.source.shelves[PYRIGHT.url] = shelf
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert (world.installed, complete(world)) == (OLD, True)

    def test_an_optional_one_that_fails_again_and_again(self) -> None:
        world = World(NODE, RUFF)
        del world.source.shelves[RUFF.url]
        ends = [world.run(Verb.INSTALL) for _ in range(3)]
        assert {(end.outcome, end.severity) for end in ends} == {(Outcome.PARTIAL, Severity.P3)}
        assert len(world.prefix.generations) == 1

    def test_an_optional_one_that_is_all_there_is(self) -> None:
        world = World(RUFF)
        del world.source.shelves[RUFF.url]
        ended = world.run(Verb.INSTALL)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P1)

    def test_a_requirement_that_this_system_does_not_meet(self) -> None:
        picky = Sample("debugpy", optional=True, requires=Requirements(python="3.99"))
        world = World(NODE, picky)
        ended = world.run(Verb.INSTALL, "debugpy")
        assert [(fault.code, fault.facts["have"]) for fault in ended.faults] == [
            (FaultCode.REQUIREMENT_UNMET, "3.11")
        ]
        assert world.source.asks == []

    def test_the_damage_that_it_finds_is_mended_on_the_way(self) -> None:
        world = installed()
        world.spoil(NODE, "lib/a.js")
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert world.prefix.folders[NODE.target.folder] == NODE.content

    def test_a_folder_that_nothing_names_is_looked_at_deeply(self) -> None:
        world = World(NODE)
        item = NODE.content["lib/a.js"]
        spoilt = Item(b"x" * len(item.content), mtime=item.mtime)  # a quick look is content with it
        world.prefix.folders[NODE.target.folder] = {**NODE.content, "lib/a.js": spoilt}
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert world.prefix.folders[NODE.target.folder] == NODE.content


class TestUpdate:
    def test_all_of_it(self) -> None:
        world = newer()
        assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
        assert world.installed == NEW
        assert sorted(world.prefix.generations) == [1, 2]
        assert world.prefix.generations[2].manifest_version == "2.0.0"

    @pytest.mark.parametrize("failing", [NODE2, PYRIGHT2])
    def test_all_critical_modules_or_none(self, failing: Sample) -> None:
        world = newer()
        del world.source.shelves[failing.url]
        ended = world.run(Verb.UPDATE)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P4)
        assert (world.installed, world.told(Committed)) == (OLD, [])

    @pytest.mark.parametrize("between", [Verb.REPAIR, Verb.INSTALL, Verb.ROLLBACK])
    def test_what_it_brought_before_it_failed_is_there_for_the_next_one(self, between: Verb) -> None:
        world = newer()
        shelf = world.source.shelves.pop(PYRIGHT2.url)
        assert world.run(Verb.UPDATE).outcome is Outcome.FAILED
        assert world.run(between, generation=1).outcome is Outcome.COMPLETED
        assert NODE2.target.folder in world.prefix.folders
        world.source.shelves[PYRIGHT2.url] = shelf
        assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
        assert world.source.sent[NODE2.url] == len(NODE2.archive)

    def test_what_an_older_one_had_brought_goes_with_it(self) -> None:
        world = newer()
        del world.source.shelves[PYRIGHT2.url]
        assert world.run(Verb.UPDATE).outcome is Outcome.FAILED
        world.publish(Sample("nodejs", version="3.0"), PYRIGHT, RUFF, version="3.0.0")
        assert NODE2.target.folder in world.prefix.folders
        assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
        assert NODE2.target.folder not in world.prefix.folders

    def test_an_optional_one_may_stay_behind(self) -> None:
        world = newer()
        del world.source.shelves[RUFF2.url]
        ended = world.run(Verb.UPDATE)
        assert (ended.outcome, ended.severity) == (Outcome.PARTIAL, Severity.P4)
        assert world.installed == NEW | {"ruff": "1.0"}

    def test_old_ones_go_also_while_an_optional_one_fails_each_time(self) -> None:
        world = newer()
        for number in (2, 3, 4):
            node, ruff = (
                Sample(name, version=f"{number}.0", optional=name == "ruff") for name in ("nodejs", "ruff")
            )
            world.publish(node, PYRIGHT, ruff, version=f"{number}.0.0")
            del world.source.shelves[ruff.url]
            assert world.run(Verb.UPDATE).outcome is Outcome.PARTIAL
            assert world.prefix.generations.keys() == {number - 1, number}
        assert len([name for name in world.prefix.folders if name.startswith("nodejs-")]) == 2

    def test_nothing_but_an_optional_one_is_newer_and_it_fails(self) -> None:
        world = installed()
        world.publish(NODE, PYRIGHT, RUFF2, version="2.0.0")
        del world.source.shelves[RUFF2.url]
        ended = world.run(Verb.UPDATE)
        assert (ended.outcome, ended.severity) == (Outcome.PARTIAL, Severity.P4)
        assert world.installed == OLD

    def test_one_more_module_of_a_newer_manifest_is_no_update(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.publish(NODE2, RUFF, version="2.0.0")
        assert world.run(Verb.INSTALL, "ruff").outcome is Outcome.COMPLETED
        assert world.installed == {"nodejs": "1.0", "ruff": "1.0"}
        assert world.prefix.generations[2].manifest_version == "1.0.0"
        assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
        assert world.prefix.generations[3].manifest_version == "2.0.0"

    def test_a_new_dependency_that_cannot_be_looked_at_costs_no_critical_module(self) -> None:
        world = installed(NODE)
        icu = Sample("icu")
        world.publish(Sample("nodejs", version="2.0", needs=("icu",)), icu, version="2.0.0")
        world.catalog.index_troubles[f"{icu.url}.index"] = unsafe()
        ended = world.run(Verb.UPDATE)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P4)
        assert world.installed == {"nodejs": "1.0"}

    def test_what_was_fetched_counts_the_next_time(self) -> None:
        world = newer()
        shelf = world.source.shelves.pop(PYRIGHT2.url)
        world.run(Verb.UPDATE)
        world.source.shelves[PYRIGHT2.url] = shelf
        assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
        assert world.source.sent[NODE2.url] == len(NODE2.archive)

    def test_old_generations_go_but_one(self) -> None:
        world = newer()
        world.run(Verb.UPDATE)
        world.publish(Sample("nodejs", version="3.0"), PYRIGHT2, RUFF2, version="3.0.0")
        world.run(Verb.UPDATE)
        assert sorted(world.prefix.generations) == [2, 3]
        assert NODE.target.folder not in world.prefix.folders


class TestRollback:
    def test_there_and_back(self) -> None:
        world = newer()
        world.run(Verb.UPDATE)
        world.source.asks.clear()
        assert world.run(Verb.ROLLBACK).outcome is Outcome.COMPLETED
        assert (world.prefix.current, world.installed) == (1, OLD)
        assert world.run(Verb.ROLLBACK, generation=2).outcome is Outcome.COMPLETED
        assert world.installed == NEW
        assert world.source.asks == []

    def test_an_update_afterwards_keeps_what_worked_and_not_what_was_left(self) -> None:
        world = newer()
        world.run(Verb.UPDATE)
        world.run(Verb.ROLLBACK)
        world.publish(Sample("nodejs", version="3.0"), PYRIGHT2, RUFF2, version="3.0.0")
        assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
        assert (world.prefix.current, world.prefix.generations.keys()) == (3, {1, 3})
        assert world.run(Verb.ROLLBACK).outcome is Outcome.COMPLETED
        assert (world.prefix.current, world.installed) == (1, OLD)

    def test_none_earlier(self) -> None:
        ended = installed().run(Verb.ROLLBACK)
        assert [fault.code for fault in ended.faults] == [FaultCode.NO_EARLIER_GENERATION]
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P4)

    def test_an_old_one_that_cannot_be_mended_is_not_switched_to(self) -> None:
        world = newer()
        world.run(Verb.UPDATE)
        world.spoil(NODE, "lib/a.js")
        del world.source.shelves[NODE.url]
        ended = world.run(Verb.ROLLBACK)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P4)
        assert world.installed == NEW

    def test_nor_when_an_optional_module_of_it_cannot_be_mended(self) -> None:
        world = newer()
        world.run(Verb.UPDATE)
        world.spoil(RUFF, "lib/a.js")
        del world.source.shelves[RUFF.url]
        assert world.run(Verb.ROLLBACK).outcome is Outcome.FAILED
        assert world.installed == NEW


class TestChangeAndUninstall:
    def test_a_removal_asks_the_catalog_only_about_what_never_arrived_and_can_do_without(self) -> None:
        world = World(NODE, PYRIGHT, RUFF)
        del world.source.shelves[RUFF.url]
        assert world.run(Verb.INSTALL).outcome is Outcome.PARTIAL
        asked = world.catalog.asked
        world.catalog.troubles = [lost()] * 3
        assert world.run(Verb.UNINSTALL, "pyright").outcome is Outcome.COMPLETED
        assert (world.installed, len(world.told(CatalogMissed))) == ({"nodejs": "1.0"}, 1)
        assert world.catalog.asked == asked + 3
        whole = installed()
        assert whole.run(Verb.UNINSTALL, "ruff").outcome is Outcome.COMPLETED
        assert whole.run(Verb.UNINSTALL).outcome is Outcome.COMPLETED
        assert whole.catalog.asked == 1

    def test_change(self) -> None:
        world = installed()
        assert world.run(Verb.CHANGE, "ruff", "nodejs").outcome is Outcome.COMPLETED
        assert set(world.installed) == {"nodejs", "ruff"}
        assert complete(world)

    def test_change_without_a_network_to_less(self) -> None:
        world = installed()
        world.catalog.troubles = [lost()] * 3
        assert world.run(Verb.CHANGE, "nodejs").outcome is Outcome.COMPLETED
        assert set(world.installed) == {"nodejs"}

    def test_change_without_a_network_to_more(self) -> None:
        world = World(NODE, PYRIGHT)
        world.run(Verb.INSTALL, "nodejs")
        world.catalog.troubles = [lost()] * 3
        assert world.run(Verb.CHANGE, "pyright").faults[0].code is FaultCode.CONNECTION_FAILED
        assert set(world.installed) == {"nodejs"}

    def test_uninstall_one_with_what_needs_it_and_no_network(self) -> None:
        world = installed()
        world.online = False
        assert world.run(Verb.UNINSTALL, "nodejs").outcome is Outcome.COMPLETED
        assert set(world.installed) == {"ruff"}
        assert world.prefix.wanted is not None
        assert world.prefix.wanted.modules == {"ruff"}

    def test_uninstall_all(self) -> None:
        world = installed()
        assert world.run(Verb.UNINSTALL).outcome is Outcome.COMPLETED
        assert (world.prefix.exists, world.prefix.folders, world.prefix.journal) == (False, {}, [])
        assert world.run(Verb.UNINSTALL).faults[0].code is FaultCode.NOT_INSTALLED

    def test_a_generation_that_lacks_what_is_still_wanted_is_not_complete(self) -> None:
        world = World(NODE, PYRIGHT, RUFF)
        del world.source.shelves[PYRIGHT.url]
        world.run(Verb.INSTALL)
        assert world.run(Verb.UNINSTALL, "ruff").outcome is Outcome.COMPLETED
        assert set(world.installed) == {"nodejs"}
        assert not complete(world)  # pyright is still wanted


class TestVerify:
    def test_all_is_well(self) -> None:
        world = installed()
        ended = world.run(Verb.VERIFY)
        assert (ended.outcome, ended.severity) == (Outcome.COMPLETED, None)
        found = {event.module: (event.drift, event.wrong) for event in world.told(ModuleFound)}
        assert found == dict.fromkeys(OLD, (Drift.SATISFIED, 0))

    @pytest.mark.parametrize(("sample", "severity"), [(NODE, Severity.P2), (RUFF, Severity.P3)])
    def test_damage_is_found_and_left(self, sample: Sample, severity: Severity) -> None:
        world = installed()
        world.prefix.done.clear()
        content = sample.content["lib/a.js"]
        hidden = Item(b"x" * len(content.content), mtime=content.mtime)
        world.prefix.folders[sample.target.folder]["lib/a.js"] = hidden
        ended = world.run(Verb.VERIFY)
        assert (ended.outcome, ended.severity) == (Outcome.COMPLETED, severity)
        found = {event.module: (event.drift, event.wrong) for event in world.told(ModuleFound)}
        assert found[sample.id] == (Drift.DAMAGED, 1)
        assert set(world.prefix.done) == {"read", "survey"}
        assert world.source.asks[-1:] != []  # of the installation; verify asked nothing
        assert not world.told(PlanReady)

    def test_what_cannot_be_looked_at_is_not_right(self) -> None:
        world = installed(NODE)
        world.prefix.kept_indexes.clear()
        world.catalog.index_troubles[f"{NODE.url}.index"] = lost()
        ended = world.run(Verb.VERIFY)
        assert ended.severity is Severity.P1
        assert [fault.module for fault in ended.faults] == ["nodejs"]

    def test_while_another_program_works(self) -> None:
        world = installed(NODE)
        world.prefix.holding = 99
        assert world.run(Verb.VERIFY).outcome is Outcome.COMPLETED


class TestRepair:
    def test_never_newer(self) -> None:
        world = newer()
        world.spoil(NODE, "lib/a.js")
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        assert (world.installed, world.told(Committed)) == (OLD, [])

    def test_nothing_wrong(self) -> None:
        world = installed()
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        (event,) = world.told(PlanReady)
        assert event.plan.work == ()

    @pytest.mark.parametrize(("sample", "severity"), [(NODE, Severity.P2), (RUFF, Severity.P3)])
    def test_what_is_damaged_again_meanwhile_is_not_called_right(
        self, sample: Sample, severity: Severity
    ) -> None:
        world = installed()
        world.spoil(sample, "lib/a.js")
        world.prefix.meanwhile["switch"] = world.prefix.folders[sample.target.folder].clear
        ended = world.run(Verb.REPAIR)
        assert ended.severity is severity
        (fault,) = ended.faults
        assert (fault.code, fault.module) == (FaultCode.DAMAGED_AGAIN, sample.id)
        assert fault.facts == {"module": sample.id, "file": min(sample.content)}
        del world.prefix.meanwhile["switch"]
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        assert world.run(Verb.VERIFY).severity is None

    def test_launchers_are_mended_whatever_else_is_wrong(self) -> None:
        world = installed()
        world.run(Verb.REPAIR)
        assert world.prefix.done.count("switch") == 1
        assert world.told(Committed) == []
        world.spoil(RUFF, "lib/a.js")
        del world.source.shelves[RUFF.url]
        ended = world.run(Verb.REPAIR)
        assert (ended.outcome, ended.severity) == (Outcome.PARTIAL, Severity.P3)
        assert world.prefix.done.count("switch") == 2

    def test_launchers_that_cannot_be_mended(self) -> None:
        world = installed()
        world.prefix.troubles["switch"] = InstallerError(FaultCode.FOLDER_NOT_WRITABLE, path="/memory/bin")
        ended = world.run(Verb.REPAIR)
        assert [fault.code for fault in ended.faults] == [FaultCode.FOLDER_NOT_WRITABLE]
        assert ended.outcome is Outcome.FAILED

    def test_the_source_is_gone_and_something_newer_is_there(self) -> None:
        world = newer()
        del world.source.shelves[NODE.url]
        world.spoil(NODE, "lib/a.js")
        ended = world.run(Verb.REPAIR)
        assert [fault.code for fault in ended.faults] == [FaultCode.SOURCE_REPLACED]
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P2)


@pytest.mark.parametrize(
    ("free", "total", "warned"),
    [
        (10 * GIGABYTE, 20 * GIGABYTE, False),
        (3 * GIGABYTE, 20 * GIGABYTE, True),
        (int(1.5 * GIGABYTE), GIGABYTE, True),
    ],
)
def test_a_disk_that_is_nearly_full(free: int, total: int, warned: bool) -> None:
    world = World(NODE)
    world.prefix.disk = world.prefix.disk.but(free=free, total=total)
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    assert bool(world.told(DiskWarning)) is warned


def test_the_trigger_is_recorded() -> None:
    world = installed(NODE)
    assert world.prefix.generations[1].trigger is Trigger.MANUAL
    assert world.prefix.generations[1].installed_at.tzinfo is not None
