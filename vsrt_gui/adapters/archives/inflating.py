"""Turns packed bytes into content, piece by piece, and notices every way in which they can be wrong."""

import bz2
import lzma
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, assert_never

from backports import zstd
from isal import igzip_lib

from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import Packing
from vsrt_gui.model.manifest import ArchiveFormat

Objection = Callable[[str], InstallerError]
"""Makes the fault of what can't be decoded from a reason."""

PIECE = 1 << 20
"""Most bytes that are handed on at once."""
XZ_MEMORY = 1 << 29
"""Bytes that an xz header may ask for; `xz -9` needs 65 MiB."""

_IsalError: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # its stub calls it a value
_DECODING_ERRORS = (OSError, EOFError, ValueError, _IsalError, lzma.LZMAError, zstd.ZstdError)
"""What the decoders raise on bytes they can't make sense of (bz2 says OSError)."""


class Decoder(Protocol):
    """One compressed stream, as bz2, lzma, zstd and isal all offer it."""

    @property
    def eof(self) -> bool:
        """Whether the stream's end was reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether more packed bytes must come before more content can."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What followed the stream's end."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take packed bytes, return content."""
        ...


class Stored:
    """A decoder of bytes that are not packed at all; their end is the end of the stream."""

    eof = False
    unused_data = b""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def needs_input(self) -> bool:
        """Whether all that came was handed on."""
        return not self._rest

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Hand on what came, as much of it as is wanted."""
        content = self._rest + data
        cut = len(content) if max_length < 0 else max_length
        self._rest = content[cut:]
        return content[:cut]


class Kind:
    """One compression: how its streams are read and what may stand between two of them.

    Attributes:
        fresh: makes the decoder of a new stream.
        chained: whether more than one stream may follow another.
        padded: whether zero bytes may stand behind a stream.
        open_ended: whether a stream does not say itself where it ends.
    """

    def __init__(
        self,
        fresh: Callable[[], Decoder],
        *,
        chained: bool = True,
        padded: bool = False,
        open_ended: bool = False,
    ) -> None:
        self.fresh = fresh
        self.chained = chained
        self.padded = padded
        self.open_ended = open_ended


DEFLATE = Kind(lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE), chained=False)
ZSTD = Kind(zstd.ZstdDecompressor)
KINDS: Mapping[ArchiveFormat, Kind] = {
    ArchiveFormat.TAR_GZ: Kind(lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), padded=True),
    ArchiveFormat.TAR_XZ: Kind(
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY), padded=True
    ),
    ArchiveFormat.TAR_BZ2: Kind(bz2.BZ2Decompressor),
    ArchiveFormat.TAR_ZST: ZSTD,
    ArchiveFormat.TAR: Kind(Stored, open_ended=True),
}
"""The compression of each kind of tar."""


class Inflating:
    """Decodes one run of packed bytes, which may be several streams (zstd calls them frames) in a row.

    Attributes:
        starts: offset in the content to the packed offset of the last stream that begins there.
        ends: offset in the content to the packed offset where the first stream that ends there ends.
    """

    def __init__(self, kind: Kind, objection: Objection) -> None:
        self._kind = kind
        self._objection = objection
        self._decoder: Decoder | None = None
        self._fed = 0
        self._made = 0
        self.starts: dict[int, int] = {}
        self.ends: dict[int, int] = {}

    def content(self, packed: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the content in pieces of at most 1 MiB.

        Raises:
            InstallerError: `archive-damaged` where bytes are wrong, missing or too many.
        """
        for piece in packed:
            self._fed += len(piece)
            ahead = piece
            while ahead := self._between(ahead):
                decoder = self._decoder or self._begin(len(ahead))
                yield from self._decode(decoder, ahead)
                ahead = self._end(decoder) if decoder.eof else b""
        whole = self._made if self._kind.open_ended else self.ends and not self._decoder
        if not whole:
            raise self._objection("it ends too early")

    def _between(self, ahead: bytes) -> bytes:
        """Drop the padding that may stand between two streams."""
        padding = self._kind.padded and self.ends and not self._decoder
        return ahead.lstrip(b"\0") if padding else ahead

    def _begin(self, ahead: int) -> Decoder:
        """Start the next stream, whose first byte is the first of those that are ahead."""
        if self.ends and not self._kind.chained:
            raise self._objection("bytes follow its end")
        self._decoder = self._kind.fresh()
        self.starts[self._made] = self._fed - ahead
        return self._decoder

    def _decode(self, decoder: Decoder, ahead: bytes) -> Iterator[bytes]:
        """Yield what these packed bytes give, up to the stream's end."""
        while True:
            try:
                made = decoder.decompress(ahead, PIECE)
            except _DECODING_ERRORS as exc:
                raise self._objection(str(exc)) from exc
            if made:
                self._made += len(made)
                yield made
            if decoder.eof or decoder.needs_input:
                return
            ahead = b""

    def _end(self, decoder: Decoder) -> bytes:
        """End the stream and return what follows it."""
        self._decoder = None
        self.ends.setdefault(self._made, self._fed - len(decoder.unused_data))
        return decoder.unused_data


def range_content(
    packing: Packing, size: int, packed: Iterable[bytes], objection: Objection
) -> Iterator[bytes]:
    """Yield the content of one file from its packed bytes, never more of it than was declared.

    Args:
        packing: how the bytes are packed.
        size: the declared size of the content, bytes.
        packed: the bytes.
        objection: makes the fault.

    Raises:
        InstallerError: `archive-damaged` where the bytes don't hold what they should.
    """
    return exactly(size, _unpacked(packing, packed, objection), objection)


def exactly(size: int, content: Iterable[bytes], objection: Objection) -> Iterator[bytes]:
    """Yield a content that must be so many bytes, and not one more.

    Raises:
        InstallerError: the objection, where it is more or less.
    """
    total = 0
    for piece in content:
        total += len(piece)
        if total > size:
            raise objection("it holds more than it says")
        yield piece
    if total < size:
        raise objection("it holds less than it says")


def _unpacked(packing: Packing, packed: Iterable[bytes], objection: Objection) -> Iterable[bytes]:
    match packing:
        case Packing.STORED:
            return packed
        case Packing.DEFLATE:
            return Inflating(DEFLATE, objection).content(packed)
        case Packing.ZSTD:
            return Inflating(ZSTD, objection).content(packed)
        case _:
            assert_never(packing)
