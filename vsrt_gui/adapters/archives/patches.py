"""Patches: what makes a file's new content out of an earlier one, for publisher and client alike."""

from collections.abc import Callable, Iterable, Iterator

from backports import zstd

from vsrt_gui.adapters.archives.inflating import Decoder, Inflating, Kind, exactly
from vsrt_gui.adapters.archives.verdict import damaged
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.file_index import LARGEST_PATCHED, IndexedFile

Content = bytes | memoryview
"""An earlier content; a view of a mapped file will do."""

WINDOW_LOG = LARGEST_PATCHED.bit_length() - 1
"""zstd may look back so far, as a power of two of bytes; a client refuses a frame that asks for more."""
SMALLEST = 8
"""Bytes of the smallest content that zstd takes for a prefix."""
LARGE = 16 << 20
"""Bytes of content from which on a patch is made at the lower level."""
LEVEL, LEVEL_OF_LARGE = 19, 12
"""zstd's levels. code-server 4.100.0 to 4.100.3, 65 files: 133 kB in 20 s of one processor, at level 12 227 kB in 1 s.
The `node` of 22.19 to that of 22.20 (122 and 123 MB): 9.6 MB in 101 s, at level 12 10.0 MB in 3.4 s; making it took
457 MB of memory at most, applying it 385 MB, of which 122 MB are the mapped earlier file."""


def fits(size: int) -> bool:
    """Tell whether a content of so many bytes may be patched from."""
    return SMALLEST <= size <= LARGEST_PATCHED


def make_patch(old: Content, new: bytes) -> bytes:
    """Return the zstd frame that gives `new` to who has `old`; the same for the same contents.

    Raises:
        ValueError: one of them is too small or too large; `fits` tells.
    """
    if not (fits(len(old)) and len(new) <= LARGEST_PATCHED):
        raise ValueError("there are no patches of contents of that size")
    window = max((len(old) + len(new)).bit_length(), 10)
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: LEVEL_OF_LARGE if len(new) >= LARGE else LEVEL,
        zstd.CompressionParameter.window_log: min(window, WINDOW_LOG),
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    prefix = zstd.ZstdDict(old, is_raw=True).as_prefix
    return zstd.compress(new, options=options, zstd_dict=prefix)


def is_patch(file: IndexedFile, frame: bytes) -> bool:
    """Tell whether bytes look like a patch that makes a file of that size, which needs no earlier content to see."""
    try:
        size = zstd.get_frame_info(frame).decompressed_size
    except zstd.ZstdError:
        return False
    return size in {None, file.size}


def apply_patch(file: IndexedFile, old: Content, frame: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a file's content, in pieces of at most 1 MiB and never more of it than the index says.

    What it makes is right only if it has the file's sha256: a patch says nothing of what it was made from.

    Args:
        file: what is made.
        old: the content that the patch was made from.
        frame: the patch's bytes.

    Raises:
        InstallerError: `archive-damaged`: it is no patch of that content, or none that we make.
    """

    def objection(reason: str) -> InstallerError:
        return damaged(file.path, reason)

    if not fits(len(old)):
        raise objection("its patch is of a content that none is made for")
    kind = Kind(_decoders(old), chained=False)
    yield from exactly(file.size, Inflating(kind, objection).content(frame), objection)


def _decoders(old: Content) -> Callable[[], Decoder]:
    """Return what makes the decoder of a frame that has this content before it."""

    def make() -> Decoder:
        prefix = zstd.ZstdDict(old, is_raw=True).as_prefix
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: WINDOW_LOG}
        return zstd.ZstdDecompressor(zstd_dict=prefix, options=options)

    return make
