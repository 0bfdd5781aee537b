"""The frozen program is whole: it paints, reads, plans and installs, without the Python that froze it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from integration.cli_house import Catalog

pytestmark = pytest.mark.timeout(900)  # the first one freezes the program

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "packaging" / "frozen" / "vsrt.spec"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("frozen")
    folders = ["--distpath", str(out), "--workpath", str(out / "work")]
    argv = [sys.executable, "-m", "PyInstaller", "--noconfirm", *folders, str(SPEC)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, cwd=out)
    assert done.returncode == 0, done.stderr[-4000:]
    return out / "vsrt"


def _run(argv: list[str], home: Path) -> "subprocess.CompletedProcess[str]":
    """Run with a bare environment, so that nothing of this Python helps."""
    bare = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(argv, env=bare, capture_output=True, text=True, timeout=60, check=False, cwd=home)


def test_smoke_paints_reads_and_plans(program: Path, tmp_path: Path) -> None:
    done = _run([str(program / "vsrt-gui"), "--smoke"], tmp_path)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["page"] > 1
    assert {"nodejs", "server"} <= set(seen["planned"])
    assert seen["icons"] == len(list((ROOT / "resources" / "icons").glob("*.svg")))


def test_every_resource_came_along(program: Path) -> None:
    shipped = ROOT / "resources"
    for file in (path for path in shipped.rglob("*") if path.is_file()):
        copy = program / "_internal" / "vsrt_gui" / "_data" / file.relative_to(shipped)
        assert copy.read_bytes() == file.read_bytes(), copy


def test_the_command_line_installs(program: Path, tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog")
    catalog.write()
    prefix = tmp_path / "runtime"
    where = ["--catalog", str(catalog.folder), "--prefix", str(prefix)]
    done = _run([str(program / "vsrt"), "install", *where, "--yes", "--json"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "completed"
    assert os.path.lexists(prefix / "current")


def test_it_stays_small(program: Path) -> None:
    """A ceiling that a forgotten exclude would break: 150 MB were measured, Qt's own libraries most of them."""
    size = sum(file.lstat().st_size for file in program.rglob("*") if file.is_file())
    assert size < 190_000_000
