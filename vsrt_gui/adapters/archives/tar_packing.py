"""Packs a module into a `.tar.zst` whose files can be fetched one by one, and that any tar which knows zstd reads."""

import os
import tarfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from backports import zstd

from vsrt_gui.adapters.archives.packing import Link, Packable, content_of
from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.model.paths import MAX_MTIME

LEVEL = 12
"""Of zstd, unless told otherwise. Node.js, 198 MB, against a zip (zlib 9: 16 s of one processor): level 12 takes 11 s
for 86 % of the zip's size, 15 takes 45 s for 84 %, 17 takes 75 s for 81 %, 19 takes 108 s for 79 %."""
LARGE = 32 << 20
"""Bytes of content from which on several threads pack one file, each a job of its own."""
JOB = 16 << 20
"""Bytes of such a job. The result depends on it, and not on how many threads there are."""
THREADS = max(1, min(os.cpu_count() or 1, 8))
AHEAD, AHEAD_BYTES = 8 * THREADS, 128 << 20
"""Files, and bytes of them, that are packed or wait to be before the next one is written; all of it is in memory."""
_LARGE_ONE = Lock()
"""Held while all threads pack one file: two at once would only take twice the memory."""
_END = bytes(2 * tarfile.BLOCKSIZE)


def write_tar_zst(source: Iterable[Packable], out: Path, *, level: int = LEVEL) -> None:
    """Write a tar in which one zstd frame begins and ends with each file's content.

    What is between two contents (padding, headers) lies in frames of its own. The same entries give the same
    bytes, on any number of processors.

    Args:
        source: each path once, in any order.
        out: is replaced.
        level: of zstd.

    Raises:
        InstallerError: `disk-error`, `disk-full`; what was written by then is no whole archive.
    """
    with translating(out), out.open("wb") as archive, ThreadPoolExecutor(THREADS, "vsrt-pack") as pool:
        between = b""
        try:
            for header, size, packed in _packed(source, pool, level):
                between += header
                if size:
                    archive.write(zstd.compress(between, level))
                    archive.write(packed.result())
                    between = bytes(-size % tarfile.BLOCKSIZE)
            archive.write(zstd.compress(between + _END, level))
        finally:
            pool.shutdown(cancel_futures=True)


def tar_mtime(mtime: int) -> int:
    """Return the time that the tar keeps for this one: what every file system can hold."""
    return min(max(mtime, 0), MAX_MTIME)


def _packed(
    source: Iterable[Packable], pool: ThreadPoolExecutor, level: int
) -> Iterator[tuple[bytes, int, Future[bytes]]]:
    """Yield each entry's header, its content's size, and the frame that is being made of it, a few ahead."""
    waiting: deque[tuple[bytes, int, Future[bytes]]] = deque()
    ahead = 0
    for entry in sorted(source, key=lambda entry: entry.path):
        content = b"" if isinstance(entry.content, Link) else content_of(entry)
        waiting.append((_header(entry, len(content)), len(content), pool.submit(_frame, content, level)))
        ahead += len(content)
        while len(waiting) > AHEAD or (ahead > AHEAD_BYTES and waiting):
            ahead -= waiting[0][1]
            yield waiting.popleft()
    yield from waiting


def _frame(content: bytes, level: int) -> bytes:
    """Make the frame of a content, with the checksum that is all that ordinary tools can see damage by."""
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: level,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    if len(content) < LARGE:
        return zstd.compress(content, options=options)
    options |= {
        zstd.CompressionParameter.nb_workers: THREADS,
        zstd.CompressionParameter.job_size: JOB,
    }
    with _LARGE_ONE:
        return zstd.compress(content, options=options)


def _header(entry: Packable, size: int) -> bytes:
    """Make an entry's header, without anybody's name; long names take some blocks more."""
    info = tarfile.TarInfo(entry.path)
    info.mtime = tar_mtime(entry.mtime)
    info.mode = 0o755 if entry.executable else 0o644
    info.size = size
    if isinstance(entry.content, Link):
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.content.target, 0o777
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
