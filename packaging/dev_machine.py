"""What the computer must bring for the window, the tests and the editor, and how Debian and Ubuntu get the rest."""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from dev_steps import Steps, StopError

QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""What Qt 6.11's xcb, wayland and offscreen plugins link against (`ldd`), and the package that has it."""
FONT_PACKAGE = "fonts-dejavu-core"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
FONT_KINDS = {".ttf", ".otf", ".ttc", ".pfb"}
TEST_PROGRAMS = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "chromium": "chromium",
    "gnome-keyring-daemon": "gnome-keyring",
    "dbus-run-session": "dbus",
    "gsettings": "libglib2.0-bin",
    "strace": "strace",
    "mkfs.btrfs": "btrfs-progs",
    "mkfs.xfs": "xfsprogs",
}
"""A screen, a window manager and hands for the tests that click through the real window; a browser for the editor;
a desktop's keyring on a bus of its own, and its settings; what tells each change to the disk; disks whose
files can share blocks."""

SERVER_PROGRAMS = {"g++": "g++", "make": "make", "python3": "python3", "rg": "ripgrep"}
"""What compiles the editor's native add-ons, and the search program that is copied into it."""
SERVER_HEADERS = {"gssapi/gssapi.h": "libkrb5-dev"}
"""What those add-ons include that is not their own or Node.js's."""
HEADER_FOLDERS = ("/usr/include", "/usr/local/include")


def has_display() -> bool:
    """Tell whether a window can be shown."""
    return not sys.platform.startswith("linux") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def missing_for_qt() -> list[str]:
    """Return the packages that Qt's windows still need on this computer; they are known on Linux only."""
    if not sys.platform.startswith("linux"):
        return []
    packages = [package for library, package in QT_LIBRARIES.items() if not _loads(library)]
    return packages if _has_font() else [*packages, FONT_PACKAGE]


def missing_for_tests(tests: Path) -> list[str]:
    """Return the packages of programs that some test names and that are not there.

    Args:
        tests: the folder of all tests.
    """
    if not sys.platform.startswith("linux"):
        return []
    missing = {program: package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)}
    words = "\n".join(path.read_text("utf-8") for path in tests.rglob("*.py")) if missing else ""
    return [package for program, package in missing.items() if f'"{program}"' in words]


def missing_for_server() -> list[str]:
    """Return the packages that compiling the editor still needs on this computer; they are known on Linux only."""
    if not sys.platform.startswith("linux"):
        return []
    missing = [package for program, package in SERVER_PROGRAMS.items() if not shutil.which(program)]
    for header, package in SERVER_HEADERS.items():
        if not any(Path(folder, header).is_file() for folder in HEADER_FOLDERS):
            missing.append(package)
    return missing


def missing_for_venv() -> list[str]:
    """Return the package that Debian keeps the makings of a virtual environment in, if it is not there."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return []
    return [f"python{sys.version_info.major}.{sys.version_info.minor}-venv"]


def provide(steps: Steps, packages: Iterable[str], purpose: str) -> None:
    """Install packages of the system, if there are any to install and we may.

    Args:
        steps: shows it.
        packages: Debian's names.
        purpose: what they are for, as the end of "… is needed for".

    Raises:
        StopError: they can't be installed from here; the message names them.
    """
    names = sorted(packages)
    if not names:
        return
    steps.say(f"Missing for {purpose}: {' '.join(names)}")
    rights = _rights()
    if rights is None:
        raise StopError(_by_hand(names, purpose))
    install = [
        *rights,
        "apt-get",
        "install",
        "-y",
        "--no-install-recommends",
        "-o",
        "DPkg::Lock::Timeout=120",
    ]
    title = f"Installing what {purpose} needs"
    with steps.step(title):
        code, log = steps.quiet(title, [*install, *names], _unattended())
        if code:  # a fresh machine has no package lists yet, an old one has outdated lists
            steps.quiet("Updating the package lists", [*rights, "apt-get", "update"], _unattended())
            code, log = steps.quiet(title, [*install, *names], _unattended())
        if code:
            steps.show(log)
            raise StopError(_by_hand(names, purpose))


def _by_hand(names: list[str], purpose: str) -> str:
    """Say how a person gets what we may not install."""
    if shutil.which("apt-get"):
        return f"Please install what {purpose} needs, then start this again:\n  sudo apt-get install {' '.join(names)}"
    return (
        f"Please install what {purpose} needs, then start this again. On Debian and Ubuntu the packages are called:\n"
        f"  {' '.join(names)}"
    )


def _rights() -> list[str] | None:
    """Return what goes before apt-get, None where we may not use it."""
    if sys.platform == "win32" or not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if (
        shutil.which("sudo")
        and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0
    ):
        return sudo
    return None


def _unattended() -> dict[str, str]:
    return os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def _loads(library: str) -> bool:
    """Tell whether the loader finds a library with all that it needs itself."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_font() -> bool:
    folders = (Path(folder).expanduser() for folder in FONT_FOLDERS)
    return any(path.suffix.lower() in FONT_KINDS for folder in folders for path in folder.rglob("*"))
