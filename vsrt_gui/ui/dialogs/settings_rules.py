"""What may be typed into the settings: plain rules that give a value, or say in a sentence what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never
from urllib.parse import SplitResult, urlsplit

from vsrt_gui.model.settings import Origin, Source
from vsrt_gui.ui.translation import translate

KILO = 1000
MEGA = 1000 * KILO
SLOWEST = 1024
"""Bytes a second: the smallest limit that `Settings.bandwidth_limit` takes."""
HIGHEST_PORT = 65535


class MistakeError(ValueError):
    """Something that can't be used; its text says so to the user."""


@dataclass(frozen=True)
class ProxyLogin:
    """What is to be done with the proxy's user name and password.

    Attributes:
        proxy: the address that they are for.
        user: the name; empty forgets what is kept.
        password: None keeps the one that is kept.
    """

    proxy: str
    user: str
    password: str | None = None


@dataclass(frozen=True)
class Wish:
    """What the user wants changed.

    Attributes:
        changes: setting to value; None takes the user's own value away.
        login: None leaves the keyring alone.
    """

    changes: Mapping[str, object | None]
    login: ProxyLogin | None = None


def web_address(text: str) -> str:
    """Return an address of a server.

    Raises:
        MistakeError: it is none.
    """
    address = text.strip()
    if address.partition("://")[0].lower() not in {"http", "https"}:
        raise MistakeError(translate("settings", "An address begins with https:// or http://"))
    _check(address)
    return address


def catalog_address(text: str) -> str | None:
    """Return where the catalog is: a server's address or a whole path; None for nothing.

    Raises:
        MistakeError: it is neither.
    """
    address = text.strip()
    if not address:
        return None
    if "://" in address:
        return web_address(address)
    if not Path(address).is_absolute():
        words = "This is neither an address with https:// nor a whole path of a folder."
        raise MistakeError(translate("settings", words))
    return address


def proxy_address(text: str) -> str | None:
    """Return the address of a proxy, None for nothing.

    Raises:
        MistakeError: it is none, or holds a password, which belongs into the keyring.
    """
    address = text.strip()
    if not address:
        return None
    if "://" not in address:
        address = f"http://{address}"  # what people write down is `proxy.example.com:3128`
    parts = _check(web_address(address))
    if parts.username or parts.password:
        raise MistakeError(
            translate("settings", "Leave out the user name and password here: they have their own fields.")
        )
    return address.rstrip("/")


def whole_path(text: str) -> Path | None:
    """Return a path, None for nothing.

    Raises:
        MistakeError: it depends on the folder that the program was started in.
    """
    path = text.strip()
    if not path:
        return None
    if not Path(path).is_absolute():
        raise MistakeError(
            translate("settings", "Write the whole path, from the beginning, or choose it with Browse.")
        )
    return Path(path)


def bandwidth(number: float, unit: int) -> int:
    """Return a limit in bytes a second.

    Raises:
        MistakeError: so slow that nothing would ever be done.
    """
    limit = round(number * unit)
    if limit < SLOWEST:
        raise MistakeError(translate("settings", "This is too slow to be of use. Choose 2 KB/s or more."))
    return limit


def shown_bandwidth(limit: int) -> tuple[float, int]:
    """Return a limit as a number with one decimal, and its unit."""
    unit = MEGA if limit >= MEGA else KILO
    return round(limit / unit, 1), unit


def can_change(source: Source) -> bool:
    """Tell whether a choice made here would have an effect."""
    return not source.locked and source.origin not in {Origin.ENVIRONMENT, Origin.COMMAND_LINE}


def whose(source: Source) -> str:
    """Return who set a value, where that is somebody else than the user; else an empty text."""
    if source.locked:
        return translate("settings", "Set by your organisation")
    match source.origin:
        case Origin.ENVIRONMENT:
            return translate("settings", "Set by {place}").format(place=source.place)
        case Origin.COMMAND_LINE:
            return translate("settings", "Set when the program was started")
        case Origin.ADMIN:
            return translate("settings", "Suggested by your organisation")
        case Origin.DEFAULT | Origin.USER:
            return ""
        case _:
            assert_never(source.origin)


def why_fixed(source: Source) -> str:
    """Return why a value can't be changed here."""
    if source.locked:
        words = translate("settings", "Whoever looks after this computer has fixed it in {place}.")
        return words.format(place=source.place)
    if source.origin is Origin.ENVIRONMENT:
        return translate("settings", "As long as this variable is set on the computer, it comes first.")
    return translate("settings", "It counts until the program is closed.")


def _check(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise MistakeError(
            translate("settings", "This address can't be read. Is a character missing?")
        ) from exc
    if not host or any(letter.isspace() for letter in address):
        raise MistakeError(translate("settings", "This address names no server."))
    if port == 0:
        raise MistakeError(
            translate("settings", "A port is a number from 1 to {highest}.").format(highest=HIGHEST_PORT)
        )
    return parts
