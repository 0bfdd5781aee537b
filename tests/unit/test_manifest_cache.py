"""The manifest cache: what it keeps, how long, and what it makes of rubbish; by example and against a plain model."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vsrt_gui.adapters.manifest_cache import DAY, ManifestCache
from vsrt_gui.adapters.prefix.replacing import temporary_name

URL = "https://name:secret@catalog.test/manifest.json"


class Clock:
    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> ManifestCache:
    return ManifestCache(tmp_path / "cache", clock=clock)


def the_file(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "cache").iterdir()
    return found


def test_nothing_is_made_before_something_is_kept(cache: ManifestCache, tmp_path: Path) -> None:
    assert cache.read(URL) is None
    assert (cache.stats().total, cache.cleanup(), cache.clear()) == (0, 0, 0)
    assert not (tmp_path / "cache").exists()


def test_what_was_written_is_read_and_ages(cache: ManifestCache, clock: Clock) -> None:
    assert cache.write(URL, b"{}") == clock.now
    entry = cache.read(URL)
    assert entry is not None
    assert (entry.data, entry.fetched_at, entry.valid) == (b"{}", clock.now, True)
    clock.now += DAY - 1
    assert cache.is_valid(entry.fetched_at)
    clock.now += 1
    again = cache.read(URL)
    assert again is not None
    assert again.valid is False


def test_what_comes_from_the_future_is_old(cache: ManifestCache, clock: Clock) -> None:
    cache.write(URL, b"{}")
    clock.now -= 10
    entry = cache.read(URL)
    assert entry is not None
    assert entry.valid is False


def test_with_no_time_to_live_nothing_is_valid(tmp_path: Path, clock: Clock) -> None:
    cache = ManifestCache(tmp_path / "cache", 0.0, clock)
    cache.write(URL, b"{}")
    entry = cache.read(URL)
    assert entry is not None
    assert entry.valid is False


def test_a_password_in_an_address_is_not_written_down(cache: ManifestCache, tmp_path: Path) -> None:
    cache.write(URL, b"{}")
    assert b"secret" not in the_file(tmp_path).read_bytes()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _whole: b"",
        lambda whole: whole[:10],
        lambda whole: whole[:-1],
        lambda whole: whole + b" ",
        lambda whole: whole.replace(b'"format": 1', b'"format": 2'),
        lambda whole: whole.replace(b'"fetchedAt": 1', b'"fetchedAt": "x", "other": 1'),
        *(
            lambda whole, odd=odd: whole.replace(b'"fetchedAt": 1', b'"fetchedAt": %s, "other": 1' % odd)
            for odd in (b"NaN", b"Infinity", b"1e400", b"-5", b"true", b"1e300")
        ),
        lambda _whole: b"[]\n{}",
        lambda _whole: b"\n\n\n",
        lambda _whole: b"\xff\xfe\n{}",
    ],
)
def test_rubbish_is_not_there(cache: ManifestCache, tmp_path: Path, spoil) -> None:
    cache.write(URL, b"{}")
    path = the_file(tmp_path)
    path.write_bytes(spoil(path.read_bytes()))
    assert cache.read(URL) is None
    stats = cache.stats()
    assert (stats.total, stats.valid, stats.expired) == (1, 0, 1)
    assert cache.cleanup() == 1
    assert cache.stats().total == 0


def test_files_of_others_stay(cache: ManifestCache, tmp_path: Path) -> None:
    cache.write(URL, b"{}")
    other = tmp_path / "cache" / "notes.txt"
    other.write_text("mine")
    assert cache.clear() == 1
    assert other.read_text() == "mine"


def test_a_folder_that_can_not_be_made_stops_nobody(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "cache").write_text("a file")
    cache = ManifestCache(tmp_path / "cache" / "below", clock=clock)
    assert cache.write(URL, b"{}") == clock.now
    assert cache.read(URL) is None
    assert cache.stats().total == 0


def test_it_is_for_the_user_alone(cache: ManifestCache, tmp_path: Path) -> None:
    cache.write(URL, b"{}")
    if os.name == "posix":
        assert the_file(tmp_path).stat().st_mode & 0o022 == 0


URLS = st.sampled_from([f"https://{name}.test/manifest.json" for name in "abc"])


class CacheMachine(RuleBasedStateMachine):
    """The cache against a dictionary of address to (bytes, when)."""

    @initialize()
    def begin(self) -> None:
        self.held = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.cache = ManifestCache(Path(self.held.name) / "cache", 100.0, self.clock)
        self.model: dict[str, tuple[bytes, float]] = {}

    def teardown(self) -> None:
        if hasattr(self, "held"):
            self.held.cleanup()

    def valid(self, url: str) -> bool:
        return 0 <= self.clock.now - self.model[url][1] < 100.0

    @rule(url=URLS, data=st.binary(max_size=20))
    def write(self, url: str, data: bytes) -> None:
        self.cache.write(url, data)
        self.model[url] = (data, self.clock.now)

    @rule(seconds=st.floats(-50, 120))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(url=URLS)
    def drop(self, url: str) -> None:
        self.cache.drop(url)
        self.model.pop(url, None)

    @rule()
    def cleanup(self) -> None:
        expired = [url for url in self.model if not self.valid(url)]
        assert self.cache.cleanup() == len(expired)
        for url in expired:
            del self.model[url]

    @precondition(lambda self: len(self.model) > 1)
    @rule()
    def clear(self) -> None:
        assert self.cache.clear() == len(self.model)
        self.model.clear()

    @rule(url=URLS)
    def read(self, url: str) -> None:
        entry = self.cache.read(url)
        if url not in self.model:
            assert entry is None
            return
        assert entry is not None
        assert (entry.data, entry.fetched_at) == self.model[url]
        assert entry.valid is self.valid(url)

    @invariant()
    def counts(self) -> None:
        if not hasattr(self, "cache"):
            return
        stats = self.cache.stats()
        valid = sum(self.valid(url) for url in self.model)
        assert (stats.total, stats.valid, stats.expired) == (len(self.model), valid, len(self.model) - valid)


CacheMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestCacheMachine = CacheMachine.TestCase


def test_what_a_killed_program_left_half_written_goes_with_the_next_writing(
    cache: ManifestCache, tmp_path: Path
) -> None:
    cache.write(URL, b"{}")
    kept = the_file(tmp_path)
    kept.with_name(temporary_name()).write_bytes(b"half")
    (tmp_path / "cache" / ".vsrt-notes").write_bytes(b"mine")
    cache.write(URL, b"[]")
    assert sorted(path.name for path in kept.parent.iterdir()) == sorted([".vsrt-notes", kept.name])
    entry = cache.read(URL)
    assert entry is not None
    assert entry.data == b"[]"


def test_what_stands_under_such_a_name_and_can_not_go_stops_nobody(
    cache: ManifestCache, tmp_path: Path
) -> None:
    (tmp_path / "cache" / temporary_name()).mkdir(parents=True)
    cache.write(URL, b"{}")
    assert cache.read(URL) is not None
