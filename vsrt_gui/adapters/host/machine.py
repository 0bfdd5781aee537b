"""Which kind of machine this is, and where its user's own data lies."""

import platform
import sys
from pathlib import Path

from platformdirs import user_data_path

from vsrt_gui.model.manifest import Platform

_X64 = frozenset({"x86_64", "amd64"})
_ARM64 = frozenset({"arm64", "aarch64"})


def current_platform() -> Platform | None:
    """Return the platform that artifacts are chosen for, None when we publish for no such machine."""
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        from vsrt_gui.adapters.host.macos import is_translated  # noqa: PLC0415 -- only there

        machine = "arm64" if is_translated() else machine
    return kind_of(sys.platform, machine, wide=sys.maxsize > 2**32)


def kind_of(system: str, machine: str, *, wide: bool) -> Platform | None:
    """Return the platform of a machine.

    Args:
        system: as `sys.platform` says it.
        machine: as `platform.machine` says it, in lower case.
        wide: whether this process has 64 bits; a 32-bit Linux may run on a 64-bit kernel and has no 64-bit libraries.
    """
    if system.startswith("linux") and wide:
        return _either(machine, Platform.LINUX_X64, Platform.LINUX_ARM64)
    if system == "darwin":
        return _either(machine, Platform.MACOS_X64, Platform.MACOS_ARM64)
    if system == "win32":
        # Windows on ARM runs x64 programs.
        return _either(machine, Platform.WINDOWS_X64, Platform.WINDOWS_X64)
    return None


def user_data() -> Path:
    """Return the folder of the user's own data (added extensions, settings), which lies outside every prefix."""
    return user_data_path("vscode-runtime", appauthor=False)


def _either(machine: str, x64: Platform, arm64: Platform) -> Platform | None:
    if machine in _X64:
        return x64
    return arm64 if machine in _ARM64 else None
