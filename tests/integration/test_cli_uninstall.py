"""Uninstalling: everything or one module, with or without what was downloaded, and nothing that is not ours."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_house import Catalog, Vsrt, on_terminal
from simulators.http_server import HttpServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpServer]:
    with HttpServer(root=Catalog(tmp_path / "catalog").write().folder) as serving:
        yield serving


@pytest.fixture
def vsrt(server: HttpServer, tmp_path: Path) -> Vsrt:
    return Vsrt(f"{server.url}/manifest.json", tmp_path / "runtime")


def fetched(server: HttpServer) -> int:
    """Return the bytes of packages that were sent."""
    return sum(served.sent for served in server.log if served.path.endswith(".zip"))


def test_what_is_kept_is_not_fetched_again(vsrt: Vsrt, server: HttpServer) -> None:
    assert vsrt.run("install", "--yes").code == 0
    once = fetched(server)
    removed = vsrt.run("uninstall", "--keep-downloads", "--yes")
    assert removed.code == 0
    assert removed.out.splitlines()[-1].endswith("To remove it too: vsrt clean")
    assert sorted(path.name for path in vsrt.prefix.iterdir()) == [".vsrt.json", "index", "store"]

    said = vsrt.run("status", "--json").events[0]
    assert said["status"] == {"status": "notInstalled"}
    assert said["kept"] > 800_000
    assert "Kept for the next installation: " in vsrt.run("status").out

    assert vsrt.run("install", "--yes").code == 0
    assert fetched(server) == once
    assert vsrt.run("verify").code == 0
    assert vsrt.run("status", "--json").events[0]["kept"] == 0


def test_what_is_kept_is_looked_at_before_it_is_used(vsrt: Vsrt, server: HttpServer) -> None:
    vsrt.run("install", "--yes")
    once = fetched(server)
    vsrt.run("uninstall", "--keep-downloads", "--yes")
    (noise,) = (vsrt.prefix / "store").glob("core-*/noise.bin")
    stamp = noise.stat().st_mtime
    noise.write_bytes(bytes(noise.stat().st_size))
    os.utime(noise, (stamp, stamp))
    assert vsrt.run("install", "--yes").code == 0
    assert fetched(server) > once
    assert vsrt.run("verify").code == 0


@pytest.mark.parametrize("command", [("clean",), ("uninstall", "--yes")])
def test_what_is_kept_can_be_removed(vsrt: Vsrt, command: tuple[str, ...]) -> None:
    vsrt.run("install", "--yes")
    vsrt.run("uninstall", "--keep-downloads", "--yes")
    assert vsrt.run(*command).code == 0
    assert not vsrt.prefix.exists()


def test_what_an_interrupted_installation_left_is_kept_too(
    vsrt: Vsrt, server: HttpServer, tmp_path: Path
) -> None:
    whole = (tmp_path / "catalog" / "extra-1.0.0.zip").read_bytes()
    (tmp_path / "catalog" / "extra-1.0.0.zip").write_bytes(b"not what was published")
    assert vsrt.run("install", "--yes").code == 3
    (tmp_path / "catalog" / "extra-1.0.0.zip").write_bytes(whole)
    assert vsrt.run("uninstall", "--keep-downloads", "--yes").code == 0
    before = fetched(server)
    assert vsrt.run("install", "--yes").code == 0
    assert fetched(server) - before <= len(whole)


def test_one_module_takes_along_what_needs_it_and_says_so(vsrt: Vsrt, server: HttpServer) -> None:
    vsrt.run("install", "--yes")
    removed = vsrt.run("uninstall", "core", "--yes")
    assert removed.code == 0
    assert "Extra goes too, because it needs Core." in removed.out
    assert [module["id"] for module in vsrt.run("status", "--json").events[0]["modules"]] == ["base"]
    once = fetched(server)
    assert vsrt.run("install", "core", "--yes").code == 0
    assert fetched(server) == once
    told = vsrt.run("uninstall", "base", "--yes", "--json").events
    plan = next(event["plan"] for event in told if event["event"] == "plan-ready")
    assert sorted(target["module"]["id"] for target in plan["drop"]) == ["base", "core"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
def test_the_question_names_what_goes_too(vsrt: Vsrt) -> None:
    vsrt.run("install", "--yes")
    shown = on_terminal(vsrt.command("uninstall", "core"), [("Go on?", "n\n")])
    assert "Extra goes too, because it needs Core." in shown.screen
    assert shown.code == 130
    assert len(vsrt.run("status", "--json").events[0]["modules"]) == 3


def test_what_is_not_ours_stays(vsrt: Vsrt) -> None:
    vsrt.run("install", "--yes")
    for name in ("mine.txt", "store/mine.txt", "bin/mine"):
        (vsrt.prefix / name).write_text("mine")
    assert vsrt.run("uninstall", "--yes").code == 0
    left = sorted(str(path.relative_to(vsrt.prefix)) for path in vsrt.prefix.rglob("*") if path.is_file())
    assert left == ["bin/mine", "mine.txt", "store/mine.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="which folder a process is in is known on Linux alone")
def test_a_terminal_is_told_what_programs_run_from(vsrt: Vsrt) -> None:
    assert vsrt.run("install", "--yes").code == 0
    (store,) = (vsrt.prefix / "store").glob("base-*")
    with subprocess.Popen(["sleep", "60"], cwd=store) as used:
        try:
            shown = on_terminal(vsrt.command("uninstall"), [("Go on?", "n\n")])
        finally:
            used.kill()
    assert "Programs run from Base just now." in shown.screen
    again = on_terminal(vsrt.command("uninstall"), [("Go on?", "n\n")])
    assert "Programs run from" not in again.screen
