"""`vsrt config` and `--set`: what an admin sees, changes and can't change."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_house import PATIENCE, Catalog, Ended, environment
from typer.main import get_command

from vsrt_gui.app import LOCAL, open_runbook, open_settings, open_window, session_for
from vsrt_gui.cli.commands import build_app
from vsrt_gui.cli.doors import Doors
from vsrt_gui.model.layers import NAMES

LOCKED = 'proxy = "none"\nlocked = ["proxy", "mirrors"]\n'


@pytest.fixture
def admin(tmp_path: Path) -> Path:
    return tmp_path / "admin" / "vscode-runtime" / "settings.toml"


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return tmp_path / "user" / "vscode-runtime" / "settings.toml"


@pytest.fixture
def vsrt(tmp_path: Path, admin: Path, user: Path) -> Callable[..., Ended]:
    admin.parent.mkdir(parents=True)
    places = {"XDG_CONFIG_HOME": str(user.parents[1]), "XDG_CONFIG_DIRS": str(admin.parents[1])}

    def run(*args: str, **variables: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "vsrt_gui", *args],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            env=environment(**places, **variables),
            cwd=tmp_path,
            timeout=PATIENCE,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the variables for folders are Linux's")


class TestShow:
    def test_every_setting_with_its_value_and_place(
        self, vsrt: Callable[..., Ended], admin: Path, user: Path
    ) -> None:
        admin.write_text(LOCKED)
        user.parent.mkdir(parents=True)
        user.write_text('proxy = "manual"\nmanifest_url = "https://ann:secret@example.com/"\nfuture = 1\n')
        done = vsrt("config", "show", VSRT_LOG_LEVEL="debug")
        assert done.code == 0
        lines = done.out.splitlines()
        assert [line.partition(" ")[0] for line in lines[: len(NAMES)]] == list(NAMES)
        assert f"proxy = none   (this computer's settings, {admin}, locked)" in lines
        assert "log_level = debug   (the environment, VSRT_LOG_LEVEL)" in lines
        assert "retry_max_attempts = 3   (the usual value)" in lines
        assert f"future in {user} is not known to this version." in lines
        assert f"proxy is fixed in {admin}; the value from {user} is not used." in lines
        assert "secret" not in done.out

    def test_for_scripts(self, vsrt: Callable[..., Ended], admin: Path, user: Path) -> None:
        admin.write_text(LOCKED)
        shown, end = vsrt(
            "config", "show", "--json", "--set", "keep_downloads=yes", VSRT_PROXY="manual"
        ).events
        assert end["outcome"] == "completed"
        assert shown["event"] == "settings"
        assert list(shown["settings"]) == list(NAMES)
        assert shown["settings"]["keep_downloads"] == {
            "value": True,
            "origin": "commandLine",
            "place": "command line",
            "locked": False,
        }
        assert shown["settings"]["mirrors"] == {
            "value": [],
            "origin": "default",
            "place": str(admin),
            "locked": True,
        }
        assert shown["overruled"] == [{"name": "proxy", "place": "VSRT_PROXY", "lock": str(admin)}]
        assert not user.exists()

    def test_a_mistake_is_shown_with_all_else(self, vsrt: Callable[..., Ended], admin: Path) -> None:
        admin.write_text("retry_max_attempts = 0\nlanguage = 'de'\n")
        done = vsrt("config", "show", "--json")
        assert done.code == 85
        assert done.events[0]["settings"]["language"]["value"] == "de"
        assert done.end["faults"][0]["facts"]["setting"] == f"retry_max_attempts ({admin})"

    def test_path(self, vsrt: Callable[..., Ended], admin: Path, user: Path) -> None:
        assert vsrt("config", "path", "--json").events[0] == {
            "event": "settings-files",
            "user": str(user),
            "admin": str(admin),
        }
        assert str(user) in vsrt("config", "path").out


class TestChange:
    def test_set_and_unset(self, vsrt: Callable[..., Ended], user: Path) -> None:
        done = vsrt("config", "set", "RETRY-MAX-ATTEMPTS", "7")
        assert (done.code, done.out) == (0, f"retry_max_attempts = 7   (your settings, {user})\n")
        assert user.read_text() == "retry_max_attempts = 7\n"
        assert vsrt("config", "unset", "VSRT_RETRY_MAX_ATTEMPTS").out == (
            "retry_max_attempts = 3   (the usual value)\n"
        )
        assert user.read_text() == ""

    def test_several_values(self, vsrt: Callable[..., Ended], user: Path) -> None:
        vsrt("config", "set", "mirrors", "https://a.example/,https://b.example/")
        assert user.read_text() == 'mirrors = ["https://a.example/", "https://b.example/"]\n'

    def test_what_does_not_count_yet_is_said(self, vsrt: Callable[..., Ended], user: Path) -> None:
        done = vsrt("config", "set", "language", "de", VSRT_LANGUAGE="nl")
        assert done.code == 0
        assert "VSRT_LANGUAGE says otherwise" in done.err
        assert user.read_text() == 'language = "de"\n'

    @pytest.mark.parametrize(
        "case",
        [
            ("proxy", "system", "looks after this computer"),
            ("retry_max_attempts", "0", "greater than or equal to 1"),
            ("colour", "blue", "no such setting"),
        ],
    )
    def test_what_can_not_be_set(
        self, vsrt: Callable[..., Ended], admin: Path, user: Path, case: tuple[str, str, str]
    ) -> None:
        name, value, words = case
        admin.write_text(LOCKED)
        done = vsrt("config", "set", name, value, "--json")
        assert done.code == 85
        assert words in done.end["faults"][0]["facts"]["reason"]
        assert not user.exists()

    def test_a_file_that_is_no_toml_is_not_lost(self, vsrt: Callable[..., Ended], user: Path) -> None:
        user.parent.mkdir(parents=True)
        user.write_text("proxy = ")
        assert vsrt("config", "set", "language", "de").code == 90
        assert user.read_text() == "proxy = "
        done = vsrt("status", "--json")
        assert done.code == 90
        assert done.end["faults"][0]["facts"]["path"] == str(user)


class TestForOneCall:
    def test_the_command_line_counts_more_than_the_environment(
        self, vsrt: Callable[..., Ended], tmp_path: Path
    ) -> None:
        catalog = Catalog(tmp_path / "catalog").write()
        done = vsrt(
            *("modules", "--json", "--set", f"manifest_url={catalog.folder}", "--set", "language=de"),
            VSRT_MANIFEST_URL="https://nowhere.invalid/",
        )
        assert done.code == 0
        assert {module["id"] for module in done.events[0]["modules"]} == {"base", "core", "extra"}

    def test_a_lock_counts_more_than_the_command_line_and_says_so(
        self, vsrt: Callable[..., Ended], admin: Path, tmp_path: Path
    ) -> None:
        catalog = Catalog(tmp_path / "catalog").write()
        admin.write_text(f"manifest_url = {json.dumps(str(catalog.folder))}\nlocked = ['manifest_url']\n")
        done = vsrt("modules", "--json", "--catalog", "https://nowhere.invalid/")
        assert done.code == 0
        assert {module["id"] for module in done.events[0]["modules"]} == {"base", "core", "extra"}
        assert f"manifest_url is fixed in {admin}; the value from command line is not used." in done.err

    @pytest.mark.parametrize(
        ("text", "code"), [("colour=blue", 85), ("retry_max_attempts=0", 85), ("retry_max_attempts", 2)]
    )
    def test_what_can_not_be_used(self, vsrt: Callable[..., Ended], text: str, code: int) -> None:
        assert vsrt("status", "--set", text).code == code

    def test_every_command_takes_it(self) -> None:
        app = get_command(
            build_app(Doors(session_for, open_runbook(), open_window, open_settings, local=LOCAL))
        )
        found = {}
        for name, command in app.commands.items():
            for leaf in getattr(command, "commands", {name: command}).values():
                found[f"{name} {leaf.name}"] = "--set" in {opt for param in leaf.params for opt in param.opts}
        assert len(found) > 15
        assert [name for name, takes in found.items() if not takes] == []
