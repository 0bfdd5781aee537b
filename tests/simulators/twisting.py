"""What a misbehaving server makes of a file before it sends it."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO

from simulators.behaviour import Behaviour

BOUNDARY = "between-the-parts"


@dataclass(frozen=True)
class Content:
    """What lies behind a path; `open` makes a new stream on it."""

    size: int
    etag: str
    modified: str
    open: Callable[[], BinaryIO]

    def read(self) -> bytes:
        """Return all of it."""
        with self.open() as stream:
            return stream.read()

    def holding(self, data: bytes) -> "Content":
        """Return other bytes under the same validators."""
        return replace(self, size=len(data), open=lambda: BytesIO(data))


def validator(data: bytes) -> str:
    """Return an ETag of these bytes."""
    return f'"{sha256(data).hexdigest()[:16]}"'


def twisted(content: Content, how: Behaviour) -> Content:
    """Return what the server pretends to have."""
    if how.content is not None:
        content = replace(content.holding(how.content), etag=validator(how.content))
    if how.spoilt is not None and content.size:
        data = bytearray(content.read())
        data[how.spoilt % len(data)] ^= 0xFF
        content = content.holding(bytes(data))
    if how.packed:
        content = content.holding(gzip.compress(content.read(), mtime=0))
    return content


def moved(content: Content, by: int) -> Content:
    """Return the same file with the bytes from further behind in each place."""
    if not by:
        return content  # an honest answer costs no reading of the whole file
    data = content.read()
    by %= max(1, len(data))
    return content.holding(data[by:] + data[:by])


def in_parts(content: Content, start: int, end: int) -> bytes:
    """Return a range as the only part of a multipart answer."""
    head = f"--{BOUNDARY}\r\nContent-Range: bytes {start}-{end - 1}/{content.size}\r\n\r\n"
    return head.encode() + content.read()[start:end] + f"\r\n--{BOUNDARY}--\r\n".encode()
