"""What the engine needs of the computer that it runs on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.manifest import Requirements
from vsrt_gui.model.survey import OwnData


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

    def own_data(self, names: frozenset[str], prefix: Path) -> OwnData:
        """Look at what lies in the data folder under these names; one that the prefix lies in is passed over."""
        ...

    def remove_data(self, names: frozenset[str], prefix: Path) -> None:
        """Delete what `own_data` tells of, and the data folder if nothing else is in it. Restartable.

        Raises:
            InstallerError: `file-in-use`, disk codes.
        """
        ...

    def unlink_extensions(self, folder: Path, store: Path, *, lost: bool = False) -> None:
        """Take the links into a store out of a folder of extensions; the user's own extensions stay. Restartable.

        What is empty then goes: that folder, and the data folder. With `lost` only those links go that lead nowhere.

        Raises:
            InstallerError: disk codes.
        """
        ...

    def running_from(self, store: Path) -> frozenset[str]:
        """Return the names of a store's folders that any process runs from, as far as the system tells."""
        ...

    def browse(self, address: str) -> bool:
        """Open an address in the user's browser, and tell whether one was found."""
        ...
