"""What the engine needs of the computer that it runs on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.manifest import Requirements


class Host(Protocol):
    """What only the operating system can tell or do.

    Attributes:
        data: the folder of the user's own data, which lies outside every prefix.
    """

    data: Path

    def unmet(self, requirements: Requirements) -> tuple[str, str, str] | None:
        """Return (requirement, needed, have) of the first one that this system lacks, else None."""
        ...

    def prove(self, argv: tuple[str, ...], env: Mapping[str, str], stop: Stop) -> tuple[int, str]:
        """Run a command without a window for at most 60 s and return its exit code and output."""
        ...

    def browse(self, address: str) -> bool:
        """Open an address in the user's browser, and tell whether one was found."""
        ...
