"""Processes: when one started, and running one with all its children under control."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Self

if sys.platform == "win32":
    from vsrt_gui.adapters.host.windows import Job, process_start
elif sys.platform == "darwin":
    from signal import SIGKILL, SIGTERM

    from vsrt_gui.adapters.host.macos import group_lives, process_start
else:
    from signal import SIGKILL, SIGTERM

    from vsrt_gui.adapters.host.linux import group_lives, process_start

__all__ = ["ProcessGroup", "end_group", "process_start"]

OUTPUT_BYTES = 64 << 10
"""What is kept of a command's output; the rest is read and dropped, so that the command is not blocked."""
_DRAIN_SECONDS = 2.0
_LOOK_SECONDS = 0.02
_TOOL_SECONDS = 10.0
_GONE_SECONDS = 2.0
"""How long a killed process may take to vanish; one that hangs in a dead network disk never does."""


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


def end_group(leader: int, seconds: float) -> None:
    """End a process that leads a group of its own, with the whole group.

    Args:
        leader: its number, which is the group's too.
        seconds: how long they may take to end by themselves once they were asked to; Windows knows no such asking.
    """
    if sys.platform == "win32":
        tool = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe"
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                [str(tool), "/F", "/T", "/PID", str(leader)],  # all that it started, as far as Windows knows
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                creationflags=subprocess.CREATE_NO_WINDOW,
                timeout=_TOOL_SECONDS,
            )
    else:
        if seconds > 0:
            _signal(leader, SIGTERM)
            _wait_for_end(leader, seconds)
        _signal(leader, SIGKILL)
        _wait_for_end(leader, _GONE_SECONDS)


if sys.platform != "win32":

    def _signal(group: int, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS refuses where only a zombie is left
            os.killpg(group, number)

    def _wait_for_end(group: int, seconds: float) -> None:
        until = time.monotonic() + seconds
        while group_lives(group) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
