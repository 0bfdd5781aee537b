"""Finds out which language the system speaks with its user."""

import locale
import os
import sys
from collections.abc import Mapping

if sys.platform == "win32":
    import ctypes

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""POSIX's own order; the first one that says something counts."""


def system_language(environment: Mapping[str, str] | None = None) -> str | None:
    """Return the language as the system names it, such as `de_AT.UTF-8`; None where it does not say.

    Args:
        environment: to look into; None takes the program's own.
    """
    if sys.platform == "win32":
        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage())
    said = os.environ if environment is None else environment
    named = next((said[name] for name in _VARIABLES if said.get(name)), None)
    return named or locale.getlocale()[0]
