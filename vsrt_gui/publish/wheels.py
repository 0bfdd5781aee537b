"""Gets wheels through the ordinary pip; the second time out of a cache folder."""

import sys
from pathlib import Path
from typing import NamedTuple

from vsrt_gui.adapters.host import current_platform
from vsrt_gui.model.manifest import Platform
from vsrt_gui.publish.clients import ClientError, NothingForPlatformError, only_file, run
from vsrt_gui.publish.shelf import Shelf

WHEEL_TAGS: dict[Platform, tuple[str, ...]] = {
    Platform.LINUX_X64: ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    Platform.LINUX_ARM64: ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    Platform.MACOS_X64: ("macosx_13_0_x86_64",),
    Platform.MACOS_ARM64: ("macosx_13_0_arm64",),
    Platform.WINDOWS_X64: ("win_amd64",),
}
"""Best first. pip takes older macOS tags by itself; a manylinux tag stands for itself alone."""
OLDEST_PYTHON = "3.11"
"""The Python that wheels are chosen for unless told otherwise, so that the builder's own does not matter."""


class Fetched(NamedTuple):
    """A package's files.

    Attributes:
        path: a folder, or an archive.
        universal: the same for every platform.
        strip: leading folders that every path loses.
    """

    path: Path
    universal: bool
    strip: int = 0


class Wheel(NamedTuple):
    """One wheel of one package."""

    package: str
    version: str
    platform: Platform
    python: str = OLDEST_PYTHON


def this_platform() -> Platform:
    """Return the kind of machine that this one is.

    Raises:
        ClientError: when nothing can be published for it.
    """
    platform = current_platform()
    if platform is None:
        raise ClientError("this computer is of no kind that modules are published for")
    return platform


def fetch_wheel(wheel: Wheel, shelf: Shelf) -> Fetched:
    """Return a wheel.

    Raises:
        NothingForPlatformError: the package has no wheel for that platform.
        ClientError: pip failed otherwise.
    """

    def make(scratch: Path) -> Path:
        shelf.progress(f"Fetching {wheel.package} {wheel.version} for {wheel.platform}")
        _run_pip(wheel, scratch)
        return only_file(scratch)

    name = ("pip", f"{wheel.package}-{wheel.version}", f"{wheel.platform}-{wheel.python}")
    kept = shelf.get(name, make)
    return Fetched(kept, universal=kept.stem.endswith("-any"))


def _run_pip(wheel: Wheel, made: Path) -> None:
    """Let pip download one wheel."""
    options = [
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar=off",
    ]
    tags = [part for tag in WHEEL_TAGS[wheel.platform] for part in ("--platform", tag)]
    where = ["--python-version", wheel.python, "--dest", str(made)]
    what = f"{wheel.package}=={wheel.version}"
    try:
        run([sys.executable, "-m", "pip", "download", *options, *tags, *where, what])
    except ClientError as error:
        if "Retrying" in error.output:
            raise ClientError(f"the registry can't be reached: {error}", error.output) from error
        if "No matching distribution found" in error.output:
            raise NothingForPlatformError from error
        raise
