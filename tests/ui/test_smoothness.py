"""What the window asks of the interpreter ends with the window."""

import gc
import sys

import pytest

from vsrt_gui.ui.smoothness import SWITCH_SECONDS, THRESHOLDS, smooth


def test_threads_take_short_turns_and_only_within_the_block() -> None:
    before = sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count()
    with smooth():
        assert sys.getswitchinterval() == SWITCH_SECONDS
        assert gc.get_threshold() == THRESHOLDS
        assert gc.get_freeze_count() > before[2]
    assert (sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count()) == before


def test_ends_also_when_the_window_fails() -> None:
    before = sys.getswitchinterval(), gc.get_threshold()
    with pytest.raises(ZeroDivisionError), smooth():
        _ = 1 / 0
    assert (sys.getswitchinterval(), gc.get_threshold()) == before
