"""Runs the ordinary package clients, and says what went wrong in one line without an address."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

CLIENT_SECONDS = 900.0
"""After that long a client that still runs is given up."""
_ADDRESS = re.compile(r"\w+://\S+")
SHOWN_LINES = 3
"""Lines of a failed client's complaint that an error shows."""


class NothingForPlatformError(Exception):
    """The package exists, but has no files for that platform."""


class ClientError(Exception):
    """A package client failed; the message is its complaint, `output` all that it said."""

    def __init__(self, reason: str, output: str = "") -> None:
        super().__init__(reason)
        self.output = output


def run(argv: list[str], folder: Path | None = None, more: Mapping[str, str] | None = None) -> None:
    """Run a package client to its end.

    Args:
        argv: the client and its arguments.
        folder: where it runs; None means here.
        more: added to its environment.

    Raises:
        ClientError: when it fails, can't be started or takes too long.
    """
    environment = os.environ | {"NO_COLOR": "1", "npm_config_update_notifier": "false"} | dict(more or {})
    try:
        ended = subprocess.run(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=CLIENT_SECONDS,
        )
    except OSError as error:
        raise ClientError(f"{argv[0]} can't be started: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ClientError(f"{Path(argv[0]).name} took more than {CLIENT_SECONDS:.0f} s") from error
    if ended.returncode:
        raise ClientError(_complaint(ended.stderr) or f"ended with code {ended.returncode}", ended.stderr)


def _complaint(output: str) -> str:
    """Return what a client says went wrong, without addresses."""
    lines = [_ADDRESS.sub("…", line.strip()) for line in output.splitlines() if line.strip()]
    marked = [line for line in lines if line.lower().startswith(("error", "npm error", "npm err"))] or lines
    return " / ".join(marked[:SHOWN_LINES])


def only_file(folder: Path) -> Path:
    """Return the one file that a client left."""
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise ClientError(f"the client left {len(files)} files where one was expected")
    return files[0]
