"""The list of an artifact's files: what a module's folder must hold, and where each file's bytes lie."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from vsrt_gui.model.manifest import Several, Sha256, Size
from vsrt_gui.model.value import Value

LARGEST_PATCHED = 128 << 20
"""Bytes of the largest content that is patched, or patched from, all in memory: Node.js is one file of 124 MB."""
LARGEST_PATCH = 64 << 20
"""Bytes of the largest patch, which lies in memory before it is used; one larger than that saves little."""


class Packing(StrEnum):
    """How one file's bytes are packed inside the archive."""

    STORED = "stored"
    DEFLATE = "deflate"
    ZSTD = "zstd"


class ByteRange(Value):
    """Where a file's packed bytes lie in the archive."""

    offset: Size
    length: Size
    packing: Packing


class Patch(Value):
    """How a file is made from an earlier one: one zstd frame that has the earlier content as its prefix.

    Attributes:
        base: sha256 of the earlier content.
        offset: where the frame lies in the artifact's patches.
        length: bytes of the frame.
    """

    base: Sha256
    offset: Size
    length: Size


class IndexedFile(Value):
    """One file or symbolic link of a module.

    Attributes:
        path: relative to the module's folder, with `/`, after stripping.
        size: bytes; 0 for a link.
        sha256: of the content; of nothing for a link.
        executable: whether it may be run.
        mtime: seconds since 1970, UTC; what the file is stamped with.
        link: the link's target, None for a file.
        packed: its byte range, None where the format allows none or for a link.
        patches: ways to make it from earlier contents, the smallest first.
    """

    path: Annotated[str, Field(min_length=1)]
    size: Size
    sha256: Sha256
    executable: bool = False
    mtime: int = 0
    link: str | None = None
    packed: ByteRange | None = None
    patches: Several[Patch] = ()


class FileIndex(Value):
    """All files of one artifact, sorted by path.

    Attributes:
        format: of this list; a reader refuses a higher one.
        files: sorted by path, each path once.
        patches: sha256 of all the patches that it says the places of, which one artifact may have anew; None
            where it says none.
        published: sha256 of the published file that it came in; None where it was made from the archive.
    """

    format: int = 1
    files: Several[IndexedFile]
    patches: Sha256 | None = None
    published: Sha256 | None = None

    @property
    def size(self) -> int:
        """Bytes of all files, unpacked."""
        return sum(file.size for file in self.files)

    @property
    def ranged(self) -> bool:
        """Whether every file's bytes can be fetched on their own."""
        return all(file.packed is not None or file.link is not None for file in self.files)

    @property
    def text(self) -> bytes:
        """It as JSON without what is usual, and with its format, which a reader looks for first."""
        listed = self.model_dump_json(exclude_defaults=True, exclude={"format"})
        return f'{{"format":{self.format},{listed[1:]}'.encode()

    @property
    def document(self) -> bytes:
        """What is published of it, before that is packed: the same bytes to who makes it and to who keeps it."""
        return self.but(published=None).text

    def select(self, paths: frozenset[str]) -> Iterator[IndexedFile]:
        """Yield the files of these paths, in the index's order."""
        return (file for file in self.files if file.path in paths)
