"""Sizes and times as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsrt_gui.runbook.quantities import counted, duration, exact_size, listed, size, speed


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (999.7, "1.0 KB"),
        (1_000, "1.0 KB"),
        (9_940, "9.9 KB"),
        (9_960, "10 KB"),
        (57_300_000, "57 MB"),
        (999_600_000, "1.0 GB"),
        (1_400_000_000, "1.4 GB"),
        (3.2e15, "3200 TB"),
        (-5, "0 bytes"),
    ],
)
def test_size(count: float, words: str) -> None:
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (0.2, "1 second"),
        (45, "45 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (121, "3 minutes"),
        (7199, "120 minutes"),
        (7200, "2 hours"),
        (-1, "0 seconds"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@given(st.floats(min_value=0, max_value=1e9))
def test_nobody_waits_longer_than_told(seconds: float) -> None:
    number, unit = duration(seconds).split()
    factor = {"second": 1, "minute": 60, "hour": 3600}[unit.rstrip("s")]
    assert int(number) * factor >= seconds


def test_exact_size_speed_and_counts() -> None:
    assert exact_size(57_123_456) == "57,123,456 bytes"
    assert exact_size(1) == "1 byte"
    assert speed(3_140_000) == "3.1 MB/s"
    assert (counted(1, "module"), counted(3, "module")) == ("1 module", "3 modules")


def test_names_in_a_row() -> None:
    assert listed([]) == ""
    assert listed(["nodejs"], {"nodejs": "Node.js"}) == "Node.js"
    assert listed(["nodejs", "ruff", "pyright"], {"nodejs": "Node.js"}) == "Node.js, ruff and pyright"
