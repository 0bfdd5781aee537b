"""One offscreen application for all window tests, and the real loop to run scenarios on."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from PySide6.QtWidgets import QApplication

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
