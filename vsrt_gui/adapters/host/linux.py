"""What Linux says of itself and of processes."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_STATE, _GROUP, _STARTED = 0, 2, 19
"""Fields of /proc/PID/stat behind the command's name: proc_pid_stat(5), fields 3, 5 and 22."""


def glibc_version() -> str | None:
    """Return the C library's version, None when it is not glibc."""
    if sys.platform == "win32":
        return None
    try:
        name = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return None
    return name.removeprefix("glibc ") or None


def process_start(pid: int) -> str | None:
    """Return what tells this process from every other of its number, None when none lives (a zombie does not)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return None if fields[_STATE] in {"Z", "X"} else f"{boot}:{fields[_STARTED]}"


def command_lines() -> Iterator[str]:
    """Yield of each process the program that it runs, its arguments and the folder that it is in, apart by NUL."""
    for folder in Path("/proc").glob("[0-9]*"):
        words = ""
        with suppress(OSError):  # it ended just now, or is another user's
            words = (folder / "cmdline").read_bytes().decode(errors="surrogateescape")
        with suppress(OSError):
            words = f"{(folder / 'exe').readlink()}\0{words}\0{(folder / 'cwd').readlink()}"
        yield words


def group_lives(group: int) -> bool:
    """Tell whether any process of a group still runs (a zombie does not)."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended just now
            continue
        if fields[_GROUP] == str(group) and fields[_STATE] not in {"Z", "X"}:
            return True
    return False
