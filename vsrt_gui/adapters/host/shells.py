"""Puts a completion script where a user's shell finds it."""

import os
import subprocess
from pathlib import Path
from shlex import quote

from platformdirs import user_data_path

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix.replacing import read_file, replace_file
from vsrt_gui.model.faults import FaultCode, InstallerError

_APP = "vscode-runtime"
_NOTE = "# Completion for vsrt"
_SECONDS = 20


def install_completion(shell: str, script: str) -> tuple[Path, ...]:
    """Write a script and let the shell load it; doing it again changes nothing but the script.

    Args:
        shell: bash, zsh, fish, powershell or pwsh.
        script: for that shell.

    Returns:
        The files that were written or already right: the script, then what loads it.

    Raises:
        InstallerError: `setting-invalid` when the shell can't be found, disk codes.
    """
    if shell == "fish":
        base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return (_written(Path(base) / "fish" / "completions" / "vsrt.fish", script),)
    folder = user_data_path(_APP, appauthor=False) / "completion"
    if shell in {"powershell", "pwsh"}:
        place = _written(folder / "vsrt.ps1", script)
        return place, _loaded(_profile(shell), f". '{str(place).replace(chr(39), chr(39) * 2)}'")
    place = _written(folder / f"vsrt.{shell}", script)
    if shell == "zsh":
        ready = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }"
        rc = Path(os.environ.get("ZDOTDIR") or Path.home()) / ".zshrc"
        return place, _loaded(rc, f"{ready}\n[ -r {quote(str(place))} ] && . {quote(str(place))}")
    return place, _loaded(Path.home() / ".bashrc", f"[ -r {quote(str(place))} ] && . {quote(str(place))}")


def _written(path: Path, script: str) -> Path:
    with translating(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, f"{script}\n".encode())
    return path


def _loaded(path: Path, lines: str) -> Path:
    """Add lines to a shell's start file, once; through a link, as people keep these files elsewhere."""
    place = Path(os.path.realpath(path))
    before = (read_file(place) or b"").decode("utf-8", "surrogateescape")
    if lines in before:
        return path
    with translating(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o644
    gap = "" if not before or before.endswith("\n") else "\n"
    after = f"{before}{gap}\n{_NOTE}\n{lines}\n"
    replace_file(place, after.encode("utf-8", "surrogateescape"), mode)
    return path


def _profile(shell: str) -> Path:
    """Ask PowerShell for its start file.

    Raises:
        InstallerError: `setting-invalid` when it is not there.
    """
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    command = [shell, "-NoProfile", "-NonInteractive", "-Command", "$PROFILE.CurrentUserAllHosts"]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_SECONDS, check=True, text=True, creationflags=flags
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise InstallerError(
            FaultCode.SETTING_INVALID, setting="shell", value=shell, reason="it can't be started here"
        ) from error
    return Path(done.stdout.strip())
