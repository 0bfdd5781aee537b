"""Keeps the logins of proxies in the operating system's keyring; never asks the user anything, and never hangs.

The code that talks to keyrings takes 100 ms to load, and most runs never need it: it is loaded where it is used.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from vsrt_gui.adapters.dialing import abandonable
from vsrt_gui.adapters.patience import Patience
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.model.faults import FaultCode, InstallerError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SECONDS = 5.0
"""A keyring that has not answered by then asks the user something, or is out of order; it is left behind."""

_SERVICE = "VS Code Runtime proxy"
_ACCOUNT = "login"
"""One entry holds user and password together: macOS finds entries only by their user."""


class KeyringSecrets:
    """Answers `Secrets`; may be used from several threads."""

    def __init__(self, backend: "KeyringBackend | None" = None, seconds: float = SECONDS) -> None:
        """Make ready; nothing is asked yet.

        Args:
            backend: a keyring that is always open; None takes the system's own.
            seconds: how long one question may take.
        """
        self._backend = backend
        self._seconds = seconds

    @property
    def available(self) -> bool:
        """Tell whether there is a keyring that is open; see `Secrets.available`."""
        try:
            return self._apart(self._open)
        except InstallerError:
            return False

    def get(self, host: str) -> tuple[str, str] | None:
        """Return the login for a proxy; see `Secrets.get`."""
        try:
            return _login(self._apart(lambda: self._read(host)))
        except InstallerError:
            return None

    def set(self, host: str, user: str, password: str) -> None:
        """Keep a login; see `Secrets.set`."""
        self._apart(lambda: self._ready().set_password(_entry(host), _ACCOUNT, json.dumps([user, password])))

    def delete(self, host: str) -> None:
        """Forget a login; see `Secrets.delete`."""

        def delete() -> None:
            if self._read(host) is not None:
                self._ready().delete_password(_entry(host), _ACCOUNT)

        self._apart(delete)

    def _open(self) -> bool:
        if self._backend is not None:
            return True
        from vsrt_gui.adapters.keyring_backends import is_open  # noqa: PLC0415 -- loaded where it is used

        return is_open()

    def _ready(self) -> "KeyringBackend":
        if not self._open():
            raise InstallerError(FaultCode.SECRETS_UNAVAILABLE, reason="it is locked")
        if self._backend is not None:
            return self._backend
        from vsrt_gui.adapters.keyring_backends import of_system  # noqa: PLC0415 -- loaded where it is used

        return of_system()

    def _read(self, host: str) -> str | None:
        return self._ready().get_password(_entry(host), _ACCOUNT)

    def _apart(self, work: Callable[[], T]) -> T:
        """Do it in a thread that is left behind when it takes too long.

        Raises:
            InstallerError: `secrets-unavailable`.
        """

        def translated() -> T:
            from vsrt_gui.adapters.keyring_backends import FOREIGN  # noqa: PLC0415 -- loaded where it is used

            try:
                return work()
            except FOREIGN as error:
                reason = str(error) or type(error).__name__
                raise InstallerError(FaultCode.SECRETS_UNAVAILABLE, reason=reason) from error

        try:
            return abandonable(translated, Patience(self._seconds, Stop()).begin())
        except TimeoutError as error:
            raise InstallerError(FaultCode.SECRETS_UNAVAILABLE, reason="it does not answer") from error


def _entry(host: str) -> str:
    return f"{_SERVICE} {host}"


def _login(kept: str | None) -> tuple[str, str] | None:
    """Read an entry, None where there is none or it was not written by this program."""
    try:
        match json.loads(kept or "null"):
            case [str(user), str(password)]:
                return user, password
            case _:
                return None
    except ValueError:
        return None
