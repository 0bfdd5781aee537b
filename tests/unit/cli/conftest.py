"""What the screens write to, and signals that are put back: a command that ended leaves them ignored."""

import signal
from collections.abc import Iterator

import pytest
from cli_runs import Paper


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` leaves it ignored, and then a program leaves it so
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
