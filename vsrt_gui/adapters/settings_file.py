"""Reads and writes a settings file: TOML that people edit by hand, so what they wrote around the values stays."""

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.replacing import read_file, replace_file
from vsrt_gui.model.faults import FaultCode, InstallerError

LIMIT = 1 << 20
"""Bytes; a settings file has about a thousand."""
_PRIVATE = 0o600
"""Only the user reads his own settings: an address in them may carry a key."""


def read_settings(path: Path) -> dict[str, Any]:
    """Return what a file says, nothing where there is none.

    Raises:
        InstallerError: `settings-unreadable`.
    """
    try:
        content = read_file(path)
    except InstallerError as error:
        reason = str(error.fault.facts.get("reason", "it may not be read"))
        raise _unreadable(path, reason) from error
    if content is None:
        return {}
    if path.is_dir():
        raise _unreadable(path, "it is a folder")
    if len(content) > LIMIT:
        raise _unreadable(path, f"it is larger than {LIMIT >> 20} MiB")
    try:
        return tomllib.loads(_text(content))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise _unreadable(path, str(error)) from error


def write_settings(path: Path, changes: Mapping[str, Any | None]) -> None:
    """Change some values of a file, which need not exist yet; all else in it stays as it is. Restartable.

    Args:
        path: of the file.
        changes: name to what TOML can say, None takes the name out.

    Raises:
        InstallerError: `settings-unreadable` where the file is no TOML, disk codes.
    """
    with translating(path, path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        real = (
            path.resolve()
        )  # one that is a link, into a folder that is kept under version control, stays one
    read_settings(real)  # what tomlkit accepts and the next start would not is told now
    try:
        document = tomlkit.parse(_text(read_file(real) or b""))
    except (TOMLKitError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    for name, value in changes.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = value
    replace_file(real, tomlkit.dumps(document).encode(), _PRIVATE)


def set_aside(path: Path) -> None:
    """Rename a file to `….1`, or the next free number; nothing happens where there is none. Restartable.

    Raises:
        InstallerError: disk codes.
    """
    with translating(path, path.parent):
        names = (path.with_name(f"{path.name}.{number}") for number in count(1))
        free = next(name for name in names if not os.path.lexists(name))
        with suppress(FileNotFoundError):
            path.rename(free)


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig")  # Windows' editor puts a mark before the first letter


def _unreadable(path: Path, reason: str) -> InstallerError:
    return InstallerError(FaultCode.SETTINGS_UNREADABLE, path=str(path), reason=reason)
