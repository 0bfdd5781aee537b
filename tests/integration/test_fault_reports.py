"""Faults that nobody foresaw, as a Sentry server on loopback gets them."""

import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_house import Catalog
from simulators.sentry import Sentry
from simulators.silent import mute, unreachable

from vsrt_gui.adapters.fault_reports import FaultReports, Place
from vsrt_gui.app import open_session
from vsrt_gui.model.events import RunFinished
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.redaction import Private, Redaction
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.settings import Settings

BUG = Fault(
    code=FaultCode.UNEXPECTED,
    facts={"kind": "KeyError", "detail": "no /home/ann/x (lane.py:7)"},
    module="base",
)
REDACTION = Redaction(Private(names=frozenset({"ann"}), homes=frozenset({"/home/ann"})))


def ended() -> None:
    """Wait for the threads that report."""
    for thread in threading.enumerate():
        if thread.name == "vsrt-report":
            thread.join(10)
            assert not thread.is_alive()


def test_what_is_sent() -> None:
    sentry = Sentry()
    with sentry.listening() as dsn:
        FaultReports(Settings, REDACTION, None).send(Settings(sentry_dsn=dsn), (BUG,))
    ((path, headers, body),) = sentry.got
    assert path == "/team/api/42/envelope/"
    assert "sentry_key=key" in headers["X-Sentry-Auth"]
    head, kind, item = (json.loads(line) for line in body.splitlines())
    assert kind == {"type": "event", "length": len(body.splitlines()[2])}
    assert head["event_id"] == item["event_id"]
    assert item["exception"]["values"] == [{"type": "KeyError", "value": "no ~/x (lane.py:7)"}]
    assert item["tags"] == {"module": "base"}
    assert not {"user", "server_name", "request", "breadcrumbs"} & item.keys()
    assert b"ann" not in body


@pytest.mark.parametrize(
    ("dsn", "faults"),
    [(True, (Fault(code=FaultCode.CANCELLED),)), (True, ()), (False, (BUG,))],
)
def test_only_what_nobody_foresaw_and_only_where_it_is_wished(dsn: bool, faults: tuple[Fault, ...]) -> None:
    sentry = Sentry()
    with sentry.listening() as address:
        settings = Settings(sentry_dsn=address if dsn else None)
        FaultReports(lambda: settings, REDACTION, None).heard(
            RunFinished(outcome="failed", faults=faults),
            None,  # type: ignore[arg-type]
        )
        ended()
    assert sentry.got == []


def test_a_bug_that_comes_again_at_once_is_reported_once() -> None:
    sentry = Sentry()
    other = Fault(code=FaultCode.UNEXPECTED, facts={"kind": "ValueError", "detail": "no"})
    with sentry.listening() as address:
        reports = FaultReports(lambda: Settings(sentry_dsn=address), REDACTION, None)
        for fault in (BUG, BUG, Fault(code=FaultCode.DISK_FULL, facts={"path": "/"}), other):
            reports.bug(fault)
            ended()
    kinds = [json.loads(body.splitlines()[2])["exception"]["values"][0]["type"] for _, _, body in sentry.got]
    assert kinds == ["KeyError", "ValueError"]


def test_a_server_that_does_not_answer_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vsrt_gui.adapters.fault_reports.PATIENCE", 0.1)
    with mute() as silent, unreachable() as away:
        for port in (silent, away, 1):
            settings = Settings(sentry_dsn=f"http://key@127.0.0.1:{port}/1")
            FaultReports(Settings, REDACTION, None).send(settings, (BUG,))


def test_the_variable_brings_a_bug_of_a_real_run_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = Catalog(tmp_path / "catalog").write()
    sentry = Sentry()

    class Broken:
        def __getattr__(self, _name: str) -> Any:
            raise ZeroDivisionError("made to fail")

    async def run() -> RunFinished:
        session = open_session(str(catalog.folder), tmp_path / "runtime")
        session._outfit.tools = replace(session._tools, archives=Broken())  # type: ignore[arg-type]
        session.start(Request(verb=Verb.INSTALL))
        try:
            return await session.finished()
        finally:
            await session.close()

    with sentry.listening() as dsn:
        monkeypatch.setenv("VSRT_SENTRY_DSN", dsn)
        end = asyncio.run(run())
        assert end.faults[0].code is FaultCode.UNEXPECTED
        assert sentry.came.wait(10)
        ended()
    (item,) = (json.loads(body.splitlines()[2]) for _, _, body in sentry.got)
    assert item["exception"]["values"][0]["type"] == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("dsn", "address", "key"),
    [
        ("https://abc@sentry.example/7", "https://sentry.example/api/7/envelope/", "abc"),
        (
            "https://abc:old@sentry.example:9000/a/b/7",
            "https://sentry.example:9000/a/b/api/7/envelope/",
            "abc",
        ),
    ],
)
def test_where_it_goes(dsn: str, address: str, key: str) -> None:
    assert Place.of(dsn) == Place(address, key)
