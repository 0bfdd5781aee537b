"""The host: checks what a module needs of the system, and runs the command that shows that it lives."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from vsrt_gui.adapters.host.probe import NONE, at_least, best_python, clean_environment
from vsrt_gui.adapters.host.processes import ProcessGroup
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.manifest import Requirements

if sys.platform == "win32":
    from vsrt_gui.adapters.host.windows import windows_version
elif sys.platform == "darwin":
    from vsrt_gui.adapters.host.macos import macos_version
else:
    from vsrt_gui.adapters.host.linux import glibc_version

PROOF_SECONDS = 60.0
TIMED_OUT = 124
"""The exit code that stands for a command that did not end in time, as timeout(1) has it."""
NOT_STARTED = 126
NOT_FOUND = 127
"""The exit codes of a command that can't be run or is not there, as every shell has them."""


class SystemHost:
    """Implements `ports.Host` on the machine that this runs on."""

    def __init__(self, proof_seconds: float = PROOF_SECONDS) -> None:
        self._seconds = proof_seconds

    def unmet(self, requirements: Requirements) -> tuple[str, str, str] | None:
        """Return (requirement, needed, have) of the first one that this system lacks, else None.

        What is asked of another kind of system does not count here. `have` is `none` where there is nothing of it.
        """
        found = (
            (name, needed, have) for name, needed, have in _asked(requirements) if not at_least(have, needed)
        )
        return next(found, None)

    def prove(self, argv: tuple[str, ...], env: Mapping[str, str], stop: Stop) -> tuple[int, str]:
        """Run a command without a window for at most 60 s and return its exit code and output.

        It runs in an empty folder of its own; when this returns or raises, it and its children have ended.

        Args:
            argv: the program by its full path, and its arguments.
            env: variables that are added to the user's environment.
            stop: ends the command.

        Returns:
            Its exit code (124 when it took too long, 126 or 127 when it could not be started) and at most 64 KiB of
            what it printed, or the system's reason.

        Raises:
            StoppedError: when stopped.
        """
        stop.check()
        with TemporaryDirectory(prefix="vsrt-", ignore_cleanup_errors=True) as folder:
            try:
                group = ProcessGroup(argv, {**clean_environment(), **env}, Path(folder))
            except FileNotFoundError as error:
                return NOT_FOUND, error.strerror or ""
            except OSError as error:
                return NOT_STARTED, error.strerror or ""
            with group, stop.waking(group.kill):
                code = group.wait(self._seconds)
            stop.check()
            return (TIMED_OUT if code is None else code), group.output


def _asked(requirements: Requirements) -> Iterator[tuple[str, str, str]]:
    """Yield what is asked of this kind of system, with what it has; a Python is looked for last, as that takes time."""
    if sys.platform == "win32":
        if requirements.windows:
            yield "windows", requirements.windows, windows_version()
    elif sys.platform == "darwin":
        if requirements.macos:
            yield "macos", requirements.macos, macos_version()
    elif requirements.glibc:
        yield "glibc", requirements.glibc, glibc_version() or NONE
    if requirements.python:
        yield "python", requirements.python, best_python(requirements.python)
