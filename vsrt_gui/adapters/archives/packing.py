"""Packs a module into a zip: the same entries give the same bytes, whoever packs them and when."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from stat import S_IFLNK, S_IFREG
from time import gmtime

from vsrt_gui.adapters.archives.zip_directory import FIRST_TIME
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.model.paths import MAX_MTIME

_UNIX = 3


@dataclass(frozen=True, slots=True)
class Link:
    """What a symbolic link holds instead of content: a path relative to the link's folder."""

    target: str


@dataclass(frozen=True, slots=True)
class Packable:
    """One entry to pack.

    Attributes:
        path: relative to the module's folder, with `/`.
        content: a file to read, the bytes themselves, or a link.
        executable: whether it may be run.
        mtime: seconds since 1970, UTC; the zip keeps what `zip_mtime` makes of it.
    """

    path: str
    content: Path | bytes | Link
    executable: bool = False
    mtime: int = 0


def zip_mtime(mtime: int) -> int:
    """Return the time that a zip keeps for this one: even seconds, from 1980 on."""
    return min(max(mtime, FIRST_TIME), MAX_MTIME) // 2 * 2


def write_zip(source: Iterable[Packable], out: Path, *, level: int = 9) -> None:
    """Write a zip; holds one file's content in memory at a time.

    Args:
        source: each path once, in any order.
        out: is replaced.
        level: of zlib; 6 takes a third of 9's time for 0.6 % more bytes (Node.js, 198 MB).

    Raises:
        InstallerError: `disk-error`, `disk-full`; what was written by then is no zip.
    """
    with translating(out), zipfile.ZipFile(out, "w") as archive:
        for entry in sorted(source, key=lambda entry: entry.path):
            content = content_of(entry)
            packing = zipfile.ZIP_DEFLATED if content else zipfile.ZIP_STORED
            archive.writestr(_info(entry), content, packing, level)


def content_of(entry: Packable) -> bytes:
    """Return the bytes that an entry holds; a link its target.

    Raises:
        InstallerError: `disk-error`.
    """
    match entry.content:
        case Path() as path:
            with translating(path):
                return path.read_bytes()
        case Link(target=target):
            return target.encode()
        case content:
            return content


def _info(entry: Packable) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(entry.path, gmtime(zip_mtime(entry.mtime))[:6])
    info.create_system = _UNIX
    link = isinstance(entry.content, Link)
    mode = S_IFLNK | 0o777 if link else S_IFREG | (0o755 if entry.executable else 0o644)
    info.external_attr = mode << 16
    return info
