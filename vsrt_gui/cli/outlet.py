"""Writes lines to a stream that may be missing, may not know every letter, and may close at any time."""

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 100
"""Columns: longer lines are hard to read."""
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))


def printable(text: str) -> str:
    """Return text without control characters: a name from outside must not move the cursor or change colours."""
    return text.translate(_CONTROLS)


def drawing(stream: TextIO | None) -> "Console":
    """Return what draws on a terminal; names from outside are never read as Rich's markup."""
    from rich.console import Console  # noqa: PLC0415 -- a script that reads lines never waits for Rich

    unbroken = None if stream is None else cast("TextIO", _Unbroken(stream))
    return Console(file=unbroken, highlight=False, markup=False, emoji=False)


class _Unbroken:
    """A stream that goes nowhere from the moment its terminal is closed, since Rich draws in a thread of its own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            _point_nowhere(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            _point_nowhere(self._stream)


@dataclass(frozen=True)
class Line:
    """One paragraph for people.

    Attributes:
        text: the words.
        style: Rich's name for how it looks on a terminal.
        indent: what stands before its first line; the others are indented as far.
    """

    text: str = ""
    style: str = ""
    indent: str = ""


class Outlet:
    """Standard output or standard error, one line at a time."""

    def __init__(self, stream: TextIO | None) -> None:
        """Wrap a stream.

        Args:
            stream: None in a program that has no console.
        """
        self._stream = stream
        self.on_closed: Callable[[], object] | None = None
        """Called once when the reader has gone away: nobody is listening any more."""

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it, on something that can redraw a line."""
        return self._stream is not None and self._stream.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def stream(self) -> TextIO | None:
        """The stream, None once it has closed."""
        return self._stream

    def line(self, text: str = "") -> None:
        """Write a line and hand it on at once; does nothing when nobody reads."""
        self.part(text + "\n")

    def part(self, text: str) -> None:
        """Write text and hand it on at once, as `line` does, but stay on the line."""
        if self._stream is None:
            return
        encoding = self._stream.encoding or "utf-8"
        safe = printable(text).encode(encoding, "backslashreplace").decode(encoding)
        try:
            self._stream.write(safe)
            self._stream.flush()
        except OSError:  # a closed pipe; Windows calls it an invalid argument
            self._close()

    def say(self, lines: Iterable[Line]) -> None:
        """Write paragraphs: wrapped and styled on a terminal, one a line elsewhere."""
        for line in lines:
            if self.is_terminal:
                self._print(line)
            else:
                self.line(line.indent + line.text)

    def _print(self, line: Line) -> None:
        from rich.text import Text  # noqa: PLC0415 -- as in `drawing`

        width = min(WIDEST, shutil.get_terminal_size().columns)
        hang = " " * len(line.indent)
        wrapped = textwrap.fill(
            printable(line.text),
            width,
            initial_indent=line.indent,
            subsequent_indent=hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
        drawing(self._stream).print(Text(wrapped, line.style), soft_wrap=True)

    def _close(self) -> None:
        """Let go of the stream."""
        stream, self._stream = self._stream, None
        if stream is not None:
            _point_nowhere(stream)
        if self.on_closed is not None:
            self.on_closed()


def _point_nowhere(stream: TextIO) -> None:
    """Let the interpreter's last flush have nothing to complain about."""
    if stream in (sys.stdout, sys.stderr):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
