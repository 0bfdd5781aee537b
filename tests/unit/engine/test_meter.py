"""Progress is told of a few times a second, however often it is counted."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace

import pytest
from simulators.virtual_time import now, run

from vsrt_gui.engine.meter import Gauge, Meter
from vsrt_gui.model.events import Event, Step, StepFinished, StepProgress, StepStarted


@pytest.fixture(autouse=True)
def _loop_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the meter read the simulated clock that it sleeps by."""
    monkeypatch.setattr("vsrt_gui.engine.meter.time", SimpleNamespace(monotonic=now))


def test_at_most_ten_events_a_second_for_a_step() -> None:
    told: list[tuple[float, Event]] = []

    async def download() -> None:
        meter = Meter(lambda event: told.append((now(), event)))
        gauges = {"nodejs": Gauge(0, 30_000), "ruff": Gauge(0, None)}
        for module, gauge in gauges.items():
            meter.start(module, Step.DOWNLOAD, gauge)
        polling = asyncio.create_task(meter.poll())
        for _ in range(3000):
            await asyncio.sleep(0.001)
            for gauge in gauges.values():
                gauge.add(10)
        meter.finish("nodejs", Step.DOWNLOAD)
        polling.cancel()

    run(download())
    for module in ("nodejs", "ruff"):
        of_it = [
            (at, event) for at, event in told if isinstance(event, StepProgress) and event.module == module
        ]
        assert 25 <= len(of_it) <= 30
        assert all(later - earlier >= 0.099 for (earlier, _), (later, _) in pairwise(of_it))
        assert all(event.at == at for at, event in of_it)
        counts = [event.done for _, event in of_it]
        assert counts == sorted(counts)
    assert told[-1][1] == StepFinished(module="nodejs", step=Step.DOWNLOAD, done=30_000)


@pytest.mark.parametrize(("step", "expected"), [(Step.DOWNLOAD, 10), (Step.UNPACK, 0)])
def test_a_download_that_stands_is_told_of_once_a_second(step: Step, expected: int) -> None:
    told: list[Event] = []

    async def stall() -> None:
        meter = Meter(told.append)
        meter.start("nodejs", step, Gauge(5, 10))
        polling = asyncio.create_task(meter.poll())
        await asyncio.sleep(11.05)
        polling.cancel()

    run(stall())
    assert told[0] == StepStarted(module="nodejs", step=step, done=5, total=10)
    later = told[1:]
    assert [event.done for event in later if isinstance(event, StepProgress)] == [5] * expected


@pytest.mark.parametrize(("left", "taken_back"), [(300, [300]), (900, []), (1000, [])])
def test_what_was_told_and_is_not_safe_is_taken_back_in_the_end(left: int, taken_back: list[int]) -> None:
    told: list[Event] = []

    async def stop() -> None:
        meter, gauge = Meter(told.append), Gauge(0, 2000)
        meter.start("nodejs", Step.DOWNLOAD, gauge)
        polling = asyncio.create_task(meter.poll())
        gauge.add(900)
        await asyncio.sleep(0.15)
        gauge.done = left
        polling.cancel()
        assert meter.drop("nodejs", Step.DOWNLOAD) is gauge

    run(stop())
    assert [event.done for event in told if isinstance(event, StepProgress)] == [900, *taken_back]


def test_a_total_that_becomes_known_is_news() -> None:
    told: list[Event] = []

    async def learn() -> None:
        meter = Meter(told.append)
        gauge = Gauge(5, None)
        meter.start("nodejs", Step.UNPACK, gauge)
        polling = asyncio.create_task(meter.poll())
        gauge.total = 20
        await asyncio.sleep(1)
        polling.cancel()

    run(learn())
    assert [(event.done, event.total) for event in told[1:] if isinstance(event, StepProgress)] == [(5, 20)]


def test_a_step_that_was_dropped_is_not_told_of_any_more() -> None:
    told: list[Event] = []

    async def fail() -> None:
        meter = Meter(told.append)
        gauge = Gauge(0, 10)
        meter.start("nodejs", Step.UNPACK, gauge)
        polling = asyncio.create_task(meter.poll())
        assert meter.drop("nodejs", Step.UNPACK) is gauge
        gauge.add(5)
        await asyncio.sleep(1)
        meter.finish("nodejs", Step.UNPACK)
        assert meter.drop("nodejs", Step.UNPACK) is None
        polling.cancel()

    run(fail())
    assert [type(event) for event in told] == [StepStarted]
