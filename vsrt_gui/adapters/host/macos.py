"""What macOS says of itself and of processes."""

import ctypes
import os
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

_SECONDS = 5.0


def macos_version() -> str:
    """Return the system's version, like 14.6.1."""
    return platform.mac_ver()[0]


def is_translated() -> bool:
    """Tell whether Rosetta runs this x64 process on an ARM machine."""
    libc = ctypes.CDLL(None)
    value = ctypes.c_int(0)
    size = ctypes.c_size_t(ctypes.sizeof(value))
    answer = libc.sysctlbyname(b"sysctl.proc_translated", ctypes.byref(value), ctypes.byref(size), None, 0)
    return bool(answer == 0 and value.value == 1)


def is_placeholder(program: str) -> bool:
    """Tell whether a program is Apple's stand-in, which would ask the user to install developer tools."""
    if not program.startswith("/usr/bin/"):
        return False
    tools = (
        "/Library/Developer/CommandLineTools/usr/bin",
        "/Applications/Xcode.app/Contents/Developer/usr/bin",
    )
    return not any((Path(folder) / Path(program).name).exists() for folder in tools)


def process_start(pid: int) -> str | None:
    """Return what tells this process from every other of its number, None when none lives (a zombie does not)."""
    state, _, started = _ps("-o", "stat=", "-o", "lstart=", "-p", str(pid)).strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def command_lines() -> Iterator[str]:
    """Yield of each process the program that it runs and its arguments."""
    yield from _ps("-A", "-ww", "-o", "args=").splitlines()


def group_lives(group: int) -> bool:
    """Tell whether any process of a group still runs (a zombie does not)."""
    lines = (line.split() for line in _ps("-A", "-o", "pgid=", "-o", "stat=").splitlines())
    return any(line[0] == str(group) and not line[1].startswith("Z") for line in lines if len(line) > 1)


def _ps(*options: str) -> str:
    """Ask ps, in its own language and time; nothing when it does not answer."""
    try:
        answer = subprocess.run(
            ["/bin/ps", *options],
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode(errors="replace")
