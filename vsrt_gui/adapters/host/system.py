"""The host: checks what a module needs of the system, and runs the command that shows that it lives."""

import os
import shutil
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import suppress
from errno import ETXTBSY
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from vsrt_gui.adapters.host.machine import user_data
from vsrt_gui.adapters.host.own_data import look_at_data, remove_data, unlink_extensions
from vsrt_gui.adapters.host.probe import NONE, at_least, best_python, clean_environment
from vsrt_gui.adapters.host.processes import ProcessGroup
from vsrt_gui.adapters.host.running import running_from
from vsrt_gui.adapters.prefix.erasing import discard_empty
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.manifest import Requirements
from vsrt_gui.model.survey import OwnData

if sys.platform == "win32":
    from vsrt_gui.adapters.host.windows import windows_version
elif sys.platform == "darwin":
    from vsrt_gui.adapters.host.macos import macos_version
else:
    from vsrt_gui.adapters.host.linux import glibc_version

PROOF_SECONDS = 60.0
TIMED_OUT = 124
"""The exit code that stands for a command that did not end in time, as timeout(1) has it."""
BROWSER_SECONDS = 1.0
"""How long to wait for word of the browser; one that says nothing until then is open."""
_BUSY_SECONDS, _BUSY_PAUSE = 2.0, 0.01
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Variables of which one tells that there is somewhere to show a browser."""
NOT_STARTED = 126
NOT_FOUND = 127
"""The exit codes of a command that can't be run or is not there, as every shell has them."""


class SystemHost:
    """Implements `ports.Host` on the machine that this runs on."""

    def __init__(self, proof_seconds: float = PROOF_SECONDS, data: Path | None = None) -> None:
        """Make ready.

        Args:
            proof_seconds: how long a proof's command may take.
            data: the folder of the user's own data; the system's usual one where None.
        """
        self.data = data or user_data()
        self._seconds = proof_seconds

    def own_data(self, names: frozenset[str], prefix: Path) -> OwnData:
        """Look at what lies in the data folder under these names."""
        return look_at_data(self.data, names, prefix)

    def remove_data(self, names: frozenset[str], prefix: Path) -> None:
        """Delete what `own_data` tells of, and the data folder if nothing else is in it."""
        remove_data(self.data, names, prefix)

    def unlink_extensions(self, folder: Path, store: Path, *, lost: bool = False) -> None:
        """Take the links into a store out of a folder of extensions; the data folder goes if that was all in it."""
        unlink_extensions(folder, store, lost=lost)
        discard_empty(self.data)

    def running_from(self, store: Path) -> frozenset[str]:
        """Return the names of a store's folders that any process runs from."""
        return running_from(store)

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
                group = _begun(argv, {**clean_environment(), **env}, Path(folder), stop)
            except FileNotFoundError as error:
                return NOT_FOUND, error.strerror or ""
            except OSError as error:
                return NOT_STARTED, error.strerror or ""
            with group, stop.waking(group.kill):
                code = group.wait(self._seconds)
            stop.check()
            return (TIMED_OUT if code is None else code), group.output

    def browse(self, address: str) -> bool:
        """Open an address in the user's browser, and tell whether one was found.

        Without a display there is none to open, and the terminal's text browsers would only take the terminal. Some
        browsers are waited for until they end: a thread that nobody waits for does that.
        """
        if sys.platform.startswith("linux") and not any(map(os.environ.get, _DISPLAYS)):
            return False
        found: list[bool] = []

        def open_it() -> None:
            with suppress(webbrowser.Error, OSError):
                found.append(_opened(address))

        opener = Thread(target=open_it, name="vsrt-browser", daemon=True)
        opener.start()
        opener.join(BROWSER_SECONDS)
        return opener.is_alive() or found == [True]


def _opened(address: str) -> bool:
    opener = shutil.which("xdg-open") if getattr(sys, "frozen", False) else None
    if opener is None:
        return webbrowser.open(address)
    # `webbrowser` hands our own environment on, and the frozen program's libraries are not the browser's.
    done = subprocess.run(
        [opener, address],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
        check=False,
    )
    return done.returncode == 0


def _begun(argv: tuple[str, ...], env: Mapping[str, str], folder: Path, stop: Stop) -> ProcessGroup:
    """Start a command that may have been written just now.

    While one thread writes a program, another that starts a process hands the open file on to it for a moment, and the
    program is busy until that process has become its own.
    """
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return ProcessGroup(argv, env, folder)
        except OSError as error:
            if error.errno != ETXTBSY or time.monotonic() > until:
                raise
        stop.wait(_BUSY_PAUSE)


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
