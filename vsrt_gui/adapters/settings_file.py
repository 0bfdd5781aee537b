"""Reads and writes a settings file: TOML that people edit by hand, so what they wrote around the values stays."""

import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import tomlkit
from filelock import FileLock, Timeout
from platformdirs import user_state_path
from tomlkit.exceptions import TOMLKitError

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.replacing import Patience, patiently, replace_file
from vsrt_gui.model.faults import FaultCode, InstallerError

LIMIT = 1 << 20
"""Bytes; a settings file has about a thousand."""
_PRIVATE = 0o600
"""Only the user reads his own settings: an address in them may carry a key."""
_PATIENCE = Patience(seconds=2.0)
_TURN_SECONDS = 5.0
"""For which another program that changes the same file is waited for; it takes a few milliseconds."""


def read_settings(path: Path) -> dict[str, Any]:
    """Return what a file says, nothing where there is none.

    Raises:
        InstallerError: `settings-unreadable`.
    """
    content = _content(path)
    if content is None:
        return {}
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
    real = _real(path)  # one that is a link, into a folder that is kept under version control, stays one
    with translating(real, real.parent):
        real.parent.mkdir(parents=True, exist_ok=True)
    with _in_turn(real):
        read_settings(real)  # what tomlkit accepts and the next start would not is told now
        try:
            document = tomlkit.parse(_text(_content(real) or b""))
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


def _content(path: Path) -> bytes | None:
    """Return a file's bytes, None where there is none.

    Raises:
        InstallerError: `settings-unreadable`.
    """
    try:
        content = patiently(lambda: _opened(path), path, _PATIENCE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from error
    except InstallerError as error:
        if error.fault.code is FaultCode.FILE_IN_USE:
            raise _unreadable(path, "another program holds it") from error
        raise
    if len(content) > LIMIT:
        raise _unreadable(path, f"it is larger than {LIMIT >> 20} MiB")
    return content


def _opened(path: Path) -> bytes:
    """Read a file, and no more of it than settings can have: a pipe may never say a word, a device never end."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise _unreadable(path, "it is a folder" if stat.S_ISDIR(mode) else "it is no file")
    with path.open("rb") as file:
        return file.read(LIMIT + 1)


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        raise _unreadable(path, "the links to it lead nowhere") from error


@contextmanager
def _in_turn(real: Path) -> Iterator[None]:
    """Let one program after the other change a file, since each writes all of it; without locks it goes on without."""
    folder = user_state_path("vscode-runtime", appauthor=False) / "locks"
    name = sha256(os.fsencode(os.path.normcase(real))).hexdigest()
    lock = FileLock(
        folder / f"{name}.lock", timeout=_TURN_SECONDS, fallback_to_soft=False, preserve_lock_file=True
    )
    with ExitStack() as held:
        with suppress(OSError, Timeout, NotImplementedError):
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(lock)
        yield


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig")  # Windows' editor puts a mark before the first letter


def _unreadable(path: Path, reason: str) -> InstallerError:
    return InstallerError(FaultCode.SETTINGS_UNREADABLE, path=str(path), reason=reason)
