"""Where the same bytes are asked for, and in which order."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vsrt_gui.engine.mirrors import Copies, Failure, Hunt, MirrorOrder, Place, host_of, told
from vsrt_gui.engine.retry import LONGEST_PAUSE
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.policies import MEBIBYTE, MirrorPolicy, RetryPolicy

RETRY = RetryPolicy(attempts=3, first_delay=2.0, factor=2.0, jitter=0.0, progress=1000)
MIRRORS = MirrorPolicy(slow=1000, enough=5000)
A, B, C = "https://a.test/x.zip", "https://b.test/x.zip", "https://c.test/x.zip"
LOST = Fault(code=FaultCode.CONNECTION_FAILED)
GONE = Fault(code=FaultCode.SOURCE_GONE)
WRONG = Fault(code=FaultCode.CHECKSUM_MISMATCH)
FULL = Fault(code=FaultCode.DISK_FULL)
IN_USE = Fault(code=FaultCode.FILE_IN_USE)


def opened(_host: str) -> float:
    return 0.0


class Search:
    """A hunt with a clock."""

    def __init__(self, *urls: str, order: MirrorOrder | None = None) -> None:
        self.order = order or MirrorOrder(MIRRORS)
        self.hunt = Hunt(urls or (A, B, C), self.order, RETRY)
        self.now = 0.0

    @property
    def next(self) -> str:
        return self.hunt.choose(self.now, opened).url

    def fails(self, fault: Fault, *, brought: int = 0, blended: bool = False, further: bool = False) -> bool:
        place = self.hunt.choose(self.now, opened)
        return self.hunt.failed(place, Failure(fault, brought, blended, further=further), self.now)


class TestCopies:
    COPIES = Copies("https://cat.test/v1/", ("http://near.test/vsrt/", "https://far.test/copy"))

    def test_what_lies_under_the_catalogs_folder_is_looked_for_in_the_copies_first(self) -> None:
        assert self.COPIES.places("https://cat.test/v1/files/n.zip?k=1", (A,)) == (
            "http://near.test/vsrt/files/n.zip?k=1",
            "https://far.test/copy/files/n.zip?k=1",
            "https://cat.test/v1/files/n.zip?k=1",
            A,
        )

    @pytest.mark.parametrize(
        ("copy", "there"),
        [
            ("https://far.test/copy?key=1&x=2", "https://far.test/copy/n.zip?key=1&x=2"),
            ("https://far.test/copy///?key=1", "https://far.test/copy/n.zip?key=1"),
            ("https://far.test#top", "https://far.test/n.zip"),
            ("file:///mnt/copy", "file:///mnt/copy/n.zip"),
        ],
    )
    def test_a_copys_own_query_stays_behind_the_path(self, copy: str, there: str) -> None:
        assert Copies("https://cat.test/v1/", (copy,)).places("https://cat.test/v1/n.zip")[0] == there

    def test_both_queries_are_asked(self) -> None:
        copies = Copies("https://cat.test/", ("https://far.test/?key=1",))
        assert copies.places("https://cat.test/n.zip?v=3")[0] == "https://far.test/n.zip?v=3&key=1"

    @pytest.mark.parametrize(
        "url", [A, "https://cat.test/v10/n.zip", "https://cat.test/v1/", "https://cat.test/v1/../secret"]
    )
    def test_nothing_else_is(self, url: str) -> None:
        assert self.COPIES.places(url) == (url,)

    def test_without_a_catalog_there_are_none(self) -> None:
        assert Copies("", ("http://near.test/",)).places(A, (B, A, B)) == (A, B)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://User:pw@A.test:8443/x", "a.test:8443"),
        ("file:///media/usb/x", ""),
        ("file://server/share/x", ""),
        ("/media/usb/x", ""),
        ("http://[::1/x", ""),
    ],
)
def test_a_server_is_named_by_host_and_port(url: str, host: str) -> None:
    assert host_of(url) == host


def test_no_secret_is_told() -> None:
    assert told("https://me:pw@a.test:1/x.zip?token=1#2") == "https://a.test:1/x.zip"


class TestOrder:
    def test_the_given_one_where_nothing_is_known(self) -> None:
        assert Search(B, A, C).next == B

    def test_another_place_is_asked_at_once_instead_of_pausing(self) -> None:
        search = Search()
        asked = []
        for _ in range(3):
            asked.append(search.next)
            assert search.fails(LOST)
        assert asked == [A, B, C]
        assert search.next == A
        assert search.hunt.choose(0.0, opened).ready_at == 2.0

    def test_a_place_that_has_nothing_is_out(self) -> None:
        search = Search(A, B)
        assert search.fails(GONE)
        assert [search.next, search.fails(GONE)] == [B, False]

    def test_a_breaker_that_is_open_goes_last_and_is_not_waited_for(self) -> None:
        search = Search(A, B)
        assert search.hunt.choose(0.0, {"a.test": 60.0, "b.test": 0.0}.__getitem__).url == B
        assert search.hunt.choose(0.0, {"a.test": 60.0, "b.test": 30.0}.__getitem__).url == B
        assert search.hunt.choose(0.0, {"a.test": 20.0, "b.test": 30.0}.__getitem__).url == A

    def test_a_liar_is_asked_when_nobody_else_is_left(self) -> None:
        search = Search(A, B)
        assert search.fails(WRONG)
        assert search.hunt.choose(0.0, {"a.test": 0.0, "b.test": 60.0}.__getitem__).url == B
        assert search.fails(GONE)
        assert search.next == A  # one clean restart
        assert not search.fails(WRONG)

    def test_the_run_remembers_a_liar_for_its_other_files(self) -> None:
        search = Search(A, B)
        search.fails(WRONG)
        assert Search("https://a.test/y.zip", "https://b.test/y.zip", order=search.order).next.startswith(
            "https://b.test"
        )

    def test_bytes_of_several_places_make_nobody_a_liar_the_first_time(self) -> None:
        search = Search(A, B)
        assert search.fails(WRONG, blended=True)
        assert (search.next, search.order.standing(A).lied) == (B, False)
        assert search.fails(WRONG, blended=True)
        assert (search.next, search.order.standing(B).lied) == (A, True)

    def test_the_place_that_sent_the_end_is_asked_for_all_of_it_only_where_there_is_no_other(self) -> None:
        search = Search(A, B)
        assert search.fails(LOST)
        assert search.fails(WRONG, blended=True)  # B's
        assert search.hunt.choose(0.0, {"a.test": 60.0, "b.test": 0.0}.__getitem__).url == A
        search.now = 2.0
        assert (search.next, search.fails(GONE), search.next) == (A, True, B)

    def test_failures_of_a_run_count_until_a_success(self) -> None:
        order = MirrorOrder(MIRRORS)
        order.failed(A)
        assert Search(A, B, order=order).next == B
        order.served(A, 10, 1.0)
        assert Search(A, B, order=order).next == A

    def test_a_slow_place_goes_after_one_that_may_be_faster(self) -> None:
        order = MirrorOrder(MIRRORS)
        order.served(A, 5000, 5.1)
        assert (order.slow(A), Search(A, B, order=order).next) == (True, B)
        order.served(A, 5000, 5.0)
        assert (order.slow(A), Search(A, B, order=order).next) == (False, A)

    def test_a_few_bytes_say_nothing_of_speed(self) -> None:
        order = MirrorOrder(MIRRORS)
        order.served(A, 4999, 1000.0)
        assert not order.slow(A)

    def test_a_reset_by_hand_ends_the_pauses(self) -> None:
        search = Search(A)
        search.fails(LOST)
        search.hunt.hurry()
        assert search.hunt.choose(0.0, opened).ready_at == 0.0

    def test_what_no_other_place_would_mend_ends_it(self) -> None:
        assert not Search().fails(FULL)

    def test_a_file_in_use_pauses_all_places_and_blames_none(self) -> None:
        search = Search(A, B)
        assert search.fails(IN_USE)
        assert [place.ready_at for place in search.hunt.places] == [2.0, 2.0]
        assert [search.fails(IN_USE), search.fails(IN_USE)] == [True, False]
        assert [place.failures for place in search.hunt.places] == [0, 0]

    def test_too_much_patience_is_asked_for(self) -> None:
        search = Search(A, B)
        search.fails(Fault(code=FaultCode.RATE_LIMITED, facts={"retry_after": LONGEST_PAUSE + 1}))
        assert [place.out for place in search.hunt.places] == [True, False]

    @pytest.mark.parametrize(
        ("code", "asked", "pause"),
        [
            (FaultCode.ACCESS_REFUSED, 0.0, 2.0),
            (FaultCode.SERVER_ERROR, 30.0, 30.0),
            (FaultCode.RATE_LIMITED, 1e9, LONGEST_PAUSE),
            (FaultCode.BAD_RESPONSE, 0.0, 0.0),
        ],
    )
    def test_a_further_request_that_fails_does_not_count(
        self, code: FaultCode, asked: float, pause: float
    ) -> None:
        search = Search(A)
        fault = Fault(code=code, facts={"retry_after": asked})
        for _ in range(5):
            assert search.fails(fault, brought=1, further=True)
            (place,) = search.hunt.places
            assert (place.failures, place.spoilt, place.ready_at) == (0, 0, pause)
        assert search.order.standing(A).failures == 0
        assert search.fails(fault, brought=0, further=True) is (
            asked == 30.0
        )  # without a byte it was the first

    def test_the_usual_numbers(self) -> None:
        assert (MirrorPolicy().slow, MirrorPolicy().enough) == (256 << 10, MEBIBYTE)


class Told:
    """What a place went through, as a list; everything else is read off it."""

    def __init__(self) -> None:
        self.row = 0
        self.wrong = 0
        self.suspect = False
        self.until = 0.0
        self.out = False


FAULTS = {"lost": LOST, "gone": GONE, "wrong": WRONG}


class HuntMachine(RuleBasedStateMachine):
    """Any order of failures, successes of other files, breakers and time, against the model; it always ends."""

    @initialize(count=st.integers(1, 4))
    def begin(self, count: int) -> None:
        self.urls = [f"https://{name}.test/x.zip" for name in "abcd"[:count]]
        self.order = MirrorOrder(MIRRORS)
        self.hunt = Hunt(self.urls, self.order, RETRY)
        self.model = {url: Told() for url in self.urls}
        self.closed = dict.fromkeys((host_of(url) for url in self.urls), 0.0)
        self.run_failures = dict.fromkeys(self.urls, 0)
        self.lied: set[str] = set()
        self.speeds: dict[str, float] = {}
        self.excused = False
        self.now = 0.0
        self.over = False
        self.attempts = 0

    def _going_on(self) -> bool:
        return not self.over

    @rule(seconds=st.sampled_from([0.5, 2.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.closed = {host: max(0.0, left - seconds) for host, left in self.closed.items()}

    @rule(index=st.integers(0, 3), seconds=st.sampled_from([0.0, 1.0, 60.0]))
    def breaker(self, index: int, seconds: float) -> None:
        self.closed[host_of(self.urls[index % len(self.urls)])] = seconds

    @rule(index=st.integers(0, 3), seconds=st.sampled_from([1.0, 100.0]))
    def another_file_comes_from(self, index: int, seconds: float) -> None:
        url = self.urls[index % len(self.urls)]
        self.order.served(url, 10_000, seconds)
        self.run_failures[url] = 0
        self.speeds[url] = 10_000 / seconds

    def _best(self) -> str:
        def key(url: str) -> tuple[object, ...]:
            one = self.model[url]
            return (
                one.wrong > 0 or url in self.lied,
                one.suspect,
                max(0.0, one.until - self.now, self.closed[host_of(url)]),
                one.row,
                self.run_failures[url],
                self.speeds.get(url, 1e9) < MIRRORS.slow,
                self.urls.index(url),
            )

        return min((url for url in self.urls if not self.model[url].out), key=key)

    def _chosen(self) -> Place:
        place = self.hunt.choose(self.now, self.closed.__getitem__)
        assert place.url == self._best()
        return place

    @precondition(_going_on)
    @rule(
        kind=st.sampled_from(["lost", "gone", "wrong"]),
        brought=st.sampled_from([0, 1000]),
        blended=st.booleans(),
        further=st.booleans(),
    )
    def attempt_fails(self, kind: str, brought: int, blended: bool, further: bool) -> None:
        place = self._chosen()
        one = self.model[place.url]
        failure = Failure(FAULTS[kind], brought, blended, further=further)
        goes_on = self.hunt.failed(place, failure, self.now)
        self.attempts += 1
        match kind:
            case _ if further and brought:
                one.until = self.now + RETRY.first_delay
            case "wrong" if blended and not self.excused:
                self.excused = one.suspect = True
                one.until = self.now
            case "wrong":
                one.wrong += 1
                one.until = self.now
                self.lied.add(place.url)
                one.out = one.wrong == 2
            case "gone":
                one.row = 1 if brought else one.row + 1
                one.until = self.now
                one.out = True
            case _:
                one.row = 1 if brought else one.row + 1
                one.out = one.row >= RETRY.attempts
                one.until = self.now if one.out else self.now + 2.0**one.row
                self.run_failures[place.url] += 1
        assert goes_on == any(not each.out for each in self.model.values())
        self.over = not goes_on

    @precondition(_going_on)
    @rule()
    def by_hand(self) -> None:
        self.hunt.hurry()
        for one in self.model.values():
            one.until = 0.0

    @invariant()
    def agrees(self) -> None:
        for place in self.hunt.places:
            one = self.model[place.url]
            assert (place.failures, place.spoilt, place.out) == (one.row, one.wrong, one.out)


TestHuntMachine = HuntMachine.TestCase
TestHuntMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None, derandomize=True)


@pytest.mark.parametrize("places", [1, 2, 3])
def test_without_progress_it_ends_after_its_attempts(places: int) -> None:
    search = Search(*(A, B, C)[:places])
    count = 1
    while search.fails(LOST):
        search.now += 100.0
        count += 1
    assert count == places * RETRY.attempts
