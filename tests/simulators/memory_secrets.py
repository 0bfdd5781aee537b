"""A keyring in memory."""

from vsrt_gui.model.faults import InstallerError


class MemorySecrets:
    """Answers `Secrets`; may be missing, or refuse.

    Attributes:
        available: whether there is a keyring.
        refusal: what `set` and `delete` raise, None for nothing.
        history: every login that was kept; an empty user stands for one that was forgotten.
    """

    def __init__(self) -> None:
        self.available = True
        self.refusal: InstallerError | None = None
        self.history: list[tuple[str, str, str]] = []
        self._kept: dict[str, tuple[str, str]] = {}

    def get(self, host: str) -> tuple[str, str] | None:
        """Return what is kept."""
        return self._kept.get(host)

    def set(self, host: str, user: str, password: str) -> None:
        """Keep a login."""
        self._refuse()
        self._kept[host] = (user, password)
        self.history.append((host, user, password))

    def delete(self, host: str) -> None:
        """Forget a login."""
        self._refuse()
        self._kept.pop(host, None)
        self.history.append((host, "", ""))

    def _refuse(self) -> None:
        if self.refusal is not None:
            raise self.refusal
