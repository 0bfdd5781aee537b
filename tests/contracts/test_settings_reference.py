"""The settings' reference says what the code does: names, variables, usual values, places."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from vsrt_gui.cli.settings_table import meanings, table
from vsrt_gui.model.layers import NAMES, checked
from vsrt_gui.model.settings import Settings, variable

REFERENCE = (Path(__file__).parents[2] / "resources" / "settings" / "README.md").read_text(encoding="utf-8")
INHERITED = (
    "MANIFEST_URL",
    "DOWNLOAD_DIR",
    "CACHE_TTL_HOURS",
    "RETRY_MAX_ATTEMPTS",
    "RETRY_INITIAL_DELAY_MS",
    "CIRCUIT_BREAKER_THRESHOLD",
    "CIRCUIT_BREAKER_TIMEOUT_MS",
    "RATE_LIMIT_MAX_CONCURRENT",
    "HEALTH_CHECK_INTERVAL_MS",
    "HEALTH_CHECK_TIMEOUT_MS",
    "LOG_LEVEL",
    "SENTRY_DSN",
)
"""The names of the system that we replace; scripts out there set them."""


def test_the_table_is_the_programs_own() -> None:
    assert table() in REFERENCE


def test_one_command_prints_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vsrt_gui.cli.settings_table"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == table()
    assert not done.stderr


@pytest.mark.parametrize("name", INHERITED)
def test_no_inherited_variable_is_missing(name: str) -> None:
    assert f"| `VSRT_{name}` |" in REFERENCE
    assert f"VSRT_{name}" in {variable(each) for each in NAMES}


def test_every_setting_says_what_it_is_for() -> None:
    assert set(meanings()) == set(NAMES)
    assert all(len(words.split()) > 3 or name == "appearance" for name, words in meanings().items())


def test_the_defaults_are_valid_themselves() -> None:
    for name, value in Settings().model_dump(mode="json").items():
        assert checked(name, value) == getattr(Settings(), name)


def test_the_example_can_be_used_as_it_stands() -> None:
    example = tomllib.loads(re.findall(r"```toml\n(.*?)```", REFERENCE, re.DOTALL)[0])
    locked = example.pop("locked")
    assert set(locked) <= example.keys()
    for name, value in example.items():
        checked(name, value)


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_tried(name: str) -> None:
    tests = Path(__file__).parents[1]
    files = (path.read_text(encoding="utf-8") for path in tests.rglob("test_*.py") if path != Path(__file__))
    assert any(re.search(rf"{variable(name)}\b", text) for text in files)
