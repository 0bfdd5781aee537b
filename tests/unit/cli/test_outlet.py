"""Lines reach whoever reads them, and nobody is told of a reader who went away."""

import io
import os
import subprocess
import sys
from typing import TextIO

from vsrt_gui.cli.outlet import Line, Outlet


def closed_pipe() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


def test_a_reader_who_went_away_is_noticed_once() -> None:
    told: list[bool] = []
    stream = closed_pipe()
    outlet = Outlet(stream)
    outlet.on_closed = lambda: told.append(True)
    outlet.line("one")
    outlet.line("two")
    assert told == [True]
    assert outlet.stream is None
    _forget(stream)


def _forget(stream: TextIO) -> None:
    """Close a pipe whose buffer can't be written any more."""
    try:
        stream.close()
    except BrokenPipeError:
        assert stream.closed


def test_a_letter_that_the_stream_does_not_know_is_spelled_out() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="cp1252", newline="\n")
    Outlet(stream).line("Zoë → \udcff")
    assert raw.getvalue() == b"Zo\xeb \\u2192 \\udcff\n"


def test_no_stream_is_no_reader() -> None:
    outlet = Outlet(None)
    outlet.line("nobody hears this")
    assert not outlet.is_terminal


def test_paragraphs_are_one_line_each_where_nobody_looks() -> None:
    text = io.StringIO()
    Outlet(text).say([Line("word " * 60 + "end", style="bold", indent="  1. ")])
    assert text.getvalue() == "  1. " + "word " * 60 + "end\n"


def test_the_interpreter_leaves_quietly_when_standard_output_is_closed() -> None:
    code = (
        "import sys\nfrom vsrt_gui.cli.outlet import Outlet\nsys.stdin.readline()\n"
        "out = Outlet(sys.stdout)\nout.line('x' * 10)\nprint('more')\nsys.exit(7)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stderr
        child.stdout.close()
        child.stdin.write("\n")
        child.stdin.close()
        assert child.stderr.read() == ""
        assert child.wait(20) == 7
