"""Bytes come to the disk once, are hashed on the way, and are never spliced from two files."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from simulators.engine_world import Sample
from simulators.fetching import bring
from simulators.memory_archives import Item, MemoryPart, index_of
from simulators.memory_source import MemorySource, Shelf, Trouble, lost

from vsrt_gui.engine.archive_streams import Errand
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.engine.meter import Gauge
from vsrt_gui.engine.part_port import SEVERAL
from vsrt_gui.engine.ports import Ask, Tick
from vsrt_gui.engine.spans import Piece, Span, ranges, spans
from vsrt_gui.engine.transfer import Line, fetch_span
from vsrt_gui.model.faults import FaultCode, InstallerError

NODE = Sample("nodejs")
BYTES, SIZE = NODE.archive, len(NODE.archive)
UNSIZED = Sample("nodejs", sized=False)


class Fetch:
    """One archive on its way from a shelf to a part."""

    def __init__(self, sample: Sample = NODE, shelf: Shelf | None = None) -> None:
        self.source = MemorySource(shelves={NODE.url: shelf or Shelf(BYTES)})
        self.downloads: dict[Path, bytearray] = {}
        self.part = MemoryPart(self.downloads, {}, sample.artifact.sha256)
        self.gauge = Gauge(0, sample.artifact.size)
        self.artifact = sample.artifact
        self.stop = Stop()
        self.answers = 0
        self.blends = 0

    def line(self, came: Callable[[int], None] = lambda _: None) -> Line:
        return Line(self.source, NODE.url, self.stop, self._answered, came, self._blended)

    def _answered(self) -> None:
        self.answers += 1

    def _blended(self) -> None:
        self.blends += 1

    def stage(self, content: bytes, validator: str | None = '"v1"') -> "Fetch":
        self.part.begin(validator)
        self.part.append([content], lambda _: None)
        return self

    def go(self) -> None:
        bring(self.errand())

    def errand(self) -> Errand:
        return Errand(self.line(), self.artifact, self.part, self.gauge)

    def fails(self) -> FaultCode:
        with pytest.raises(InstallerError) as caught:
            self.go()
        return caught.value.fault.code

    def whole(self) -> bool:
        return bytes(self.downloads[self.part.path]) == BYTES and self.part.staged() == SIZE

    @property
    def sent(self) -> int:
        return self.source.sent[NODE.url]


def test_a_fresh_download() -> None:
    fetch = Fetch()
    fetch.go()
    assert fetch.whole()
    assert (fetch.sent, fetch.answers, fetch.gauge.done) == (SIZE, 1, SIZE)
    assert fetch.source.asks == [Ask(url=NODE.url)]


def test_it_goes_on_where_it_was_cut_off() -> None:
    fetch = Fetch()
    fetch.source.troubles[NODE.url] = [Trouble(lost(), after=2500)]
    assert fetch.fails() is FaultCode.CONNECTION_FAILED
    assert fetch.part.staged() == 2500
    fetch.go()
    assert fetch.whole()
    assert fetch.source.asks[1] == Ask(url=NODE.url, start=2500, validator='"v1"')
    assert (fetch.sent, fetch.gauge.done) == (SIZE, SIZE)  # no byte twice


def test_what_lies_there_whole_is_not_asked_for() -> None:
    fetch = Fetch().stage(BYTES, validator=None)
    fetch.go()
    assert fetch.whole()
    assert (fetch.source.asks, fetch.answers, fetch.gauge.done) == ([], 0, SIZE)


@pytest.mark.parametrize("validator", ['"v1"', None])
def test_what_lies_there_whole_is_known_by_its_hash_where_no_size_is(validator: str | None) -> None:
    fetch = Fetch(UNSIZED).stage(BYTES, validator)
    fetch.go()
    assert fetch.source.asks == []
    assert fetch.whole()


def test_what_lies_there_whole_but_spoilt_is_thrown_away() -> None:
    fetch = Fetch().stage(b"x" * SIZE)
    assert fetch.fails() is FaultCode.CHECKSUM_MISMATCH
    assert fetch.part.staged() == 0
    fetch.go()
    assert fetch.whole()


def test_a_server_that_ignores_range_sends_all_and_all_is_taken() -> None:
    fetch = Fetch(shelf=Shelf(BYTES, ranges=False)).stage(BYTES[:3000])
    fetch.go()
    assert fetch.whole()
    assert (fetch.sent, fetch.gauge.done) == (SIZE, SIZE)


def test_two_versions_of_a_file_are_never_spliced() -> None:
    old = b"another file altogether".ljust(3000, b".")
    fetch = Fetch(shelf=Shelf(BYTES, validator='"v2"')).stage(old, validator='"v1"')
    fetch.go()
    assert fetch.whole()
    assert fetch.part.validator() == '"v2"'


@pytest.mark.parametrize("sample", [NODE, UNSIZED])
def test_without_a_validator_nothing_is_gone_on_from(sample: Sample) -> None:
    fetch = Fetch(sample, Shelf(BYTES, validator=None)).stage(BYTES[:3000], validator=None)
    fetch.go()
    assert fetch.whole()
    assert fetch.source.asks == [Ask(url=NODE.url)]


@pytest.mark.parametrize("sample", [NODE, UNSIZED])
def test_what_is_missing_before_all_that_is_there_comes_as_a_range(sample: Sample) -> None:
    fetch = Fetch(sample)
    fetch.part.begin('"v1"', NODE.url, size=SIZE)
    fetch.part.append([BYTES[2000:3000]], lambda _: None, 2000)
    fetch.part.note([(2000, 3000)])
    fetch.go()
    assert fetch.whole()
    assert [(ask.start, ask.end, ask.validator) for ask in fetch.source.asks] == [
        (0, 2000, '"v1"'),
        (3000, None, '"v1"'),
    ]
    assert (fetch.sent, fetch.gauge.done, fetch.blends) == (SIZE - 1000, SIZE, 1)


@pytest.mark.parametrize("shelf", [Shelf(BYTES, ranges=False), Shelf(BYTES, validator='"v2"')])
def test_a_place_without_that_range_of_that_file_costs_one_clean_restart(shelf: Shelf) -> None:
    fetch = Fetch(shelf=shelf)
    fetch.part.begin('"v1"', NODE.url, size=SIZE)
    fetch.part.append([BYTES[2000:3000]], lambda _: None, 2000)
    fetch.part.note([(2000, 3000)])
    fetch.go()
    assert fetch.whole()
    assert fetch.source.asks[1:] == [Ask(url=NODE.url)]
    assert fetch.sent == SIZE


FAR = "https://far.test/nodejs.zip"


def test_bytes_of_another_place_are_gone_on_from_without_its_validator() -> None:
    fetch = Fetch(shelf=Shelf(BYTES, validator='"here"'))
    fetch.part.begin('"there"', FAR)
    fetch.part.append([BYTES[:3000]], lambda _: None)
    fetch.go()
    assert fetch.whole()
    assert fetch.source.asks == [Ask(url=NODE.url, start=3000)]
    assert (fetch.sent, fetch.blends) == (SIZE - 3000, 1)
    assert (fetch.part.source(), fetch.part.validator()) == (SEVERAL, None)


def test_bytes_of_several_places_are_gone_on_from_and_the_hash_tells() -> None:
    fetch = Fetch()
    fetch.part.begin('"there"', FAR)
    fetch.part.append([b"x" * 3000], lambda _: None)
    fetch.part.blend()
    assert fetch.fails() is FaultCode.CHECKSUM_MISMATCH
    assert (fetch.part.staged(), fetch.blends) == (0, 1)
    fetch.go()
    assert fetch.whole()
    assert fetch.part.source() == NODE.url


def test_another_place_with_a_wrong_size_spoils_nothing_that_is_there() -> None:
    fetch = Fetch(shelf=Shelf(BYTES + b"more"))
    fetch.part.begin('"there"', FAR)
    fetch.part.append([BYTES[:3000]], lambda _: None)
    assert fetch.fails() is FaultCode.SIZE_MISMATCH
    assert (fetch.part.staged(), fetch.part.source()) == (3000, FAR)


def test_the_same_place_is_asked_with_its_validator() -> None:
    fetch = Fetch()
    fetch.part.begin('"v1"', NODE.url)
    fetch.part.append([BYTES[:3000]], lambda _: None)
    fetch.go()
    assert fetch.whole()
    assert fetch.source.asks == [Ask(url=NODE.url, start=3000, validator='"v1"')]
    assert fetch.part.source() == NODE.url


def test_no_secret_of_an_address_is_noted() -> None:
    fetch = Fetch()
    secret = "https://me:pw@files.test/nodejs.zip?token=1"
    fetch.source.shelves[secret] = Shelf(BYTES)
    line = Line(fetch.source, secret, fetch.stop, fetch._answered)
    bring(Errand(line, fetch.artifact, fetch.part, fetch.gauge))
    assert fetch.part.source() == "https://files.test/nodejs.zip"


@pytest.mark.parametrize("sample", [NODE, UNSIZED])
def test_more_than_there_can_be_is_staged_by_somebody_else(sample: Sample) -> None:
    fetch = Fetch(sample)
    fetch.part.begin('"v1"', NODE.url, size=SIZE)
    fetch.part.append([BYTES + b"more"], lambda _: None)
    fetch.go()
    assert fetch.whole()
    assert fetch.source.asks == [Ask(url=NODE.url)]


def test_a_wrong_file_of_the_right_size() -> None:
    fetch = Fetch(shelf=Shelf(b"x" * SIZE))
    assert fetch.fails() is FaultCode.CHECKSUM_MISMATCH
    assert fetch.part.staged() == 0


@pytest.mark.parametrize("content", [BYTES + b"more", BYTES[:-1], b""])
def test_another_length_is_noticed_in_the_header(content: bytes) -> None:
    fetch = Fetch(shelf=Shelf(content))
    assert fetch.fails() is FaultCode.SIZE_MISMATCH
    assert fetch.part.staged() == 0
    assert fetch.sent == 0


def test_too_much_is_cut_off_where_the_header_said_nothing() -> None:
    fetch = Fetch(shelf=Shelf(BYTES + b"x" * 50_000, tells_total=False))
    assert fetch.fails() is FaultCode.SIZE_MISMATCH
    assert fetch.part.staged() == 0
    assert fetch.sent <= SIZE + fetch.source.piece


def test_too_little_where_the_header_said_nothing_is_a_lost_connection() -> None:
    fetch = Fetch(shelf=Shelf(BYTES[:-1], tells_total=False))
    assert fetch.fails() is FaultCode.CONNECTION_FAILED
    assert fetch.part.staged() == SIZE - 1
    fetch.source.shelves[NODE.url] = Shelf(BYTES)
    fetch.go()
    assert fetch.whole()
    assert fetch.sent == SIZE  # and no byte came twice


def test_a_hotels_welcome_page_takes_nothing_away() -> None:
    fetch = Fetch(shelf=Shelf(b"<html>Welcome</html>", validator=None)).stage(BYTES[:3000])
    assert fetch.fails() is FaultCode.SIZE_MISMATCH
    assert fetch.part.staged() == 3000
    fetch.source.shelves[NODE.url] = Shelf(BYTES)
    fetch.go()
    assert fetch.whole()
    assert fetch.sent == SIZE - 3000


def test_a_part_of_a_file_that_has_another_length_is_thrown_away() -> None:
    other = Shelf(BYTES + b"more")
    fetch = Fetch(shelf=other).stage(other.content[:3000])
    assert fetch.fails() is FaultCode.SIZE_MISMATCH
    assert fetch.part.staged() == 0


def test_stopping_keeps_what_has_come() -> None:
    fetch = Fetch()

    class StoppingPart(MemoryPart):
        def append(self, pieces: Iterable[bytes], tick: Tick, start: int | None = None) -> None:
            def watched(count: int) -> None:
                tick(count)
                if self.staged() >= 2000:
                    fetch.stop.set()

            super().append(pieces, watched, start)

    part = StoppingPart(fetch.downloads, fetch.part._notes, fetch.artifact.sha256)
    with pytest.raises(asyncio.CancelledError):
        bring(Errand(fetch.line(), fetch.artifact, part, fetch.gauge))
    assert part.staged() == 2000
    assert part.validator() == '"v1"'


def test_stopping_while_what_is_staged_is_hashed_again() -> None:
    fetch = Fetch().stage(BYTES[:3000])
    fetch.stop.set()
    with pytest.raises(asyncio.CancelledError):
        fetch.go()
    assert fetch.part.staged() == 3000


class Folder:
    """Takes files as a prefix does, and remembers them."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def take(self, piece: Piece, content: Iterable[bytes]) -> None:
        self.files[piece.file.path] = b"".join(content)


class TestSpans:
    INDEX = index_of(BYTES, ranged=True)

    def span(self, *paths: str) -> Span:
        (found,) = spans(ranges(self.INDEX.select(frozenset(paths))))
        return found

    def fetch(self, span: Span, fetch: Fetch) -> tuple[Folder, int]:
        folder, came = Folder(), Gauge(0, None)
        fetch_span(fetch.line(came.add), span, folder.take)
        return folder, came.done

    @pytest.mark.parametrize(
        "paths", [("lib/a.js",), ("lib/a.js", "lib/b.js"), ("bin/run", "lib/b.js"), ("lib/b.js", "lib/empty")]
    )
    def test_files_are_cut_out_of_one_answer(self, paths: tuple[str, ...]) -> None:
        fetch, span = Fetch(), self.span(*paths)
        folder, came = self.fetch(span, fetch)
        assert folder.files == {path: NODE.content[path].content for path in paths}
        assert fetch.source.asks == [Ask(url=NODE.url, start=span.start, end=span.end)]
        assert came == fetch.sent == span.end - span.start
        assert fetch.answers == 1

    def test_an_empty_file_needs_no_request(self) -> None:
        fetch = Fetch()
        folder, came = self.fetch(self.span("lib/empty"), fetch)
        assert folder.files == {"lib/empty": b""}
        assert (fetch.source.asks, came) == ([], 0)

    def test_a_server_that_ignores_range(self) -> None:
        with pytest.raises(InstallerError) as caught:
            self.fetch(self.span("lib/a.js"), Fetch(shelf=Shelf(BYTES, ranges=False)))
        assert caught.value.fault.code is FaultCode.BAD_RESPONSE

    def test_an_answer_that_is_too_short(self) -> None:
        span = self.span("lib/b.js")
        with pytest.raises(InstallerError) as caught:
            self.fetch(span, Fetch(shelf=Shelf(BYTES[: span.end - 10])))
        assert caught.value.fault.code is FaultCode.BAD_RESPONSE

    def test_a_file_whose_packed_bytes_are_not_all_read_does_not_shift_the_next(self) -> None:
        fetch, folder = Fetch(), Folder()

        def sip(piece: Piece, content: Iterable[bytes]) -> None:
            if piece.file.path == "lib/a.js":
                assert next(iter(content))
            else:
                folder.take(piece, content)

        fetch_span(fetch.line(), self.span("lib/a.js", "lib/b.js"), sip)
        assert folder.files["lib/b.js"] == NODE.content["lib/b.js"].content

    def test_stopping(self) -> None:
        fetch = Fetch()
        folder = Folder()

        def take(piece: Piece, content: Iterable[bytes]) -> None:
            folder.take(piece, content)
            fetch.stop.set()

        with pytest.raises(StoppedError):
            fetch_span(fetch.line(), self.span("bin/run", "lib/a.js", "lib/b.js"), take)
        assert list(folder.files) == ["bin/run"]


def test_an_archive_of_nothing() -> None:
    nothing = Sample("nothing", items={"empty": Item(b"")})
    (only,) = spans(ranges(index_of(nothing.archive, ranged=True).files))
    assert only.start == only.end
