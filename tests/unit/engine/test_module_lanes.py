"""A plan is worked off: lanes side by side, each after what it needs, one failure stopping only its own."""

from dataclasses import replace

import pytest
from simulators.engine_world import HOST, NOW, POLICIES, Sample, World
from simulators.memory_archives import Item
from simulators.memory_source import Shelf, Trouble, broken, gone, lost, unsafe

from vsrt_gui.model.events import (
    Committed,
    ModuleFailed,
    ModuleFinished,
    Outcome,
    PlanReady,
    Retrying,
    Severity,
    Step,
    StepFinished,
    StepStarted,
)
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.plan import FileRanges, Plan, WholeArchive
from vsrt_gui.model.policies import BreakerPolicy, LimitPolicy
from vsrt_gui.model.request import Verb

NODE = Sample("nodejs")
PYRIGHT = Sample("pyright", needs=("nodejs",))
EXTRA = Sample("extra", needs=("pyright",), optional=True)
RUFF = Sample("ruff", optional=True)
CHAIN = (NODE, PYRIGHT, EXTRA, RUFF)


NO_INDEX = (
    gone(f"{NODE.url}.index"),
    lost(),
    broken(),
    InstallerError(FaultCode.ACCESS_REFUSED, url=NODE.url, status=403),
    InstallerError(FaultCode.CHECKSUM_MISMATCH, file="index", expected="1", actual="2"),
    InstallerError(FaultCode.INDEX_INVALID, file="index", reason="it is cut off"),
)


def faults(world: World) -> dict[str, FaultCode]:
    return {event.module: event.fault.code for event in world.told(ModuleFailed)}


def planned(world: World) -> Plan:
    (event,) = world.told(PlanReady)
    return event.plan


def installed(*samples: Sample) -> World:
    world = World(*samples)
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    world.source.sent.clear()
    world.source.asks.clear()
    world.prefix.puts.clear()
    return world


class TestInstalling:
    def test_everything_lands_as_it_was_packed(self) -> None:
        world = World(*CHAIN)
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        for sample in CHAIN:
            assert world.prefix.folders[sample.target.folder] == sample.content
        assert world.installed == dict.fromkeys(("nodejs", "pyright", "extra", "ruff"), "1.0")
        assert {url: world.source.sent[url] for url in world.source.sent} == {
            sample.url: len(sample.archive) for sample in CHAIN
        }

    def test_a_module_is_unpacked_after_what_it_needs(self) -> None:
        world = World(*CHAIN)
        world.run(Verb.INSTALL)
        order = [
            (type(event), event.module)
            for event in world.events
            if isinstance(event, StepStarted | ModuleFinished)
            and (isinstance(event, ModuleFinished) or event.step is Step.UNPACK)
        ]
        for before, after in (("nodejs", "pyright"), ("pyright", "extra")):
            assert order.index((ModuleFinished, before)) < order.index((StepStarted, after))

    def test_links_come_last(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        work = [name for name in world.prefix.done if name.startswith(("put", "mend"))]
        assert work == ["put"] * 4 + ["mend_entry"]

    @pytest.mark.parametrize("zipped", [True, False])
    def test_an_index_is_made_where_none_is_published(self, zipped: bool) -> None:
        plain = Sample("nodejs", indexed=False, zipped=zipped)
        world = World(plain)
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert world.prefix.folders[plain.target.folder] == plain.content
        assert plain.artifact.digest in world.prefix.kept_indexes

    def test_an_archive_that_names_no_size(self) -> None:
        unsized = Sample("nodejs", indexed=False, sized=False)
        world = World(unsized)
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED

    def test_no_more_transfers_at_once_than_allowed(self) -> None:
        samples = [Sample(f"m{number}") for number in range(8)]
        world = World(*samples, policies=POLICIES.but(download_limit=LimitPolicy(concurrent=2, gap=0.0)))
        world.source.piece = 50
        world.run(Verb.INSTALL)
        assert world.source.open_at_most <= 2

    def test_two_modules_that_share_an_archive_fetch_it_once(self) -> None:
        both = {"one/file": Item(b"1" * 3000), "two/file": Item(b"2" * 3000)}
        first = Sample("first", items=both, indexed=False)
        second = Sample("second", items=both, indexed=False)
        world = World(first, second)
        assert first.artifact.sha256 == second.artifact.sha256
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert set(world.installed) == {"first", "second"}
        assert sum(world.source.sent.values()) == len(first.archive)


class TestFailing:
    @pytest.mark.parametrize("indexed", [True, False])
    def test_a_failure_stops_what_depends_on_it_and_nothing_else(self, indexed: bool) -> None:
        pyright = Sample("pyright", needs=("nodejs",), indexed=indexed)
        world = World(NODE, pyright, EXTRA, RUFF)
        del world.source.shelves[pyright.url]
        ended = world.run(Verb.INSTALL)
        assert faults(world) == {"pyright": FaultCode.SOURCE_GONE, "extra": FaultCode.DEPENDENCY_FAILED}
        assert (ended.outcome, ended.severity) == (Outcome.PARTIAL, Severity.P2)
        assert [fault.module for fault in ended.faults] == ["pyright", "extra"]  # causes first
        assert ended.faults[0].step == Step.DOWNLOAD
        assert set(world.installed) == {"nodejs", "ruff"}
        (committed,) = world.told(Committed)
        assert not committed.complete

    def test_a_module_whose_index_would_do_harm_stops_what_depends_on_it(self) -> None:
        world = World(NODE, PYRIGHT, RUFF)
        world.catalog.index_troubles[f"{NODE.url}.index"] = unsafe()
        ended = world.run(Verb.INSTALL)
        assert ended.outcome is Outcome.PARTIAL
        assert {fault.module: fault.code for fault in ended.faults} == {
            "nodejs": FaultCode.ARCHIVE_UNSAFE,
            "pyright": FaultCode.DEPENDENCY_FAILED,
        }
        assert set(world.installed) == {"ruff"}

    @pytest.mark.parametrize("trouble", NO_INDEX, ids=lambda trouble: trouble.fault.code)
    def test_an_index_that_cannot_be_had_or_used_is_made_from_the_archive(
        self, trouble: InstallerError
    ) -> None:
        world = World(NODE)
        world.catalog.index_troubles[f"{NODE.url}.index"] = trouble
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert world.prefix.folders[NODE.target.folder] == NODE.content
        assert world.prefix.kept_indexes[NODE.artifact.digest].published is None

    def test_a_look_asks_for_no_archive_where_an_index_cannot_be_had(self) -> None:
        world = installed(NODE)
        world.prefix.kept_indexes.clear()
        world.catalog.index_troubles[f"{NODE.url}.index"] = lost()
        ended = world.run(Verb.VERIFY)
        assert [fault.code for fault in ended.faults] == [FaultCode.CONNECTION_FAILED]
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        assert world.run(Verb.VERIFY).severity is None

    def test_the_optional_one(self) -> None:
        world = World(NODE, RUFF)
        del world.source.shelves[RUFF.url]
        ended = world.run(Verb.INSTALL)
        assert (ended.outcome, ended.severity) == (Outcome.PARTIAL, Severity.P3)

    def test_all_of_them(self) -> None:
        world = World(NODE, PYRIGHT)
        world.source.shelves.clear()
        ended = world.run(Verb.INSTALL)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P1)
        assert world.prefix.current is None

    def test_what_came_is_not_fetched_again(self) -> None:
        world = World(NODE, RUFF)
        world.source.troubles[NODE.url] = [Trouble(lost(), after=3000)] + [Trouble(lost(), after=0)] * 2
        assert world.run(Verb.INSTALL).outcome is Outcome.PARTIAL
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert world.source.sent[NODE.url] == len(NODE.archive)
        assert world.source.sent[RUFF.url] == len(RUFF.archive)

    def test_resuming_shows_what_is_there_from_the_start(self) -> None:
        world = World(NODE)
        world.source.troubles[NODE.url] = [Trouble(lost(), after=3000)] + [Trouble(lost(), after=0)] * 2
        world.run(Verb.INSTALL)
        world.run(Verb.INSTALL)
        assert world.told(StepStarted)[0].done == 3000
        assert planned(world).work[0].fetch == WholeArchive(size=len(NODE.archive), staged=3000)

    def test_the_disk_fails_while_unpacking(self) -> None:
        world = World(NODE, RUFF)
        world.prefix.troubles["lib/a.js"] = InstallerError(FaultCode.DISK_FULL, path="/memory")
        ended = world.run(Verb.INSTALL)
        assert [(fault.code, fault.step) for fault in ended.faults] == [
            (FaultCode.DISK_FULL, Step.UNPACK)
        ] * 2
        del world.prefix.troubles["lib/a.js"]
        world.run(Verb.INSTALL)
        assert world.prefix.puts["bin/run"] == 2  # one for each module, none again
        assert world.source.sent[NODE.url] == len(NODE.archive)

    def test_a_disk_that_fails_is_not_blamed_on_the_source(self) -> None:
        mirrored = Sample("nodejs", mirrors=(f"{HOST}/mirror.zip",))
        world = World(mirrored)
        world.source.troubles[mirrored.url] = [
            Trouble(InstallerError(FaultCode.DISK_FULL, path="/memory"), after=100)
        ]
        assert world.run(Verb.INSTALL).faults[0].code is FaultCode.DISK_FULL
        assert world.source.sent[mirrored.mirrors[0]] == 0


class TestMirrors:
    MIRRORED = Sample("nodejs", mirrors=("https://mirror.test/nodejs.zip", "https://last.test/nodejs.zip"))

    def test_each_is_tried_in_its_turn(self) -> None:
        world = World(self.MIRRORED)
        del world.source.shelves[self.MIRRORED.url]
        world.source.troubles[self.MIRRORED.mirrors[0]] = [Trouble(broken())] * 3
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert [ask.url for ask in world.source.asks] == [
            self.MIRRORED.url,
            self.MIRRORED.mirrors[0],
            self.MIRRORED.mirrors[1],
        ]
        told = [(event.source, event.then, event.delay) for event in world.told(Retrying)]
        first, second, third = (self.MIRRORED.url, *self.MIRRORED.mirrors)
        assert told == [(first, second, 0.0), (second, third, 0.0)]
        (end,) = [event for event in world.told(StepFinished) if event.step is Step.DOWNLOAD]
        assert end.sources == (third,)

    def test_a_mirror_goes_on_where_the_first_ended(self) -> None:
        world = World(self.MIRRORED)
        world.source.troubles[self.MIRRORED.url] = [Trouble(lost(), after=4000)] + [Trouble(lost())] * 2
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert sum(world.source.sent.values()) == len(self.MIRRORED.archive)

    def test_a_mirror_with_the_wrong_bytes_is_passed_over(self) -> None:
        world = World(self.MIRRORED)
        world.source.shelves[self.MIRRORED.url] = Shelf(b"x" * len(self.MIRRORED.archive))
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED

    def test_the_last_one_is_told_of(self) -> None:
        world = World(self.MIRRORED)
        world.source.shelves.clear()
        ended = world.run(Verb.INSTALL)
        assert ended.faults[0].facts["url"] == self.MIRRORED.mirrors[-1]


class TestRanges:
    def test_a_repair_fetches_the_damaged_file_alone(self) -> None:
        world = installed(NODE, RUFF)
        world.spoil(NODE, "lib/b.js")
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        size = len(NODE.content["lib/b.js"].content)
        assert planned(world).work[0].fetch == FileRanges(to_fetch=size)
        assert world.source.sent == {NODE.url: size}
        assert world.prefix.folders[NODE.target.folder] == NODE.content
        assert world.prefix.puts == {"lib/b.js": 1}
        assert "put durable" in world.prefix.done

    def test_an_empty_file_is_mended_without_a_request(self) -> None:
        world = installed(NODE)
        world.spoil(NODE, "lib/empty")
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        assert world.source.asks == []

    def test_a_mode_and_a_link_are_mended_without_a_request(self) -> None:
        world = installed(NODE)
        folder = world.prefix.folders[NODE.target.folder]
        folder["bin/run"] = Item(folder["bin/run"].content, executable=False)
        del folder["link"]
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        assert (world.source.asks, folder) == ([], NODE.content)

    def test_above_its_share_the_whole_archive_is_fetched(self) -> None:
        world = installed(NODE)
        for path in ("bin/run", "lib/a.js", "lib/b.js"):
            world.spoil(NODE, path)
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        assert world.source.sent == {NODE.url: len(NODE.archive)}
        assert sorted(world.prefix.puts) == ["bin/run", "lib/a.js", "lib/b.js"]

    @pytest.mark.parametrize("how", ["no ranges", "other bytes"])
    def test_where_ranges_do_not_work_the_whole_archive_is_fetched(self, how: str) -> None:
        world = installed(NODE)
        world.spoil(NODE, "lib/b.js")
        shelf = world.source.shelves[NODE.url]
        if how == "no ranges":
            shelf.ranges = False
            outcome = Outcome.COMPLETED
        else:
            shelf.content = b"x" * len(shelf.content)
            outcome = Outcome.FAILED
        assert world.run(Verb.REPAIR).outcome is outcome
        assert any(ask.end is None for ask in world.source.asks)

    def test_a_lost_connection_does_not_count_a_range_twice(self) -> None:
        world = installed(NODE)
        world.spoil(NODE, "lib/b.js")
        size = len(NODE.content["lib/b.js"].content)
        world.source.troubles[NODE.url] = [Trouble(lost(), after=2000)]
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        (end,) = [event for event in world.told(StepFinished) if event.step is Step.DOWNLOAD]
        assert end.done == size

    def test_a_repair_without_a_catalog(self) -> None:
        world = installed(NODE)
        world.online = False
        world.spoil(NODE, "lib/b.js")
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED

    def test_a_repair_whose_source_is_gone_offers_the_version_that_took_its_place(self) -> None:
        world = installed(NODE, RUFF)
        world.spoil(NODE, "lib/b.js")
        newer = replace(NODE, version="2.0")
        world.publish(newer, RUFF, version="1.1.0")
        del world.source.shelves[NODE.url]
        (fault,) = world.run(Verb.REPAIR).faults
        assert fault.code is FaultCode.SOURCE_REPLACED
        assert fault.facts == {"url": NODE.url, "status": 404, "version": "2.0"}
        assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
        assert world.installed["nodejs"] == "2.0"

    def test_a_folder_without_the_old_file_offers_it_too(self) -> None:
        world = installed(NODE, RUFF)
        world.spoil(NODE, "lib/b.js")
        world.publish(replace(NODE, version="2.0"), RUFF, version="1.1.0")
        missing = InstallerError(FaultCode.FILE_MISSING, path="/stick/nodejs.zip")
        world.source.troubles[NODE.url] = [Trouble(missing)] * 3
        (fault,) = world.run(Verb.REPAIR).faults
        assert fault.code is FaultCode.SOURCE_REPLACED
        assert fault.facts == {"url": "/stick/nodejs.zip", "status": "file-missing", "version": "2.0"}

    def test_and_offers_nothing_where_nothing_newer_is_there(self) -> None:
        world = installed(NODE)
        world.spoil(NODE, "lib/b.js")
        del world.source.shelves[NODE.url]
        (fault,) = world.run(Verb.REPAIR).faults
        assert fault.code is FaultCode.SOURCE_GONE

    def test_a_repair_that_fails_leaves_what_is_there_in_force(self) -> None:
        world = installed(NODE, RUFF)
        world.spoil(NODE, "lib/b.js")
        world.source.shelves.clear()
        ended = world.run(Verb.REPAIR)
        assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P2)
        assert set(world.installed) == {"nodejs", "ruff"}

    def test_a_repair_mends_what_it_can_whatever_that_needs(self) -> None:
        world = installed(NODE, PYRIGHT)
        world.spoil(NODE, "lib/b.js")
        world.spoil(PYRIGHT, "lib/b.js")
        del world.source.shelves[NODE.url]
        ended = world.run(Verb.REPAIR)
        assert (ended.outcome, ended.severity) == (Outcome.PARTIAL, Severity.P2)
        assert [(fault.module, fault.code) for fault in ended.faults] == [("nodejs", FaultCode.SOURCE_GONE)]
        assert world.prefix.folders[PYRIGHT.target.folder] == PYRIGHT.content

    def test_a_repair_that_mends_one_of_two_is_partial(self) -> None:
        world = installed(NODE, RUFF)
        world.spoil(NODE, "lib/b.js")
        world.spoil(RUFF, "lib/b.js")
        del world.source.shelves[RUFF.url]
        ended = world.run(Verb.REPAIR)
        assert (ended.outcome, ended.severity) == (Outcome.PARTIAL, Severity.P3)


def test_lanes_wait_for_a_breaker_and_go_on() -> None:
    quick = POLICIES.but(
        download_retry=NOW, download_breaker=BreakerPolicy(threshold=1, cooldown=0.05, successes=1)
    )
    world = World(NODE, policies=quick)
    world.source.troubles[NODE.url] = [Trouble(broken())]
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    assert [event.attempt for event in world.told(Retrying)] == [1]
