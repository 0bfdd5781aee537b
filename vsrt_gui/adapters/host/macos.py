"""What macOS says of itself and of processes."""

import ctypes
import os
import platform
import subprocess
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
    try:
        answer = subprocess.run(
            ["/bin/ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    state, _, started = answer.stdout.decode(errors="replace").strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()
