"""One picture of a paused run and of the run that goes on with it: nothing runs backwards, nothing is lost from it."""

from hypothesis import given
from hypothesis import strategies as st
from simulators import window_states as states

from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Drift, FileRanges, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.request import Verb
from vsrt_gui.model.run import ModuleState, Phase, RunState
from vsrt_gui.ui.going_on import joined


def plan(*work: ModulePlan, keep: tuple[Target, ...] = ()) -> Plan:
    return Plan(work=work, keep=keep)


def work(of: Target, fetch: WholeArchive | FileRanges, unpack: int) -> ModulePlan:
    return ModulePlan(target=of, drift=Drift.MISSING, fetch=fetch, files=1, unpack_bytes=unpack)


def row(
    of: Target, phase: Phase, *, fetched: int, to_fetch: int, unpacked: int = 0, to_unpack: int = 0
) -> ModuleState:
    return ModuleState(
        module=of.id,
        name=of.module.name,
        phase=phase,
        fetched=fetched,
        to_fetch=to_fetch,
        unpacked=unpacked,
        to_unpack=to_unpack,
    )


def test_what_was_unpacked_before_is_counted_on() -> None:
    before = states.run(
        Verb.INSTALL,
        Phase.WORKING,
        row(states.NODE, Phase.UNPACKING, fetched=100, to_fetch=100, unpacked=200, to_unpack=300),
        row(states.RUFF, Phase.FINISHED, fetched=10, to_fetch=10, unpacked=30, to_unpack=30),
        row(states.PYRIGHT, Phase.DOWNLOADING, fetched=40, to_fetch=60, to_unpack=100),
    )
    now = states.run(
        Verb.INSTALL, Phase.WORKING,
        row(states.NODE, Phase.QUEUED, fetched=100, to_fetch=100, unpacked=0, to_unpack=110),
        row(states.PYRIGHT, Phase.QUEUED, fetched=40, to_fetch=60, to_unpack=100),
    ).but(plan=plan(
        work(states.NODE, WholeArchive(size=100, staged=100), 110),
        work(states.PYRIGHT, WholeArchive(size=60, staged=40), 100),
        keep=(states.RUFF,),
    ), progress=0.0)  # fmt: skip
    shown = joined(before, now)
    assert [r.module for r in shown.modules] == ["nodejs", "ruff", "pyright"]
    node, ruff, pyright = shown.modules
    assert (node.fetched, node.unpacked, node.to_unpack) == (100, 190, 300)
    assert ruff.phase is Phase.FINISHED
    assert (pyright.fetched, pyright.to_fetch) == (40, 60)
    assert shown.progress == before.progress
    assert shown.safe_bytes == before.safe_bytes


def test_files_that_came_by_ranges_are_counted_on() -> None:
    before = states.run(
        Verb.REPAIR, Phase.WORKING, row(states.NODE, Phase.DOWNLOADING, fetched=33, to_fetch=50, to_unpack=90)
    )
    now = states.run(
        Verb.REPAIR, Phase.WORKING, row(states.NODE, Phase.QUEUED, fetched=0, to_fetch=20, to_unpack=40)
    ).but(plan=plan(work(states.NODE, FileRanges(to_fetch=20), 40)))
    (node,) = joined(before, now).modules
    assert (node.fetched, node.to_fetch) == (30, 50)
    assert joined(before, now.but(modules=(now.modules[0].but(fetched=20),))).modules[0].fetched == 50


def test_until_the_new_plan_is_there_the_old_picture_stands() -> None:
    before = states.WORKING
    shown = joined(before, RunState(phase=Phase.SURVEYING))
    assert [r.module for r in shown.modules] == [r.module for r in before.modules]
    assert {r.phase for r in shown.modules} == {Phase.QUEUED, Phase.FINISHED}
    assert shown.progress == before.progress
    assert shown.speed == 0


def test_a_look_that_was_paused_stands_until_the_new_one_has_come_as_far() -> None:
    before = RunState(phase=Phase.FINISHED, surveyed=0.37)
    looking = RunState(phase=Phase.SURVEYING)
    assert [joined(before, looking.but(surveyed=s)).surveyed for s in (0.0, 0.2, 0.5)] == [0.37, 0.37, 0.5]


def test_a_module_that_is_no_longer_wanted_is_left_out_and_a_new_one_follows() -> None:
    before = states.run(Verb.INSTALL, Phase.WORKING, row(states.NODE, Phase.QUEUED, fetched=0, to_fetch=1))
    now = states.run(Verb.INSTALL, Phase.WORKING, row(states.BASE, Phase.QUEUED, fetched=0, to_fetch=5)).but(
        plan=plan(work(states.BASE, WholeArchive(size=5), 1))
    )
    assert [r.module for r in joined(before, now).modules] == ["base-extensions"]


@st.composite
def rows(draw: st.DrawFn) -> tuple[ModuleState, ...]:
    """Return rows such as any moment of a run has them."""
    made = []
    for of in draw(st.lists(st.sampled_from(states.CATALOG), unique_by=lambda of: of.id)):
        to_fetch, to_unpack = draw(st.integers(0, 1000)), draw(st.integers(0, 1000))
        fetched, unpacked = draw(st.integers(0, to_fetch)), draw(st.integers(0, to_unpack))
        made.append(
            row(
                of,
                draw(st.sampled_from(list(Phase))),
                fetched=fetched,
                to_fetch=to_fetch,
                unpacked=unpacked,
                to_unpack=to_unpack,
            )
        )
    return tuple(made)


@given(rows(), rows(), st.booleans(), st.booleans())
def test_whatever_the_new_run_finds_nothing_runs_backwards_or_over(
    old: tuple[ModuleState, ...], new: tuple[ModuleState, ...], whole: bool, known: bool
) -> None:
    before = states.run(Verb.INSTALL, Phase.WORKING, *old)
    kinds = {row.module: row for row in new}
    fetch = WholeArchive(size=1) if whole else FileRanges(to_fetch=1)
    todo = tuple(work(of, fetch, 1) for of in states.CATALOG if of.id in kinds)
    keep = tuple(of for of in states.CATALOG if of.id not in kinds)
    now = states.run(Verb.INSTALL, Phase.WORKING, *new).but(plan=plan(*todo, keep=keep) if known else None)
    shown = joined(before, now)
    assert before.progress <= shown.progress <= 1.0
    assert shown.safe_bytes <= shown.total_bytes
    for made in shown.modules:
        assert made.fetched <= (made.to_fetch or 0)
        assert made.unpacked <= made.to_unpack
    assert {made.module for made in old} <= {made.module for made in shown.modules}
