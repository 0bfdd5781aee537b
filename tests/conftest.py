"""Makes the simulators importable, keeps users' folders clean, and hands out tests to workers that run at once."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
sys.path.insert(0, str(TESTS))

from aloud import Aloud  # noqa: E402 -- it lies beside this file

PERSONAL = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
"""Where settings, kept manifests, locks and logs lie; into the data folder no test's program writes unasked."""
LONG_FIRST = ("frozen", "e2e", "integration", "ui", "unit", "contracts")
"""The order for workers: what takes long at the end would be waited for by all but one of them."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Aloud())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: LONG_FIRST.index(item.path.relative_to(TESTS).parts[0]))


@pytest.fixture(scope="session", autouse=True)
def _personal_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give what lives longer than a test folders that are no real user's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in PERSONAL:
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test its own: loopback ports come back, and with them the addresses of other tests' catalogs."""
    home = tmp_path_factory.mktemp("personal")
    for name in PERSONAL:
        monkeypatch.setenv(name, str(home / name.lower()))
