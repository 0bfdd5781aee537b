"""Which modules are wanted, in which versions and in which order."""

import pytest
from simulators.engine_world import HOST, PLATFORM, Sample, manifest

from vsrt_gui.engine.ordering import closure, dependents, ordered
from vsrt_gui.engine.resolve import Available, available, refreshed
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.manifest import IndexReference, Module, PatchesReference, Platform, Target

NODE, NODE2 = Sample("nodejs"), Sample("nodejs", version="2.0")
PYRIGHT = Sample("pyright", needs=("nodejs",))
EXTRA = Sample("extra", needs=("pyright",), optional=True)
RUFF = Sample("ruff", optional=True)
CHAIN = (EXTRA, RUFF, PYRIGHT, NODE)
KNOWN = {sample.id: sample.target for sample in CHAIN}


def offer(*samples: Sample, unmet: dict[str, Fault] | None = None) -> Available:
    return available(manifest(*samples), PLATFORM, unmet or {})


def codes(found: Available) -> dict[str | None, FaultCode]:
    return {fault.module: fault.code for fault in found.faults}


def ids(targets: tuple[Target, ...]) -> list[str]:
    return [target.id for target in targets]


class TestAvailable:
    def test_offers_all_in_dependency_order(self) -> None:
        found = offer(*CHAIN)
        order = ids(found.targets)
        assert sorted(order) == ["extra", "nodejs", "pyright", "ruff"]
        assert order.index("nodejs") < order.index("pyright") < order.index("extra")
        assert (found.faults, found.lost) == ((), frozenset())

    def test_a_target_is_the_module_without_the_other_platforms_artifacts(self) -> None:
        target = offer(NODE).target("nodejs")
        assert target == NODE.target
        assert type(target.module) is Module

    @pytest.mark.parametrize(
        ("ring", "named"),
        [
            ([Sample("a", needs=("a",))], "a → a"),
            ([Sample("a", needs=("b",)), Sample("b", needs=("a",))], "a → b → a"),
            (
                [Sample("a", needs=("b",)), Sample("b", needs=("c",)), Sample("c", needs=("a",))],
                "a → b → c → a",
            ),
        ],
        ids=["itself", "two", "three"],
    )
    def test_a_cycle_takes_out_only_what_it_touches(self, ring: list[Sample], named: str) -> None:
        found = offer(NODE, *ring, Sample("needs-it", needs=("a",), optional=True), RUFF)
        assert sorted(ids(found.targets)) == ["nodejs", "ruff"]
        expected = {sample.id: FaultCode.DEPENDENCY_CYCLE for sample in ring}
        assert codes(found) == expected | {"needs-it": FaultCode.DEPENDENCY_FAILED}
        assert found.lost == {sample.id for sample in ring}
        written = str(found.faults[0].facts["modules"])
        steps = written.split(" → ")
        assert steps[0] == steps[-1]
        turns = {" → ".join([*steps[i:-1], *steps[:i], steps[i]]) for i in range(len(steps) - 1)}
        assert named in turns  # which one of the ring is named first is all the same

    def test_two_cycles_are_both_found(self) -> None:
        found = offer(*(Sample(x, needs=(y,)) for x, y in ("ab", "ba", "cd", "dc")), NODE)
        assert ids(found.targets) == ["nodejs"]
        assert set(codes(found).values()) == {FaultCode.DEPENDENCY_CYCLE}
        assert {str(fault.facts["modules"]).count("→") for fault in found.faults} == {2}

    def test_two_cycles_through_one_module_leave_what_needs_them_with_a_reason(self) -> None:
        found = offer(Sample("a", needs=("b", "c")), Sample("b", needs=("a",)), Sample("c", needs=("a",)))
        assert found.targets == ()
        assert set(codes(found)) == {"a", "b", "c"}

    def test_a_missing_dependency_spreads(self) -> None:
        found = offer(
            Sample("a", needs=("ghost",)), Sample("b", needs=("a",)), Sample("c", needs=("b",)), NODE
        )
        assert ids(found.targets) == ["nodejs"]
        assert [(f.module, f.code, f.facts.get("dependency")) for f in found.faults] == [
            ("a", FaultCode.DEPENDENCY_MISSING, "ghost"),
            ("b", FaultCode.DEPENDENCY_FAILED, "a"),
            ("c", FaultCode.DEPENDENCY_FAILED, "b"),
        ]

    def test_spreading_does_not_depend_on_the_manifests_order(self) -> None:
        found = offer(Sample("c", needs=("b",)), Sample("b", needs=("a",)), Sample("a", needs=("ghost",)))
        assert codes(found)["c"] is FaultCode.DEPENDENCY_FAILED

    def test_another_machines_module(self) -> None:
        found = offer(Sample("win", platforms=(Platform.WINDOWS_X64,)), Sample("on-it", needs=("win",)), NODE)
        assert ids(found.targets) == ["nodejs"]
        assert codes(found) == {
            "win": FaultCode.PLATFORM_UNSUPPORTED,
            "on-it": FaultCode.DEPENDENCY_FAILED,
        }
        assert found.faults[0].facts == {"module": "win", "platform": "linux-x64"}

    def test_an_unmet_requirement(self) -> None:
        error = InstallerError(
            FaultCode.REQUIREMENT_UNMET, module="debugpy", requirement="python", needed="3.9", have="3.6"
        )
        fault = error.at("debugpy", None)
        found = offer(
            Sample("debugpy", optional=True), Sample("on-it", needs=("debugpy",)), unmet={"debugpy": fault}
        )
        assert codes(found) == {"debugpy": FaultCode.REQUIREMENT_UNMET, "on-it": FaultCode.DEPENDENCY_FAILED}
        assert found.lost == {"on-it"}


class TestGraph:
    @pytest.mark.parametrize(
        ("of", "expected"),
        [
            ({"extra"}, {"extra", "pyright", "nodejs"}),
            ({"nodejs"}, {"nodejs"}),
            ({"ruff", "pyright"}, {"ruff", "pyright", "nodejs"}),
            ({"ghost", "ruff"}, {"ruff"}),
            (set(), set()),
        ],
    )
    def test_closure(self, of: set[str], expected: set[str]) -> None:
        assert closure(of, KNOWN) == expected

    @pytest.mark.parametrize(
        ("of", "expected"),
        [
            ({"nodejs"}, {"nodejs", "pyright", "extra"}),
            ({"extra"}, {"extra"}),
            ({"pyright", "ruff"}, {"pyright", "extra", "ruff"}),
            ({"ghost"}, {"ghost"}),
        ],
    )
    def test_dependents(self, of: set[str], expected: set[str]) -> None:
        assert dependents(of, KNOWN) == expected

    def test_ordered_passes_over_what_is_not_there(self) -> None:
        assert ids(ordered({"extra": EXTRA.target, "pyright": PYRIGHT.target})) == ["pyright", "extra"]


class TestRefreshed:
    def test_the_same_bytes_come_from_the_new_place_first(self) -> None:
        moved = NODE.target.artifact.model_copy(
            update={"url": "https://new.test/n.zip", "mirrors": (NODE.url,)}
        )
        now = Available(targets=(Target(module=NODE.module, artifact=moved),))
        found = refreshed(NODE.target, now).artifact
        assert (found.url, found.mirrors) == ("https://new.test/n.zip", (NODE.url,))

    def test_other_bytes_change_nothing(self) -> None:
        assert refreshed(NODE.target, offer(NODE2)) == NODE.target

    def test_a_module_that_is_no_longer_published_stays_as_it_was(self) -> None:
        assert refreshed(NODE.target, offer(RUFF)) == NODE.target

    def test_the_index_of_paths_that_are_stripped_in_another_way_is_not_taken(self) -> None:
        other = IndexReference(url=f"{HOST}/other.index", sha256="0" * 64)
        stripped = NODE.target.artifact.model_copy(update={"strip_components": 1, "index": other})
        now = Available(targets=(Target(module=NODE.module, artifact=stripped),))
        assert refreshed(NODE.target, now).artifact.index == NODE.target.artifact.index

    @pytest.mark.parametrize("same", [True, False])
    def test_patches_come_from_elsewhere_only_where_they_are_the_same(self, same: bool) -> None:
        def patched(url: str, digit: str) -> Target:
            reference = PatchesReference(url=f"{HOST}/{url}", sha256=digit * 64, size=9)
            artifact = NODE.target.artifact.model_copy(update={"patches": reference})
            return Target(module=NODE.module, artifact=artifact)

        old, new = patched("old", "1"), patched("new", "1" if same else "2")
        found = refreshed(old, Available(targets=(new,))).artifact.patches
        assert found == (new if same else old).artifact.patches
        index = IndexReference(url=f"{HOST}/new.index", sha256="3" * 64)
        newer = new.model_copy(update={"artifact": new.artifact.model_copy(update={"index": index})})
        with_index = refreshed(old, Available(targets=(newer,))).artifact
        assert (with_index.index, with_index.patches) == (index, new.artifact.patches)
