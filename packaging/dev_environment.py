"""The checkout's virtual environment: exactly the locked packages and the project itself."""

import hashlib
import importlib.util
import os
import platform
import sys
import venv
from pathlib import Path

import dev_machine
from dev_steps import Steps

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
LOCKS = {False: ROOT / "packaging" / "requirements.lock", True: ROOT / "packaging" / "requirements-dev.lock"}
"""What is installed: to run the program, and to work on it (which holds all of the first, in the same versions)."""
_STAMP = FOLDER / "installed.sha256"


def python() -> Path:
    """Return the environment's Python."""
    return FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def command(name: str) -> str:
    """Return the path of a program that the environment brings."""
    return str(python().with_name(f"{name}.exe" if sys.platform == "win32" else name))


def provide(steps: Steps, *, dev: bool) -> None:
    """Make the environment, or leave it when it is as the lock says.

    Args:
        steps: shows it.
        dev: also what the tests and checks need.

    Raises:
        StopError: something could not be installed.
    """
    if _is_current(dev=dev):
        return
    if not _is_usable():
        dev_machine.provide(steps, dev_machine.missing_for_venv(), "a virtual environment")
        importlib.invalidate_caches()
        with steps.step("Making a virtual environment in .venv"):
            venv.EnvBuilder(clear=True, with_pip=True, symlinks=os.name != "nt").create(FOLDER)
    _STAMP.unlink(missing_ok=True)
    title = "Installing the locked packages" + (" for tests and checks" if dev else "")
    options = ["--disable-pip-version-check", "--no-input"]
    pip = [str(python()), "-m", "pip", "install", *options]
    steps.run(title, [*pip, "--require-hashes", "--only-binary=:all:", "-r", str(LOCKS[dev])])
    # Everything that building the project takes is locked, too, so this asks no registry.
    own = ["--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)]
    steps.run("Installing the project itself", [*pip, *own])
    _STAMP.write_text(_wanted(dev=dev))


def _is_usable() -> bool:
    """Tell whether the environment there was made by this Python."""
    made_by = FOLDER / "pyvenv.cfg"
    return (
        python().exists()
        and made_by.exists()
        and f"version = {platform.python_version()}" in made_by.read_text()
    )


def _is_current(*, dev: bool) -> bool:
    """Tell whether the environment is whole and as wanted; one for developers will do for running."""
    if not _is_usable() or not _STAMP.exists():
        return False
    return _STAMP.read_text() in {_wanted(dev=True), _wanted(dev=dev)}


def _wanted(*, dev: bool) -> str:
    """Digest all that decides what the environment holds."""
    parts = [
        LOCKS[dev].read_bytes(),
        (ROOT / "pyproject.toml").read_bytes(),
        platform.python_version().encode(),
    ]
    parts.append(str(ROOT).encode())  # an editable installation names the checkout's place
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
