"""`vsrt launch` as a script uses it: it returns once the server answers, and the server stays."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_house import Vsrt, until
from simulators.served_runtime import Published, Runtime, ask

from vsrt_gui.adapters.host.processes import process_start


@pytest.fixture
def vsrt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vsrt]:
    for name in ("STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    Published(tmp_path / "catalog").write()
    runtime = Runtime(tmp_path / "catalog", tmp_path / "prefix").install()
    yield Vsrt(str(runtime.catalog), runtime.prefix)
    runtime.stop()


def test_from_start_to_stop_in_json(vsrt: Vsrt) -> None:
    began = vsrt.run("launch", "--no-browser", "--json")
    assert began.code == 0
    starting, ready, end = began.events
    assert (starting["event"], starting["state"]) == ("launch", "starting")
    assert (ready["state"], ready["found"], end["outcome"]) == ("ready", False, "completed")
    said = ask(ready["page"], ready["password"])

    status = vsrt.run("status", "--json")
    assert status.events[0]["server"]["state"] == "ready"
    assert status.events[0]["server"]["address"] == ready["address"]
    assert ready["password"] not in status.out

    again = vsrt.run("launch", "--no-browser", "--json").events[1]
    assert again == ready | {"found": True}
    assert ask(ready["page"], ready["password"]) == said

    ended = vsrt.run("launch", "--stop", "--json")
    assert ended.code == 0
    assert (ended.events[0]["state"], ended.events[0]["ran"]) == ("stopped", True)
    assert process_start(int(said.split()[1])) is None
    assert vsrt.run("launch", "--stop", "--json").events[0]["ran"] is False
    assert vsrt.run("status", "--json").events[0]["server"] == {"state": "stopped"}


def test_people_read_address_and_password(vsrt: Vsrt) -> None:
    said = vsrt.run("launch", "--no-browser")
    assert said.code == 0
    assert "Server 1.0.0 is running at http://127.0.0.1:" in said.out
    password = said.out.partition("password: ")[2].split()[0]
    address = said.out.partition("running at ")[2].split()[0]
    assert ask(address, password).startswith("1.0.0 ")
    shown = vsrt.run("status").out
    assert f"Server 1.0.0 is running at {address}" in shown
    assert password not in shown
    assert vsrt.run("launch", "--stop").out == "The editor was stopped.\n"
    assert vsrt.run("launch", "--stop").out == "The editor is not running.\n"


def test_a_crash_has_its_code_and_page(vsrt: Vsrt) -> None:
    ended = vsrt.run("launch", "--no-browser", SERVED="crash")
    assert ended.code == 88
    assert "The editor stopped by itself" in ended.err + ended.out
    lines = vsrt.run("launch", "--no-browser", "--json", SERVED="crash").events
    assert [line.get("state") for line in lines] == ["starting", "crashed", None]
    assert lines[-1]["faults"][0]["facts"]["exit"] == 7


def test_ctrl_c_ends_what_is_starting(vsrt: Vsrt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVED", "hang")
    with vsrt.start("launch", "--no-browser", "--json") as process:
        until(process, lambda line: line.get("state") == "starting")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert '"state":"stopped"' in out
    monkeypatch.delenv("SERVED")
    assert vsrt.run("status", "--json").events[0]["server"] == {"state": "stopped"}


def test_nothing_to_launch(vsrt: Vsrt, tmp_path: Path) -> None:
    assert Vsrt(vsrt.catalog, tmp_path / "elsewhere").run("launch", "--no-browser").code == 81
