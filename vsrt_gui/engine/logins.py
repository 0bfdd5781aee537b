"""Looks up and keeps the logins of proxies, without the window ever waiting for a keyring."""

from urllib.parse import urlsplit

from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.secrets_port import Secrets


class Logins:
    """The keyring, asked in a thread: it may take seconds to answer."""

    def __init__(self, secrets: Secrets | None, workers: Workers) -> None:
        """Open it; nothing is asked yet.

        Args:
            secrets: None where this program was given no keyring.
            workers: the session's threads.
        """
        self._secrets = secrets
        self._workers = workers

    async def user(self, proxy: str | None) -> str | None:
        """Return the user name that is kept for a proxy's address, empty for none, None where there is no keyring."""
        secrets = self._secrets
        if secrets is None or not await self._workers.run(Stop(), lambda: secrets.available):
            return None
        host = _host(proxy)
        kept = await self._workers.run(Stop(), secrets.get, host) if host else None
        return kept[0] if kept else ""

    async def keep(self, proxy: str, user: str, password: str | None) -> None:
        """Keep the login of a proxy's address.

        Args:
            proxy: the address.
            user: empty forgets what is kept.
            password: None keeps the one that is kept, which only an empty user allows.

        Raises:
            InstallerError: `secrets-unavailable`.
        """
        secrets, host = self._secrets, _host(proxy)
        if secrets is None or not host:
            return
        if not user or password is None:
            await self._workers.run(Stop(), secrets.delete, host)
        else:
            await self._workers.run(Stop(), secrets.set, host, user, password)


def _host(proxy: str | None) -> str:
    """Return a proxy's host, also of an address that somebody wrote as `HOST:PORT`; empty where there is none."""
    try:
        return urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname or "" if proxy else ""
    except ValueError:
        return ""
