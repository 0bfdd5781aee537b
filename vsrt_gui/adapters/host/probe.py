"""Compares versions, and finds out what this system has of what a module may need."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import zip_longest

NONE = "none"
"""Said where the system has nothing of that kind."""
_ASK = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
_SECONDS = 10.0
_PYTHONS = ("python3", "python", *(f"python3.{minor}" for minor in range(20, 7, -1)))


def at_least(have: str, needed: str) -> bool:
    """Tell whether a dotted version is not below another; missing parts are 0, and only numbers count."""
    pairs = zip_longest(_numbers(have), _numbers(needed), fillvalue=0)
    found, wanted = next((pair for pair in pairs if pair[0] != pair[1]), (0, 0))
    return found >= wanted


def clean_environment() -> dict[str, str]:
    """Return the environment for other programs: without what our own packaging and interpreter put there."""
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONPATH"}}
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        original = env.pop(f"{name}_ORIG", None)  # the frozen program keeps the user's value there
        if original is not None:
            env[name] = original
        elif getattr(sys, "frozen", False):
            env.pop(name, None)
    return env


def best_python(needed: str) -> str:
    """Return the version of a Python on PATH that is new enough, else of the newest one, else `NONE`."""
    best = NONE
    for program in _pythons():
        version = _version_of(program)
        if version and (best == NONE or at_least(version, best)):
            best = version
        if best != NONE and at_least(best, needed):
            break
    return best


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]+", version)]


def _pythons() -> Iterator[str]:
    found = (shutil.which(name) for name in _PYTHONS)
    return (program for program in found if program and not _is_placeholder(program))


def _is_placeholder(program: str) -> bool:
    if sys.platform != "darwin":
        return False
    from vsrt_gui.adapters.host.macos import is_placeholder  # noqa: PLC0415 -- only there

    return is_placeholder(program)


def _version_of(program: str) -> str | None:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    try:
        answer = subprocess.run(
            [program, "-I", "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            env=clean_environment(),
            creationflags=flags,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.decode(errors="replace").strip() or None
