"""What can be set in the window, in which group, in which words and with which control."""

from collections.abc import Callable
from dataclasses import dataclass

from vsrt_gui.model.network import ProxyChoice
from vsrt_gui.model.settings import Appearance, LogLevel
from vsrt_gui.ui.dialogs.settings_editors import (
    BandwidthEditor,
    ChoiceEditor,
    Editor,
    NumberEditor,
    PathEditor,
    PathKind,
    SwitchEditor,
    TextEditor,
)
from vsrt_gui.ui.dialogs.settings_field import Caption
from vsrt_gui.ui.dialogs.settings_mirrors import MirrorsEditor
from vsrt_gui.ui.dialogs.settings_rules import catalog_address, proxy_address
from vsrt_gui.ui.theme import Theme
from vsrt_gui.ui.translation import translate

SHORTEST = 0.1
MOST_SECONDS = 3600.0
MOST_GENERATIONS = 20
MOST_ATTEMPTS = 20
MOST_AT_ONCE = 16
MOST_HOURS = 8760.0
"""The bounds of `Settings`; a test compares the upper ones."""

Languages = tuple[tuple[str | None, str], ...]
Entry = tuple[Caption, Callable[[Theme], Editor]]


@dataclass(frozen=True)
class Group:
    """One tab.

    Attributes:
        name: of the tab's page, for tests and for whoever opens it.
        title: of the tab.
        help: one sentence about all of it.
        cards: settings that belong together, top to bottom.
    """

    name: str
    title: str
    help: str
    cards: tuple[tuple[Entry, ...], ...]


def groups(languages: Languages) -> tuple[Group, ...]:
    """Return all groups.

    Args:
        languages: the code and the name of each language that there are words in; None follows the system.
    """
    return (_general(languages), _network(), _mirrors(), _advanced())


def _general(languages: Languages) -> Group:
    words = translate("settings", "How the window looks, and what stays on the disk.")
    return Group("general", translate("settings", "General"), words, (_seen(languages), _kept()))


def _seen(languages: Languages) -> tuple[Entry, ...]:
    looks = (
        (Appearance.SYSTEM, translate("settings", "Like the system")),
        (Appearance.LIGHT, translate("settings", "Light")),
        (Appearance.DARK, translate("settings", "Dark")),
    )
    return (
        (
            Caption("appearance", translate("settings", "Appearance")),
            lambda theme: ChoiceEditor(theme, "appearance", looks),
        ),
        (
            Caption(
                "language",
                translate("settings", "Language"),
                translate("settings", "From the next start on."),
            ),
            lambda theme: ChoiceEditor(theme, "language", languages),
        ),
    )


def _kept() -> tuple[Entry, ...]:
    return (
        (
            Caption(
                "keep_downloads",
                translate("settings", "Keep downloads"),
                translate(
                    "settings", "A later repair needs less from the network, but more room on the disk."
                ),
            ),
            lambda theme: SwitchEditor(theme, "keep_downloads"),
        ),
        (
            Caption(
                "kept_generations",
                translate("settings", "Earlier versions to keep"),
                translate("settings", "So many updates can be taken back."),
            ),
            lambda theme: NumberEditor(theme, "kept_generations", (0, MOST_GENERATIONS)),
        ),
        (
            Caption(
                "download_dir",
                translate("settings", "Folder for downloads"),
                translate("settings", "Where packages lie until they are installed. Another disk is fine."),
            ),
            lambda theme: PathEditor(
                theme, "download_dir", PathKind.FOLDER, translate("settings", "Beside the runtime")
            ),
        ),
    )


def _network() -> Group:
    words = translate("settings", "How this computer reaches the download servers.")
    return Group("network", translate("settings", "Network"), words, (_proxy(), _line()))


def _proxy() -> tuple[Entry, ...]:
    ways = (
        (ProxyChoice.SYSTEM, translate("settings", "Like the system")),
        (ProxyChoice.NONE, translate("settings", "No proxy")),
        (ProxyChoice.MANUAL, translate("settings", "Set by hand")),
    )
    return (
        (
            Caption(
                "proxy",
                translate("settings", "Proxy"),
                translate(
                    "settings", "Many companies reach the internet through one. The system usually knows it."
                ),
            ),
            lambda theme: ChoiceEditor(theme, "proxy", ways),
        ),
        (
            Caption("proxy_url", translate("settings", "Address of the proxy")),
            lambda theme: TextEditor(theme, "proxy_url", proxy_address, "http://proxy.example.com:3128"),
        ),
    )


def _line() -> tuple[Entry, ...]:
    return (
        (
            Caption(
                "ca_file",
                translate("settings", "Company certificate"),
                translate("settings", "A file that your IT department gives you, if their network needs it."),
            ),
            lambda theme: PathEditor(
                theme, "ca_file", PathKind.FILE, translate("settings", "Only the system's own")
            ),
        ),
        (
            Caption(
                "bandwidth_limit",
                translate("settings", "Speed limit"),
                translate("settings", "Leaves room for video calls while downloads go on."),
            ),
            lambda theme: BandwidthEditor(theme, "bandwidth_limit"),
        ),
    )


def _mirrors() -> Group:
    mirrors = (
        (
            Caption(
                "mirrors",
                translate("settings", "Mirrors"),
                translate(
                    "settings", "The first one is asked first. Every file is checked, wherever it comes from."
                ),
            ),
            lambda theme: MirrorsEditor(theme, "mirrors"),
        ),
    )
    words = translate("settings", "Copies of the downloads that are closer or faster for you.")
    return Group("mirrors", translate("settings", "Mirrors"), words, (mirrors,))


def _advanced() -> Group:
    catalog = (
        (
            Caption(
                "manifest_url",
                translate("settings", "Address of the catalog"),
                translate("settings", "Where the list of modules comes from: a web address, or a folder."),
            ),
            lambda theme: TextEditor(
                theme,
                "manifest_url",
                catalog_address,
                translate("settings", "The one that came with the program"),
            ),
        ),
        _hours("cache_ttl_hours", translate("settings", "Use a fetched list for")),
    )
    waits = (
        _seconds("manifest_connect_timeout", translate("settings", "Wait for the catalog's server")),
        _seconds("download_connect_timeout", translate("settings", "Wait for a download server")),
        _seconds("stall_timeout", translate("settings", "Give up a download that stands still after")),
    )
    tries = (
        _count("retry_max_attempts", translate("settings", "Attempts for each download"), MOST_ATTEMPTS),
        _count(
            "rate_limit_max_concurrent", translate("settings", "Downloads at the same time"), MOST_AT_ONCE
        ),
    )
    words = translate("settings", "The usual values are right for nearly everybody.")
    return Group("advanced", translate("settings", "Advanced"), words, (catalog, waits, tries, _logs()))


def _logs() -> tuple[Entry, ...]:
    levels = (
        (LogLevel.ERROR, translate("settings", "Errors only")),
        (LogLevel.WARNING, translate("settings", "Warnings, too")),
        (LogLevel.INFO, translate("settings", "What is done")),
        (LogLevel.DEBUG, translate("settings", "Everything")),
    )
    return (
        (
            Caption("log_level", translate("settings", "What the logs tell")),
            lambda theme: ChoiceEditor(theme, "log_level", levels),
        ),
    )


def _seconds(name: str, title: str) -> Entry:
    unit = translate("settings", " seconds")
    return Caption(name, title), lambda theme: NumberEditor(theme, name, (SHORTEST, MOST_SECONDS), unit)


def _hours(name: str, title: str) -> Entry:
    unit = translate("settings", " hours")
    return Caption(name, title), lambda theme: NumberEditor(theme, name, (0.0, MOST_HOURS), unit)


def _count(name: str, title: str, most: int) -> Entry:
    return Caption(name, title), lambda theme: NumberEditor(theme, name, (1, most))
