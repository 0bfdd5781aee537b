"""Settings on a real disk: what a person wrote into the file stays, and a file that can't be read is told."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.network import ProxyChoice
from vsrt_gui.model.settings import LogLevel, Origin, Settings
from vsrt_gui.settings import LayeredSettings

WRITTEN = """\
# Anna's notebook; ask her first.
proxy = "manual"   # since the move
proxy_url = 'http://proxy.example:8080'

future = { depth = 3 }  # of a newer version

[table]
language = "not ours"
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    for name in list(os.environ):
        if name.startswith("VSRT_"):
            monkeypatch.delenv(name)
    return tmp_path / "user" / "settings.toml", tmp_path / "admin" / "settings.toml"


def store(files: tuple[Path, Path], **command_line: object) -> LayeredSettings:
    return LayeredSettings(command_line, *files)


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


class TestReading:
    def test_no_file_is_no_fault(self, files: tuple[Path, Path]) -> None:
        found = store(files).read()
        assert found.settings == Settings()
        assert (found.faults, found.unknown, found.overruled) == ((), (), ())

    def test_all_five_places(self, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
        write(files[1], "kept_generations = 2\nproxy = 'none'\nlanguage = 'fr'\nstall_timeout = 3")
        write(files[0], "proxy = 'system'\nlanguage = 'de'\nstall_timeout = 4")
        monkeypatch.setenv("VSRT_LANGUAGE", "nl")
        monkeypatch.setenv("VSRT_STALL_TIMEOUT", "5")
        found = store(files, stall_timeout="6").read()
        places = {name: (source.origin, source.place) for name, source in found.sources.items()}
        assert places["appearance"] == (Origin.DEFAULT, "")
        assert places["kept_generations"] == (Origin.ADMIN, str(files[1]))
        assert places["proxy"] == (Origin.USER, str(files[0]))
        assert places["language"] == (Origin.ENVIRONMENT, "VSRT_LANGUAGE")
        assert places["stall_timeout"] == (Origin.COMMAND_LINE, "command line")
        assert found.settings == Settings(
            kept_generations=2, proxy=ProxyChoice.SYSTEM, language="nl", stall_timeout=6
        )

    def test_the_lock_beats_even_the_command_line(
        self, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(files[1], "proxy = 'none'\nlocked = ['proxy']")
        write(files[0], "proxy = 'system'")
        monkeypatch.setenv("VSRT_PROXY", "manual")
        found = store(files, proxy="manual").read()
        assert found.settings.proxy is ProxyChoice.NONE
        assert [one.place for one in found.overruled] == [str(files[0]), "VSRT_PROXY", "command line"]

    def test_only_the_admins_file_can_lock(self, files: tuple[Path, Path]) -> None:
        write(files[0], "locked = ['proxy']")
        found = store(files, proxy="none").read()
        assert not found.is_locked("proxy")
        assert found.unknown == (("locked", str(files[0])),)

    def test_an_empty_variable_says_nothing(
        self, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VSRT_MANIFEST_URL", "")
        monkeypatch.setenv("VSRT_NEWER", "1")
        found = store(files).read()
        assert found.source("manifest_url").origin is Origin.DEFAULT
        assert found.unknown == (("VSRT_NEWER", "environment"),)

    def test_an_unknown_name_on_the_command_line_is_a_mistake(self, files: tuple[Path, Path]) -> None:
        with pytest.raises(InstallerError, match="no such setting"):
            store(files, colour="blue").read()

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"proxy = \n\n", "line 1"),
            (b"proxy = 'none'\nproxy = 'system'\n", "line 2"),
            (b"\xff\xfe\x00", "utf-8"),
            (b"a = " + b"[" * 20_000, ""),
            (b"#" * 2_000_000, "larger"),
        ],
    )
    @pytest.mark.parametrize("place", [0, 1])
    def test_what_is_no_toml_is_told_and_does_not_count(
        self, files: tuple[Path, Path], place: int, content: bytes, reason: str
    ) -> None:
        write(files[place], content)
        write(files[1 - place], "language = 'de'")
        found = store(files).read()
        assert [fault.code for fault in found.faults] == [FaultCode.SETTINGS_UNREADABLE]
        assert found.faults[0].facts["path"] == str(files[place])
        assert reason in str(found.faults[0].facts["reason"])
        assert found.settings == Settings(language="de")

    def test_a_folder_in_the_files_place_is_told(self, files: tuple[Path, Path]) -> None:
        files[0].mkdir(parents=True)
        assert store(files).read().faults[0].code is FaultCode.SETTINGS_UNREADABLE

    @pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices have no names there")
    @pytest.mark.parametrize("kind", ["pipe", "device", "circle"])
    def test_what_would_never_end_is_told_at_once(self, files: tuple[Path, Path], kind: str) -> None:
        files[0].parent.mkdir()
        match kind:
            case "pipe":
                os.mkfifo(files[0])
            case "device":
                files[0].symlink_to("/dev/zero")
            case _:
                files[0].symlink_to(files[0].name)
        (fault,) = store(files).read().faults
        assert (fault.code, fault.facts["path"]) == (FaultCode.SETTINGS_UNREADABLE, str(files[0]))
        with pytest.raises(InstallerError) as stopped:
            store(files).write({"language": "de"})
        assert stopped.value.fault.code is FaultCode.SETTINGS_UNREADABLE
        assert not files[0].is_file()

    @pytest.mark.parametrize("given", ["'proxy'", "[1]", "true"])
    def test_a_list_of_locks_that_is_none(self, files: tuple[Path, Path], given: str) -> None:
        write(files[1], f"locked = {given}")
        assert store(files).read().faults[0].facts["setting"] == f"locked ({files[1]})"

    def test_windows_editors_mark_before_the_first_letter(self, files: tuple[Path, Path]) -> None:
        write(files[0], b"\xef\xbb\xbflanguage = 'de'\r\n")
        assert store(files).read().settings.language == "de"


class TestWriting:
    def test_comments_order_and_unknown_names_stay(self, files: tuple[Path, Path]) -> None:
        write(files[0], WRITTEN)
        found = store(files).write({"proxy": ProxyChoice.NONE, "proxy_url": None, "keep_downloads": "yes"})
        expected = WRITTEN.replace('"manual"', '"none"').replace(
            "proxy_url = 'http://proxy.example:8080'\n", ""
        )
        kept = [line for line in expected.splitlines() if line]
        now = [line for line in files[0].read_text().splitlines() if line]
        assert [line for line in now if line in kept] == kept
        assert set(now) - set(kept) == {"keep_downloads = true"}
        assert found.settings == Settings(proxy=ProxyChoice.NONE, keep_downloads=True)
        assert ("future", str(files[0])) in found.unknown

    def test_all_kinds_of_values_come_back(self, files: tuple[Path, Path], tmp_path: Path) -> None:
        wished = {
            "mirrors": ("https://a.example/", "https://b.example/"),
            "download_dir": tmp_path / "it's here",
            "stall_timeout": 2.5,
            "bandwidth_limit": 5000,
            "log_level": "debug",
            "keep_downloads": True,
        }
        assert store(files).write(wished).settings == Settings.model_validate(wished)
        assert store(files).write(dict.fromkeys(wished)).settings == Settings()
        assert files[0].read_text().strip() == ""

    def test_nothing_at_all_wins_over_the_admins_value(self, files: tuple[Path, Path]) -> None:
        write(files[1], "bandwidth_limit = 5000")
        assert store(files).write({"bandwidth_limit": ""}).settings.bandwidth_limit is None

    def test_what_a_higher_place_says_counts_more(
        self, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VSRT_LANGUAGE", "nl")
        assert store(files).write({"language": "de"}).settings.language == "nl"
        monkeypatch.delenv("VSRT_LANGUAGE")
        assert store(files).read().settings.language == "de"

    @pytest.mark.parametrize(
        ("name", "value"), [("proxy", "none"), ("language", "?"), ("colour", "blue"), ("prefix", "here")]
    )
    def test_what_can_not_be_written_leaves_the_file(
        self, files: tuple[Path, Path], name: str, value: str
    ) -> None:
        write(files[0], WRITTEN)
        write(files[1], "locked = ['proxy']")
        with pytest.raises(InstallerError) as stopped:
            store(files).write({"keep_downloads": True, name: value})
        assert stopped.value.fault.code is FaultCode.SETTING_INVALID
        assert files[0].read_text() == WRITTEN

    def test_a_file_that_is_no_toml_is_not_lost(self, files: tuple[Path, Path]) -> None:
        write(files[0], "proxy = ")
        with pytest.raises(InstallerError) as stopped:
            store(files).write({"keep_downloads": True})
        assert stopped.value.fault.code is FaultCode.SETTINGS_UNREADABLE
        assert files[0].read_text() == "proxy = "

    @pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
    def test_only_the_user_may_read_it(self, files: tuple[Path, Path]) -> None:
        store(files).write({"sentry_dsn": "https://key@sentry.example/1"})
        assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
        assert [path.name for path in files[0].parent.iterdir()] == ["settings.toml"]

    @pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
    def test_a_link_stays_one(self, files: tuple[Path, Path], tmp_path: Path) -> None:
        real = tmp_path / "dotfiles.toml"
        real.write_text("# mine\n")
        files[0].parent.mkdir()
        files[0].symlink_to(real)
        store(files).write({"language": "de"})
        assert files[0].is_symlink()
        assert real.read_text() == '# mine\nlanguage = "de"\n'

    @pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
    def test_a_link_to_what_is_not_there_yet(self, files: tuple[Path, Path], tmp_path: Path) -> None:
        files[0].parent.mkdir()
        files[0].symlink_to(tmp_path / "dotfiles" / "vsrt.toml")
        assert store(files).write({"language": "de"}).settings.language == "de"
        assert (tmp_path / "dotfiles" / "vsrt.toml").is_file()

    def test_several_programs_at_once_lose_nothing(self, files: tuple[Path, Path]) -> None:
        wished = {"language": "de", "stall_timeout": "5", "log_level": "debug", "keep_downloads": "true"}
        code = (
            "import sys; from pathlib import Path; from vsrt_gui.settings import LayeredSettings\n"
            "store = LayeredSettings({}, Path(sys.argv[1]), Path('/nowhere'))\n"
            "sys.stdin.readline()\n"
            "for _ in range(20):\n"
            "    store.write({sys.argv[2]: None})\n"
            "    store.write({sys.argv[2]: sys.argv[3]})\n"
        )
        programs = [
            subprocess.Popen([sys.executable, "-c", code, str(files[0]), name, value], stdin=subprocess.PIPE)
            for name, value in wished.items()
        ]
        for one in programs:
            assert one.stdin
            one.stdin.write(b"\n")
            one.stdin.close()
        assert [one.wait(60) for one in programs] == [0, 0, 0, 0]
        found = store(files).read().settings
        assert found == Settings(
            language="de", stall_timeout=5, log_level=LogLevel.DEBUG, keep_downloads=True
        )

    @pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="gives rights up")
    def test_a_folder_that_can_not_be_written(self, files: tuple[Path, Path], tmp_path: Path) -> None:
        files[0].parent.mkdir()
        files[0].parent.chmod(0o555)
        for folder in (tmp_path, *tmp_path.parents):
            if folder.stat().st_uid == os.getuid() and folder.is_relative_to(tmp_path.parents[2]):
                folder.chmod(folder.stat().st_mode | 0o055)
        code = (
            "import os, sys; from pathlib import Path; from vsrt_gui.settings import LayeredSettings\n"
            "from vsrt_gui.model.faults import InstallerError\n"
            "import pydantic_settings; os.setuid(65534)\n"
            "try: LayeredSettings({}, Path(sys.argv[1]), Path('/nowhere')).write({'language': 'de'})\n"
            "except InstallerError as error: print(error.fault.code)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(files[0])], capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == "folder-not-writable", done.stderr
