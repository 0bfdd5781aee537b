"""Shells complete our commands, by scripts that we print or install; from the disk alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from cli_house import ROOT, Catalog, Vsrt, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells")
BASH = """
source "$SCRIPT"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
_vsrt_completion "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Shop:
    """A user whose `vsrt` is on the PATH, and whose home is a folder of the test's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        program = folder / "bin" / "vsrt"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vsrt_gui "$@"\n')
        program.chmod(0o755)
        self.program = program

    @property
    def env(self) -> Mapping[str, str]:
        path = f"{self.program.parent}:{os.environ['PATH']}"
        kinds = {
            f"XDG_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CONFIG", "STATE", "DATA", "CACHE")
        }
        return {**environment(), "PATH": path, "HOME": str(self.home), "PYTHONPATH": str(ROOT), **kinds}

    def run(self, *command: str | Path, **more: str) -> str:
        done = subprocess.run(
            command, env={**self.env, **more}, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    def offered(self, *words: str) -> list[str]:
        """Return what bash offers for the last word."""
        script = self.folder / "vsrt.bash"
        script.write_text(self.run(self.program, "completion", "bash"))
        return self.run("bash", "--norc", "-c", BASH, "bash", "vsrt", *words, SCRIPT=str(script)).split()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog").write()


def test_commands_options_and_codes(shop: Shop) -> None:
    assert {"install", "verify", "explain", "support", "completion"} <= set(shop.offered(""))
    assert shop.offered("unin") == ["uninstall"]
    assert shop.offered("uninstall", "--keep") == ["--keep-downloads"]
    assert shop.offered("explain", "disk-") == ["disk-space-low", "disk-full", "disk-error"]
    assert shop.offered("completion", "po") == ["powershell"]
    assert "kept_generations" in shop.offered("config", "set", "kept")


def test_modules_and_versions_come_from_the_disk(shop: Shop, catalog: Catalog) -> None:
    where = ("--catalog", str(catalog.folder), "--prefix", str(shop.folder / "runtime"))
    assert shop.offered("install", *where, "") == ["base", "core", "extra"]
    assert shop.offered("uninstall", *where, "") == []
    vsrt = Vsrt(str(catalog.folder), shop.folder / "runtime")
    assert vsrt.run("install", "core", "--yes").code == 0
    assert vsrt.run("install", "extra", "--yes").code == 0
    assert shop.offered("uninstall", *where, "") == ["base", "core", "extra"]
    assert shop.offered("uninstall", *where, "core", "") == ["base", "extra"]
    assert shop.offered("uninstall", *where, "c") == ["core"]
    assert shop.offered("rollback", *where, "--to", "") == ["1"]


def test_a_server_is_never_asked(shop: Shop) -> None:
    """Where nothing listens, and nothing is known, nothing is offered, at once and without a word."""
    where = ("--catalog", "http://127.0.0.1:9/", "--prefix", str(shop.folder / "runtime"))
    assert shop.offered("install", *where, "") == []


def test_a_damaged_prefix_offers_nothing(shop: Shop, catalog: Catalog) -> None:
    prefix = shop.folder / "runtime"
    prefix.mkdir()
    (prefix / ".vsrt.json").write_text("{")
    where = ("--catalog", str(catalog.folder), "--prefix", str(prefix))
    assert shop.offered("uninstall", *where, "") == []


def test_bash_loads_what_was_installed(shop: Shop) -> None:
    (shop.home / ".bashrc").write_text("export MINE=1")
    for _ in range(2):
        assert "Written: " in shop.run(shop.program, "completion", "bash", "--install")
    lines = (shop.home / ".bashrc").read_text().splitlines()
    assert lines[0] == "export MINE=1"
    assert sum("vsrt.bash" in line for line in lines) == 1
    loaded = 'source ~/.bashrc; echo "$MINE"; complete -p vsrt'
    assert shop.run("bash", "--norc", "-c", loaded) == "1\ncomplete -o default -F _vsrt_completion vsrt\n"


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish here")
def test_fish_completes_once_it_is_installed(shop: Shop) -> None:
    shop.run(shop.program, "completion", "fish", "--install")
    said = shop.run("fish", "-c", "complete -C 'vsrt explain disk-f'")
    assert said.split()[0] == "disk-full"


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh here")
def test_zsh_loads_what_was_installed(shop: Shop) -> None:
    shop.run(shop.program, "completion", "zsh", "--install")
    assert shop.run("zsh", "-f", "-c", 'source ~/.zshrc; echo "$_comps[vsrt]"') == "_vsrt_completion\n"


def test_powershell_gets_a_script(shop: Shop) -> None:
    said = shop.run(shop.program, "completion", "pwsh")
    assert "Register-ArgumentCompleter -Native -CommandName vsrt" in said


@pytest.mark.skipif(shutil.which("pwsh") is not None, reason="PowerShell is here")
def test_a_shell_that_is_not_there_is_named(shop: Shop) -> None:
    command = [shop.program, "completion", "pwsh", "--install", "--json"]
    done = subprocess.run(command, env=shop.env, capture_output=True, text=True, check=False)
    (fault,) = json.loads(done.stdout)["faults"]
    assert (done.returncode, fault["code"], fault["facts"]["value"]) == (85, "setting-invalid", "pwsh")
