"""The command line as it is called: what is refused, what is handed on, and with which code it leaves."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from cli_runs import RUNBOOK

from vsrt_gui.adapters.support_desk import LocalSupportDesk
from vsrt_gui.cli.commands import build_app
from vsrt_gui.cli.doors import Doors, Local
from vsrt_gui.model.faults import Fault, FaultCode, FaultsError, InstallerError
from vsrt_gui.model.hints import Hints
from vsrt_gui.settings import LayeredSettings


def shut(given: Mapping[str, object]) -> Any:
    settings = LayeredSettings(given).read().settings
    raise InstallerError(FaultCode.CATALOG_NOT_FOUND, source=f"{settings.manifest_url} for {settings.prefix}")


LOCAL = Local(LocalSupportDesk, lambda _: Hints(modules={"nodejs": "Node.js"}), lambda *_: ())


def call(*args: str, extra: typer.Typer | None = None) -> int:
    groups = (("publish", extra),) if extra else ()
    doors = Doors(shut, RUNBOOK, len, LayeredSettings, groups, local=LOCAL)
    code = build_app(doors)(list(args), standalone_mode=False)
    assert isinstance(code, int)
    return code


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VSRT_MANIFEST_URL", "VSRT_PREFIX"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_command_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert call() == 0
    shown = capsys.readouterr().out
    for name in (
        "install",
        "verify",
        "repair",
        "modules",
        "status",
        "uninstall",
        "rollback",
        "update",
        "window",
    ):
        assert f" {name} " in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out.startswith("vsrt ")


@pytest.mark.parametrize(
    "args",
    [
        ("install", "--bogus"),
        ("bogus",),
        ("rollback", "--yes", "--to", "x"),
        ("rollback", "--yes", "--to", "0"),
        ("install",),
        ("uninstall", "ruff"),
        ("modules", "ruff"),
        ("update", "--prefix"),
    ],
)
def test_a_command_line_that_cannot_be_followed(
    args: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*args) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.strip()
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    "args", [("install", "--json", "--bogus"), ("bogus", "--json"), ("install", "--json")]
)
def test_the_same_in_json(args: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*args) == 2
    shown = capsys.readouterr()
    end = json.loads(shown.out)
    assert (end["event"], end["outcome"]) == ("run-finished", "failed")
    assert end["faults"][0]["code"] == "setting-invalid"
    assert shown.err == ""


def test_without_anybody_to_ask_yes_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("install") == 2
    assert "--yes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "args",
    [
        ("install", "--yes"),
        ("verify",),
        ("repair", "-y"),
        ("modules",),
        ("modules", "ruff", "--yes"),
        ("status",),
        ("clean",),
        ("uninstall", "--yes"),
        ("rollback", "--yes", "--to", "3"),
        ("update", "--yes"),
    ],
)
def test_a_session_that_does_not_open_is_a_fault_like_any_other(
    args: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*args, "--catalog", "here", "--prefix", "there") == 60
    shown = capsys.readouterr()
    assert "There is no list of modules at here for there." in shown.err
    assert call(*args, "--catalog", "here", "--prefix", "there", "--json") == 60
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert end["faults"][0]["facts"] == {"source": "here for there"}


def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VSRT_MANIFEST_URL", "http://127.0.0.1/")
    monkeypatch.setenv("VSRT_PREFIX", "/opt/runtime")
    assert call("status") == 60
    assert f"http://127.0.0.1/ for {Path('/opt/runtime')}" in capsys.readouterr().err


def test_the_window_gets_the_same_choices() -> None:
    assert call("window", "--catalog", "abc", "--prefix", "de") == 2


def publishing(error: Exception) -> typer.Typer:
    extra = typer.Typer()

    @extra.command()
    def build() -> None:
        raise error

    @extra.command()
    def check() -> None:
        raise typer.Exit(9)

    return extra


@pytest.mark.parametrize(
    "error",
    [
        InstallerError(FaultCode.SOURCES_INVALID, file="s.toml", field="modules", reason="missing"),
        FaultsError((Fault(code=FaultCode.SOURCES_INVALID, facts={"file": "s.toml"}),)),
    ],
)
def test_other_groups_end_in_the_same_words(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("publish", "build", extra=publishing(error)) == 86
    assert "s.toml has a mistake at" in capsys.readouterr().err
    assert call("publish", "check", extra=publishing(error)) == 9


def test_a_group_that_shows_its_help_adds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    group = typer.Typer(no_args_is_help=True)
    group.command("one")(lambda: None)
    group.command("two")(lambda: None)
    assert call("publish", extra=group) == 2
    shown = capsys.readouterr()
    assert "vsrt publish" in shown.out
    assert shown.err == ""


def test_a_bug_of_ours_ends_in_words_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(ZeroDivisionError) as caught:
        call("publish", "build", extra=publishing(ZeroDivisionError("by nothing")))
    with pytest.raises(SystemExit) as left:
        sys.excepthook(caught.type, caught.value, caught.tb)
    assert left.value.code == 100
    shown = capsys.readouterr().err
    assert "This is our mistake" in shown
    assert "Traceback" not in shown


def test_the_hook_goes_when_the_command_has_ended() -> None:
    call("--version")
    assert sys.excepthook.__module__ != "vsrt_gui.cli.front"
