"""Shows what is going on: one line for each step, with the time it took; a failed step shows its log."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

BEAT_SECONDS = 15.0
"""How often a long step says that it goes on, where the line can't be rewritten."""
SHOWN_LINES = 40
"""Lines of a failed step's log that are shown."""


class StopError(Exception):
    """Ends the command; the message says why and what to do."""


class Steps:
    """The steps of one command."""

    def __init__(self, logs: Path) -> None:
        """Begin.

        Args:
            logs: the folder for the steps' logs.
        """
        self._logs = logs
        self._started = time.monotonic()
        self._live = sys.stdout.isatty()

    def say(self, words: str) -> None:
        """Print one line with the time since the start."""
        print(f"[{self.elapsed:6.1f} s] {words}", flush=True)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, and say how long it took once it is done."""
        self.say(f"{title} …")
        began = time.monotonic()
        yield
        self.say(f"{title}: done in {time.monotonic() - began:.1f} s")

    def run(self, title: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Run a command as a step, its output in a log.

        Raises:
            StopError: it failed; its log's end was shown.
        """
        with self.step(title):
            code, log = self.quiet(title, argv, env)
            if code:
                self.show(log)
                raise StopError(f"{title} failed (code {code}). All of its output: {log}")

    def follow(self, title: str, argv: Sequence[str]) -> None:
        """Run a command as a step, and say each line of its output as it comes.

        Raises:
            StopError: it failed.
        """
        with (
            self.step(title),
            subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
                encoding="utf-8",
                errors="replace",
            ) as process,
        ):
            for line in process.stdout or ():
                self.say(f"  {line.rstrip()}")
            if process.wait():
                raise StopError(f"{title} failed (code {process.returncode}).")

    def quiet(
        self, title: str, argv: Sequence[str], env: Mapping[str, str] | None = None
    ) -> tuple[int, Path]:
        """Run a command to its end, its output in a log, and return its exit code and the log."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{''.join(c if c.isalnum() else '-' for c in title.lower())}.log"
        with log.open("wb") as output:
            output.write(f"{' '.join(argv)}\n".encode())
            output.flush()
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env
            )
            try:
                self._wait(process, title)
            except BaseException:
                process.terminate()
                process.wait()
                raise
        return process.returncode, log

    def _wait(self, process: "subprocess.Popen[bytes]", title: str) -> None:
        """Wait for a process and show that time goes by."""
        began = beat = time.monotonic()
        while True:
            try:
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                if self._live:
                    print(f"\r[{self.elapsed:6.1f} s]   … {now - began:.0f} s", end="", flush=True)
                elif now - beat >= BEAT_SECONDS:
                    beat = now
                    self.say(f"{title}: goes on, {now - began:.0f} s so far")
            else:
                break
        if self._live:
            print(f"\r{' ' * min(40, shutil.get_terminal_size().columns - 1)}\r", end="", flush=True)

    def show(self, log: Path) -> None:
        """Print the end of a log."""
        lines = log.read_text("utf-8", "replace").splitlines()
        print("\n".join(["", *lines[-SHOWN_LINES:], ""]), flush=True)
