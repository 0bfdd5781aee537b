"""Compares the system calls of a process with the checkpoints that it passed: each change to the disk needs its own.

Run as a program, `FOLDER VERB make [URL]` prepares a world, which finds its catalogs at a URL, and `run ARGUMENTS` is
the whole command line, which marks each checkpoint by a system call that does nothing: deleting a folder that can't be
there, whose name says which effect follows, and on what.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from simulators.segmented import divide
from simulators.sweep_points import place
from simulators.sweep_world import World
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.app import main as command_line
from vsrt_gui.model.request import Verb

MARK = "/vsrt-checkpoint/"
CALLS = {
    "create": "open openat openat2 creat",
    "write": "write writev pwrite64 pwritev pwritev2 sendfile copy_file_range splice",
    "replace": "rename renameat renameat2",
    "mkdir": "mkdir mkdirat",
    "rmdir": "rmdir unlinkat",
    "unlink": "unlink unlinkat",
    "chmod": "chmod fchmod fchmodat fchmodat2",
    "utime": "utime utimes utimensat futimesat",
    "symlink": "symlink symlinkat",
    "clone": "ioctl",
    "flush": "fsync fdatasync syncfs sync_file_range",
    "lock": "flock fcntl",
    "": "link linkat truncate ftruncate fallocate chown fchown lchown fchownat setxattr lsetxattr fsetxattr mknod"
    " mknodat sync mmap",
}
"""Which system calls each checkpoint is for; those of the last line nothing of ours may use."""
TRACED = "trace=" + ",".join(f"?{call}" for calls in CALLS.values() for call in calls.split())
_ALLOWED = {
    call: {name for name, calls in CALLS.items() if name and call in calls.split()}
    for all_calls in CALLS.values()
    for call in all_calls.split()
}
_BEFORE_LOCKING = {"mkdir", "openat"}
"""What the locking library calls first: it opens the file, in a folder that it tries to make."""
_OWN = re.compile(r"personal/(state/vscode-runtime/log|config)(/.*)?")
"""Where the logs and the settings lie, which `effects` names as exceptions: they write by themselves."""
_DESCRIBED = re.compile(r"\d<([^>]+)>")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LINE = re.compile(r"(\d+) +(\w+)\((.*)")
_SHARES = re.compile(r"CLONE|DEDUPE|SETFLAGS|SETXATTR")
"""Of all the things that `ioctl` can be asked for, those that change what lies on the disk."""
_WRITES = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)")


@dataclass
class Audit:
    """What a trace shows.

    Attributes:
        effects: changes below the folder, by checkpoint.
        bypassing: the traced calls that no checkpoint of theirs preceded.
    """

    effects: dict[str, int]
    bypassing: list[str]


def audit(lines: Iterator[str], folder: Path) -> Audit:
    """Judge the output of `strace -f -y` with TRACED: what changed below a folder."""
    found = Audit({}, [])
    passed: dict[str, tuple[str, str]] = {}
    for line in lines:
        match = _LINE.match(line)
        if not match:
            continue
        thread, call, arguments = match.groups()
        if f'"{MARK}' in arguments:
            name, _, path = arguments.split(MARK)[1].split('"')[0].partition("/")
            passed[thread] = (name, f"/{path}")
        elif (paths := _below(folder, call, arguments)) and not _harmless(call, arguments):
            name, path = passed.get(thread, ("", ""))
            waiting = name == "lock" and call in _BEFORE_LOCKING
            meant = path in paths or (waiting and any(Path(path).is_relative_to(one) for one in paths))
            if not meant or (name not in _ALLOWED[call] and not waiting):
                found.bypassing.append(line.strip())
                continue
            found.effects[name] = found.effects.get(name, 0) + 1
            if not waiting:
                passed.pop(thread)
    return found


def _below(folder: Path, call: str, arguments: str) -> set[str]:
    """Return the paths below a folder that a call is on, but for those that write by themselves."""
    data = "write" in call  # what is in quotes there is what is written
    paths = {*_DESCRIBED.findall(arguments), *(() if data else _QUOTED.findall(arguments))}
    inside = {path for path in paths if path.startswith(f"{folder}/")}
    return {path for path in inside if not _OWN.fullmatch(path.removeprefix(f"{folder}/"))}


def _harmless(call: str, arguments: str) -> bool:
    """Tell whether a call only reads, or lets go."""
    if call.startswith("open"):
        return not _WRITES.search(arguments)
    if call == "mmap":
        return "MAP_SHARED" not in arguments or "PROT_WRITE" not in arguments
    if call == "ioctl":
        return not _SHARES.search(arguments)
    return (call == "fcntl" and "F_SETLK" not in arguments) or "LOCK_UN" in arguments


def mark(name: str, where: effects.Where) -> None:
    """Let a trace show that a checkpoint is passed."""
    with suppress(FileNotFoundError):
        os.rmdir(f"{MARK}{name}{place(where)}")  # noqa: PTH106 -- the bare call


def main() -> None:
    """Prepare, or run the command line with a mark before each effect."""
    if sys.argv[1] != "run":
        World(Path(sys.argv[1]), Verb(sys.argv[2]), *sys.argv[4:]).make()
        return
    divide()
    del sys.argv[1]
    with effects.watched(mark):
        sys.exit(command_line())


if __name__ == "__main__":
    main()
