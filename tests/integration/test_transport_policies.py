"""Patience, pauses and breakers against real servers that fail in every way, and by hand from the command line."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aloud import say
from cli_house import Vsrt, until
from serving_house import QUICK, Served, fetched
from simulators.http_server import Behaviour, HttpServer

from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Event, Outcome, Waiting
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.policies import BreakerPolicy, LimitPolicy, RetryPolicy
from vsrt_gui.model.transport import BreakerState, Circuit

FAILING = Behaviour(status=503)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    return Served(tmp_path, monkeypatch)


@pytest.fixture
def server(served: Served) -> Iterator[HttpServer]:
    with HttpServer(served.catalog.folder) as running:
        yield running


def archives(server: HttpServer) -> list[str]:
    return [one.path for one in server.log if one.path.endswith(".zip")]


@pytest.mark.parametrize(("status", "code"), [(429, FaultCode.RATE_LIMITED), (503, FaultCode.SERVER_ERROR)])
def test_a_server_that_asks_for_a_pause_gets_it(
    served: Served, server: HttpServer, status: int, code: FaultCode
) -> None:
    server.behave(served.path("base"), Behaviour(status=status, headers={"Retry-After": "1"}), times=1)
    began = time.monotonic()
    ran = served.run(f"{server.url}/manifest.json")
    assert ran.end.outcome is Outcome.COMPLETED
    assert time.monotonic() - began >= 1.0
    (told,) = ran.retries
    assert told.fault.code is code
    assert told.delay == pytest.approx(1.0, abs=0.2)


def test_a_server_that_asks_for_an_hour_is_out_of_order(served: Served, server: HttpServer) -> None:
    server.behave(served.path("extra"), Behaviour(status=429, headers={"Retry-After": "3600"}))
    ran = served.run(f"{server.url}/manifest.json")
    assert (ran.end.outcome, ran.codes) == (Outcome.PARTIAL, ["rate-limited"])
    assert archives(server).count(served.path("extra")) == 1


def test_an_answer_is_never_held_against_a_server(served: Served, server: HttpServer) -> None:
    for module in served.catalog.names:
        server.behave(served.path(module), Behaviour(status=403))
    policies = QUICK.but(download_breaker=BreakerPolicy(threshold=1, cooldown=60.0))
    began = time.monotonic()
    ran = served.run(f"{server.url}/manifest.json", policies=policies)
    assert set(ran.codes) == {"access-refused"}
    assert not [event for event in ran.events if isinstance(event, Waiting)]
    assert time.monotonic() - began < 30.0


def test_failures_open_the_breaker_and_three_lanes_wait_without_losing_an_attempt(
    served: Served, server: HttpServer
) -> None:
    for module in served.catalog.names:
        server.behave(served.path(module), FAILING, times=1)
    policies = QUICK.but(
        download_limit=LimitPolicy(gap=0.0),
        download_retry=RetryPolicy(first_delay=1.0),  # by then all three have failed
        download_breaker=BreakerPolicy(threshold=3, cooldown=2.5, successes=1),
    )
    ran = served.run(f"{server.url}/manifest.json", policies=policies)
    assert ran.end.outcome is Outcome.COMPLETED
    waits = [event for event in ran.events if isinstance(event, Waiting)]
    assert {event.host for event in waits} == {f"127.0.0.1:{server.port}"}
    assert {event.module for event in waits} == {"base", "core", "extra"}
    assert all(0 < event.seconds <= 2.5 for event in waits)
    assert [told.attempt for told in ran.retries] == [1, 1, 1]
    assert len(archives(server)) == 6  # three failures, three files


def test_an_archive_that_breaks_off_each_time(served: Served, server: HttpServer) -> None:
    server.behave(served.path("extra"), Behaviour(cut_after=100_000, ignore_range=True))
    ran = served.run(f"{server.url}/manifest.json")
    assert (ran.end.outcome, ran.codes) == (Outcome.PARTIAL, ["connection-failed"])
    assert archives(server).count(served.path("extra")) == 3


def test_and_one_that_does_so_at_the_same_byte_however_it_is_asked(
    served: Served, server: HttpServer
) -> None:
    content = served.catalog.archive("extra").read_bytes()
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %d-%d/%d\r\nContent-Length: %d\r\nETag: %s\r\n\r\n"
    etag = _etag(server, served.path("extra"))
    server.behave(served.path("extra"), Behaviour(cut_after=100_000), times=1)
    left = len(content) - 100_000
    nothing = head % (100_000, len(content) - 1, len(content), left, etag.encode())
    server.behave(served.path("extra"), Behaviour(raw=nothing))
    ran = served.run(f"{server.url}/manifest.json")
    assert (ran.end.outcome, ran.codes) == (Outcome.PARTIAL, ["connection-failed"])
    assert archives(server).count(served.path("extra")) <= 5
    server.behave(served.path("extra"), Behaviour())
    assert served.run(f"{server.url}/manifest.json").end.outcome is Outcome.COMPLETED  # nothing was lost


def _etag(server: HttpServer, path: str) -> str:
    import http.client  # noqa: PLC0415 -- one question by hand

    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("HEAD", path)
    try:
        return connection.getresponse().headers["ETag"]
    finally:
        connection.close()


def test_progress_starts_the_count_anew_and_the_file_arrives(
    served: Served, server: HttpServer, pytestconfig: pytest.Config
) -> None:
    server.behave(served.path("base"), Behaviour(cut_after=30_000), times=9)
    policies = QUICK.but(
        download_retry=RetryPolicy(first_delay=0.01, progress=20_000),
        download_breaker=BreakerPolicy(threshold=100),
    )
    ran = served.run(f"{server.url}/manifest.json", policies=policies)
    assert ran.end.outcome is Outcome.COMPLETED
    assert served.installed()
    assert max(told.attempt for told in ran.retries) == 1
    total = sum(fetched(server).values())
    say(pytestconfig, f"cut nine times: needed {served.size()}, fetched {total} bytes")
    assert total == served.size()  # no byte twice


def test_a_reset_by_hand_ends_the_wait(served: Served, server: HttpServer) -> None:
    server.behave(served.path("base"), FAILING, times=1)
    policies = QUICK.but(download_breaker=BreakerPolicy(threshold=1, cooldown=300.0, successes=1))
    seen: list[BreakerState] = []

    def by_hand(session: Session, event: Event) -> None:
        if isinstance(event, Waiting) and not seen:
            (view,) = [one for one in session.transport.now().breakers if one.circuit is Circuit.DOWNLOAD]
            seen.append(view.state)
            assert (view.failures, view.threshold) == (1, 1)
            assert 290.0 < view.seconds_left <= 300.0
            session.reset_breakers()

    began = time.monotonic()
    ran = served.run(f"{server.url}/manifest.json", policies=policies, meanwhile=by_hand)
    assert (ran.end.outcome, seen) == (Outcome.COMPLETED, [BreakerState.OPEN])
    assert time.monotonic() - began < 60.0


class TestCommands:
    """Two programs of one user, and a third that looks on."""

    def _failing(self, served: Served, server: HttpServer) -> Vsrt:
        for name in served.catalog.names:
            server.behave(served.path(name), FAILING)
        return Vsrt(f"{server.url}/manifest.json", served.prefix)

    def test_nothing_is_left_alone(self, served: Served, server: HttpServer) -> None:
        vsrt = Vsrt(f"{server.url}/manifest.json", served.prefix)
        assert "None is being left alone" in vsrt.run("breaker", "show").out
        (line, _end) = vsrt.run("breaker", "show", "--json").events
        assert line == {
            "event": "breakers",
            "circuits": {"manifest_circuit": "closed", "download_circuit": "closed"},
            "breakers": [],
        }
        assert "No server" in vsrt.run("breaker", "reset").out

    def test_a_circuit_that_is_none(self, served: Served, server: HttpServer) -> None:
        assert Vsrt(server.url, served.prefix).run("breaker", "reset", "fuse_box").code == 2

    def test_what_one_program_found_out_is_shown_and_reset_by_another(
        self, served: Served, server: HttpServer
    ) -> None:
        vsrt = self._failing(served, server)
        running = vsrt.start(
            "install", "--yes", "--json", "--set", "circuit_breaker_threshold=1", "--set",
            "circuit_breaker_timeout_ms=300000",
        )  # fmt: skip
        try:
            until(running, lambda line: line["event"] == "waiting")
            host = f"127.0.0.1:{server.port}"
            slow = ("--set", "circuit_breaker_timeout_ms=300000")
            (line, _end) = vsrt.run("breaker", "show", "--json", *slow).events
            assert line["circuits"]["download_circuit"] == "open"
            (view,) = line["breakers"]
            assert (view["host"], view["state"]) == (host, "open")
            assert view["failures"] >= 1  # what was under way to it at the first one may have failed, too
            assert 200 < view["seconds_left"] <= 300
            assert host in vsrt.run("breaker", "show", *slow).out
            for name in served.catalog.names:
                server.behave(served.path(name), Behaviour())
            assert vsrt.run("breaker", "reset", "manifest_circuit").out.startswith("No server")
            (line, _end) = vsrt.run("breaker", "reset", "download_circuit", "--json").events
            assert line["reset"] == [{"circuit": "download_circuit", "host": host}]
            watchdog = threading.Timer(60.0, running.kill)
            watchdog.start()
            rest = [json.loads(text) for text in running.stdout or ()]
            watchdog.cancel()
            assert rest[-1]["outcome"] == "completed"
            assert running.wait(30) == 0
        finally:
            running.kill()
            running.communicate()

    def test_a_second_program_spares_the_server_too(self, served: Served, server: HttpServer) -> None:
        server.behave("/manifest.json", FAILING)
        vsrt = Vsrt(f"{server.url}/manifest.json", served.prefix)
        first = vsrt.run("install", "--yes", "--json", "--set", "retry_initial_delay_ms=20")
        assert first.end["faults"][0]["code"] == "server-error"
        asked = len(server.log)
        assert asked == 3
        second = vsrt.start("install", "--yes", "--json")
        try:
            waiting = until(second, lambda line: line["event"] == "waiting")[-1]
            assert waiting["module"] is None
            assert 0 < waiting["seconds"] <= 30
            assert len(server.log) == asked
        finally:
            second.kill()
            second.communicate()
