"""Attempts, pauses, breakers and patience, in simulated time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.memory_source import broken, gone, lost
from simulators.virtual_time import now, run

from vsrt_gui.engine.breaker import BreakerState
from vsrt_gui.engine.mirrors import MirrorOrder
from vsrt_gui.engine.persist import Rules, Turn
from vsrt_gui.engine.service import Service
from vsrt_gui.model.events import Event, Retrying, Step, Waiting
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.policies import BreakerPolicy, LimitPolicy, MirrorPolicy, RetryPolicy
from vsrt_gui.model.transport import Circuit

URL = "https://files.test/nodejs.zip"
RETRY = RetryPolicy(attempts=3, first_delay=2.0, factor=2.0, jitter=0.0, progress=1000)
BREAKER = BreakerPolicy(threshold=5, cooldown=60.0, probe_window=30.0, successes=3)
LIMIT = LimitPolicy(concurrent=3, gap=0.0)


def spoilt() -> InstallerError:
    return InstallerError(FaultCode.CHECKSUM_MISMATCH, file="f", expected="e", actual="a")


def limited(seconds: float) -> InstallerError:
    return InstallerError(FaultCode.RATE_LIMITED, host="files.test", retry_after=seconds)


def denied() -> InstallerError:
    return InstallerError(FaultCode.ACCESS_REFUSED, url=URL, status=403)


class Scene:
    """One thing to be fetched, and what its attempts do, in order: fail, or bring bytes and then fail, or succeed."""

    def __init__(self, *script: InstallerError | tuple[int, InstallerError] | str) -> None:
        self.script = list(script)
        self.events: list[Event] = []
        self.began: list[float] = []
        self.gained = 0
        self.urls: list[str] = []
        self.breaker = BREAKER
        self.service: Service | None = None

    async def attempt(self, turn: Turn) -> str:
        self.began.append(now())
        self.urls.append(turn.url)
        step = self.script.pop(0)
        if isinstance(step, tuple):
            self.gained += step[0]
            turn.answered()
            raise step[1]
        if isinstance(step, InstallerError):
            raise step
        turn.answered()
        return step

    def rules(self, retry: RetryPolicy = RETRY) -> Rules:
        clock = asyncio.get_running_loop().time
        self.service = self.service or Service(Circuit.DOWNLOAD, retry, (self.breaker, LIMIT), clock)
        order = MirrorOrder(MirrorPolicy())
        return Rules(self.service, order, self.events.append, "nodejs", Step.DOWNLOAD, lambda: self.gained)

    def play(self, retry: RetryPolicy = RETRY) -> str:
        async def all_of_it() -> str:
            return await self.rules(retry).persist((URL,), self.attempt)

        return run(all_of_it())

    def fails(self) -> FaultCode:
        with pytest.raises(InstallerError) as caught:
            self.play()
        return caught.value.fault.code

    @property
    def retries(self) -> list[tuple[int, float]]:
        return [(event.attempt, event.delay) for event in self.events if isinstance(event, Retrying)]


def test_the_first_success_ends_it() -> None:
    scene = Scene("there")
    assert (scene.play(), scene.began, scene.events) == ("there", [0.0], [])


def test_pauses_grow_between_attempts() -> None:
    scene = Scene(lost(), broken(), "there")
    assert scene.play() == "there"
    assert scene.began == [0.0, 2.0, 6.0]
    assert scene.retries == [(1, 2.0), (2, 4.0)]
    told = scene.events[0]
    assert isinstance(told, Retrying)
    assert (told.module, told.step, told.attempts, told.fault.code) == (
        "nodejs",
        Step.DOWNLOAD,
        3,
        FaultCode.CONNECTION_FAILED,
    )


def test_patience_ends_with_the_last_fault() -> None:
    scene = Scene(lost(), lost(), broken())
    assert scene.fails() is FaultCode.SERVER_ERROR
    assert scene.began == [0.0, 2.0, 6.0]


def test_what_does_not_pass_by_itself_is_not_repeated() -> None:
    scene = Scene(gone(URL))
    assert scene.fails() is FaultCode.SOURCE_GONE
    assert scene.began == [0.0]


def test_progress_starts_the_count_anew() -> None:
    scene = Scene(lost(), lost(), (1000, lost()), lost(), lost())
    assert scene.fails() is FaultCode.CONNECTION_FAILED
    assert len(scene.began) == 5
    assert [attempt for attempt, _ in scene.retries] == [1, 2, 1, 2]


def test_a_little_progress_does_not() -> None:
    scene = Scene(lost(), lost(), (999, lost()))
    assert scene.fails() is FaultCode.CONNECTION_FAILED
    assert len(scene.began) == 3


def test_spoilt_bytes_are_worth_one_clean_restart_at_once() -> None:
    scene = Scene(spoilt(), "there")
    assert scene.play() == "there"
    assert scene.began == [0.0, 0.0]


def test_even_when_patience_is_at_its_end() -> None:
    scene = Scene(lost(), lost(), spoilt(), "there")
    assert scene.play() == "there"


def test_but_only_one() -> None:
    scene = Scene(spoilt(), spoilt())
    assert scene.fails() is FaultCode.CHECKSUM_MISMATCH


def test_a_further_request_that_is_refused_counts_for_nobody() -> None:
    """Neither for patience nor for the breaker: the first request of each of these attempts brought its bytes."""

    async def refused(turn: Turn) -> str:
        turn.further = True
        return await scene.attempt(turn)

    async def all_of_it() -> str:
        return await scene.rules().persist((URL,), refused)

    scene = Scene((1, limited(7.0)), (1, broken()), (1, denied()), (1, broken()), "there")
    assert run(all_of_it()) == "there"
    assert scene.began == [0.0, 7.0, 9.0, 11.0, 13.0]
    assert {attempt for attempt, _ in scene.retries} == {1}
    assert scene.service is not None
    assert scene.service.breakers.of("files.test").total_failures == 0


def test_a_server_that_asks_for_patience_gets_it() -> None:
    scene = Scene(limited(17.0), "there")
    assert scene.play() == "there"
    assert scene.began == [0.0, 17.0]


def test_jitter_stays_within_its_share() -> None:
    scene = Scene(lost(), "there")
    scene.play(RETRY.but(jitter=0.25))
    assert 1.5 <= scene.began[1] <= 2.0


def test_an_open_breaker_costs_no_attempt_and_counts_down() -> None:
    scene = Scene(lost(), lost(), "there")

    async def all_of_it() -> str:
        rules = scene.rules()
        breaker = rules.service.breakers.of("files.test")
        for _ in range(BREAKER.threshold):
            breaker.failed()
        return await rules.persist((URL,), scene.attempt)

    assert run(all_of_it()) == "there"
    waits = [event.seconds for event in scene.events if isinstance(event, Waiting)]
    assert scene.began == [60.0, 120.0, 180.0]  # each failed probe opens it again
    assert waits[:60] == [float(seconds) for seconds in range(60, 0, -1)]
    assert [attempt for attempt, _ in scene.retries] == [1, 2]


def test_a_reset_by_hand_is_seen_within_a_second() -> None:
    scene = Scene("there")

    async def all_of_it() -> str:
        rules = scene.rules()
        breaker = rules.service.breakers.of("files.test")
        for _ in range(BREAKER.threshold):
            breaker.failed()
        asyncio.get_running_loop().call_later(7.5, rules.service.breakers.reset)
        return await rules.persist((URL,), scene.attempt)

    run(all_of_it())
    assert scene.began == [8.0]


def test_hosts_do_not_answer_for_each_other() -> None:
    scene = Scene("there")

    async def all_of_it() -> str:
        rules = scene.rules()
        for _ in range(BREAKER.threshold):
            rules.service.breakers.of("other.test").failed()
        return await rules.persist((URL,), scene.attempt)

    run(all_of_it())
    assert scene.began == [0.0]


def half_open(scene: Scene, work: Callable[[Rules], Awaitable[None]]) -> None:
    """Do something with rules whose breaker has just cooled down."""

    async def all_of_it() -> None:
        rules = scene.rules()
        for _ in range(BREAKER.threshold):
            rules.service.breakers.of("files.test").failed()
        await asyncio.sleep(BREAKER.cooldown)
        await work(rules)

    run(all_of_it())


def test_three_lanes_before_an_open_breaker_go_through_one_by_one() -> None:
    scene = Scene()
    under_way: list[int] = []
    most: list[int] = []

    async def attempt(turn: Turn) -> str:
        scene.began.append(now())
        under_way.append(1)
        most.append(len(under_way))
        await asyncio.sleep(0.25)  # until the header is there
        turn.answered()
        under_way.pop()
        return "there"

    async def work(rules: Rules) -> None:
        async with asyncio.TaskGroup() as lanes:
            for _ in range(3):
                lanes.create_task(rules.persist((URL,), attempt))
        assert rules.service.breakers.of("files.test").state is BreakerState.CLOSED

    half_open(scene, work)
    assert max(most) == 1
    assert scene.began == [60.0, 61.0, 62.0]


def test_three_lanes_to_a_dead_server_ask_it_once_a_minute() -> None:
    scene = Scene()

    async def attempt(_turn: Turn) -> str:
        scene.began.append(now())
        raise lost()

    async def lane(rules: Rules) -> None:
        with pytest.raises(InstallerError):
            await rules.persist((URL,), attempt)

    async def all_of_it() -> None:
        rules = scene.rules()
        async with asyncio.TaskGroup() as lanes:
            for _ in range(3):
                lanes.create_task(lane(rules))

    run(all_of_it())
    # The fifth failure opens it; then one probe goes a minute, and no lane loses an attempt by waiting.
    assert scene.began == [0.0] * 3 + [2.0] * 2 + [62.0, 122.0, 182.0, 242.0]


@pytest.mark.parametrize("ending", [gone(URL), limited(3.0)])
def test_a_probe_that_was_answered_4xx_keeps_nobody_waiting(ending: InstallerError) -> None:
    scene = Scene(ending, "there")

    async def work(rules: Rules) -> None:
        try:
            await rules.persist((URL,), scene.attempt)
        except InstallerError:
            await rules.persist((URL,), scene.attempt)

    half_open(scene, work)
    assert scene.began == [60.0, 60.0 if ending.fault.code is FaultCode.SOURCE_GONE else 63.0]


def test_a_cancelled_probe_keeps_nobody_waiting() -> None:
    scene = Scene("there")

    async def hang(_turn: Turn) -> str:
        await asyncio.sleep(1000)
        return "never"

    async def work(rules: Rules) -> None:
        probe = asyncio.create_task(rules.persist((URL,), hang))
        await asyncio.sleep(1)
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        await rules.persist((URL,), scene.attempt)

    half_open(scene, work)
    assert scene.began == [61.0]


def test_a_running_transfer_is_never_stopped_by_its_breaker() -> None:
    scene = Scene()

    async def slow(turn: Turn) -> str:
        turn.answered()
        await asyncio.sleep(500)
        return "there"

    async def all_of_it() -> str:
        rules = scene.rules()
        transfer = asyncio.create_task(rules.persist((URL,), slow))
        await asyncio.sleep(1)
        for _ in range(BREAKER.threshold):
            rules.service.breakers.of("files.test").failed()
        return await transfer

    assert run(all_of_it()) == "there"


def test_a_folder_has_no_host_and_works() -> None:
    scene = Scene("there")

    async def all_of_it() -> str:
        return await scene.rules().persist(("/media/usb/manifest.json",), scene.attempt)

    assert run(all_of_it()) == "there"


FAR = "https://far.test/nodejs.zip"


def opened(rules: Rules, host: str = "files.test") -> None:
    for _ in range(BREAKER.threshold):
        rules.service.breakers.of(host).failed()


def test_another_place_is_asked_instead_of_waiting_for_a_breaker() -> None:
    scene = Scene("there")

    async def all_of_it() -> str:
        rules = scene.rules()
        opened(rules)
        return await rules.persist((URL, FAR), scene.attempt)

    run(all_of_it())
    assert (scene.began, scene.urls, scene.events) == ([0.0], [FAR], [])


def test_the_one_whose_wait_is_shorter_is_waited_for() -> None:
    scene = Scene("there")

    async def all_of_it() -> str:
        rules = scene.rules()
        opened(rules, "far.test")
        await asyncio.sleep(20)
        opened(rules)
        return await rules.persist((URL, FAR), scene.attempt)

    run(all_of_it())
    assert (scene.began, scene.urls) == ([60.0], [FAR])
    assert {event.host for event in scene.events if isinstance(event, Waiting)} == {"far.test"}


def test_a_place_that_fails_makes_room_for_the_next_at_once() -> None:
    scene = Scene(lost(), lost("far.test"), "there")

    async def all_of_it() -> str:
        return await scene.rules().persist((URL, FAR), scene.attempt)

    run(all_of_it())
    assert (scene.began, scene.urls) == ([0.0, 0.0, 2.0], [URL, FAR, URL])
    told = [(event.source, event.then, event.delay) for event in scene.events if isinstance(event, Retrying)]
    assert told == [(URL, FAR, 0.0), (FAR, URL, 2.0)]


def test_a_reset_by_hand_ends_a_pause_too() -> None:
    scene = Scene(limited(200.0), "there")

    async def all_of_it() -> str:
        rules = scene.rules()
        asyncio.get_running_loop().call_later(7.5, rules.service.breakers.reset)
        return await rules.persist((URL,), scene.attempt)

    run(all_of_it())
    assert scene.began == [0.0, 8.0]


def test_who_waits_for_his_turn_heeds_what_happened_meanwhile() -> None:
    """Five lanes, three places: the fourth and fifth never ask a server that the first three found dead."""
    asked: list[tuple[float, str]] = []

    async def attempt(turn: Turn) -> str:
        asked.append((now(), turn.place.host))
        await asyncio.sleep(1.0)
        if turn.place.host == "files.test":
            raise lost()
        turn.answered()
        return "there"

    async def all_of_it() -> None:
        scene = Scene()
        rules = scene.rules()
        for _ in range(BREAKER.threshold - 3):
            rules.service.breakers.of("files.test").failed()
        async with asyncio.TaskGroup() as lanes:
            for _ in range(5):
                lanes.create_task(rules.persist((URL, FAR), attempt))

    run(all_of_it())
    assert asked[:3] == [(0.0, "files.test")] * 3
    assert {host for _, host in asked[3:]} == {"far.test"}
    assert len(asked) == 8


def test_who_waits_for_his_turn_waits_for_the_breaker_again() -> None:
    began: list[float] = []

    async def attempt(turn: Turn) -> str:
        began.append(now())
        await asyncio.sleep(1.0)
        if now() < 5.0:
            raise lost()
        turn.answered()
        return "there"

    async def all_of_it() -> None:
        rules = Scene().rules()
        for _ in range(BREAKER.threshold - 3):
            rules.service.breakers.of("files.test").failed()
        async with asyncio.TaskGroup() as lanes:
            for _ in range(5):
                lanes.create_task(rules.persist((URL,), attempt))

    run(all_of_it())
    # The third failure opens it; who was still in line asks nothing before the cooldown is over, one probe at a time.
    assert began[:3] == [0.0, 0.0, 0.0]
    assert began[3] == 61.0
    assert len(began) == 8


def test_a_folder_takes_no_turn() -> None:
    async def attempt(turn: Turn) -> int:
        return turn.service.limits().active

    async def all_of_it() -> int:
        return await Scene().rules().persist(("file:///media/usb/nodejs.zip",), attempt)

    assert run(all_of_it()) == 0


FAULTS = st.sampled_from(["lost", "broken", "limited", "spoilt", "gained"])


@given(st.lists(FAULTS, max_size=12))
@settings(deadline=None, derandomize=True)
def test_any_row_of_failures_against_a_plain_model(row: list[str]) -> None:
    """One place, simulated time: when each attempt begins, and whether there is a next one."""
    script: dict[str, InstallerError | tuple[int, InstallerError]] = {
        "lost": lost(),
        "broken": broken(),
        "limited": limited(9.0),
        "spoilt": spoilt(),
        "gained": (1000, lost()),
    }
    scene = Scene(*(script[name] for name in row), "there")
    scene.breaker = BreakerPolicy(threshold=1000)
    began, at, in_a_row, spoilt_before, ends = [0.0], 0.0, 0, False, True
    for name in row:
        if name == "spoilt":
            if spoilt_before:
                ends = False
                break
            spoilt_before = True
        else:
            in_a_row = 1 if name == "gained" else in_a_row + 1
            if in_a_row >= RETRY.attempts:
                ends = False
                break
            at += max(9.0 if name == "limited" else 0.0, 2.0**in_a_row)
        began.append(at)
    if ends:
        assert scene.play() == "there"
    else:
        scene.fails()
    assert scene.began == began
