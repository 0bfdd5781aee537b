"""The entries of a tar: the standard library parses the headers, and what it shrugs off is refused here."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from vsrt_gui.adapters.archives.inflating import Objection
from vsrt_gui.adapters.archives.listing import kept_mtime
from vsrt_gui.adapters.archives.strip import Parts, Stripping
from vsrt_gui.adapters.archives.unrolled import Unrolled
from vsrt_gui.adapters.archives.verdict import unsafe
from vsrt_gui.model.paths import Refusal, target_refusal

_HEADER_ERRORS = (tarfile.TarError, ValueError, LookupError, OverflowError, RecursionError)
"""What tarfile raises on headers that it can't make sense of (a chain of long-name headers recurses)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, symbolic link or hard link of a tar.

    Attributes:
        parts: of its name in the archive.
        size: bytes of content that follow its header.
        executable: whether it may be run.
        mtime: seconds since 1970, UTC.
        link: a symbolic link's target, else None.
        twin: a hard link's target, as the parts of a name in the archive, else None.
    """

    parts: Parts
    size: int
    executable: bool
    mtime: int
    link: str | None
    twin: Parts | None


def entries(unrolled: Unrolled, stripping: Stripping, objection: Objection) -> Iterator[Entry]:
    """Yield the entries in order; between two, the content of the first may be taken out of `unrolled`.

    Raises:
        InstallerError: `archive-damaged`, `archive-unsafe`.
    """
    for info in _headers(unrolled, objection):
        parts = stripping.parts(info.name)
        if info.isdir():
            continue
        if not (info.isreg() or info.issym() or info.islnk()):
            raise unsafe(stripping.archive, info.name, Refusal.KIND)
        if not parts:
            raise unsafe(stripping.archive, info.name, Refusal.EMPTY_PART)
        if info.issym() and (refusal := target_refusal(info.linkname)):
            raise unsafe(stripping.archive, info.name, refusal)
        yield _entry(info, parts, stripping)


def finish(unrolled: Unrolled, objection: Objection) -> None:
    """Read to the end of the bytes, behind the last entry; only zeros may stand there.

    Raises:
        InstallerError: `archive-damaged`.
    """
    if not unrolled.block or unrolled.block.strip(b"\0"):
        raise objection("it ends too early")
    for piece in unrolled.rest():
        if piece.strip(b"\0"):
            raise objection("bytes follow its end")


def _headers(unrolled: Unrolled, objection: Objection) -> Iterator[tarfile.TarInfo]:
    """Yield what tarfile parses; it stops without a word at a header that is no header."""
    try:
        archive = tarfile.TarFile(fileobj=unrolled, encoding="utf-8", errors="surrogateescape")
        while info := archive.next():
            if info.sparse is not None:
                raise objection(f"sparse files are not supported: {info.name}")
            if info.size < 0:
                raise objection(f"its size makes no sense: {info.name}")
            yield info
    except _HEADER_ERRORS as exc:
        raise objection(str(exc)) from exc


def _entry(info: tarfile.TarInfo, parts: Parts, stripping: Stripping) -> Entry:
    return Entry(
        parts=parts,
        size=info.size if info.isreg() else 0,
        executable=info.isreg() and bool(info.mode & 0o111),
        mtime=kept_mtime(info.mtime),
        link=info.linkname if info.issym() else None,
        twin=stripping.parts(info.linkname) if info.islnk() else None,
    )
