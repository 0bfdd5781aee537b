"""Settings change while a session lives: what comes next fits them, what goes on keeps what it has."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from simulators.engine_world import Sample, World

from vsrt_gui.adapters.prefix import DiskPrefix
from vsrt_gui.engine.context import Tools
from vsrt_gui.engine.outfit import SESSION, Outfit
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Outcome
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.layers import Layer, layered
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.settings import Effective, Origin, Settings

NODE = Sample("node")


class MemoryStore:
    """Answers `SettingsStore` with one layer in memory."""

    def __init__(self, locked: frozenset[str] = frozenset()) -> None:
        self.values: dict[str, Any] = {}
        self.locked = locked
        self.full = False

    def read(self) -> Effective:
        return layered((Layer(origin=Origin.USER, place="file", values=self.values),), self.locked, "admin")

    def write(self, changes: Mapping[str, object | None]) -> Effective:
        if self.full:
            raise InstallerError(FaultCode.DISK_FULL, path="file")
        merged = {**self.values, **changes}
        self.values = {name: value for name, value in merged.items() if value is not None}
        return self.read()

    def set_aside(self) -> None:
        self.values = {}


class House:
    """An outfit whose tools note which number they were made as, and when they were closed."""

    def __init__(self, *samples: Sample, locked: frozenset[str] = frozenset()) -> None:
        self.world = World(*samples)
        self.store = MemoryStore(locked)
        self.made: list[Settings] = []
        self.closed: list[int] = []
        self.outfit = Outfit(self.tools_for, self.store.read(), self.store)

    def tools_for(self, settings: Settings) -> Tools:
        if settings.manifest_url == "https://wrong.example/":
            raise InstallerError(
                FaultCode.SETTING_INVALID, setting="catalog", value="", reason="made to fail"
            )
        number = len(self.made)
        self.made.append(settings)
        tools = self.world.tools()
        rules = tools.policies.but(kept_generations=settings.kept_generations)
        return replace(tools, policies=rules, close=(lambda: self.closed.append(number),))

    def within(self, work: Callable[[Session], Awaitable[None]]) -> None:
        async def all_of_it() -> None:
            session = Session(self.outfit, Path("/memory"))
            try:
                await work(session)
            finally:
                await session.close()

        asyncio.run(all_of_it())


class TestWriting:
    def test_new_tools_fit_and_old_ones_are_closed(self) -> None:
        house = House()
        house.outfit.write({"kept_generations": 5})
        assert house.outfit.tools.policies.kept_generations == 5
        assert house.outfit.effective.source("kept_generations").origin is Origin.USER
        assert sorted(house.closed) == [
            0,
            1,
        ]  # the first ones, and those that only showed that it can be done
        house.outfit.close()
        assert sorted(house.closed) == [0, 1, 2]

    def test_what_only_looks_otherwise_leaves_the_tools_in_use(self) -> None:
        house = House()
        before = house.outfit.tools
        house.outfit.write({"appearance": "dark", "language": "de"})
        assert house.outfit.tools is before
        assert 0 not in house.closed
        assert house.outfit.effective.settings.language == "de"

    def test_taking_out_brings_the_usual_value_back(self) -> None:
        house = House()
        house.outfit.write({"kept_generations": 5})
        house.outfit.write({"kept_generations": None})
        assert house.outfit.effective.settings == Settings()
        assert house.store.values == {}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("kept_generations", -1),
            ("colour", "blue"),
            ("proxy", "none"),
            ("manifest_url", "https://wrong.example/"),
        ],
    )
    def test_what_can_not_be_used_changes_nothing(self, name: str, value: object) -> None:
        house = House(locked=frozenset({"proxy"}))
        before = house.outfit.tools
        with pytest.raises(InstallerError) as stopped:
            house.outfit.write({"language": "de", name: value})
        assert stopped.value.fault.code is FaultCode.SETTING_INVALID
        assert house.store.values == {}
        assert house.outfit.tools is before
        assert house.closed == []

    def test_a_disk_that_fails_changes_nothing_and_leaks_nothing(self) -> None:
        house = House()
        house.store.full = True
        with pytest.raises(InstallerError):
            house.outfit.write({"kept_generations": 5})
        assert house.outfit.effective.settings == Settings()
        assert house.closed == [1]

    def test_a_written_setting_ends_its_override(self) -> None:
        house = House()
        house.outfit.override({"kept_generations": 3})
        house.outfit.write({"kept_generations": 5})
        assert house.outfit.effective.settings.kept_generations == 5

    def test_without_a_store_it_lasts_as_long_as_the_session(self) -> None:
        outfit = Outfit.fixed(World().tools())
        outfit.write({"kept_generations": 5})
        assert outfit.effective.settings.kept_generations == 5
        outfit.write({"language": "de", "kept_generations": None})
        assert outfit.effective.settings == Settings(language="de")


class TestOverriding:
    def test_it_wins_over_the_file_and_is_not_written(self) -> None:
        house = House()
        house.outfit.write({"kept_generations": 5})
        effective = house.outfit.override({"kept_generations": 3})
        assert effective.settings.kept_generations == 3
        assert effective.source("kept_generations").place == SESSION
        assert house.store.values == {"kept_generations": 5}

    def test_none_takes_it_back(self) -> None:
        house = House()
        house.outfit.write({"kept_generations": 5})
        house.outfit.override({"kept_generations": 3, "language": "de"})
        house.outfit.override({"kept_generations": None})
        assert house.outfit.effective.settings == Settings(kept_generations=5, language="de")

    def test_it_outlives_a_change_of_another_setting(self) -> None:
        house = House()
        house.outfit.override({"kept_generations": 3})
        house.outfit.write({"language": "de"})
        assert house.outfit.effective.settings == Settings(kept_generations=3, language="de")

    @pytest.mark.parametrize(("name", "value"), [("proxy", "none"), ("colour", 1), ("kept_generations", 99)])
    def test_what_can_not_be_used_changes_nothing(self, name: str, value: object) -> None:
        house = House(locked=frozenset({"proxy"}))
        with pytest.raises(InstallerError):
            house.outfit.override({"language": "de", name: value})
        assert house.outfit.effective.settings == Settings()
        house.outfit.override({"appearance": "dark"})
        assert house.outfit.effective.settings.language is None


class TestARunThatGoesOn:
    def test_keeps_its_tools_until_it_ends(self) -> None:
        house = House(NODE)
        house.world.silence(NODE)

        async def work(session: Session) -> None:
            session.start(Request(verb=Verb.INSTALL))
            await house.world.hung()
            await session.change_settings({"kept_generations": 7})
            assert house.closed == [1]
            session.cancel()
            await session.finished()
            assert house.closed == [1, 0]

        house.within(work)
        assert house.closed == [1, 0, 2]

    def test_the_next_run_has_the_new_ones(self) -> None:
        house = House(NODE)

        async def work(session: Session) -> None:
            await session.change_settings({"kept_generations": 7})
            session.start(Request(verb=Verb.INSTALL))
            assert (await session.finished()).outcome is Outcome.COMPLETED
            assert session.settings.kept_generations == 7
            assert (await session.override(kept_generations=2)).settings.kept_generations == 2

        house.within(work)

    def test_another_folder_is_worked_on_once_it_is_set(self) -> None:
        house = House(NODE)
        asked: list[Path] = []

        def tools_for(_settings: Settings) -> Tools:
            def opened(folder: Path) -> Any:
                asked.append(folder)
                return house.world.prefix

            return replace(house.world.tools(), prefix_at=opened)

        house.outfit = Outfit(tools_for, house.store.read(), house.store)

        async def work(session: Session) -> None:
            await session.change_settings({"prefix": "/elsewhere"})
            await session.change_settings({"language": "de"})

        house.within(work)
        assert asked == [Path("/memory"), Path("/elsewhere"), house.world.prefix.root]

    def test_a_folder_that_is_taken_back_leads_to_the_one_before(self, tmp_path: Path) -> None:
        house = House(NODE)

        def tools_for(_settings: Settings) -> Tools:
            return replace(house.world.tools(), prefix_at=DiskPrefix)

        house.outfit = Outfit(tools_for, house.store.read(), house.store)

        async def work(session: Session) -> None:
            await session.override(prefix=tmp_path / "once")
            assert session.prefix == tmp_path / "once"
            await session.override(prefix=None)
            assert session.prefix == Path("/memory"), "the usual one"
            await session.change_settings({"prefix": tmp_path / "set"})
            await session.override(prefix=tmp_path / "once")
            await session.override(prefix=None)
            assert session.prefix == tmp_path / "set", "the one that is set"
            await session.change_settings({"prefix": None})
            assert session.prefix == Path("/memory")
            session.use_folder(tmp_path / "picked")
            await session.override(language="de")
            assert session.prefix == tmp_path / "picked", "another setting leaves it"

        house.within(work)
