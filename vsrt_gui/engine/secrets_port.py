"""What keeps passwords, as an interface: the place that the operating system has for them."""

from typing import Protocol


class Secrets(Protocol):
    """Keeps the logins of proxies where the operating system keeps passwords; never asks the user anything.

    Attributes:
        available: whether there is such a place, and it is open; False on a server without a desktop.
    """

    @property
    def available(self) -> bool:
        """Look; may take some seconds the first time."""
        ...

    def get(self, host: str) -> tuple[str, str] | None:
        """Return (user, password) for a proxy's host, None where none is kept or the place is closed."""
        ...

    def set(self, host: str, user: str, password: str) -> None:
        """Keep a login, in place of an earlier one.

        Raises:
            InstallerError: `secrets-unavailable`.
        """
        ...

    def delete(self, host: str) -> None:
        """Forget a login; nothing happens where none is kept.

        Raises:
            InstallerError: `secrets-unavailable`.
        """
        ...
