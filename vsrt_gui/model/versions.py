"""Tells which of two versions is the newer one, as far as their numbers say so."""

import re
from enum import StrEnum

VERSION = re.compile(r"\d+(\.\d+)*")
"""The dotted numbers that a version begins with."""


class Newness(StrEnum):
    """What one version is to another one that it takes the place of."""

    NEWER = "newer"
    """Also where their numbers do not tell."""
    ANEW = "anew"
    """The same version, with other content."""
    OLDER = "older"


def newness(before: str, after: str) -> Newness:
    """Tell what a version is to the one that it takes the place of."""
    if before == after:
        return Newness.ANEW
    return Newness.OLDER if numbers(after) < numbers(before) else Newness.NEWER


def numbers(version: str) -> tuple[int, ...]:
    """Return the leading dotted numbers without trailing zeros, so that 1.2 equals 1.2.0."""
    found = VERSION.match(version)
    listed = [int(number) for number in found.group().split(".")] if found else []
    while listed and listed[-1] == 0:
        listed.pop()
    return tuple(listed)
