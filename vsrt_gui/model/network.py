"""How this computer reaches servers, as it was set: proxy, certificates, speed, patience."""

from enum import StrEnum
from pathlib import Path

from vsrt_gui.model.value import Value


class ProxyChoice(StrEnum):
    """Where the proxy comes from."""

    SYSTEM = "system"
    """What the operating system says: environment variables, its own settings, an automatic configuration (PAC)."""
    NONE = "none"
    """Straight to the server."""
    MANUAL = "manual"
    """The address that was set."""


class NetworkFit(Value):
    """What fits the program to the network that it is in.

    Attributes:
        proxy: where the proxy comes from.
        proxy_url: for MANUAL, `http://host:port` without user or password, which the OS keyring holds.
        ca_file: certificate authorities of a company in PEM, trusted besides the system's; None for none.
        bandwidth: bytes a second for all downloads together, None without a limit.
        manifest_connect: seconds until a connection for the manifest must stand.
        download_connect: the same for artifacts.
        stall: seconds without a byte after which a connection is given up.
    """

    proxy: ProxyChoice = ProxyChoice.SYSTEM
    proxy_url: str | None = None
    ca_file: Path | None = None
    bandwidth: int | None = None
    manifest_connect: float = 10.0
    download_connect: float = 30.0
    stall: float = 30.0
