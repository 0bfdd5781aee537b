"""What is there, what is offered, and why something can't be told."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from simulators.engine_world import PLATFORM, Sample, World
from simulators.memory_source import broken, lost

from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Outcome, Retrying, SurveyProgress, Waiting
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.manifest import IndexReference, Manifest
from vsrt_gui.model.policies import BreakerPolicy
from vsrt_gui.model.request import Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Depth

NODE, RUFF = Sample("nodejs"), Sample("ruff", optional=True)
TAR, UNLISTED = Sample("tar", zipped=False), Sample("unlisted", indexed=False)


class OtherMachine(World):
    """A world on a kind of machine that nothing is published for."""

    def tools(self) -> Tools:
        return replace(super().tools(), platform=None)


def short(index: FileIndex) -> Iterator[IndexedFile]:
    """Yield the files of an index without one of them, and with no mode."""
    return (file.but(executable=False) for file in index.files if file.path != "lib/b.js")


def listing(index: FileIndex, digit: str) -> World:
    """Publish a module with this index, whose hash is made of one digit."""
    world = World(NODE)
    relist(world, index, digit)
    return world


def relist(world: World, index: FileIndex, digit: str) -> None:
    """Publish another index for the same archive."""
    url = f"{NODE.url}.index"
    reference = IndexReference(url=url, sha256=digit * 64)
    artifact = NODE.artifact.model_copy(update={"index": reference})
    module = NODE.published.model_copy(update={"artifacts": {PLATFORM: artifact}})
    world.catalog.published = Manifest(version="1.0.0", modules=(module,))
    world.catalog.indexes[url] = index


def looked(world: World, depth: Depth = Depth.QUICK) -> Overview:
    async def work(session: Session) -> Overview:
        return await session.look(depth)

    return world.within(work)


class TestOffer:
    def test_without_a_catalog(self) -> None:
        world = World(NODE)
        world.online = False
        assert world.run(Verb.INSTALL).faults[0].code is FaultCode.CATALOG_NOT_FOUND
        found = looked(world)
        assert found.catalog_fault is not None
        assert (found.catalog_fault.code, found.manifest_version, found.available) == (
            FaultCode.CATALOG_NOT_FOUND,
            None,
            (),
        )

    def test_on_a_machine_that_nothing_is_published_for(self) -> None:
        assert OtherMachine(NODE).run(Verb.INSTALL).faults[0].code is FaultCode.PLATFORM_UNSUPPORTED

    def test_a_catalog_is_asked_again_and_that_is_told_of(self) -> None:
        world = World(NODE)
        world.catalog.troubles = [lost(), broken()]
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        told = world.told(Retrying)
        assert [(event.module, event.attempt) for event in told] == [(None, 1), (None, 2)]

    def test_a_catalogs_server_has_a_breaker_of_its_own(self) -> None:
        world = World(NODE)
        quick = BreakerPolicy(threshold=1, cooldown=0.02, successes=1)
        world.policies = world.policies.but(manifest_breaker=quick)
        world.catalog.troubles = [lost()]
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert {event.host for event in world.told(Waiting)} == {"catalog.test"}

    def test_modules_that_this_machine_cannot_have_are_named(self) -> None:
        found = looked(World(NODE, Sample("broken", needs=("ghost",), optional=True)))
        assert [fault.module for fault in found.unavailable] == ["broken"]


class TestIndex:
    def test_one_that_would_do_harm_is_refused(self) -> None:
        world = World(NODE, RUFF)
        evil = IndexedFile(path="../escape", size=1, sha256=NODE.artifact.sha256)
        world.catalog.indexes[f"{NODE.url}.index"] = FileIndex(files=(evil,))
        ended = world.run(Verb.INSTALL)
        assert ended.outcome is Outcome.PARTIAL
        assert {fault.module: fault.code for fault in ended.faults} == {"nodejs": FaultCode.ARCHIVE_UNSAFE}
        assert "../escape" not in str(world.prefix.folders)

    def test_the_kept_one_is_taken_before_the_published(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.catalog.index_troubles[f"{NODE.url}.index"] = lost()
        assert world.run(Verb.VERIFY).severity is None

    @pytest.mark.parametrize("verb", [Verb.UPDATE, Verb.REPAIR])
    def test_another_one_that_the_manifest_names_takes_its_place(self, verb: Verb) -> None:
        """The one before said nothing of a file, and nothing of the mode of another."""
        world = listing(NODE.index.but(files=tuple(short(NODE.index))), "1")
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert "lib/b.js" not in world.prefix.folders[NODE.target.folder]
        relist(world, NODE.index, "2")
        assert world.run(verb).outcome is Outcome.COMPLETED
        folder = world.prefix.folders[NODE.target.folder]
        assert (folder["lib/b.js"].content, folder["bin/run"].executable) == (
            NODE.content["lib/b.js"].content,
            True,
        )
        assert world.prefix.kept_indexes[NODE.artifact.digest].published == "2" * 64
        world.catalog.index_troubles[f"{NODE.url}.index"] = lost()
        for again in (Verb.UPDATE, Verb.REPAIR, Verb.VERIFY):
            assert world.run(again).severity is None
            assert world.told(Retrying) == []

    def test_another_one_that_says_the_same_of_the_files_is_fetched_once(self) -> None:
        world = listing(NODE.index, "1")
        world.run(Verb.INSTALL)
        relist(world, NODE.index.but(patches="0" * 64), "2")
        assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
        assert world.prefix.kept_indexes[NODE.artifact.digest].published == "2" * 64

    def test_another_one_that_cannot_be_had_leaves_the_kept_one(self) -> None:
        world = listing(NODE.index, "1")
        world.run(Verb.INSTALL)
        relist(world, NODE.index, "2")
        world.catalog.index_troubles[f"{NODE.url}.index"] = lost()
        world.spoil(NODE, "lib/a.js")
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        assert (
            world.prefix.folders[NODE.target.folder]["lib/a.js"].content == NODE.content["lib/a.js"].content
        )
        assert world.prefix.kept_indexes[NODE.artifact.digest].published == "1" * 64

    def test_one_that_was_made_from_the_archive_stays(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.prefix.keep_index(NODE.target, NODE.index)
        relist(world, NODE.index, "2")
        world.catalog.index_troubles[f"{NODE.url}.index"] = lost()
        assert world.run(Verb.UPDATE).outcome is Outcome.COMPLETED
        assert world.told(Retrying) == []


def spoil_kept(world: World, sample: Sample, **changes: object) -> None:
    """Change what the kept index says of lib/a.js."""
    kept = world.prefix.kept_indexes[sample.artifact.digest]
    files = [file.but(**changes) if file.path == "lib/a.js" else file for file in kept.files]
    world.prefix.kept_indexes[sample.artifact.digest] = kept.but(files=tuple(files))


class TestDamagedIndex:
    """A kept index may be damaged in a way that leaves it readable: it must not be believed for ever."""

    @pytest.mark.parametrize("sample", [NODE, TAR, UNLISTED], ids=["ranges", "archive", "unlisted"])
    def test_it_is_replaced(self, sample: Sample) -> None:
        world = World(sample)
        world.run(Verb.INSTALL)
        before = world.prefix.kept_indexes[sample.artifact.digest]
        spoil_kept(world, sample, sha256="0" * 64)
        assert world.run(Verb.VERIFY).severity is not None
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        assert world.prefix.kept_indexes[sample.artifact.digest] == before
        assert world.run(Verb.VERIFY).severity is None

    def test_one_that_is_published_is_had_before_the_archive(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        spoil_kept(world, NODE, sha256="0" * 64)
        world.source.sent.clear()
        world.run(Verb.REPAIR)
        assert world.source.sent[NODE.url] < len(NODE.archive)

    def test_wrong_ranges(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        before = world.prefix.kept_indexes[NODE.artifact.digest]
        place = next(file.packed for file in before.files if file.path == "lib/b.js")
        spoil_kept(world, NODE, packed=place)
        world.spoil(NODE, "lib/a.js")
        assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
        assert world.prefix.folders[NODE.target.folder] == NODE.content
        assert world.prefix.kept_indexes[NODE.artifact.digest] == before

    def test_a_published_one_that_lies_is_told_of(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        spoil_kept(world, NODE, sha256="0" * 64)
        world.catalog.indexes[f"{NODE.url}.index"] = world.prefix.kept_indexes[NODE.artifact.digest]
        for _ in range(2):
            assert [fault.code for fault in world.run(Verb.REPAIR).faults] == [FaultCode.CHECKSUM_MISMATCH]


class TestExamine:
    def test_a_folder_that_cannot_be_read_takes_out_its_module(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.prefix.troubles["survey"] = InstallerError(FaultCode.TOO_MANY_OPEN_FILES, path="/")
        ended = world.run(Verb.REPAIR)
        assert [(fault.code, fault.module) for fault in ended.faults] == [
            (FaultCode.TOO_MANY_OPEN_FILES, "nodejs")
        ]
        assert (ended.outcome, world.installed) == (Outcome.FAILED, {"nodejs": "1.0"})

    @pytest.mark.parametrize(("verb", "hashed"), [(Verb.INSTALL, False), (Verb.VERIFY, True)])
    def test_how_deep_a_verb_looks(self, verb: Verb, hashed: bool) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.prefix.hashed = 0
        world.run(verb)
        every_byte = sum(len(item.content) for item in NODE.content.values())
        assert world.prefix.hashed == (every_byte if hashed else 0)

    def test_its_progress_is_told_of(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.run(Verb.VERIFY)
        assert world.told(SurveyProgress)[0].total == sum(len(item.content) for item in NODE.content.values())


def test_another_folder() -> None:
    async def work(session: Session) -> Path:
        return session.use_folder(Path("/elsewhere"))

    world = World(NODE)
    assert world.within(work) == world.prefix.root


def test_an_unreadable_prefix_is_the_lookers_matter() -> None:
    world = World(NODE)
    world.prefix.troubles["read"] = InstallerError(FaultCode.PREFIX_TOO_NEW, path="/", format=9, supported=1)
    with pytest.raises(InstallerError):
        looked(world)
