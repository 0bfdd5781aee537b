"""Takes out of texts what is nobody else's business: names, home folders, passwords and other secrets."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from pydantic import Field

from vsrt_gui.model.value import Value

HOME = "~"
"""Stands for the user's home folder."""
MARK = "***"
"""Stands for everything else that was taken out."""
SHORTEST_INSIDE = 3
"""Letters of a name that is taken out of longer words too; a shorter one only where it stands alone."""
SHORTEST_HOME = 4
"""Letters of a home folder; a shorter one (`/`) is no home, and is part of every path."""

_TELLING = (
    r"[\w.-]*(?:passw(?:or)?d|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|credential|signature|tkn|jwt|dsn)"
    r"[\w.-]*"
)
_SECRET_KEY = re.compile(rf"{_TELLING}|(?:proxy[-_])?authorization|(?:set[-_])?cookie|sig", re.IGNORECASE)
_HEADER = re.compile(
    r"(?P<name>\b(?:(?:proxy[-_])?authorization|(?:set[-_])?cookie)\b(?:[\"']?\s*[:=]\s*|[\"']\s*,\s*)(?:b?[\"'])?)"
    r"[^\r\n\"']+",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    rf"(?P<name>(?<![\w.-])(?:{_TELLING}|sig)[\"']?\s*[:=]\s*)"
    r"(?:\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s\"'&,;]+)",
    re.IGNORECASE,
)
_QUERY = re.compile(r"(?P<name>\bhttps?://[^\s\"'<>?#]*\?)[^\s\"'<>]+", re.IGNORECASE)
"""What an address asks for may be a key to it, whatever its name: signed addresses of many shops look like that."""
_CREDENTIALS = re.compile(r"(?P<name>://)(?:[^\s\"'<>@/:]*:(?!\d{1,5}(?:/|$))[^\s\"'<>]*|[^\s\"'<>@/]+)@")
"""User and password in front of a host; a colon before mere digits and a slash is a port."""


class Private(Value):
    """What is known to be nobody else's business.

    Attributes:
        names: of the user and of the computer.
        homes: the user's home folder, under each of its paths.
        secrets: passwords, tokens and keys that are known.
    """

    names: frozenset[str] = frozenset()
    homes: frozenset[str] = frozenset()
    secrets: frozenset[str] = Field(default=frozenset(), repr=False)


class Redaction:
    """Rewrites texts and values so that none of a `Private` stays in them.

    Privacy goes before legibility: a name is also taken out of the middle of a word. Unknown secrets are found by what
    stands before them: an address's `user:password@`, a `token=`, a `password:`, an `Authorization:`.
    """

    def __init__(self, private: Private) -> None:
        self._known = _matcher(private)

    def text(self, text: str) -> str:
        """Return a text without anything private."""
        text = self._known.sub(_stand_in, text) if self._known else text
        text = _CREDENTIALS.sub(rf"\g<name>{MARK}@", text)
        text = _QUERY.sub(rf"\g<name>{MARK}", text)
        text = _HEADER.sub(rf"\g<name>{MARK}", text)
        return _ASSIGNED.sub(rf"\g<name>{MARK}", text)

    def value(self, value: Any) -> Any:
        """Return a JSON value without anything private: its texts rewritten, its secret fields emptied."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {self.text(str(key)): self._field(str(key), item) for key, item in value.items()}
            case list() | tuple():
                return [self.value(item) for item in value]
            case _:
                return value

    def line(self, line: str) -> str:
        """Return a line of a log; one that is a JSON object stays one."""
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError):
            return self.text(line)
        if not isinstance(parsed, dict | list):
            return self.text(line)
        return json.dumps(self.value(parsed), separators=(",", ":"), ensure_ascii=False)

    def _field(self, name: str, item: Any) -> Any:
        if item not in (None, "") and isinstance(item, str | int | float) and _SECRET_KEY.fullmatch(name):
            return item if isinstance(item, bool) else MARK
        return self.value(item)


def _matcher(private: Private) -> re.Pattern[str] | None:
    """Return one pattern for all that is known: tried longest first, so that nothing of a longer one is left over."""
    homes = {form for home in private.homes if len(home) >= SHORTEST_HOME for form in _forms(home)}
    others = {form for secret in private.secrets if secret for form in _forms(secret)}
    others |= {form for name in private.names if len(name) >= SHORTEST_INSIDE for form in _forms(name)}
    short = {name for name in private.names if 0 < len(name) < SHORTEST_INSIDE}
    groups = [
        _group("home", (re.escape(form) for form in homes)),
        _group("mark", (re.escape(form) for form in others)),
        _group("alone", (rf"(?<!\w){re.escape(name)}(?!\w)" for name in short)),
    ]
    pattern = "|".join(group for group in groups if group)
    return re.compile(pattern, re.IGNORECASE) if pattern else None


def _group(name: str, words: Iterable[str]) -> str:
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return f"(?P<{name}>{'|'.join(ordered)})" if ordered else ""


def _forms(text: str) -> set[str]:
    """Return the ways in which a text is written in paths, addresses and JSON."""
    plain = {text.rstrip("/\\") or text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))}
    slashes = {form.replace("\\", "/") for form in plain} | {form.replace("\\", "\\\\") for form in plain}
    coded = {quote(form, safe=safe) for form in plain | slashes for safe in ("", "/:", "/")}
    escaped = {json.dumps(form, ensure_ascii=ascii_)[1:-1] for form in plain for ascii_ in (True, False)}
    return {form for form in plain | slashes | coded | escaped if form}


def _stand_in(found: re.Match[str]) -> str:
    return HOME if found.lastgroup == "home" else MARK
