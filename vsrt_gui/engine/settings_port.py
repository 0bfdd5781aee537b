"""What the engine needs of the places where settings stand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from vsrt_gui.model.settings import Effective


class SettingsStore(Protocol):
    """Where settings stand: defaults, the admin's file, the user's file, the environment, the command line."""

    def read(self) -> Effective:
        """Read all layers and return what is in force; what can't be used is among its faults, never raised."""
        ...

    def write(self, changes: Mapping[str, object | None]) -> Effective:
        """Change the user's file, whole or not at all, and return what is in force then.

        Comments, order and names that this program does not know stay. A value that a higher layer overrides is
        written and does not count until that layer lets go.

        Args:
            changes: setting to its new value, None takes it out of the file.

        Raises:
            InstallerError: `setting-invalid` (an unknown name, a value that can't be used, a locked setting),
                `settings-unreadable` (the file is no TOML, and writing would lose it), disk codes.
        """
        ...

    def set_aside(self) -> None:
        """Give the user's file another name, so that the next `write` begins a new one; nothing of it is lost.

        Raises:
            InstallerError: disk codes.
        """
        ...


class SettingsFiles(SettingsStore, Protocol):
    """Settings that stand in files."""

    @property
    def user_file(self) -> Path:
        """The file that `write` changes; it need not exist."""
        ...

    @property
    def admin_file(self) -> Path:
        """The file for all users of this computer, which is only read; it need not exist."""
        ...
