"""Keeps what builds fetched and made: each thing under a name, and only once it is whole."""

import shutil
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

Progress = Callable[[str], None]

OLD_SECONDS = 86_400.0
"""A scratch folder that is older was left behind."""
_SCRATCH = ".making-"


class Shelf:
    """Keeps what was fetched: each thing under a name, and only once it is whole. May be used by several threads."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        """Open a cache.

        Args:
            folder: made where it is missing.
            progress: takes a line for people, from any thread.
        """
        self.folder = folder.absolute()  # clients run in other folders
        self.progress = progress
        self._locks: defaultdict[tuple[str, ...], threading.Lock] = defaultdict(threading.Lock)
        self.folder.mkdir(parents=True, exist_ok=True)
        for scratch in self.folder.glob(f"{_SCRATCH}*"):
            if time.time() - scratch.stat().st_mtime > OLD_SECONDS:  # a build was killed
                shutil.rmtree(scratch, ignore_errors=True)

    def get(self, name: tuple[str, ...], make: Callable[[Path], Path]) -> Path:
        """Return the one file or folder that is kept under a name.

        Args:
            name: the folders that lead to it.
            make: makes it in the scratch folder that it is given, where it is not there yet, and returns its path.
        """
        kept = self.folder.joinpath(*name)
        with self._locks[name]:
            found = sorted(kept.iterdir()) if kept.is_dir() else []
            if found:
                return found[0]
            with tempfile.TemporaryDirectory(
                prefix=_SCRATCH, dir=self.folder, ignore_cleanup_errors=True
            ) as scratch:
                return _keep(make(Path(scratch)), kept)


def _keep(made: Path, folder: Path) -> Path:
    """Move what was made to where it is kept, in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / made.name
    try:
        made.replace(kept)
    except OSError:
        if not kept.exists():  # else another program was faster with the same thing
            raise
    return kept
