"""One offscreen application for all window tests, and the real loop to run scenarios on."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).parent))

import pytest
from house import House
from PySide6.QtWidgets import QApplication
from simulators.http_server import HttpServer

from vsrt_gui.ui.loop import WindowLoop

SCENARIO_SECONDS = 60


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[WindowLoop]:
    """The hardened loop, closed afterwards."""
    made = WindowLoop(qapp)
    yield made
    made.run_until_complete(made.shutdown_asyncgens())
    made.close()


@pytest.fixture
def play(loop: WindowLoop) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a scenario on the loop, for at most a minute."""

    def run(scenario: Coroutine[Any, Any, Any]) -> Any:
        return loop.run_until_complete(asyncio.wait_for(scenario, SCENARIO_SECONDS))

    return run


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A published catalog and an empty prefix; state and data of the user lie in the test's folder."""
    for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    with HttpServer() as server:
        made = House(server, tmp_path / "runtime")
        made.publish()
        yield made
