"""Which paths and links a module may hold: the same on every system, because a catalog serves them all."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from unicodedata import normalize

from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile, Packing
from vsrt_gui.model.manifest import LARGEST

INDEX_FORMAT = 1
"""The newest format of a file index that this program reads."""
MAX_FILES = 200_000
"""Entries in one module; the largest that we know (a whole editor server) has 6,000."""
MAX_PART_BYTES = 255
"""One name: the limit of ext4, APFS and NTFS."""
MAX_PATH_BYTES = 768
"""A path below the module's folder: macOS ends at 1,024 bytes, and the prefix needs some of them."""
MAX_MTIME = 2**32 - 1
"""The latest time stamp, seconds since 1970: every file system that we meet can keep it."""
MAX_HOPS = 40
"""Links that are followed for one target; Linux stops at 40 too."""
TEMPORARY_PREFIX = ".vsrt-"
"""What the temporary names in a module's folder begin with."""

_EMPTY_SHA256 = sha256().hexdigest()
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WINDOWS_REFUSES = re.compile(r'[<>:"|?*]')
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789\u00b9\u00b2\u00b3"}
)
"""Names that are devices on Windows, with any ending (the list of `ntpath.isreserved`)."""


class Refusal(StrEnum):
    """Why an entry may not be written; the `reason` of an `archive-unsafe` fault."""

    NOT_TEXT = "its name is not text"
    TOO_LONG = "its path is too long"
    ABSOLUTE = "its path is absolute"
    BACKSLASH = "its path has a backslash"
    CONTROL = "its path has a control character"
    OUTSIDE = "its path leaves the folder"
    EMPTY_PART = "its path has an empty part"
    NAME_TOO_LONG = "a name in its path is too long"
    NOT_PORTABLE = "Windows refuses its name"
    OURS = "its name is kept for temporary files"
    SAME_NAME = "another entry has the same name on some system"
    FILE_IS_FOLDER = "another entry lies below it"
    THROUGH_LINK = "its path runs through a link"
    LINK_EMPTY = "the link leads nowhere"
    LINK_ABSOLUTE = "the link's target is absolute"
    LINK_OUTSIDE = "the link leads out of the folder"
    LINK_CIRCLE = "the link leads in a circle"
    LINK_TARGET = "the link's target has a name that some system refuses"
    KIND = "it is neither file, folder nor link"
    TOO_MANY = "there are too many entries"


def escape_refusal(path: str) -> Refusal | None:
    """Tell whether a path, as an archive spells it, could lead out of the folder; None where it can't."""
    if not _is_text(path):
        return Refusal.NOT_TEXT
    if path.startswith(("/", "\\")) or _DRIVE.match(path):
        return Refusal.ABSOLUTE
    if _CONTROL.search(path):
        return Refusal.CONTROL
    if "\\" in path:
        return Refusal.BACKSLASH
    return Refusal.OUTSIDE if ".." in path.split("/") else None


def path_refusal(path: str) -> Refusal | None:
    """Tell why an entry's path can't be written on every system, None where it can."""
    if refusal := escape_refusal(path):
        return refusal
    if len(path.encode()) > MAX_PATH_BYTES:
        return Refusal.TOO_LONG
    if path.casefold().startswith(TEMPORARY_PREFIX):
        return Refusal.OURS
    return next((refusal for part in path.split("/") if (refusal := _part_refusal(part))), None)


def target_refusal(target: str) -> Refusal | None:
    """Tell why a link's target may not stand in an index at all, None where its route decides."""
    if not target:
        return Refusal.LINK_EMPTY
    if target.startswith(("/", "\\")) or _DRIVE.match(target):
        return Refusal.LINK_ABSOLUTE
    if not _is_text(target) or len(target.encode()) > MAX_PATH_BYTES:
        return Refusal.LINK_TARGET
    if "\\" in target or _CONTROL.search(target):
        return Refusal.LINK_TARGET
    names = (part for part in target.split("/") if part not in ("", ".", ".."))
    return Refusal.LINK_TARGET if any(map(_part_refusal, names)) else None


def check_index(index: FileIndex, file: str, archive: int | None = None) -> None:
    """Make sure that an index names nothing that could do harm, whoever made it.

    Args:
        index: published, or made from an archive.
        file: what the fault names as its source.
        archive: bytes of the archive, None where they are not known.

    Raises:
        InstallerError: `index-invalid` where the list contradicts itself, `archive-unsafe` where an entry
            may not be written.
    """
    if problem := next(_contradictions(index, LARGEST if archive is None else archive), None):
        raise InstallerError(FaultCode.INDEX_INVALID, file=file, reason=problem)
    for member, refusal in _refusals(index):
        raise InstallerError(
            FaultCode.ARCHIVE_UNSAFE, file=file, member=printable(member), reason=refusal.value
        )


def printable(name: str) -> str:
    """Return a name that every screen and log can show, at most 200 characters of it."""
    return (name if name.isprintable() else repr(name)[1:-1])[:200]


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=8192)
def _part_refusal(part: str) -> Refusal | None:
    if part in ("", "."):
        return Refusal.EMPTY_PART
    if len(part.encode()) > MAX_PART_BYTES:
        return Refusal.NAME_TOO_LONG
    stem = part.partition(".")[0].rstrip(" ").casefold()
    if part.endswith((".", " ")) or _WINDOWS_REFUSES.search(part) or stem in _DEVICES:
        return Refusal.NOT_PORTABLE
    return None


def _contradictions(index: FileIndex, archive: int) -> Iterator[str]:
    """Yield what is wrong with the list itself."""
    if index.format > INDEX_FORMAT:
        yield f"its format {index.format} is newer than {INDEX_FORMAT}"
    before = ""
    for file in index.files:
        if file.path <= before:
            yield f"{printable(file.path)} is not in order"
        before = file.path
        if problem := _contradiction(file):
            yield f"{printable(file.path)}: {problem}"
        if file.packed and file.packed.offset + file.packed.length > archive:
            yield f"{printable(file.path)}: its byte range lies outside the archive"


def _contradiction(file: IndexedFile) -> str | None:
    if file.link is not None and (
        file.size or file.packed or file.executable or file.sha256 != _EMPTY_SHA256
    ):
        return "a link has no content"
    if not 0 <= file.mtime <= MAX_MTIME:
        return "its time is out of range"
    if not file.size and file.link is None and file.sha256 != _EMPTY_SHA256:
        return "an empty file has another hash"
    if file.packed and file.packed.packing is Packing.STORED and file.packed.length != file.size:
        return "its byte range has another length"
    return None


def _refusals(index: FileIndex) -> Iterator[tuple[str, Refusal]]:
    """Yield each entry that may not be written, with why."""
    if len(index.files) > MAX_FILES:
        yield index.files[MAX_FILES].path, Refusal.TOO_MANY
    for file in index.files:
        if refusal := path_refusal(file.path):
            yield file.path, refusal
    entries: dict[str, IndexedFile] = {}
    for file in index.files:
        if entries.setdefault(_folded(file.path), file) is not file:
            yield file.path, Refusal.SAME_NAME
    yield from _overlaps(entries)
    links = {key: file.link for key, file in entries.items() if file.link is not None}
    for key, target in links.items():
        if refusal := target_refusal(target):
            yield entries[key].path, refusal
    for key in links:
        if refusal := _route_refusal(key, links):
            yield entries[key].path, refusal


def _folded(path: str) -> str:
    """Return what two paths share that are one file on a system that ignores case or Unicode form."""
    return path.lower() if path.isascii() else normalize("NFC", normalize("NFC", path).casefold())


def _overlaps(entries: Mapping[str, IndexedFile]) -> Iterator[tuple[str, Refusal]]:
    """Yield entries that lie below a file or a link."""
    folders: set[str] = set()
    for key, file in entries.items():
        folder = key.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            if above := entries.get(folder):
                through = above.link is not None
                yield ((file.path, Refusal.THROUGH_LINK) if through else (above.path, Refusal.FILE_IS_FOLDER))
            folder = folder.rpartition("/")[0]


def _route_refusal(key: str, links: Mapping[str, str]) -> Refusal | None:
    """Follow a link by its spelling, also through other links of the list, and tell why it may not stay.

    Args:
        key: the link's folded path.
        links: folded path to target, of all links; each target passed `target_refusal`.
    """
    place = key.split("/")[:-1]
    ahead = links[key].split("/")[::-1]
    hops = 0
    while ahead:
        step = ahead.pop()
        if step == "..":
            if not place:
                return Refusal.LINK_OUTSIDE
            place.pop()
        elif step not in ("", "."):
            met = links.get("/".join([*place, _folded(step)]))
            if met is None:
                place.append(_folded(step))
            elif (hops := hops + 1) > MAX_HOPS:
                return Refusal.LINK_CIRCLE
            else:
                ahead += met.split("/")[::-1]
    return None
