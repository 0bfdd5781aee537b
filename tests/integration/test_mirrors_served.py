"""Real servers with the same bytes, some of which lie, are slow or empty: what arrives is right all the same."""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aloud import say
from platformdirs import user_config_path
from serving_house import QUICK, Served, fetched
from simulators.http_server import Behaviour, HttpServer

from vsrt_gui.model.events import Outcome
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.policies import MirrorPolicy
from vsrt_gui.model.request import Verb

MODULES = ("base", "core", "extra")


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    return Served(tmp_path, monkeypatch)


@pytest.fixture
def start(served: Served) -> Iterator[Callable[..., HttpServer]]:
    """Start a server of the catalog's folder."""
    with ExitStack() as running:

        def begin(rate: float | None = None) -> HttpServer:
            return running.enter_context(HttpServer(served.catalog.folder, rate))

        yield begin


def wrong_bytes(server: HttpServer, served: Served) -> None:
    for module in MODULES:
        server.put(served.path(module), b"x" * served.size(module))


def wrong_tail(server: HttpServer, served: Served) -> None:
    for module in MODULES:
        content = served.catalog.archive(module).read_bytes()
        server.put(served.path(module), content[:-100] + b"x" * 100)


def wrong_size(server: HttpServer, served: Served) -> None:
    for module in MODULES:
        server.put(served.path(module), served.catalog.archive(module).read_bytes() + b"more")


@pytest.mark.parametrize("lie", [wrong_bytes, wrong_tail, wrong_size], ids=["bytes", "tail", "size"])
def test_a_liar_is_left_aside_for_the_run(
    served: Served,
    start: Callable[..., HttpServer],
    pytestconfig: pytest.Config,
    lie: Callable[[HttpServer, Served], None],
) -> None:
    origin, liar, honest = start(), start(), start()
    lie(liar, served)
    served.copies(liar.url, honest.url)
    ran = served.run(f"{origin.url}/manifest.json")
    assert ran.end.outcome is Outcome.COMPLETED
    assert served.installed()
    bytes_ = fetched(origin, liar, honest)
    say(pytestconfig, f"{lie.__name__}: needed {served.size()}, fetched {sum(bytes_.values())} bytes")
    asked = [one for one in liar.log if one.path.endswith(".zip")]
    assert len(asked) == 1  # the first lie was the last
    assert bytes_[honest.url] == served.size()
    module = asked[0].path.removeprefix("/").partition("-")[0]
    assert bytes_[liar.url] <= served.size(module) + len(b"more")
    assert bytes_[origin.url] == 0
    assert set(ran.sources.values()) == {(honest.url,)}
    (told,) = ran.retries
    assert (told.source, told.then) == (f"{liar.url}{asked[0].path}", f"{honest.url}{asked[0].path}")
    assert told.fault.code in {FaultCode.CHECKSUM_MISMATCH, FaultCode.SIZE_MISMATCH}


def test_where_only_a_liar_is_left_the_lie_is_the_fault(
    served: Served, start: Callable[..., HttpServer]
) -> None:
    liar = start()
    wrong_bytes(liar, served)
    ran = served.run(f"{liar.url}/manifest.json")
    assert ran.end.outcome is Outcome.FAILED
    assert set(ran.codes) == {"checksum-mismatch"}
    assert fetched(liar)[liar.url] == 2 * served.size()  # one clean restart each, and no more


def test_a_copy_that_has_nothing_costs_one_question_for_each_file(
    served: Served, start: Callable[..., HttpServer]
) -> None:
    origin, empty = start(), start()
    for module in MODULES:
        empty.behave(served.path(module), Behaviour(status=404))
    served.copies(empty.url)
    ran = served.run(f"{origin.url}/manifest.json")
    assert ran.end.outcome is Outcome.COMPLETED
    assert fetched(origin, empty) == {origin.url: served.size(), empty.url: 0}
    assert len(empty.log) == len(MODULES)
    assert set(ran.sources.values()) == {(origin.url,)}


def test_a_copy_that_is_not_there_is_not_waited_for(served: Served, start: Callable[..., HttpServer]) -> None:
    origin = start()
    with HttpServer() as gone:
        dead = gone.url
    served.copies(dead)
    ran = served.run(f"{origin.url}/manifest.json")
    assert ran.end.outcome is Outcome.COMPLETED
    assert [told.delay for told in ran.retries] == [0.0]  # the run remembers it: one question in all


@pytest.mark.parametrize("named", [str, Path.as_uri], ids=["path", "address"])
def test_a_copy_may_be_a_folder(
    served: Served, start: Callable[..., HttpServer], named: Callable[[Path], str]
) -> None:
    origin, copy = start(), served.tmp / "big disk #1"
    shutil.copytree(served.catalog.folder, copy)
    settings = user_config_path("vscode-runtime", appauthor=False) / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"mirrors = ['{named(copy)}']", encoding="utf-8")
    ran = served.run(f"{origin.url}/manifest.json")
    assert (ran.end.outcome, ran.retries) == (Outcome.COMPLETED, [])
    assert fetched(origin) == {origin.url: 0}


def test_a_slow_copy_serves_one_file_and_then_no_more(
    served: Served, start: Callable[..., HttpServer]
) -> None:
    origin, slow = start(), start(rate=150_000)
    served.name_mirrors(slow.url)
    served.copies(slow.url)
    policies = QUICK.but(mirrors=MirrorPolicy(slow=300_000, enough=100_000))
    ran = served.run(f"{origin.url}/manifest.json", policies=policies)
    assert ran.end.outcome is Outcome.COMPLETED
    assert sorted(ran.sources.values()) == sorted([(slow.url,), (origin.url,), (origin.url,)])


def test_a_transfer_goes_on_at_another_place_where_the_first_broke_off(
    served: Served, start: Callable[..., HttpServer]
) -> None:
    origin, flaky = start(), start()
    flaky.behave(served.path("base"), Behaviour(cut_after=200_000))
    served.copies(flaky.url)
    ran = served.run(f"{origin.url}/manifest.json")
    assert ran.end.outcome is Outcome.COMPLETED
    assert served.installed()
    (rest,) = [one for one in origin.log if one.path == served.path("base")]
    assert rest.status == 206
    assert rest.range is not None
    assert rest.if_range is None  # a validator of one place says nothing to another
    assert ran.sources["base"] == (flaky.url, origin.url)


def test_bytes_of_two_places_that_do_not_fit_are_fetched_again_from_one(
    served: Served, start: Callable[..., HttpServer]
) -> None:
    origin, liar = start(), start()
    liar.put(served.path("base"), b"x" * served.size("base"))
    liar.behave(served.path("base"), Behaviour(cut_after=200_000))
    served.copies(liar.url)
    ran = served.run(f"{origin.url}/manifest.json")
    assert ran.end.outcome is Outcome.COMPLETED
    assert served.installed()
    assert ran.sources["base"] == (origin.url,)


def test_a_place_that_spoils_the_end_costs_one_restart_where_the_beginning_was(
    served: Served, start: Callable[..., HttpServer]
) -> None:
    liar, lost = start(), start()
    path, size = served.path("base"), served.size("base")
    liar.put(path, b"x" * size)
    lost.behave(path, Behaviour(cut_after=200_000), times=1)
    served.copies(lost.url)
    ran = served.run(f"{liar.url}/manifest.json")
    assert ran.end.outcome is Outcome.COMPLETED
    assert served.installed()
    assert [one.sent for one in liar.requests(path)] == [size - 200_000]
    assert [one.sent for one in lost.requests(path)] == [200_000, size]
    assert ran.sources["base"] == (lost.url,)


def test_a_repair_by_ranges_passes_over_a_liar_and_one_without_ranges(
    served: Served, start: Callable[..., HttpServer]
) -> None:
    origin, liar, plain = start(), start(), start()
    assert served.run(f"{origin.url}/manifest.json").end.outcome is Outcome.COMPLETED
    wrong_bytes(liar, served)
    for module in MODULES:
        plain.behave(served.path(module), Behaviour(ignore_range=True))
    served.copies(liar.url, plain.url)
    (broken,) = (served.prefix / "store").glob("base-*/bin/run")
    broken.write_bytes(b"spoilt")
    before = fetched(origin)[origin.url]
    ran = served.run(f"{origin.url}/manifest.json", Verb.REPAIR)
    assert ran.end.outcome is Outcome.COMPLETED
    with zipfile.ZipFile(served.catalog.archive("base")) as archive:
        assert broken.read_bytes() == archive.read("bin/run")
    assert ran.sources == {"base": (origin.url,)}
    assert fetched(origin)[origin.url] - before < 1000  # the file alone


@pytest.mark.parametrize("named", ["by the settings", "by the manifest"])
def test_a_repair_asks_mirrors_for_ranges_too(
    served: Served, start: Callable[..., HttpServer], named: str
) -> None:
    origin, mirror = start(), start()
    if named == "by the manifest":
        served.name_mirrors(mirror.url)
    assert served.run(f"{origin.url}/manifest.json").end.outcome is Outcome.COMPLETED
    if named == "by the settings":
        served.copies(mirror.url)
    for module in MODULES:
        origin.behave(served.path(module), Behaviour(status=503))
    (broken,) = (served.prefix / "store").glob("base-*/bin/run")
    broken.write_bytes(b"spoilt")
    ran = served.run(f"{origin.url}/manifest.json", Verb.REPAIR)
    assert ran.end.outcome is Outcome.COMPLETED
    assert served.installed()
    assert ran.sources == {"base": (mirror.url,)}
    (asked,) = mirror.requests(served.path("base"))
    assert asked.status == 206
    assert 0 < asked.sent < 1000  # the file alone


def test_a_repair_takes_the_whole_archive_from_where_nothing_else_is_to_be_had(
    served: Served, start: Callable[..., HttpServer]
) -> None:
    origin, plain = start(), start()
    assert served.run(f"{origin.url}/manifest.json").end.outcome is Outcome.COMPLETED
    plain.behave(served.path("base"), Behaviour(ignore_range=True))
    origin.behave(served.path("base"), Behaviour(status=503))
    served.copies(plain.url)
    (broken,) = (served.prefix / "store").glob("base-*/bin/run")
    broken.write_bytes(b"spoilt")
    ran = served.run(f"{origin.url}/manifest.json", Verb.REPAIR)
    assert ran.end.outcome is Outcome.COMPLETED
    assert served.installed()
    assert ran.sources == {"base": (plain.url,)}


def test_the_manifests_own_mirrors_stand_in(served: Served, start: Callable[..., HttpServer]) -> None:
    origin, mirror = start(), start()
    served.name_mirrors(mirror.url)
    for module in MODULES:
        origin.behave(served.path(module), Behaviour(status=503))
    ran = served.run(f"{origin.url}/manifest.json")
    assert ran.end.outcome is Outcome.COMPLETED
    assert set(ran.sources.values()) == {(mirror.url,)}
    assert len([one for one in origin.log if one.path.endswith(".zip")]) == 1
