"""Repair by the command line: what belongs to the runtime but to no module comes back too."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_house import Catalog, Vsrt, on_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the module's program is a shell script")


@pytest.fixture
def vsrt(tmp_path: Path) -> Vsrt:
    catalog = Catalog(tmp_path / "catalog").write()
    manifest = catalog.manifest()
    for module in manifest["modules"]:
        module["launch"] = {"bin": {module["id"]: "bin/run"}}
    catalog.write_manifest(manifest)
    made = Vsrt(str(catalog.folder), tmp_path / "runtime")
    assert made.run("install", "--yes").code == 0
    return made


def says(launcher: Path) -> str:
    return subprocess.run([launcher], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("lost", ["bin/base", "bin", "generations/1.bin/core", "generations/1.bin"])
def test_launchers_come_back(vsrt: Vsrt, lost: str) -> None:
    path = vsrt.prefix / lost
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    done = vsrt.run("repair", "--yes", "--json")
    assert (done.code, done.end["faults"]) == (0, [])
    assert [says(vsrt.prefix / "bin" / name) for name in ("base", "core", "extra")] == ["here\n"] * 3


def test_nothing_is_written_where_nothing_is_wrong(vsrt: Vsrt) -> None:
    def stamps() -> dict[str, int]:
        files = (path for path in vsrt.prefix.rglob("*") if path.is_file() and path.name != "journal.jsonl")
        return {str(path): path.stat().st_ctime_ns for path in files}

    before = stamps()
    assert vsrt.run("repair", "--yes").code == 0
    assert stamps() == before


def test_verify_names_what_lies_there_besides_and_finds_nothing_wrong(vsrt: Vsrt) -> None:
    (folder,) = (vsrt.prefix / "store").glob("base-*")
    (folder / "my notes").mkdir()
    (folder / "my notes" / "a.txt").write_text("mine")
    done = vsrt.run("verify", "--json")
    found = {event["module"]: event for event in done.events if event["event"] == "module-found"}
    assert (done.code, found["base"]["wrong"], found["base"]["drift"]) == (0, 0, "satisfied")
    assert {name: (each["extra"], each["extra_names"]) for name, each in found.items()} == {
        "base": (1, ["my notes/"]),
        "core": (0, []),
        "extra": (0, []),
    }
    done = vsrt.run("verify")
    assert "there is more in its folder, which does no harm: my notes/" in done.out
    assert done.code == 0
    assert vsrt.run("repair", "--yes").code == 0
    assert (folder / "my notes" / "a.txt").read_text() == "mine"


def test_verify_and_a_repairs_plan_tell_apart_what_is_wrong(vsrt: Vsrt) -> None:
    (folder,) = (vsrt.prefix / "store").glob("base-*")
    (folder / "bin/run").chmod(0o644)
    (folder / "noise.bin").unlink()
    (folder / "noise.bin").symlink_to("bin/run")
    (vsrt.prefix / "bin" / "base").unlink()
    harm = {
        "states": {"wrong-mode": 1, "link": 1},
        "names": {"bin/run": "wrong-mode", "noise.bin": "link"},
        "commands": ["base"],
    }
    done = vsrt.run("verify", "--json")
    found = {event["module"]: event for event in done.events if event["event"] == "module-found"}
    assert (found["base"]["wrong"], found["base"]["harm"]) == (3, harm)
    assert found["core"]["harm"] == {"states": {}, "names": {}, "commands": []}
    assert (
        "base 1.0.0: damaged (2 files: 1 with wrong permissions, 1 replaced by a link; 1 command): "
        "bin/run, noise.bin, the command base"
    ) in vsrt.run("verify").out
    done = vsrt.run("repair", "--yes", "--json")
    (plan,) = (event["plan"] for event in done.events if event["event"] == "plan-ready")
    assert plan["work"][0]["harm"] == harm
    assert vsrt.run("verify").code == 0


def test_it_says_what_is_wrong_what_that_costs_and_what_stays_before_it_asks(vsrt: Vsrt) -> None:
    (folder,) = (vsrt.prefix / "store").glob("base-*")
    files = sorted(path for path in folder.rglob("*") if path.is_file())[:2]
    for path in files:
        path.write_bytes(b"damaged")
    (vsrt.prefix / "bin" / "base").unlink()
    shown = on_terminal(vsrt.command("repair"), [("[y/N]", "n\n")])
    words = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.screen).split())
    assert re.search(r"Base 1\.0\.0 damaged \(2 files changed; 1 command\) [0-9]+ KB", words), words
    assert re.search(r"1 module, [0-9]+ KB to download, .*, 1 command to write anew\.", words)
    assert "About 10 seconds." in words
    assert "Your own settings, and extensions that you added, are not touched." in words
    assert "Stays as it is: Core 1.0.0 and Extra 1.0.0." in words
    assert [path.read_bytes() for path in files] == [b"damaged"] * 2
