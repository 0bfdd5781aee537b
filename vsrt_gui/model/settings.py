"""What a user or an admin may set, and where each value came from."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from vsrt_gui.model.faults import Fault
from vsrt_gui.model.network import NetworkFit, ProxyChoice
from vsrt_gui.model.policies import Policies
from vsrt_gui.model.value import Value

VARIABLE_PREFIX = "VSRT_"
"""Opens the name of every environment variable of ours."""


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


_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_LANGUAGE = r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$"


def _addressed(text: str, schemes: frozenset[str], words: str) -> str:
    """Refuse an address of another kind, or one without a server."""
    parts = urlsplit(_printable(text))
    if parts.scheme.lower() not in schemes:
        msg = f"it does not begin with {words}"
        raise ValueError(msg)
    if parts.scheme.lower() != "file" and (not parts.hostname or parts.port == 0):
        msg = "it names no server"
        raise ValueError(msg)
    return text


def _printable(text: str) -> str:
    """Refuse what no address and no folder's name has, and no file system takes."""
    if _CONTROLS.search(text):
        msg = "there is a sign in it that can't be seen"
        raise ValueError(msg)
    return text


def _place(text: str) -> str:
    """Take an address, or a folder; RuntimeError where nobody's home has that name."""
    bare = text.strip()  # a space or line's end that was copied along with an address is none of its own
    if not bare:
        msg = "it has no name"
        raise ValueError(msg)
    if _ADDRESS.match(bare):
        return _addressed(bare, frozenset({"http", "https", "file"}), "http, https or file")
    Path(_printable(text)).expanduser()
    return text


def _proxy(text: str) -> str:
    text = _addressed(text.strip(), frozenset({"http", "https"}), "http:// or https://")
    parts = urlsplit(text)
    if parts.username or parts.password:
        msg = "user name and password don't belong into it: the program asks for them and keeps them safe"
        raise ValueError(msg)
    return text


def _report_place(text: str) -> str:
    text = _addressed(text.strip(), frozenset({"http", "https"}), "http:// or https://")
    parts = urlsplit(text)
    if not parts.username or not parts.path.rpartition("/")[2]:
        msg = "it is no address of the form https://KEY@SERVER/PROJECT"
        raise ValueError(msg)
    return text


def _folder(path: Path) -> Path:
    """Take a folder; `~` is the user's own."""
    if not _printable(str(path)).strip():
        msg = "it has no name"
        raise ValueError(msg)
    return path.expanduser()


def _lower(given: Any) -> Any:
    """Take a word however it is written: scripts out there say `INFO`."""
    return given.strip().lower() if isinstance(given, str) else given


def _several(given: Any) -> Any:
    """Let a variable, which has no lists, name several by spaces or commas between them."""
    return tuple(part for part in re.split(r"[\s,]+", given) if part) if isinstance(given, str) else given


PLACES = frozenset({"manifest_url", "mirrors", "prefix", "download_dir", "ca_file", "log_file"})
"""Settings that may name a folder or a file."""


def counts_from_here(value: object) -> bool:
    """Tell whether a place is somewhere else for a program that was started in another folder."""
    match value:
        case Path():
            return not value.is_absolute()
        case str():
            return _ADDRESS.match(value) is None and counts_from_here(Path(value).expanduser())
        case tuple():
            return any(counts_from_here(each) for each in value)
        case _:
            return False


Seconds = Annotated[float, Field(gt=0, le=3600)]
Milliseconds = Annotated[int, Field(ge=0, le=3_600_000)]
Location = Annotated[str, AfterValidator(_place)]
Folder = Annotated[Path, AfterValidator(_folder)]
ProxyAddress = Annotated[str, AfterValidator(_proxy)]
ReportAddress = Annotated[str, AfterValidator(_report_place)]
Locations = Annotated[tuple[Location, ...], BeforeValidator(_several)]
Language = Annotated[str, Field(pattern=_LANGUAGE)]


class Settings(Value):
    """All settings; a field has the same name in the TOML file, and in the environment in capitals after `VSRT_`.

    Attributes:
        manifest_url: where the modules come from: the catalog's address, or a folder such as a USB stick; without one
            the catalog that is shipped.
        prefix: the folder of the runtime; without one a folder of the user's own.
        download_dir: where downloads lie until they are installed, in a folder for each runtime; without one in the
            runtime's own folder.
        keep_downloads: whether downloads stay after an installation, so that a later one needs no network for them.
        kept_generations: how many earlier versions stay, to go back to.
        mirrors: copies of the catalog's folder, asked before the catalog itself, in this order.
        proxy: how servers are reached: as the system says, straight, or by `proxy_url`.
        proxy_url: the proxy for `manual`, without user name and password: those lie in the system's keyring.
        ca_file: a company's certificate authorities (PEM), trusted besides the system's.
        bandwidth_limit: bytes a second for all downloads together; without one as fast as it goes.
        manifest_connect_timeout: seconds until a connection for the catalog must stand.
        download_connect_timeout: seconds until a connection for a download must stand.
        stall_timeout: seconds without a byte, after which a connection is made anew.
        cache_ttl_hours: for how long a catalog that was fetched is used without asking again.
        retry_max_attempts: how often something is attempted in all, if nothing of it comes.
        retry_initial_delay_ms: the pause before a download's second attempt, twice as long before each further one;
            the catalog's is half of it.
        circuit_breaker_threshold: a download server that fails so often in a row is left alone for a while; the
            catalog's server after three fifths of that.
        circuit_breaker_timeout_ms: for how long a download server is left alone; the catalog's half as long.
        rate_limit_max_concurrent: how many downloads go on at once; requests to the catalog two thirds of that.
        health_check_interval_ms: not used by this version yet; the pause between two rounds of health checks while
            somebody watches them.
        health_check_timeout_ms: not used by this version yet; how long one health check may take.
        log_level: how much the logs tell.
        log_file: a file that gets every line of the logs besides; without one they go to the usual folder alone.
        sentry_dsn: where faults that nobody foresaw are reported to; without one nothing is reported.
        language: of the window and of the words for faults; without one as the system says.
        appearance: the window's colours.
    """

    manifest_url: Location | None = None
    prefix: Folder | None = None
    download_dir: Folder | None = None
    keep_downloads: bool = False
    kept_generations: Annotated[int, Field(ge=0, le=20)] = 1
    mirrors: Locations = ()
    proxy: ProxyChoice = ProxyChoice.SYSTEM
    proxy_url: ProxyAddress | None = None
    ca_file: Folder | None = None
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
    log_level: Annotated[LogLevel, BeforeValidator(_lower)] = LogLevel.INFO
    log_file: Folder | None = None
    sentry_dsn: ReportAddress | None = None
    language: Language | None = None
    appearance: Appearance = Appearance.SYSTEM

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_none(cls, given: Any, info: ValidationInfo) -> Any:
        """Take an empty text for "none" where there can be none: TOML and variables have no word for that."""
        return None if given == "" and cls.model_fields[info.field_name or ""].default is None else given

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

    @property
    def policies(self) -> Policies:
        """Return the numbers that follow from the settings.

        One number serves both services: it is that of the downloads, and the manifest's keeps the proportion that the
        defaults have (a pause and a rest half as long, three failures where a download server is granted five,
        two requests at a time where three downloads may go on).
        """
        usual = Policies()
        delay, rest = self.retry_initial_delay_ms / 1000, self.circuit_breaker_timeout_ms / 1000
        threshold, attempts = self.circuit_breaker_threshold, self.retry_max_attempts
        most = self.rate_limit_max_concurrent
        return usual.but(
            manifest_retry=usual.manifest_retry.but(attempts=attempts, first_delay=delay / 2),
            download_retry=usual.download_retry.but(attempts=attempts, first_delay=delay),
            manifest_breaker=usual.manifest_breaker.but(
                threshold=max(1, round(threshold * 3 / 5)), cooldown=rest / 2
            ),
            download_breaker=usual.download_breaker.but(threshold=threshold, cooldown=rest),
            manifest_limit=usual.manifest_limit.but(concurrent=max(1, round(most * 2 / 3))),
            download_limit=usual.download_limit.but(concurrent=most),
            manifest_ttl=self.cache_ttl_hours * 3600,
            kept_generations=self.kept_generations,
            keep_downloads=self.keep_downloads,
        )


class Source(Value):
    """Where one value came from.

    Attributes:
        origin: the layer.
        place: the file, variable or option, empty for a default that is not locked.
        locked: whether an admin keeps everybody from changing it; `place` is then the admin's file.
    """

    origin: Origin = Origin.DEFAULT
    place: str = ""
    locked: bool = False


class Overruled(Value):
    """A value that does not count, because an admin has locked the setting.

    Attributes:
        name: of the setting.
        place: where the value stands that does not count.
        lock: the admin's file.
    """

    name: str
    place: str
    lock: str


class Effective(Value):
    """The settings in force.

    Attributes:
        settings: the values.
        sources: field name to where its value came from, one for each field.
        faults: values and files that can't be used; the next lower layer's value is in force instead.
        overruled: values that an admin's lock keeps from counting.
        unknown: names that this program does not know, each with where it stands; they are left in peace.
    """

    settings: Settings
    sources: Mapping[str, Source]
    faults: tuple[Fault, ...] = ()
    overruled: tuple[Overruled, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()

    def source(self, name: str) -> Source:
        """Return where a setting's value came from; KeyError for a name that is none."""
        return self.sources[name]

    def is_locked(self, name: str) -> bool:
        """Tell whether an admin keeps everybody from changing it."""
        return self.sources[name].locked


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return VARIABLE_PREFIX + name.upper()
