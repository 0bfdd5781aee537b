"""The command line on a terminal: it shows what it is going to do, asks once, and draws what happens."""

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_house import Catalog, Vsrt, on_terminal
from simulators.http_server import HttpServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")

COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-9]|4[0-9]|9[0-7])[0-9;]*m")
STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog").write()


@pytest.fixture
def vsrt(catalog: Catalog, tmp_path: Path) -> Vsrt:
    return Vsrt(str(catalog.folder), tmp_path / "runtime")


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Vsrt]:
    Catalog(tmp_path / "catalog", sizes={"base": 4_000_000}).write()
    with HttpServer(root=tmp_path / "catalog", rate=1_000_000) as server:
        yield Vsrt(f"{server.url}/manifest.json", tmp_path / "runtime")


def plain(screen: str) -> str:
    return STYLE.sub("", screen)


def test_it_shows_the_plan_and_asks_once(vsrt: Vsrt) -> None:
    shown = on_terminal(vsrt.command("install"), [("[y/N]", "y\n")])
    assert shown.code == 0
    words = plain(shown.screen)
    assert words.count("[y/N]") == 1
    assert re.search(r"Base\s+1\.0\.0\s+missing\s+300 KB", words)
    assert "3 modules, 901 KB to download" in words
    assert words.rstrip().endswith("The VS Code Runtime is ready.")
    assert vsrt.run("verify").code == 0


@pytest.mark.parametrize("reply", ["\n", "no\n", "\x04", "\x03", signal.SIGTERM])
def test_anything_but_yes_changes_nothing(reply: str | signal.Signals, vsrt: Vsrt) -> None:
    shown = on_terminal(vsrt.command("install"), [("[y/N]", reply)])
    assert shown.code == 130
    assert "Stopped. Nothing was changed." in plain(shown.screen)
    assert not vsrt.prefix.exists()


def test_what_is_done_already_needs_no_question(vsrt: Vsrt) -> None:
    assert vsrt.run("install", "--yes").code == 0
    shown = on_terminal(vsrt.command("install"))
    assert shown.code == 0
    assert "[y/N]" not in shown.screen


def test_removing_says_what_goes_and_what_stays(vsrt: Vsrt) -> None:
    assert vsrt.run("install", "--yes").code == 0
    words = plain(on_terminal(vsrt.command("uninstall", "core"), [("[y/N]", "n\n")]).screen)
    assert "Removed: Core 1.0.0 and Extra 1.0.0." in words
    assert "Stays as it is: Base 1.0.0." in words
    assert "Your own settings, and extensions that you added, are not touched." in words


def test_updating_and_going_back_name_both_versions(vsrt: Vsrt, tmp_path: Path) -> None:
    assert vsrt.run("install", "--yes").code == 0
    later = Vsrt(str(Catalog(tmp_path / "newer", version="2.0.0").write().folder), vsrt.prefix)
    shown = on_terminal(later.command("update"), [("[y/N]", "y\n")])
    assert re.search(r"Base\s+1\.0\.0\s+2\.0\.0", plain(shown.screen))
    assert "what you have now keeps working" in plain(shown.screen)
    back = on_terminal(later.command("rollback"), [("[y/N]", "y\n")])
    assert back.code == 0
    assert re.search(r"Base\s+2\.0\.0\s+1\.0\.0", plain(back.screen))


def test_a_live_picture_with_every_module_and_the_whole(slow: Vsrt) -> None:
    shown = on_terminal(slow.command("install", "--yes"))
    assert shown.code == 0
    words = plain(shown.screen)
    assert re.search(r"Base\s+Downloading\s+━+.*? of 4\.0 MB", words)
    assert "is safe on disk" in words
    assert COLOUR.search(shown.screen)


def test_no_color_is_honoured(slow: Vsrt) -> None:
    shown = on_terminal(slow.command("install", "--yes"), NO_COLOR="1")
    assert shown.code == 0
    assert not COLOUR.search(shown.screen)


def test_a_dumb_terminal_gets_plain_lines(vsrt: Vsrt) -> None:
    shown = on_terminal(vsrt.command("install", "--yes"), TERM="dumb")
    assert shown.code == 0
    assert "\x1b" not in shown.screen
    assert "Base: Downloading 300 KB" in shown.screen


def test_ctrl_c_leaves_the_cursor_and_the_way_on(slow: Vsrt) -> None:
    shown = on_terminal(slow.command("install", "--yes"), [("Downloading", signal.SIGINT)])
    assert shown.code == 130
    assert "what was downloaded is kept" in " ".join(plain(shown.screen).split())  # wherever lines are broken
    assert shown.screen.rfind("\x1b[?25h") > shown.screen.rfind("\x1b[?25l")
