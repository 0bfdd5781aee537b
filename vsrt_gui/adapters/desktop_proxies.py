"""Reads the proxy settings that Python itself does not know: GNOME's, and scripts that choose a proxy (PAC).

Windows runs such a script itself. Elsewhere it is only named, so that a fault can say why there is no connection: the
libraries that run them (pacparser, dukpy) hold the interpreter meanwhile, so that a script that looks a name up would
freeze the window (measured: 1.0 s for a script that takes 1 s), or weigh 22 MB (mini-racer).
"""

import ast
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from ipaddress import ip_address, ip_network

from vsrt_gui.adapters.host.probe import clean_environment
from vsrt_gui.model.value import Value

if sys.platform == "win32":
    from vsrt_gui.adapters.winhttp import script_of_user

KEEP_SECONDS = 30.0
"""What was read is used for so long: reading it starts a program."""
ASK_SECONDS = 2.0

_GNOME = frozenset({"GNOME", "Unity", "X-Cinnamon", "Budgie", "Pantheon", "MATE"})
"""Names in XDG_CURRENT_DESKTOP of the desktops that keep GNOME's settings."""
_SCUTIL_SCRIPT = re.compile(r"^\s*ProxyAutoConfigURLString : (\S+)\s*$", re.MULTILINE)
_SCUTIL_ENABLED = re.compile(r"^\s*ProxyAutoConfigEnable : 1\s*$", re.MULTILINE)


class Desktop(Value):
    """What the settings say.

    Attributes:
        proxies: scheme to `http://host:port`, with user and password where they are set.
        exceptions: hosts, patterns and networks that are reached directly.
        script: address of the script that chooses the proxy; then there are no `proxies`.
    """

    proxies: Mapping[str, str] = {}
    exceptions: tuple[str, ...] = ()
    script: str | None = None

    def excepts(self, host: str) -> bool:
        """Tell whether a host is reached directly."""
        return any(_fits(host.lower(), each.lower()) for each in self.exceptions)


class DesktopProxies:
    """The settings, read anew now and then; may be used from several threads.

    Attributes:
        kept: what was read last.
    """

    def __init__(self, read: Callable[[], Desktop] | None = None) -> None:
        """Make ready; nothing is read yet.

        Args:
            read: reads them; None reads those of this system.
        """
        self._read = read or of_system
        self._lock = threading.Lock()
        self.kept = Desktop()
        self._until = 0.0

    def now(self) -> Desktop:
        """Return what they say; may take a moment."""
        with self._lock:
            if time.monotonic() >= self._until:
                self.kept = self._read()
                self._until = time.monotonic() + KEEP_SECONDS
            return self.kept


def of_system() -> Desktop:
    """Read this system's settings; nothing where they can't be read."""
    if sys.platform == "win32":
        return Desktop(script=script_of_user())
    if sys.platform == "darwin":
        return of_scutil(_said("/usr/sbin/scutil", "--proxy"))
    if _GNOME & set(os.environ.get("XDG_CURRENT_DESKTOP", "").split(":")):
        return of_gsettings(_said("gsettings", "list-recursively", "org.gnome.system.proxy"))
    return Desktop()


def of_scutil(text: str) -> Desktop:
    """Take the script out of what `scutil --proxy` says; Python itself knows the rest."""
    found = _SCUTIL_SCRIPT.search(text) if _SCUTIL_ENABLED.search(text) else None
    return Desktop(script=found[1] if found else None)


def of_gsettings(text: str) -> Desktop:
    """Read what `gsettings list-recursively org.gnome.system.proxy` says."""
    values = {(schema, key): value for schema, key, value in map(_parts, text.splitlines())}

    def told(schema: str, key: str) -> object:
        return _parsed(values.get((f"org.gnome.system.proxy{schema}", key), "''"))

    match told("", "mode"):
        case "auto":
            return Desktop(script=str(told("", "autoconfig-url")) or None)
        case "manual":
            pass
        case _:
            return Desktop()
    login = f"{told('.http', 'authentication-user')}:{told('.http', 'authentication-password')}@"
    proxies = {}
    for scheme in ("http", "https"):
        host, port = told(f".{scheme}", "host"), told(f".{scheme}", "port")
        if host and port:
            needed = scheme == "http" and told(".http", "use-authentication") is True
            proxies[scheme] = f"http://{login if needed else ''}{host}:{port}"
    ignored = told("", "ignore-hosts")
    return Desktop(proxies=proxies, exceptions=tuple(map(str, ignored)) if isinstance(ignored, list) else ())


def _parts(line: str) -> tuple[str, str, str]:
    schema, _, rest = line.partition(" ")
    key, _, value = rest.partition(" ")
    return schema, key, value


def _parsed(value: str) -> object:
    """Read a value as GVariant writes it, which is how Python writes it, but for the types and small booleans."""
    plain = re.sub(r"^(@\w+|u?int\d+) ", "", value)
    if plain in ("true", "false"):
        return plain == "true"
    try:
        return ast.literal_eval(plain)
    except (ValueError, SyntaxError):
        return ""


def _fits(host: str, pattern: str) -> bool:
    try:
        return ip_address(host) in ip_network(pattern, strict=False)
    except ValueError:
        bare = pattern.lstrip("*").lstrip(".")
        return host == bare or host.endswith(f".{bare}") or fnmatch(host, pattern)


def _said(*command: str) -> str:
    """Return what a program says, nothing where it is missing or does not answer."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=ASK_SECONDS, check=False, env=clean_environment()
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
