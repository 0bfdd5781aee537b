"""What tests build of real packages once for all: catalogs beside those of `dev.py run`, one builder at a time."""

from pathlib import Path

from filelock import FileLock

import vsrt_gui
from vsrt_gui.model.manifest import Manifest
from vsrt_gui.publish.build import build

CACHE = Path(vsrt_gui.__file__).parent.parent / ".cache"
"""Shared with `dev.py run`, so that the packages are fetched once."""


def built(sources: Path, out: Path) -> Manifest:
    """Build a catalog from the shared packages, or leave it when it is as its sources say.

    Tests run in several processes: the second that wants it waits for the first.
    """
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / "tests.lock"):
        return build(sources, out, CACHE / "packages", print)
