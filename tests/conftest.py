"""Makes the simulators importable (`from simulators.http_server import …`), and keeps users' folders clean."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

PERSONAL = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
"""Where settings, kept manifests, locks and logs lie; into the data folder no test's program writes unasked."""


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
