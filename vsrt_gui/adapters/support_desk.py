"""What a support file tells of this computer, and how it is written."""

import getpass
import importlib.metadata
import locale
import os
import platform
import shutil
import ssl
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from platformdirs import user_log_path, user_state_path

from vsrt_gui import __version__
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.replacing import replace_file
from vsrt_gui.model.redaction import Private

TAIL_BYTES = 512 << 10
"""What is taken of the journal and of each log: its end."""
MOST_LOGS = 12
MOST_ENTRIES = 1000
LIBRARIES = (
    "PySide6-Essentials",
    "backports.zstd",
    "certifi",
    "filelock",
    "httpcore",
    "httpx",
    "isal",
    "platformdirs",
    "pydantic",
    "qasync",
    "rich",
    "typer",
)
_APP = "vscode-runtime"
_TELLING = ("PASSWORD", "SECRET", "TOKEN", "KEY", "DSN", "CREDENTIAL")
"""What a variable's name holds whose value is a secret."""
_SHORTEST_SECRET = 4


class LocalSupportDesk:
    """Answers `SupportDesk` for this computer and this user.

    Attributes:
        logs: the folder that the program's logs lie in.
    """

    def __init__(self, logs: Path | None = None) -> None:
        """Name the folder.

        Args:
            logs: None takes the system's folder for logs.
        """
        self.logs = logs or user_log_path(_APP, appauthor=False)

    def private(self) -> Private:
        """Return what must not leave the computer."""
        return private_here()

    def about(self) -> Mapping[str, Any]:
        """Return the versions of all that matters."""
        return {
            "program": __version__,
            "frozen": bool(getattr(sys, "frozen", False)),
            "python": sys.version,
            "openssl": ssl.OPENSSL_VERSION,
            "system": platform.platform(),
            "machine": platform.machine(),
            "libc": "-".join(platform.libc_ver()),
            "locale": list(locale.getlocale()),
            "encoding": sys.getfilesystemencoding(),
            "processors": os.cpu_count(),
            "libraries": dict(_libraries()),
            "variables": {name: value for name, value in os.environ.items() if _matters(name)},
        }

    def disks(self, prefix: Path) -> list[Mapping[str, Any]]:
        """Measure every disk that is used."""
        folders = {
            "prefix": prefix,
            "logs": self.logs,
            "state": user_state_path(_APP, appauthor=False),
            "temporary": Path(tempfile.gettempdir()),
        }
        return [{"for": what, "path": str(path), **_measured(path)} for what, path in folders.items()]

    def listing(self, prefix: Path) -> list[Mapping[str, Any]]:
        """List what lies in the prefix, without the modules' own files; what can't be read says so."""
        found = [_entry(prefix, prefix)]
        for entry in _children(prefix):
            found.append(_entry(entry, prefix))
            found.extend(_entry(child, prefix) for child in _children(entry))
        return found[:MOST_ENTRIES]

    def texts(self, prefix: Path) -> Mapping[str, str]:
        """Return the ends of the journal and of the logs, by their name in the support file."""
        named = {"journal.jsonl": prefix / "journal.jsonl"}
        named |= {f"logs/{path.name}": path for path in self._logs()}
        return {name: text for name, path in named.items() if (text := _tail(path)) is not None}

    def pack(self, out: Path, files: Mapping[str, str]) -> None:
        """Write the support file, whole or not at all."""
        content = BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text.encode("utf-8", "backslashreplace"))
        with translating(out.parent):
            out.parent.mkdir(parents=True, exist_ok=True)
        replace_file(out, content.getvalue(), 0o600)

    def _logs(self) -> list[Path]:
        """List the newest logs: the program's, and those of the editor that it starts."""
        found = [
            path
            for folder in (self.logs, user_state_path(_APP, appauthor=False) / "servers")
            for path in _children(folder)
            if ".log" in path.name and path.is_file()
        ]
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[:MOST_LOGS]


def private_here() -> Private:
    """Return what is nobody else's business on this computer: names, home folder, secrets of the environment."""
    home = Path.home()
    names = {_user(), home.name, platform.node(), platform.node().partition(".")[0]}
    secrets = {
        value
        for name, value in os.environ.items()
        if any(word in name.upper() for word in _TELLING) and len(value) >= _SHORTEST_SECRET
    }
    return Private(
        names=frozenset(name for name in names if name and name != "localhost"),
        homes=frozenset({str(home), os.path.realpath(home)}),
        secrets=frozenset(secrets),
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a number without a name, in a container
        return ""


def _matters(name: str) -> bool:
    plain = name.upper()
    return (
        plain.startswith(("VSRT_", "XDG_", "SSL_CERT", "LC_")) or plain.endswith("_PROXY") or plain == "LANG"
    )


def _libraries() -> Iterator[tuple[str, str]]:
    for name in LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            yield name, importlib.metadata.version(name)


def _measured(path: Path) -> Mapping[str, Any]:
    there = next((each for each in (path, *path.parents) if each.exists()), path)
    try:
        usage = shutil.disk_usage(there)
    except OSError as error:
        return {"trouble": error.strerror}
    return {"free": usage.free, "total": usage.total, "writable": os.access(there, os.W_OK | os.X_OK)}


def _children(folder: Path) -> list[Path]:
    try:
        if folder.is_symlink() or not folder.is_dir():
            return []
        return sorted(folder.iterdir())[:MOST_ENTRIES]
    except OSError:
        return []


def _entry(path: Path, prefix: Path) -> Mapping[str, Any]:
    name = "." if path == prefix else str(path.relative_to(prefix))
    try:
        status = path.lstat()
    except OSError as error:
        return {"name": name, "trouble": error.strerror}
    return {
        "name": name,
        "mode": oct(status.st_mode),
        "size": status.st_size,
        "changed": int(status.st_mtime),
    }


def _tail(path: Path) -> str | None:
    """Read the end of a text, from the beginning of a line; None where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            content = file.read(TAIL_BYTES)
    except OSError:
        return None
    whole = content if size <= TAIL_BYTES else content.partition(b"\n")[2]
    return whole.decode("utf-8", "replace")
