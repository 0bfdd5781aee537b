"""The three systems' own keyrings, and what they raise.

They are taken directly: looking for others would load whatever is installed, and ask a configuration that belongs to
other programs.
"""

import sys
from contextlib import closing

import keyring.errors
from keyring.backend import KeyringBackend

FOREIGN: tuple[type[Exception], ...] = (
    keyring.errors.KeyringError,
    RuntimeError,
    ImportError,
    OSError,
    ValueError,
    EOFError,
    KeyError,
)
"""What keyrings raise: their own, a missing part, a connection that breaks, an answer that makes no sense."""

if sys.platform == "win32":
    from keyring.backends.Windows import WinVaultKeyring
    from win32ctypes.pywin32 import pywintypes  # type: ignore[import-not-found, import-untyped, unused-ignore]

    FOREIGN += (pywintypes.error,)

    def of_system() -> KeyringBackend:
        """Return the system's keyring."""
        return WinVaultKeyring()  # type: ignore[no-untyped-call, unused-ignore]

    def is_open() -> bool:
        """Tell whether it is there and open; signing in opens it."""
        return True

elif sys.platform == "darwin":
    from keyring.backends.macOS import Keyring as MacKeyring

    def of_system() -> KeyringBackend:
        """Return the system's keyring."""
        return MacKeyring()  # type: ignore[no-untyped-call, unused-ignore]

    def is_open() -> bool:
        """Tell whether it is there and open; signing in opens it."""
        return True

else:
    import secretstorage
    from jeepney.wrappers import DBusErrorResponse  # type: ignore[import-untyped, unused-ignore]
    from keyring.backends.SecretService import Keyring as SecretService
    from secretstorage.exceptions import SecretStorageException

    FOREIGN += (SecretStorageException, DBusErrorResponse)

    def of_system() -> KeyringBackend:
        """Return the system's keyring."""
        return SecretService()  # type: ignore[no-untyped-call, unused-ignore]

    def is_open() -> bool:
        """Look before anything is asked: the library itself would have the desktop ask the user to unlock it."""
        with closing(secretstorage.dbus_init()) as bus:
            if not secretstorage.check_service_availability(bus):
                return False
            return not secretstorage.Collection(bus).is_locked()
