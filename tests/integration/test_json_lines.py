"""What the JSON reference says is what the program writes, and every command writes it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from cli_house import Catalog, Vsrt
from typer.main import get_command

from vsrt_gui.app import LOCAL, open_runbook, open_settings, open_window, session_for
from vsrt_gui.cli.commands import build_app
from vsrt_gui.cli.doors import Doors
from vsrt_gui.model import events
from vsrt_gui.publish.commands import app as publish

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "resources" / "json" / "README.md").read_text(encoding="utf-8")
ROWS = {
    name: set(re.findall(r"`([a-z_]+)`", fields))
    for name, fields in re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", REFERENCE, re.MULTILINE)
}
EVENTS = get_args(get_args(events.Event)[0])
SILENT = {"window", "publish serve"}
"""The first one only shows; the other ends by Ctrl-C alone."""


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_of_a_run_is_described(event: Any) -> None:
    fields = set(event.model_fields) - {"event"}
    assert ROWS[event.model_fields["event"].default] == fields


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def everything() -> dict[str, Any]:
    extra = (("publish", publish),)
    doors = Doors(session_for, open_runbook(), open_window, open_settings, extra, local=LOCAL)
    return dict(commands(get_command(build_app(doors))))


CALLS = [
    "status",
    "modules",
    "install --yes",
    "install --yes",
    "modules base --yes",
    "update --yes",
    "verify",
    "repair --yes",
    "rollback --list",
    "rollback --yes",
    "rollback --to 9 --yes",
    "clean",
    "launch --no-browser",
    "launch --stop",
    "explain",
    "explain 41",
    "explain --list",
    "support --out {folder}",
    "completion bash",
    "config show",
    "config set kept_generations 2",
    "config unset kept_generations",
    "config path",
    "cache stats",
    "cache cleanup",
    "cache clear",
    "breaker show",
    "breaker reset",
    "publish check {catalog}",
    "publish build {folder}/none.toml --out {folder}/out",
    "uninstall nothing --yes",
    "uninstall --yes",
    "uninstall --yes",
]


def test_every_command_is_called_here() -> None:
    called = {name for name in everything() if any(f"{call} ".startswith(f"{name} ") for call in CALLS)}
    assert called == everything().keys() - SILENT


@pytest.mark.parametrize("name", sorted(everything().keys() - {"window"}))
def test_every_command_takes_json(name: str) -> None:
    options = {option for parameter in everything()[name].params for option in parameter.opts}
    assert "--json" in options


def test_every_line_is_an_object_that_is_described(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog").write()
    vsrt = Vsrt(str(catalog.folder), tmp_path / "runtime")
    home = {"HOME": str(tmp_path / "home")}
    home |= {
        f"XDG_{kind}_HOME": str(tmp_path / "home" / kind) for kind in ("CONFIG", "STATE", "DATA", "CACHE")
    }
    for call in CALLS:
        words = [word.format(folder=tmp_path, catalog=catalog.folder) for word in call.split()]
        bare = words[0] in {"publish", "config", "completion"}
        done = (Bare if bare else Vsrt)(vsrt.catalog, vsrt.prefix).run(*words, "--json", **home)
        lines = [json.loads(line) for line in done.out.splitlines()]
        assert lines, (call, done.err)
        assert lines[-1]["event"] == "run-finished", call
        assert (done.code in {0, 1}) == (lines[-1]["outcome"] == "completed"), call
        for line in lines:
            assert line["event"] in ROWS, (call, line)
            assert set(line) - {"event"} <= ROWS[line["event"]], (call, line)


class Bare(Vsrt):
    """For commands that work on no runtime."""

    def command(self, *args: str) -> list[str]:
        return super().command(*args)[:-4]


@pytest.mark.parametrize("words", [("bogus",), ("install", "--bogus"), ("explain", "bogus"), ("install",)])
def test_a_command_line_that_cannot_be_followed_ends_the_same_way(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = Bare("", tmp_path).run(*words, "--json")
    assert done.code == 2
    assert (done.end["event"], done.end["outcome"]) == ("run-finished", "failed")
