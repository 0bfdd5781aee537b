"""Ctrl-C, and the system's wish that the program ends."""

import asyncio
import os
import signal
import sys

import pytest

from vsrt_gui.cli.interrupts import Interrupts

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="a process can't send itself these signals there"
)


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_once_however_often_it_comes(number: signal.Signals) -> None:
    interrupts, cancelled = Interrupts(), []

    async def work() -> None:
        with interrupts.cancelling(lambda: cancelled.append(True)):
            for _ in range(3):
                send(number)
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)

    with interrupts.watching():
        asyncio.run(work())
    assert cancelled == [True]
    assert interrupts.came


def test_a_loop_that_sleeps_is_woken() -> None:
    interrupts = Interrupts()

    async def work() -> None:
        done = asyncio.Event()
        with interrupts.cancelling(done.set):
            asyncio.get_running_loop().run_in_executor(None, send, signal.SIGINT)
            await asyncio.wait_for(done.wait(), 5)

    with interrupts.watching():
        asyncio.run(work())


def test_a_signal_that_came_too_early_is_not_lost() -> None:
    interrupts, cancelled = Interrupts(), []

    async def work() -> None:
        with interrupts.cancelling(lambda: cancelled.append(True)):
            await asyncio.sleep(0)

    with interrupts.watching():
        send(signal.SIGINT)
        asyncio.run(work())
    assert cancelled == [True]


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interrupts().watching():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_once_the_end_is_said_no_signal_changes_it() -> None:
    interrupts = Interrupts()
    with interrupts.watching():
        interrupts.too_late = True
    send(signal.SIGINT)
    send(signal.SIGTERM)
    assert not interrupts.came


def test_once_stopped_no_further_signal_changes_how_it_ends() -> None:
    with Interrupts().watching():
        send(signal.SIGINT)
    send(signal.SIGINT)
    send(signal.SIGTERM)
