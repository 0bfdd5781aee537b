"""What is there, what is offered, and why something can't be told."""

from dataclasses import replace
from pathlib import Path

import pytest
from simulators.engine_world import Sample, World
from simulators.memory_source import broken, lost

from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Outcome, Retrying, SurveyProgress, Waiting
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.policies import BreakerPolicy
from vsrt_gui.model.request import Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Depth

NODE, RUFF = Sample("nodejs"), Sample("ruff", optional=True)


class OtherMachine(World):
    """A world on a kind of machine that nothing is published for."""

    def tools(self) -> Tools:
        return replace(super().tools(), platform=None)


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
        evil = IndexedFile(path="../escape", size=0, sha256=NODE.artifact.sha256)
        world.catalog.indexes[f"{NODE.url}.index"] = FileIndex(files=(evil,))
        ended = world.run(Verb.INSTALL)
        assert ended.outcome is Outcome.PARTIAL
        assert {fault.module: fault.code for fault in ended.faults} == {"nodejs": FaultCode.INDEX_INVALID}
        assert "../escape" not in str(world.prefix.folders)

    def test_the_kept_one_is_taken_before_the_published(self) -> None:
        world = World(NODE)
        world.run(Verb.INSTALL)
        world.catalog.index_troubles[f"{NODE.url}.index"] = lost()
        assert world.run(Verb.VERIFY).severity is None


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
