"""The manifest cache as a user meets it: over real HTTP, with the real program, and without a network."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_house import Catalog, Vsrt
from simulators.http_server import HttpServer

MANIFEST = "/manifest.json"
IMPATIENT = {"VSRT_RETRY_MAX_ATTEMPTS": "1", "VSRT_CIRCUIT_BREAKER_THRESHOLD": "100"}
"""Where nothing listens, asking again and leaving the server alone would take this test a minute or two."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Catalog, HttpServer]]:
    catalog = Catalog(tmp_path / "catalog").write()
    with HttpServer(catalog.folder) as server:
        yield catalog, server


@pytest.fixture
def vsrt(served: tuple[Catalog, HttpServer], tmp_path: Path) -> Vsrt:
    return Vsrt(served[1].url, tmp_path / "runtime")


def asked(server: HttpServer) -> int:
    return sum(entry.path == MANIFEST for entry in server.log)


def stats(vsrt: Vsrt) -> tuple[int, int, int]:
    line = next(
        event for event in vsrt.run("cache", "stats", "--json").events if event["event"] == "cache-stats"
    )
    return line["total"], line["valid"], line["expired"]


def test_a_day_needs_one_question(vsrt: Vsrt, served: tuple[Catalog, HttpServer]) -> None:
    assert stats(vsrt) == (0, 0, 0)
    assert vsrt.run("modules").code == 0
    assert vsrt.run("install", "--yes").code == 0
    assert vsrt.run("status").code == 0
    assert asked(served[1]) == 1
    assert stats(vsrt) == (1, 1, 0)


def test_an_update_asks_whatever_is_kept(vsrt: Vsrt, served: tuple[Catalog, HttpServer]) -> None:
    catalog, server = served
    assert vsrt.run("install", "--yes").code == 0
    Catalog(catalog.folder, version="2.0.0").write()
    done = vsrt.run("update", "--yes", "--json")
    assert (done.code, asked(server)) == (0, 2)
    assert "committed" in {event["event"] for event in done.events}
    assert "2.0.0" in vsrt.run("modules").out


def test_what_was_promised_and_is_gone_makes_the_next_run_ask(
    vsrt: Vsrt, served: tuple[Catalog, HttpServer]
) -> None:
    catalog, server = served
    assert vsrt.run("modules").code == 0
    for module in catalog.names:
        catalog.archive(module).unlink()
    Catalog(catalog.folder, version="2.0.0").write()
    assert vsrt.run("install", "--yes", "--json").end["faults"][0]["code"] == "source-gone"
    assert vsrt.run("install", "--yes").code == 0
    assert asked(server) == 2


def test_without_a_network_the_old_list_serves_with_its_age(tmp_path: Path) -> None:
    before = time.time()
    with HttpServer(Catalog(tmp_path / "catalog").write().folder) as server:
        vsrt = Vsrt(server.url, tmp_path / "runtime")
        assert vsrt.run("install", "--yes").code == 0
    status = vsrt.run("status", "--json", **IMPATIENT, VSRT_CACHE_TTL_HOURS="0").events[0]
    assert status["catalog_fault"]["code"] == "connection-failed"
    assert status["manifest_version"] == "1.0.0"
    assert before <= status["manifest_fetched_at"] <= time.time()
    assert (
        "The list of modules that this goes by is"
        in vsrt.run("status", **IMPATIENT, VSRT_CACHE_TTL_HOURS="0").out
    )
    # What needs nothing new goes on; an update must not call yesterday's modules the newest.
    assert vsrt.run("install", "--yes", **IMPATIENT, VSRT_CACHE_TTL_HOURS="0").code == 0
    assert vsrt.run("update", "--yes", "--json", **IMPATIENT).end["faults"][0]["code"] == "connection-failed"


def test_cleanup_takes_the_expired_and_clear_takes_all(
    vsrt: Vsrt, served: tuple[Catalog, HttpServer]
) -> None:
    assert vsrt.run("modules").code == 0
    assert "nothing to remove" in vsrt.run("cache", "cleanup").out
    assert "1 list of modules kept" in vsrt.run("cache", "stats").out
    assert vsrt.run("cache", "cleanup", "--json", VSRT_CACHE_TTL_HOURS="0").events[0]["removed"] == 1
    assert vsrt.run("modules").code == 0
    assert vsrt.run("cache", "clear", "--json").events[0]["removed"] == 1
    assert stats(vsrt) == (0, 0, 0)
    assert asked(served[1]) == 2


def test_a_folder_is_always_read_anew(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "stick").write()
    vsrt = Vsrt(str(catalog.folder), tmp_path / "runtime")
    assert "1.0.0" in vsrt.run("modules").out
    Catalog(catalog.folder, version="2.0.0").write()
    assert "2.0.0" in vsrt.run("modules").out
    assert stats(vsrt) == (0, 0, 0)
