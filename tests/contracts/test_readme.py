"""What the README says must hold: its exit codes, its commands, its links and its paths."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from vsrt_gui.app import LOCAL, open_runbook, open_settings, open_window, session_for
from vsrt_gui.cli.commands import build_app
from vsrt_gui.cli.doors import Doors
from vsrt_gui.cli.exit_codes import table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_exit_codes_are_those_of_the_program() -> None:
    assert table(open_runbook()).strip() in README


def test_every_command_is_listed_and_exists() -> None:
    app = get_command(build_app(Doors(session_for, open_runbook(), open_window, open_settings, local=LOCAL)))
    listed = set(re.findall(r"^vsrt ([a-z]+) ", README, re.MULTILINE))
    assert listed == set(app.commands)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize(
    "path", re.findall(r"`((?:app|ui|cli|publish|adapters|engine|runbook|model)[a-z_/]*(?:\.py|/))`", README)
)
def test_rooms_and_files_of_the_map_exist(path: str) -> None:
    assert (ROOT / "vsrt_gui" / path).exists()
