"""What can be ticked: the one rule, for every catalog and every sequence of clicks."""

from hypothesis import given
from hypothesis import strategies as st
from simulators.window_states import CATALOG, NAMES, target

from vsrt_gui.model.manifest import ModuleType, Target
from vsrt_gui.ui.selection import Selection


def everything() -> Selection:
    return Selection.of(CATALOG, NAMES)


def ids(targets: tuple[Target, ...]) -> set[str]:
    return {t.id for t in targets}


def test_critical_modules_and_what_they_need_are_always_ticked() -> None:
    bare = Selection.of(CATALOG, ())
    assert bare.ticked == {"nodejs", "server"}
    assert bare.untick("server") == bare
    assert bare.untick("nodejs") == bare


def test_ticking_pulls_in_what_it_needs() -> None:
    assert Selection.of(CATALOG, ()).tick("debugpy").ticked == {"nodejs", "server", "pyright", "debugpy"}


def test_a_needed_one_stays_and_says_who_needs_it() -> None:
    full = everything()
    assert full.locked("pyright")
    assert ids(full.holders("pyright")) == {"debugpy"}
    assert full.untick("pyright") == full
    free = full.untick("debugpy")
    assert not free.locked("pyright")
    assert "pyright" not in free.untick("pyright").ticked


def test_unticking_leaves_what_was_pulled_in() -> None:
    """Nothing is unticked behind the user's back."""
    again = Selection.of(CATALOG, ()).tick("debugpy").untick("debugpy")
    assert "pyright" in again.ticked


def test_a_dependency_that_is_not_on_offer_is_passed_over() -> None:
    lonely = target("lonely", "Lonely", ModuleType.RUNTIME, "1", 1, "gone")
    assert Selection.of((lonely,), ()).tick("lonely").ticked == {"lonely"}


def test_sizes() -> None:
    assert everything().download_size == 195_000_000
    assert everything().sizes_known
    unknown = target("x", "X", ModuleType.RUNTIME, "1", None)
    assert not Selection.of((unknown,), {"x"}).sizes_known


@st.composite
def catalogs(draw: st.DrawFn) -> tuple[Target, ...]:
    made: list[Target] = []
    for number in range(draw(st.integers(1, 8))):
        needs = draw(st.sets(st.sampled_from([t.id for t in made]))) if made else set()
        made.append(
            target(
                f"m{number}", f"M{number}", ModuleType.RUNTIME, "1", 1, *needs, optional=draw(st.booleans())
            )
        )
    return tuple(made)


@given(catalogs(), st.lists(st.integers(0, 7), max_size=12))
def test_the_rule_holds_after_any_clicks(catalog: tuple[Target, ...], clicks: list[int]) -> None:
    selection = Selection.of(catalog, ())
    for click in clicks:
        module = catalog[click % len(catalog)].id
        before = selection
        selection = selection.untick(module) if module in selection.ticked else selection.tick(module)
        assert (selection == before) == before.locked(module)
        assert selection.needed(selection.ticked) == selection.ticked
        assert all(t.id in selection.ticked for t in catalog if not t.module.optional)
