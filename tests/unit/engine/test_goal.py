"""What each verb wants of a prefix."""

import pytest
from simulators.engine_world import PLATFORM, Sample, generation, manifest

from vsrt_gui.engine.resolve import Available, Goal, available, goal
from vsrt_gui.model.faults import FaultCode, FaultsError
from vsrt_gui.model.manifest import Platform, Target
from vsrt_gui.model.request import Request, Verb, Wanted
from vsrt_gui.model.survey import PrefixRecord

NODE, NODE2 = Sample("nodejs"), Sample("nodejs", version="2.0")
PYRIGHT = Sample("pyright", needs=("nodejs",))
EXTRA = Sample("extra", needs=("pyright",), optional=True)
RUFF = Sample("ruff", optional=True)
CHAIN = (EXTRA, RUFF, PYRIGHT, NODE)


def offer(*samples: Sample) -> Available:
    return available(manifest(*samples), PLATFORM, {})


def ids(targets: tuple[Target, ...]) -> list[str]:
    return [target.id for target in targets]


def record(*samples: Sample, wanted: set[str] | None = None) -> PrefixRecord:
    current = generation(*samples) if samples else None
    return PrefixRecord(
        path="/there",
        exists=True,
        current=current,
        generations=(current,) if current else (),
        wanted=None if wanted is None else Wanted(modules=frozenset(wanted)),
    )


def ask(verb: Verb, *modules: str, number: int | None = None) -> Request:
    return Request(verb=verb, modules=frozenset(modules), generation=number)


def want(verb: Verb, *modules: str, of: PrefixRecord, offered: Available) -> Goal:
    return goal(ask(verb, *modules), of, offered, "9.0.0" if offered.targets else None)


def refusal(verb: Verb, *modules: str, of: PrefixRecord, offered: Available) -> list[FaultCode]:
    with pytest.raises(FaultsError) as caught:
        want(verb, *modules, of=of, offered=offered)
    return [fault.code for fault in caught.value.faults]


def wanted_ids(found: Goal) -> set[str]:
    assert found.wanted is not None
    return set(found.wanted.modules)


class TestInstall:
    def test_the_first_one_takes_all_that_can_be_had(self) -> None:
        found = want(Verb.INSTALL, of=PrefixRecord(), offered=offer(*CHAIN))
        assert wanted_ids(found) == {"nodejs", "pyright", "extra", "ruff"} == set(ids(found.targets))
        assert (found.manifest_version, found.faults) == ("9.0.0", ())

    def test_the_first_one_passes_over_optional_modules_that_cannot_be_had(self) -> None:
        found = want(
            Verb.INSTALL, of=PrefixRecord(), offered=offer(NODE, Sample("x", needs=("ghost",), optional=True))
        )
        assert wanted_ids(found) == {"nodejs"}
        assert found.faults == ()

    def test_a_lost_critical_module_ends_it(self) -> None:
        offered = offer(NODE, Sample("server", needs=("ghost",)))
        assert refusal(Verb.INSTALL, of=PrefixRecord(), offered=offered) == [FaultCode.DEPENDENCY_MISSING]

    def test_a_lost_critical_module_that_nobody_wants_is_no_matter(self) -> None:
        offered = offer(NODE, Sample("server", needs=("ghost",)))
        found = want(Verb.INSTALL, "nodejs", of=PrefixRecord(), offered=offered)
        assert ids(found.targets) == ["nodejs"]

    def test_naming_a_module_pulls_in_what_it_needs(self) -> None:
        found = want(Verb.INSTALL, "extra", of=PrefixRecord(), offered=offer(*CHAIN))
        assert ids(found.targets) == ["nodejs", "pyright", "extra"]
        assert wanted_ids(found) == {"extra"}

    def test_it_adds_to_what_is_wanted_and_to_what_is_there(self) -> None:
        before = record(NODE, wanted={"pyright"})
        found = want(Verb.INSTALL, "ruff", of=before, offered=offer(*CHAIN))
        assert wanted_ids(found) == {"nodejs", "pyright", "ruff"}

    def test_what_is_there_keeps_its_version(self) -> None:
        before = record(NODE, wanted={"nodejs"})
        found = want(Verb.INSTALL, "ruff", of=before, offered=offer(NODE2, RUFF))
        versions = {target.id: target.module.version for target in found.targets}
        assert versions == {"nodejs": "1.0", "ruff": "1.0"}

    def test_none_named_finishes_what_is_wanted(self) -> None:
        before = PrefixRecord(exists=True, wanted=Wanted(modules=frozenset({"ruff"})))
        assert ids(want(Verb.INSTALL, of=before, offered=offer(*CHAIN)).targets) == ["ruff"]

    def test_a_wanted_optional_module_that_is_gone_is_told_of_and_stays_wanted(self) -> None:
        before = record(NODE, wanted={"nodejs", "ghost"})
        found = want(Verb.INSTALL, of=before, offered=offer(NODE))
        assert [(fault.code, fault.module) for fault in found.faults] == [(FaultCode.MODULE_UNKNOWN, "ghost")]
        assert "ghost" in wanted_ids(found)

    def test_unknown_names_are_refused_all_at_once(self) -> None:
        refused = refusal(Verb.INSTALL, "ghost", "phantom", "ruff", of=PrefixRecord(), offered=offer(*CHAIN))
        assert refused == [FaultCode.MODULE_UNKNOWN] * 2

    def test_a_named_module_that_cannot_be_had_says_why(self) -> None:
        offered = offer(NODE, Sample("win", platforms=(Platform.WINDOWS_X64,), optional=True))
        refused = refusal(Verb.INSTALL, "win", of=PrefixRecord(), offered=offered)
        assert refused == [FaultCode.PLATFORM_UNSUPPORTED]

    def test_offline_with_all_there_keeps_the_recorded_version(self) -> None:
        before = record(NODE, RUFF, wanted={"nodejs"})
        found = want(Verb.INSTALL, of=before, offered=Available())
        assert set(ids(found.targets)) == {"nodejs", "ruff"}
        assert found.manifest_version == "1.0.0"


class TestChange:
    def test_it_replaces(self) -> None:
        before = record(NODE, PYRIGHT, RUFF, wanted={"pyright", "ruff"})
        found = want(Verb.CHANGE, "ruff", of=before, offered=offer(*CHAIN))
        assert ids(found.targets) == ["ruff"]
        assert wanted_ids(found) == {"ruff"}

    def test_it_keeps_what_the_named_ones_need(self) -> None:
        before = record(NODE, PYRIGHT, RUFF, wanted={"pyright", "ruff"})
        found = want(Verb.CHANGE, "pyright", of=before, offered=offer(*CHAIN))
        assert ids(found.targets) == ["nodejs", "pyright"]

    def test_it_refuses_unknown_names(self) -> None:
        assert refusal(Verb.CHANGE, "ghost", of=record(NODE), offered=offer(NODE)) == [
            FaultCode.MODULE_UNKNOWN
        ]


class TestUpdate:
    def test_it_takes_the_newest(self) -> None:
        before = record(NODE, PYRIGHT, wanted={"pyright"})
        found = want(Verb.UPDATE, of=before, offered=offer(NODE2, PYRIGHT))
        assert {t.id: t.module.version for t in found.targets} == {"nodejs": "2.0", "pyright": "1.0"}
        assert found.manifest_version == "9.0.0"

    def test_it_pulls_in_what_a_new_version_needs(self) -> None:
        found = want(
            Verb.UPDATE,
            of=record(NODE),
            offered=offer(Sample("nodejs", version="2.0", needs=("icu",)), Sample("icu")),
        )
        assert ids(found.targets) == ["icu", "nodejs"]

    def test_it_adds_nothing_else(self) -> None:
        assert ids(want(Verb.UPDATE, of=record(NODE), offered=offer(*CHAIN)).targets) == ["nodejs"]

    def test_what_is_no_longer_published_stays(self) -> None:
        found = want(Verb.UPDATE, of=record(NODE, RUFF), offered=offer(NODE2))
        assert {t.id: t.module.version for t in found.targets} == {"nodejs": "2.0", "ruff": "1.0"}

    def test_nothing_installed(self) -> None:
        assert refusal(Verb.UPDATE, of=PrefixRecord(), offered=offer(NODE)) == [FaultCode.NOT_INSTALLED]


class TestUninstall:
    def test_one_with_what_depends_on_it(self) -> None:
        before = record(NODE, PYRIGHT, EXTRA, RUFF, wanted={"extra", "ruff"})
        found = want(Verb.UNINSTALL, "pyright", of=before, offered=Available())
        assert set(ids(found.targets)) == {"nodejs", "ruff"}
        assert wanted_ids(found) == {"nodejs", "ruff"}
        assert not found.remove_all

    def test_everything(self) -> None:
        before = record(NODE, RUFF, wanted={"nodejs", "ruff"})
        assert want(Verb.UNINSTALL, of=before, offered=Available()) == Goal(remove_all=True)

    def test_naming_everything_is_everything(self) -> None:
        before = record(NODE, PYRIGHT, wanted={"pyright"})
        assert want(Verb.UNINSTALL, "nodejs", of=before, offered=Available()).remove_all

    def test_what_never_arrived_goes_with_what_it_needs(self) -> None:
        before = record(NODE, PYRIGHT, wanted={"nodejs", "pyright", "extra"})
        found = want(Verb.UNINSTALL, "pyright", of=before, offered=offer(*CHAIN))
        assert (ids(found.targets), wanted_ids(found)) == (["nodejs"], {"nodejs"})

    def test_what_was_only_wanted(self) -> None:
        before = PrefixRecord(exists=True, wanted=Wanted(modules=frozenset({"ruff", "nodejs"})))
        found = want(Verb.UNINSTALL, "ruff", of=before, offered=Available())
        assert wanted_ids(found) == {"nodejs"}
        assert want(Verb.UNINSTALL, "ruff", "nodejs", of=before, offered=Available()).remove_all
        assert want(Verb.UNINSTALL, of=before, offered=Available()).remove_all

    def test_a_claimed_but_empty_folder(self) -> None:
        assert want(Verb.UNINSTALL, of=PrefixRecord(exists=True), offered=Available()).remove_all

    def test_what_is_not_there(self) -> None:
        refused = refusal(Verb.UNINSTALL, "ghost", of=record(NODE), offered=Available())
        assert refused == [FaultCode.MODULE_UNKNOWN]
        assert refusal(Verb.UNINSTALL, of=PrefixRecord(), offered=Available()) == [FaultCode.NOT_INSTALLED]


class TestRollback:
    OLD, NEW = generation(NODE, number=1), generation(NODE2, number=4, version="2.0.0")

    def record(self) -> PrefixRecord:
        middle = generation(RUFF, number=3)
        return PrefixRecord(
            exists=True, path="/there", current=self.NEW, generations=(self.OLD, middle, self.NEW)
        )

    def test_the_one_before(self) -> None:
        found = goal(ask(Verb.ROLLBACK), self.record(), Available(), None)
        assert found.generation is not None
        assert (found.generation.number, wanted_ids(found)) == (3, {"ruff"})

    def test_never_one_that_was_left_before(self) -> None:
        after = self.NEW.model_copy(update={"before": 1})
        found = goal(
            ask(Verb.ROLLBACK),
            self.record().but(current=after, generations=(self.OLD, generation(RUFF, number=3), after)),
            Available(),
            None,
        )
        assert found.generation == self.OLD

    def test_a_given_one(self) -> None:
        found = goal(ask(Verb.ROLLBACK, number=1), self.record(), Available(), None)
        assert (found.generation, found.manifest_version) == (self.OLD, "1.0.0")

    @pytest.mark.parametrize(
        ("number", "code"), [(None, FaultCode.NO_EARLIER_GENERATION), (7, FaultCode.GENERATION_UNKNOWN)]
    )
    def test_none(self, number: int | None, code: FaultCode) -> None:
        alone = PrefixRecord(exists=True, current=self.OLD, generations=(self.OLD, self.NEW))
        with pytest.raises(FaultsError) as caught:
            goal(ask(Verb.ROLLBACK, number=number), alone, Available(), None)
        (fault,) = caught.value.faults
        assert fault.code is code
        assert fault.facts.get("newer", "4") == "4"

    def test_nothing_installed(self) -> None:
        assert refusal(Verb.ROLLBACK, of=PrefixRecord(), offered=Available()) == [FaultCode.NOT_INSTALLED]


@pytest.mark.parametrize("verb", [Verb.REPAIR, Verb.VERIFY])
class TestRepair:
    def test_never_newer(self, verb: Verb) -> None:
        found = want(
            verb, of=record(NODE, RUFF, wanted={"nodejs", "extra"}), offered=offer(NODE2, RUFF, EXTRA)
        )
        assert {t.id: t.module.version for t in found.targets} == {"nodejs": "1.0", "ruff": "1.0"}
        assert (found.wanted, found.manifest_version) == (None, "1.0.0")

    def test_but_from_where_the_bytes_are_now(self, verb: Verb) -> None:
        moved = NODE.target.artifact.model_copy(update={"url": "https://new.test/n.zip"})
        offered = Available(targets=(Target(module=NODE.module, artifact=moved),))
        found = want(verb, of=record(NODE), offered=offered)
        assert found.targets[0].artifact.url == "https://new.test/n.zip"
        assert found.targets[0].artifact.mirrors == (NODE.url,)

    def test_nothing_installed(self, verb: Verb) -> None:
        assert refusal(verb, of=PrefixRecord(), offered=offer(NODE)) == [FaultCode.NOT_INSTALLED]
