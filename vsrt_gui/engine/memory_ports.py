"""What the program remembers from day to day, as interfaces: manifests and logs."""

from pathlib import Path
from typing import Protocol

from vsrt_gui.model.cached import CacheStats
from vsrt_gui.model.logbook import LogLine
from vsrt_gui.model.settings import LogLevel


class Cache(Protocol):
    """Manifests that are kept from day to day, of all catalogs."""

    def stats(self) -> CacheStats:
        """Tell what is kept."""
        ...

    def cleanup(self) -> int:
        """Remove what has expired; returns how many entries that were.

        Raises:
            InstallerError: disk codes.
        """
        ...

    def clear(self) -> int:
        """Remove everything; returns how many entries that were.

        Raises:
            InstallerError: disk codes.
        """
        ...


class Logbook(Protocol):
    """The logs, for people.

    Attributes:
        folder: that they lie in.
    """

    folder: Path

    def read(self, least: LogLevel = LogLevel.DEBUG) -> tuple[LogLine, ...]:
        """Return the latest lines that matter at least so much, oldest first; what can't be read is not there."""
        ...
