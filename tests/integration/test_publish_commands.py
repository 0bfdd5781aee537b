"""`vsrt publish` as a release engineer calls it."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.publish.commands import app

SOURCES = """
format = 1
version = "7"
[[module]]
id = "tool"
name = "Tool"
type = "runtime"
version = "1"
source = { kind = "path", path = "tool-{platform}" }
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for platform in ("linux-x64", "windows-x64"):
        folder = tmp_path / f"tool-{platform}"
        folder.mkdir()
        (folder / "tool.txt").write_text(platform)
    file = tmp_path / "sources.toml"
    file.write_text(SOURCES)
    return file


def vsrt(*words: object) -> tuple[int, str, str]:
    ended = CliRunner().invoke(app, [str(word) for word in words])
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return ended.exit_code, ended.stdout, ended.stderr


def platforms(out: Path) -> list[str]:
    return list(json.loads((out / "manifest.json").read_bytes())["modules"][0]["platformArtifacts"])


def test_builds_and_checks(sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build = ("build", sources, "--out", out, "--cache", tmp_path / "cache")
    code, said, _ = vsrt(*build, "--platform", "linux-x64", "--platform", "windows-x64")
    assert code == 0
    assert "1 module, 2 archives" in said
    assert platforms(out) == ["linux-x64", "windows-x64"]
    assert vsrt("check", out) == (0, vsrt("check", out)[1], "")
    next((out / "archives").iterdir()).unlink()
    code, _, wrong = vsrt("check", out)
    assert code == 1
    assert "url: file-missing" in wrong


def test_builds_for_all_platforms_that_there_are_files_for(sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert vsrt("build", sources, "--out", out, "--cache", tmp_path / "cache", "--platform", "all")[0] == 0
    assert platforms(out) == ["linux-x64", "windows-x64"]


def test_refuses_what_it_does_not_know(sources: Path, tmp_path: Path) -> None:
    code, _, said = vsrt("build", sources, "--out", tmp_path / "out", "--platform", "amiga")
    assert code == 2
    assert "linux-x64" in said
    assert vsrt("serve", tmp_path / "nothing")[0] == 2


def test_lets_faults_through_to_the_front(tmp_path: Path) -> None:
    with pytest.raises(InstallerError) as caught:
        vsrt("build", tmp_path / "none.toml", "--out", tmp_path / "out")
    assert caught.value.fault.code is FaultCode.SOURCES_INVALID


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_serves_until_it_is_interrupted(sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    vsrt("build", sources, "--out", out, "--cache", tmp_path / "cache", "--platform", "linux-x64")
    # Whoever starts a run of tests in the background of a shell leaves SIGINT ignored.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from vsrt_gui.publish.commands import app; app()"
    )
    argv = [sys.executable, "-c", program, "serve", str(out)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}manifest.json", timeout=10) as answer:
            assert json.load(answer)["version"] == "7"
        assert process.stdout.readline().startswith("200 GET /manifest.json 0+")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
