"""Puts sizes, times and lists into words for people; the one place that both fronts take them from."""

from collections.abc import Iterable, Mapping
from math import ceil

_UNITS = ("bytes", "KB", "MB", "GB", "TB")
_STEP = 1000
"""Decimal units: what disks are sold in, and what the product's figures (1 GB, 2 GB) mean."""
_TEN = 10
_MINUTE = 60
_HOUR = 3600


def size(count: float) -> str:
    """Return bytes in words: `1 byte`, `340 KB`, `1.4 GB`; one decimal below ten, none above."""
    amount, unit = max(0.0, float(count)), 0
    while round(amount) >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    if unit == 0:
        return exact_size(round(amount))
    return f"{amount:.1f} {_UNITS[unit]}" if round(amount, 1) < _TEN else f"{round(amount)} {_UNITS[unit]}"


def speed(bytes_a_second: float) -> str:
    """Return a speed in words: `3.1 MB/s`."""
    return f"{size(bytes_a_second)}/s"


def duration(seconds: float) -> str:
    """Return a time in words, rounded up so that nobody waits longer than told: `45 seconds`, `3 minutes`."""
    whole = max(0, ceil(seconds))
    if whole < 2 * _MINUTE:
        return counted(whole, "second")
    if whole < 2 * _HOUR:
        return counted(ceil(whole / _MINUTE), "minute")
    return counted(ceil(whole / _HOUR), "hour")


def exact_size(count: float) -> str:
    """Return bytes to the last one, for two sizes that differ by little: `57,123,456 bytes`."""
    return "1 byte" if count == 1 else f"{count:,.0f} bytes"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 module`, `3 modules`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(ids: Iterable[str], names: Mapping[str, str] | None = None) -> str:
    """Return names in a row: `Node.js, ruff and pyright`; an id without a name stands for itself."""
    known = names or {}
    *rest, last = [known.get(each, each) for each in ids] or [""]
    return f"{', '.join(rest)} and {last}" if rest else last
