"""What the engine needs of a partial download, as an interface; see `ports` for what all of them have in common."""

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Protocol

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.shares import Range

SEVERAL = "several"
"""Where staged bytes came from that have more than one source; only the hash of all can tell whether they fit."""

_LONGEST = 1024
"""Letters of a validator: servers refuse long headers, and no real one is a tenth of it."""


def is_validator(text: str) -> bool:
    """Tell whether If-Range may carry it: an ETag that is not weak, or a date.

    One with letters beyond ASCII would not come back to the server as the same bytes, and one with a line's end would
    be more than one header.
    """
    strong = len(text) > 1 and text.startswith('"') and text.endswith('"')
    date = bool(text) and not text.startswith(('"', "W/"))
    return (strong or date) and len(text) <= _LONGEST and text.isascii() and text.isprintable()


class Part(Protocol):
    """An artifact, or a large piece of one, on its way: `downloads/<64 digits>.part` and its sidecar.

    Attributes:
        path: of the partial file.
    """

    path: Path

    def staged(self) -> int:
        """Return how many bytes lie on the disk; 0 without a readable sidecar."""
        ...

    def ranges(self) -> tuple[Range, ...]:
        """Return which bytes lie on the disk: first, and one past the last, of each range, in order."""
        ...

    def noted(self) -> bool:
        """Tell whether only bytes count that were noted, and not all of the file."""
        ...

    def validator(self) -> str | None:
        """Return the validator of the bytes that are there; None where there is none that If-Range may carry."""
        ...

    def size(self) -> int | None:
        """Return how large the whole was said to be, None where that is not known."""
        ...

    def content(self, stop: Stop, start: int = 0) -> Generator[bytes, None, None]:
        """Read what is staged without a gap from `start` on; its file is open until the end, or until it is closed."""
        ...

    def source(self) -> str:
        """Return the address that the bytes came from, empty where that is not known, or SEVERAL."""
        ...

    def request(self) -> str:
        """Return the digest of the request that brought the bytes, empty where that is not known."""
        ...

    def begin(
        self, validator: str | None, source: str = "", *, request: str = "", size: int | None = None
    ) -> None:
        """Start over: empty file, new sidecar.

        Args:
            validator: of the bytes that will come.
            source: the address that they will come from, without secrets.
            request: digest of all that says which bytes are asked for.
            size: of the whole, None where nobody said it.
        """
        ...

    def blend(self) -> None:
        """Note that bytes of another address follow: `source` is SEVERAL from now on, without a validator."""
        ...

    def note(self, ranges: Iterable[Range]) -> None:
        """Note which bytes lie on the disk; before that, and until `begin`, all of the file counts.

        To be called before the first byte is written that leaves a gap, and now and then from there on.

        Raises:
            InstallerError: disk codes.
        """
        ...

    def distrust(self) -> None:
        """Keep only what no power loss can have spoilt, because the hash of all is wrong; nothing if that is all."""
        ...

    def append(self, pieces: Iterable[bytes], tick: Callable[[int], None], start: int | None = None) -> None:
        """Write pieces as they come; `tick` after each with its length. Several threads may, at different places.

        Args:
            pieces: the bytes, in order.
            tick: called with each piece's length after it was written.
            start: where they belong, None for behind all that is there.

        Raises:
            InstallerError: disk codes; what was written stays staged, also when `pieces` itself raises.
        """
        ...

    def discard(self) -> None:
        """Delete it and its sidecar."""
        ...
