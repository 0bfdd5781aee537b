"""What Linux says of itself and of processes."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_STATE, _GROUP, _STARTED = 0, 2, 19
"""Fields of /proc/PID/stat behind the command's name: proc_pid_stat(5), fields 3, 5 and 22."""
_MODULE = re.compile(r"-[0-9a-f]{8}(?![0-9A-Za-z.+_-])")
"""The end of a module's folder's name."""
_APART = re.compile(r"[\s=:;,'\"]+")
"""What stands between paths, as in `--name=path`, `NAME=path:path` and a line for a shell."""


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
    """Yield of each process all that says which files it works with, apart by NUL.

    That is the program that it runs, its arguments and environment, the folder that it is in, and the files that are
    mapped into its memory; paths of modules also without links, and from the root on. Of another user's process only
    the arguments are known.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        words = "\0".join(_text(folder / name) for name in ("cmdline", "environ"))
        with suppress(OSError):  # it ended just now, or is another user's
            here = (folder / "cwd").readlink()
            real = (os.path.realpath(here / path) for path in _modules(words))
            words = "\0".join(
                (str((folder / "exe").readlink()), words, str(here), _text(folder / "maps"), *real)
            )
        yield words


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="surrogateescape")
    except OSError:  # it ended just now, or is another user's
        return ""


def _modules(words: str) -> set[str]:
    """Return what may be paths into modules' folders; others may lie on a network disk that never answers."""
    found = (word for word in words.split("\0") if _MODULE.search(word))
    return {part for word in found for part in (word, *_APART.split(word)) if _MODULE.search(part)}


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
