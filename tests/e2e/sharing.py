"""What tests build of real packages once for all: catalogs beside those of `dev.py run`, one builder at a time."""

from pathlib import Path

from filelock import FileLock

import vsrt_gui
from vsrt_gui.model.manifest import Manifest
from vsrt_gui.publish.build import Wanted, build_wanted
from vsrt_gui.publish.lineage import Past
from vsrt_gui.publish.shelf import Shelf

CACHE = Path(vsrt_gui.__file__).parent.parent / ".cache"
"""Shared with `dev.py run`, so that the packages are fetched once."""


def built(sources: Path, out: Path, *previous: Path) -> Manifest:
    """Build a catalog from the shared packages, or leave it when it is as its sources say.

    Tests run in several processes: the second that wants it waits for the first.

    Args:
        sources: the sources file.
        out: the catalog's folder.
        previous: catalogs of earlier versions, which it gets patches from.
    """
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / "tests.lock"):
        shelf = Shelf(CACHE / "packages", print)
        return build_wanted(sources, out, shelf, Wanted(past=Past(catalogs=previous)))
