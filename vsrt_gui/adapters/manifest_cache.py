"""Keeps fetched manifests on the disk, so that a day's second start, or one without a network, need not ask."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeGuard

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.layout import TEMPORARY_NAME
from vsrt_gui.adapters.prefix.replacing import parse_json, replace_file
from vsrt_gui.adapters.transport_faults import shown
from vsrt_gui.model.cached import CacheStats
from vsrt_gui.model.faults import InstallerError

KEY = "runtime_manifest"
DAY = 86_400.0
"""Seconds that a manifest is used without asking again, unless it is set otherwise."""
MOST_BYTES = 17 << 20
"""Of one entry: a manifest's own limit and its head line; what is larger is none of ours."""

_FORMAT = 1
_LATEST = 253_402_300_800.0
"""The end of the year 9999, the last one that a date can have."""
_SUFFIX = ".manifest"


@dataclass(frozen=True)
class Entry:
    """One kept manifest.

    Attributes:
        data: its bytes, as they were fetched.
        fetched_at: seconds since 1970, UTC.
        valid: whether it is young enough to be used without asking.
    """

    data: bytes
    fetched_at: float
    valid: bool


class ManifestCache:
    """A folder with one file for each address: a line of JSON about it, then the manifest itself.

    Nothing here is ever a fault for who only reads: what can't be read, or is not what was written, is not there.
    """

    def __init__(self, folder: Path, ttl: float = DAY, clock: Callable[[], float] = time.time) -> None:
        """Open a cache; nothing is read or made yet.

        Args:
            folder: for its files; made when the first is written.
            ttl: seconds for which an entry is valid; with 0 none ever is.
            clock: seconds since 1970, UTC.
        """
        self._folder = folder
        self._ttl = ttl
        self._clock = clock
        self._hits = 0
        self._misses = 0

    def read(self, url: str) -> Entry | None:
        """Return what is kept for an address, however old it is."""
        return self._read(self._path(url))

    def write(self, url: str, data: bytes) -> float:
        """Keep a manifest that came just now, and return that moment, in seconds since 1970.

        A folder that can't be written to is no reason for an installation to stop. What a program that died left
        half-written goes first; should another one be writing just now, it keeps nothing, and asks once more some day.
        """
        now = self._clock()
        head = {
            "format": _FORMAT,
            "key": KEY,
            "url": shown(url),
            "fetchedAt": now,
            "sha256": sha256(data).hexdigest(),
        }
        with suppress(InstallerError, OSError):
            effects.make_folders(self._folder)
            self._sweep()
            replace_file(self._path(url), json.dumps(head).encode() + b"\n" + data)
        return now

    def is_valid(self, fetched_at: float) -> bool:
        """Tell whether what came then, in seconds since 1970, may still be used without asking.

        What came in the future came under a clock that was wrong: nobody knows how old it is.
        """
        return 0 <= self._clock() - fetched_at < self._ttl

    def drop(self, url: str) -> None:
        """Forget what is kept for an address."""
        with suppress(OSError):
            effects.unlink(self._path(url))

    def count(self, *, hit: bool) -> None:
        """Take note that a question was answered from here, or not."""
        if hit:
            self._hits += 1
        else:
            self._misses += 1

    def stats(self) -> CacheStats:
        """Tell what is kept."""
        total = valid = size = 0
        for path in self._files():
            entry = self._read(path)
            total += 1
            valid += entry is not None and entry.valid
            with suppress(OSError):
                size += path.stat().st_size
        return CacheStats(
            total=total,
            valid=valid,
            expired=total - valid,
            size=size,
            hits=self._hits,
            misses=self._misses,
        )

    def cleanup(self) -> int:
        """Remove what has expired, and what can't be read; returns how many entries that were.

        Raises:
            InstallerError: disk codes.
        """
        return self._remove(lambda entry: entry is None or not entry.valid)

    def clear(self) -> int:
        """Remove all entries; returns how many that were.

        Raises:
            InstallerError: disk codes.
        """
        return self._remove(lambda _entry: True)

    def _remove(self, unwanted: Callable[[Entry | None], bool]) -> int:
        gone = 0
        for path in self._files():
            if unwanted(self._read(path)):
                with translating(path, self._folder), suppress(FileNotFoundError):
                    effects.unlink(path)
                gone += 1
        return gone

    def _sweep(self) -> None:
        for name in os.listdir(self._folder):  # noqa: PTH208 -- names only
            if TEMPORARY_NAME.fullmatch(name):
                with suppress(OSError):
                    effects.unlink(self._folder / name)

    def _files(self) -> Iterator[Path]:
        with suppress(OSError):
            yield from sorted(path for path in self._folder.iterdir() if path.suffix == _SUFFIX)

    def _path(self, url: str) -> Path:
        return self._folder / f"{sha256(url.encode()).hexdigest()[:32]}{_SUFFIX}"

    def _read(self, path: Path) -> Entry | None:
        try:
            if not path.is_file():  # a pipe may never say a word
                return None
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except OSError:
            return None
        line, found, data = content.partition(b"\n")
        if not found or len(content) > MOST_BYTES:
            return None
        return self._entry(parse_json(line), data)

    def _entry(self, head: object, data: bytes) -> Entry | None:
        """Return an entry if it is one of ours, and whole."""
        if not isinstance(head, dict) or head.get("format") != _FORMAT:
            return None
        fetched_at = head.get("fetchedAt")
        if not _is_moment(fetched_at) or head.get("sha256") != sha256(data).hexdigest():
            return None
        return Entry(data, fetched_at, self.is_valid(fetched_at))


def _is_moment(value: object) -> TypeGuard[float]:
    """Tell whether it is seconds since 1970 that a calendar has; JSON as Python reads it knows NaN and Infinity."""
    return isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value < _LATEST
