"""What a screen renders of a run, folded from its events."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.engine_world import Sample

from vsrt_gui.model import events as ev
from vsrt_gui.model.events import Outcome, Severity, Step
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.plan import Drift, FileRanges, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import ModuleState, Phase, RunState, fold

NODE, RUFF = Sample("nodejs"), Sample("ruff")
LOST = Fault(code=FaultCode.CONNECTION_FAILED, facts={"host": "h", "reason": "r"})
STARTED = ev.RunStarted(run_id="1", request=Request(verb=Verb.INSTALL), at=0.0)


def work(sample: Sample, size: int | None = 1000, *, staged: int = 0, unpack: int = 4000) -> ModulePlan:
    fetch = WholeArchive(size=size, staged=staged)
    return ModulePlan(target=sample.target, drift=Drift.MISSING, fetch=fetch, files=None, unpack_bytes=unpack)


def after(*events: ev.Event, plan: Plan | None = None) -> RunState:
    planned = plan or Plan(work=(work(NODE), work(RUFF)))
    state = fold(fold(RunState(), STARTED), ev.PlanReady(plan=planned))
    for event in events:
        state = fold(state, event)
    return state


def row(state: RunState, module: str = "nodejs") -> ModuleState:
    return next(found for found in state.modules if found.module == module)


def began(step: Step, done: int = 0, total: int | None = 1000, module: str = "nodejs") -> ev.StepStarted:
    return ev.StepStarted(module=module, step=step, done=done, total=total)


def went(step: Step, done: int, at: float = 0.0, **more: Any) -> ev.StepProgress:
    facts = {"module": "nodejs", "total": 1000} | more
    return ev.StepProgress(step=step, done=done, at=at, **facts)


def ended(step: Step, done: int) -> ev.StepFinished:
    return ev.StepFinished(module="nodejs", step=step, done=done)


D, U = Step.DOWNLOAD, Step.UNPACK


class TestPhases:
    def test_a_run_from_end_to_end(self) -> None:
        state = RunState()
        assert (state.phase, state.running) == (Phase.IDLE, False)
        state = fold(state, STARTED)
        assert (state.phase, state.running) == (Phase.SURVEYING, True)
        state = after()
        assert (state.phase, state.running, state.surveyed) == (Phase.WORKING, True, 1.0)
        state = fold(state, ev.RunFinished(outcome=Outcome.PARTIAL, severity=Severity.P3, faults=(LOST,)))
        assert (state.phase, state.running) == (Phase.FINISHED, False)
        assert (state.outcome, state.severity, state.faults) == (Outcome.PARTIAL, Severity.P3, (LOST,))

    @pytest.mark.parametrize(
        ("events", "phase"),
        [
            ([], Phase.QUEUED),
            ([began(D)], Phase.DOWNLOADING),
            ([began(D), ended(D, 1000)], Phase.QUEUED),  # for what it needs
            ([began(U)], Phase.UNPACKING),
            ([began(Step.PROVE)], Phase.PROVING),
            ([ev.Waiting(module="nodejs", host="h", seconds=9.0)], Phase.WAITING),
            ([ev.ModuleFinished(module="nodejs")], Phase.FINISHED),
            ([ev.ModuleFailed(module="nodejs", fault=LOST)], Phase.FAILED),
        ],
    )
    def test_of_a_module(self, events: list[ev.Event], phase: Phase) -> None:
        state = after(*events)
        assert row(state).phase is phase
        assert row(state, "ruff").phase is Phase.QUEUED

    def test_a_retry_shows_why_and_how_long_until_it_goes_on(self) -> None:
        retry = ev.Retrying(module="nodejs", step=D, fault=LOST, attempt=1, attempts=3, delay=2.0)
        state = after(began(D), retry)
        assert (row(state).phase, row(state).fault, row(state).pause) == (Phase.RETRYING, LOST, 2.0)
        on = row(fold(state, went(D, 10)))
        assert (on.phase, on.fault, on.pause) == (Phase.DOWNLOADING, None, 0.0)

    def test_a_pause_is_shown_until_a_byte_comes(self) -> None:
        wait = ev.Waiting(module="nodejs", host="h", seconds=9.0)
        held = after(began(D), went(D, 10), wait, went(D, 10, 5.0))
        assert (row(held).phase, row(held).pause) == (Phase.WAITING, 9.0)
        assert row(fold(held, went(D, 11, 6.0))).phase is Phase.DOWNLOADING

    def test_a_new_run_starts_clean(self) -> None:
        over = after(ev.ModuleFailed(module="nodejs", fault=LOST), ev.RunFinished(outcome=Outcome.FAILED))
        assert fold(over, STARTED) == RunState(request=STARTED.request, phase=Phase.SURVEYING)

    @pytest.mark.parametrize(
        "end",
        [
            ev.SurveyProgress(done=1, total=2),
            ev.PlanReady(plan=Plan()),
            ev.RunFinished(outcome=Outcome.FAILED),
        ],
    )
    def test_what_holds_the_catalog_up_is_shown_while_it_does(self, end: ev.Event) -> None:
        wait = ev.Waiting(module=None, host="catalog.test", seconds=3.0)
        held = fold(fold(RunState(), STARTED), wait)
        assert held.holdup == wait
        assert fold(held, end).holdup is None

    def test_the_survey(self) -> None:
        state = fold(RunState(), STARTED)
        shares = []
        for done, total in ((0, 200), (50, 200), (40, 200), (300, 200)):
            state = fold(state, ev.SurveyProgress(done=done, total=total))
            shares.append(state.surveyed)
        assert shares == [0.0, 0.25, 0.25, 1.0]
        assert fold(fold(RunState(), STARTED), ev.SurveyProgress(done=0, total=0)).surveyed == 1.0

    def test_what_else_is_kept(self) -> None:
        found = ev.ModuleFound(module="nodejs", version="1", drift=Drift.DAMAGED, wrong=2)
        warning = ev.DiskWarning(path="/", free=1, total=2)
        state = after(found, warning, ev.Committed(generation=7, complete=True))
        assert (state.found, state.disk_warning, state.generation) == ((found,), warning, 7)


class TestBytes:
    def test_what_was_staged_before_counts(self) -> None:
        state = after(plan=Plan(work=(work(NODE, staged=400), work(RUFF))))
        assert (state.safe_bytes, state.total_bytes) == (400, 2000)

    def test_ranges(self) -> None:
        ranges = work(NODE).but(fetch=FileRanges(to_fetch=100))
        nothing = work(RUFF).but(fetch=None)
        state = after(plan=Plan(work=(ranges, nothing)))
        assert (row(state).to_fetch, row(state, "ruff").to_fetch, state.total_bytes) == (100, 0, 100)

    def test_what_an_earlier_run_brought_of_a_large_file_counts(self) -> None:
        state = after(plan=Plan(work=(work(NODE).but(fetch=FileRanges(to_fetch=100, staged=40)),)))
        assert (state.safe_bytes, state.total_bytes) == (40, 140)

    def test_a_restart_shows_the_truth(self) -> None:
        state = after(began(D), went(D, 600), went(D, 10))
        assert state.safe_bytes == 10

    def test_an_unknown_size(self) -> None:
        state = after(began(D, total=None), went(D, 500, total=None), plan=Plan(work=(work(NODE, None),)))
        assert (state.safe_bytes, state.total_bytes, state.seconds_left) == (500, 500, None)
        state = fold(state, went(D, 600, total=2000))
        assert (state.safe_bytes, state.total_bytes) == (600, 2000)

    def test_a_finished_module_is_all_there(self) -> None:
        done = row(after(began(D), went(D, 600), ev.ModuleFinished(module="nodejs")))
        assert (done.fetched, done.unpacked, done.fraction, done.speed) == (1000, 4000, 1.0, 0.0)

    def test_a_falling_back_from_ranges_grows_the_total(self) -> None:
        ranges = work(NODE).but(fetch=FileRanges(to_fetch=100))
        state = after(began(D, total=100), went(D, 90, total=100), plan=Plan(work=(ranges,)))
        before = state.progress
        state = fold(state, began(D, total=5000))
        assert (state.total_bytes, state.safe_bytes) == (5000, 0)
        assert state.progress == before


class TestSpeed:
    def fetching(self, samples: list[tuple[float, int]]) -> RunState:
        progress = [went(D, done, at, total=10**9) for at, done in samples]
        return after(began(D, total=10**9), *progress, plan=Plan(work=(work(NODE, 10**9),)))

    def test_steady(self) -> None:
        state = self.fetching([(t / 10, t * 100_000) for t in range(100)])
        assert state.speed == pytest.approx(1_000_000)
        assert state.seconds_left == pytest.approx((10**9 - 9_900_000) / 1_000_000)

    def test_one_sample_says_nothing(self) -> None:
        state = self.fetching([(5.0, 1_000_000)])
        assert (state.speed, state.seconds_left) == (0.0, None)

    def test_a_change_shows_within_seconds_and_does_not_jump(self) -> None:
        slow = [(t / 10, t * 10_000) for t in range(101)]
        jump = self.fetching([*slow, (10.1, slow[-1][1] + 100_000)])
        assert 100_000 < jump.speed < 200_000  # one fast tenth of a second moves it a little
        fast = [(10 + t / 10, slow[-1][1] + t * 100_000) for t in range(1, 91)]
        assert self.fetching(slow + fast).speed == pytest.approx(1_000_000, rel=0.06)

    def test_uneven_samples_weigh_by_their_time(self) -> None:
        even = self.fetching([(t / 10, t * 100_000) for t in range(61)])
        uneven = self.fetching([(t, int(t * 1_000_000)) for t in (0.0, 0.1, 0.2, 2.5, 6.0)])
        assert uneven.speed == pytest.approx(even.speed)

    def test_never_negative(self) -> None:
        assert self.fetching([(0.0, 5000), (1.0, 10)]).speed == 0.0

    def test_it_falls_while_nothing_comes(self) -> None:
        flowing = [(t / 10, t * 100_000) for t in range(100)]
        still = [(10.0 + t, flowing[-1][1]) for t in range(1, 16)]
        assert self.fetching(flowing + still).speed < 10_000

    @pytest.mark.parametrize(
        "pause",
        [
            ev.Retrying(module="nodejs", step=D, fault=LOST, attempt=1, attempts=3, delay=2.0),
            ev.Waiting(module="nodejs", host="h", seconds=30.0),
        ],
    )
    def test_a_pause_is_no_slowness(self, pause: ev.Event) -> None:
        state = fold(self.fetching([(0.0, 0), (1.0, 1_000_000)]), pause)
        assert state.speed == 0.0
        for at, done in ((60.0, 1_000_100), (61.0, 2_000_100)):
            state = fold(state, went(D, done, at, total=10**9))
        assert state.speed == pytest.approx(1_000_000)

    def test_only_downloads_count(self) -> None:
        state = fold(self.fetching([(0.0, 0), (1.0, 1_000_000)]), ended(D, 10**9))
        assert state.speed == 0.0
        state = fold(fold(state, went(U, 0, 2.0)), went(U, 5000, 3.0))
        assert state.speed == 0.0


def some_event() -> st.SearchStrategy[ev.Event]:
    modules = st.sampled_from(["nodejs", "ruff", "ghost"])
    steps = st.sampled_from(list(Step))
    counts = st.integers(0, 6000)
    totals = st.none() | counts
    seconds = st.floats(0, 100)
    return st.one_of(
        st.builds(ev.StepStarted, module=modules, step=steps, done=counts, total=totals),
        st.builds(ev.StepProgress, module=modules, step=steps, done=counts, total=totals, at=seconds),
        st.builds(ev.StepFinished, module=modules, step=steps, done=counts),
        st.builds(ev.ModuleFinished, module=modules),
        st.builds(ev.ModuleFailed, module=modules, fault=st.just(LOST)),
        st.builds(
            ev.Retrying,
            module=modules | st.none(),
            step=steps,
            fault=st.just(LOST),
            attempt=st.just(1),
            attempts=st.just(3),
            delay=seconds,
        ),
        st.builds(ev.Waiting, module=modules | st.none(), host=st.just("h"), seconds=seconds),
        st.builds(ev.SurveyProgress, done=counts, total=counts),
        st.builds(ev.Committed, generation=st.just(1), complete=st.booleans()),
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(some_event(), max_size=40), st.sampled_from([None, 0, 1000]), st.sampled_from(list(Outcome)))
def test_progress_never_runs_backwards_nor_beyond_the_end(
    events: list[ev.Event], size: int | None, outcome: Outcome
) -> None:
    state = after(plan=Plan(work=(work(NODE, size), work(RUFF, staged=300))))
    for event in [*events, ev.RunFinished(outcome=outcome)]:
        before, state = state, fold(state, event)
        assert before.progress <= state.progress <= 1.0
        assert before.surveyed <= state.surveyed <= 1.0
        assert 0 <= state.safe_bytes <= state.total_bytes
        assert state.speed >= 0.0
        assert state.seconds_left is None or state.seconds_left > 0
        assert all(0.0 <= found.fraction <= 1.0 for found in state.modules)
    assert state.outcome is outcome
    assert outcome is not Outcome.COMPLETED or state.progress == 1.0


def test_progress_reaches_the_end_by_itself() -> None:
    state = after(
        began(D),
        went(D, 500),
        ended(D, 1000),
        began(U, total=4000),
        went(U, 4000, total=4000),
        ev.ModuleFinished(module="nodejs"),
    )
    assert state.progress == pytest.approx(0.5)
    assert fold(state, ev.ModuleFinished(module="ruff")).progress == pytest.approx(1.0)
