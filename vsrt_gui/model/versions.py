"""Tells which of two versions is the newer one, as far as their numbers say so."""

import re

VERSION = re.compile(r"\d+(\.\d+)*")
"""The dotted numbers that a version begins with."""


def numbers(version: str) -> tuple[int, ...]:
    """Return the leading dotted numbers without trailing zeros, so that 1.2 equals 1.2.0."""
    found = VERSION.match(version)
    listed = [int(number) for number in found.group().split(".")] if found else []
    while listed and listed[-1] == 0:
        listed.pop()
    return tuple(listed)
