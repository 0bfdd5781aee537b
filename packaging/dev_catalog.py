"""The sample catalog: built from real packages, with the editor in it where that can be compiled."""

import os
import platform
import sys
from pathlib import Path

import dev_environment
import dev_machine
from dev_environment import ROOT
from dev_steps import Steps, StopError

CACHE = ROOT / ".cache"
_SOURCES = ROOT / "resources" / "catalog"
PURPOSE = "the editor's server"


def build_plain(steps: Steps) -> Path:
    """Build the sample catalog without the editor, or leave it when it is as its sources say; return its folder.

    Raises:
        StopError: the build failed.
    """
    return _build(steps, "Building the sample catalog", "sample.toml", "catalog")


def build_whole(steps: Steps) -> Path:
    """Build the sample catalog with the editor, which is compiled the first time; return its folder.

    Raises:
        StopError: what compiling needs is missing and may not be installed from here, or the build failed.
    """
    dev_machine.provide(steps, dev_machine.missing_for_server(), PURPOSE)
    return _build(steps, "Building the sample catalog with the editor", "server.toml", "catalog-with-server")


def build(steps: Steps, *, server: bool) -> Path:
    """Build the catalog that a person tries the program on: with the editor if that can be had.

    Args:
        steps: shows it.
        server: False leaves the editor out.

    Raises:
        StopError: the build failed; in CI also when only the editor could not be built.
    """
    if not server or not can_have_server():
        return build_plain(steps)
    try:
        return build_whole(steps)
    except StopError as stop:
        if os.environ.get("CI"):
            raise
        print(f"\n{stop}\n", flush=True)
        steps.say("Going on without the editor's server.")
        return build_plain(steps)


def can_have_server() -> bool:
    """Tell whether the editor is published for this kind of computer."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def has_server() -> bool:
    """Tell whether the catalog with the editor was built here before."""
    return (CACHE / "catalog-with-server" / "manifest.json").exists()


def _build(steps: Steps, title: str, sources: str, folder: str) -> Path:
    catalog = CACHE / folder
    build = [
        "publish",
        "build",
        str(_SOURCES / sources),
        "--out",
        str(catalog),
        "--cache",
        str(CACHE / "packages"),
    ]
    steps.follow(title, [str(dev_environment.python()), "-m", "vsrt_gui", *build])
    return catalog
