"""Processes: when one started, and running one with all its children under control."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Self

if sys.platform == "win32":
    from vsrt_gui.adapters.host.windows import Job, process_start
elif sys.platform == "darwin":
    from vsrt_gui.adapters.host.macos import process_start
else:
    from vsrt_gui.adapters.host.linux import process_start

__all__ = ["ProcessGroup", "process_start"]

OUTPUT_BYTES = 64 << 10
"""What is kept of a command's output; the rest is read and dropped, so that the command is not blocked."""
_DRAIN_SECONDS = 2.0


class ProcessGroup:
    """A running command without a window or input, its children, and the start of their output.

    Used as a context: when it ends, nothing of the group runs any more.
    """

    def __init__(self, argv: tuple[str, ...], env: Mapping[str, str], folder: Path) -> None:
        """Start the command.

        Args:
            argv: the program and its arguments; no shell is involved.
            env: the whole environment.
            folder: where it runs.

        Raises:
            OSError: when it can't be started.
        """
        self._output = bytearray()
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=env,
            bufsize=0,
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
        if sys.platform == "win32":
            self._job = Job(int(self._process._handle))  # type: ignore[attr-defined]  # noqa: SLF001 -- no other way
        self._reader = Thread(target=self._drain, name="vsrt-output", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._process.wait()
        self._reader.join(_DRAIN_SECONDS)
        if not self._reader.is_alive() and self._process.stdout:
            self._process.stdout.close()
        if sys.platform == "win32":
            self._job.close()

    def wait(self, seconds: float) -> int | None:
        """Return the exit code, None when the command still runs after that time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End the command and its children; may be called from any thread, any number of times."""
        if sys.platform == "win32":
            self._job.kill()
        else:
            with suppress(ProcessLookupError, PermissionError):  # macOS refuses where only a zombie is left
                os.killpg(self._process.pid, 9)

    @property
    def output(self) -> str:
        """What it printed so far, at most 64 KiB."""
        return bytes(self._output).decode(errors="replace")

    def _drain(self) -> None:
        pipe = self._process.stdout
        while pipe and (piece := pipe.read(OUTPUT_BYTES)):
            self._output += piece[: OUTPUT_BYTES - len(self._output)]
