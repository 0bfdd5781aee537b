"""What a user or an admin may set, and where each value came from."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from vsrt_gui.model.network import NetworkFit, ProxyChoice
from vsrt_gui.model.value import Value


class Origin(StrEnum):
    """Where a value came from; a later one wins over the earlier ones, unless an admin locked the setting."""

    DEFAULT = "default"
    ADMIN = "admin"
    USER = "user"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "commandLine"


class Appearance(StrEnum):
    """The window's colours."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class LogLevel(StrEnum):
    """How much the logs tell."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


Seconds = Annotated[float, Field(gt=0, le=3600)]
Milliseconds = Annotated[int, Field(ge=0, le=3_600_000)]


class Settings(Value):
    """All settings; a field has the same name in the TOML file, and in the environment in capitals after `VSRT_`.

    Attributes:
        manifest_url: address or folder of the catalog, None for the shipped one.
        prefix: the folder of the runtime, None for the usual one.
        download_dir: where downloads lie until they are installed, None for the prefix's own folder.
        keep_downloads: whether downloads stay after an installation, for the next one.
        kept_generations: earlier versions that stay, to go back to.
        mirrors: base addresses that are copies of the catalog's folder, asked in this order of preference.
        proxy: where the proxy comes from.
        proxy_url: for `manual`, without user and password.
        ca_file: certificate authorities of a company, PEM.
        bandwidth_limit: bytes a second for all downloads, None without a limit.
        manifest_connect_timeout: seconds.
        download_connect_timeout: seconds.
        stall_timeout: seconds without a byte.
        cache_ttl_hours: how long a fetched manifest is used without asking again.
        retry_max_attempts: how often a download is attempted in all.
        retry_initial_delay_ms: before the second attempt.
        circuit_breaker_threshold: failures of a download server in a row, after which it is left alone.
        circuit_breaker_timeout_ms: for how long.
        rate_limit_max_concurrent: downloads at the same time.
        health_check_interval_ms: between two rounds of health checks while they are watched.
        health_check_timeout_ms: how long one check may take.
        log_level: how much the logs tell.
        sentry_dsn: where faults that nobody foresaw are reported to; None reports nothing.
        language: of the window and the words for faults; None follows the system.
        appearance: the window's colours.
    """

    manifest_url: str | None = None
    prefix: Path | None = None
    download_dir: Path | None = None
    keep_downloads: bool = False
    kept_generations: Annotated[int, Field(ge=0, le=20)] = 1
    mirrors: tuple[str, ...] = ()
    proxy: ProxyChoice = ProxyChoice.SYSTEM
    proxy_url: str | None = None
    ca_file: Path | None = None
    bandwidth_limit: Annotated[int, Field(ge=1024)] | None = None
    manifest_connect_timeout: Seconds = 10.0
    download_connect_timeout: Seconds = 30.0
    stall_timeout: Seconds = 30.0
    cache_ttl_hours: Annotated[float, Field(ge=0, le=8760)] = 24.0
    retry_max_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    retry_initial_delay_ms: Milliseconds = 2000
    circuit_breaker_threshold: Annotated[int, Field(ge=1, le=100)] = 5
    circuit_breaker_timeout_ms: Milliseconds = 60_000
    rate_limit_max_concurrent: Annotated[int, Field(ge=1, le=16)] = 3
    health_check_interval_ms: Annotated[int, Field(ge=1000, le=3_600_000)] = 30_000
    health_check_timeout_ms: Annotated[int, Field(ge=100, le=3_600_000)] = 10_000
    log_level: LogLevel = LogLevel.INFO
    sentry_dsn: str | None = None
    language: str | None = None
    appearance: Appearance = Appearance.SYSTEM

    @property
    def network(self) -> NetworkFit:
        """Return how servers are reached."""
        return NetworkFit(
            proxy=self.proxy,
            proxy_url=self.proxy_url,
            ca_file=self.ca_file,
            bandwidth=self.bandwidth_limit,
            manifest_connect=self.manifest_connect_timeout,
            download_connect=self.download_connect_timeout,
            stall=self.stall_timeout,
        )


class Source(Value):
    """Where one value came from.

    Attributes:
        origin: the layer.
        place: the file or variable, empty for a default.
        locked: whether an admin keeps others from changing it.
    """

    origin: Origin = Origin.DEFAULT
    place: str = ""
    locked: bool = False


class Effective(Value):
    """The settings in force.

    Attributes:
        settings: the values.
        sources: field name to where its value came from, one for each field.
    """

    settings: Settings
    sources: Mapping[str, Source]
