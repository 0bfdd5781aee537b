"""Repair by the command line: what belongs to the runtime but to no module comes back too."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_house import Catalog, Vsrt

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
