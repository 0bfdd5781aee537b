"""Staged bytes count only while a sidecar vouches for them, and survive whatever stops their coming."""

import errno
import json
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from simulators.prefix_samples import no_tick, prefix_at, sample

from vsrt_gui.adapters.prefix import effects, flushing
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.engine.part_port import SEVERAL
from vsrt_gui.model.faults import FaultCode, InstallerError

ONE = sample()


@pytest.fixture
def part(tmp_path: Path) -> DiskPart:
    prefix = prefix_at(tmp_path / "rt")
    prefix.claim()
    return prefix.part(ONE.target.artifact)


def sidecar(part: DiskPart) -> Path:
    return part.path.with_suffix(".json")


def test_bytes_are_staged_in_order_across_programs(part: DiskPart, tmp_path: Path) -> None:
    part.begin('"etag"')
    ticks: list[int] = []
    part.append([b"abc", b"", b"defg"], ticks.append)
    again = prefix_at(tmp_path / "rt").part(ONE.target.artifact)
    assert again.staged() == 7
    assert again.validator() == '"etag"'
    again.append([b"hi"], ticks.append)
    assert b"".join(again.content(Stop())) == b"abcdefghi"
    assert sum(ticks) == 9


def test_what_came_before_a_failure_stays(part: DiskPart) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"12345"
        raise StoppedError

    part.begin(None)
    with pytest.raises(StoppedError):
        part.append(pieces(), no_tick)
    assert part.staged() == 5
    assert part.validator() is None


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b'{"format": 2}', b'{"format": 1, "sha256": "' + b"0" * 64 + b'"}']
)
def test_without_a_fitting_sidecar_nothing_is_staged(part: DiskPart, content: bytes | None) -> None:
    part.begin("v")
    part.append([b"abc"], no_tick)
    if content is None:
        sidecar(part).unlink()
    else:
        sidecar(part).write_bytes(content)
    assert part.staged() == 0
    assert part.validator() is None
    assert list(part.content(Stop())) == []


def test_beginning_again_forgets_the_old_bytes(part: DiskPart) -> None:
    part.begin("old")
    part.append([b"abc"], no_tick)
    part.begin("new")
    assert (part.staged(), part.validator()) == (0, "new")
    assert json.loads(sidecar(part).read_bytes())["sha256"] == ONE.target.artifact.sha256


def test_reading_stops_between_two_pieces(part: DiskPart) -> None:
    part.begin(None)
    part.append([bytes(1 << 20)], no_tick)
    stop = Stop()
    content = part.content(stop)
    assert len(next(content)) == 256 << 10
    stop.set()
    with pytest.raises(StoppedError):
        next(content)


def test_it_is_counted_by_the_prefix_and_can_be_dropped(part: DiskPart, tmp_path: Path) -> None:
    part.begin(None)
    part.append([b"abc"], no_tick)
    assert prefix_at(tmp_path / "rt").read().staged == {ONE.target.artifact.sha256: 3}
    part.discard()
    part.discard()
    assert prefix_at(tmp_path / "rt").read().staged == {}


def test_a_link_in_its_place_is_not_followed(part: DiskPart, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    part.path.symlink_to(precious)
    part.begin(None)
    part.append([b"theirs"], no_tick)
    assert precious.read_bytes() == b"mine"
    assert part.staged() == 6


def test_the_sidecar_tells_where_the_bytes_came_from(part: DiskPart) -> None:
    assert part.source() == ""
    part.begin('"etag"', "https://a.test/x.zip")
    part.append([b"abc"], no_tick)
    assert part.source() == "https://a.test/x.zip"
    part.blend()
    assert (part.source(), part.validator(), part.staged()) == (SEVERAL, None, 3)


UNFIT = ['"\u00fc"', '"x"\r\nX-More: 1', '"\0"', f'"{"x" * 200_000}"', "", '"', 'W/"x"', 7]


@pytest.mark.parametrize("validator", UNFIT, ids=range(len(UNFIT)))
def test_a_validator_that_no_answer_can_have_brought_vouches_for_nothing(
    part: DiskPart, validator: object
) -> None:
    part.begin('"etag"')
    part.append([b"abc"], no_tick)
    note = json.loads(sidecar(part).read_text())
    sidecar(part).write_text(json.dumps({**note, "validator": validator}))
    assert part.validator() is None


def pipe(path: Path) -> None:
    os.mkfifo(path)


def socket_file(path: Path) -> None:
    os.mknod(path, stat.S_IFSOCK | 0o600)


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("odd", [pipe, socket_file, link_to_itself, Path.mkdir])
@pytest.mark.parametrize("kind", [".part", ".json"])
def test_what_is_no_file_in_its_place_is_nothing_and_goes(
    part: DiskPart, odd: Callable[[Path], None], kind: str
) -> None:
    part.begin('"etag"')
    part.append([b"abc"], no_tick)
    place = part.path.with_suffix(kind)
    place.unlink()
    odd(place)
    assert (part.ranges(), list(part.content(Stop()))) == ((), [])
    part.note([(0, 3)])
    part.begin('"etag"')
    part.append([b"abc"], no_tick)
    assert part.ranges() == ((0, 3),)


@pytest.mark.parametrize("source", [None, 3, ["x"]])
def test_a_sidecar_of_an_earlier_program_names_no_source(part: DiskPart, source: object) -> None:
    part.begin('"etag"')
    note = json.loads(sidecar(part).read_text())
    sidecar(part).write_text(json.dumps({**note, "source": source}))
    assert (part.source(), part.validator()) == ("", '"etag"')


FIRST = '{"format": 1, "sha256": "%s", "validator": "\\"etag\\"", "source": "https://a.test/x.zip"}\n'
"""As the first program wrote it."""
SECOND = (
    '{"format": 2, "sha256": "%s", "size": 1000, "validator": "\\"etag\\"", "source": "https://a.test/x.zip", '
    '"request": "0123abcd", "done": [[0, 3], [5, 7]]}\n'
)


def lies_there(part: DiskPart, note: str) -> None:
    sidecar(part).write_text(note.replace("%s", ONE.target.artifact.sha256))
    part.path.write_bytes(b"abc??fg??")


def test_the_first_format_vouches_for_all_of_the_file(part: DiskPart) -> None:
    lies_there(part, FIRST)
    assert (part.ranges(), part.staged(), part.noted()) == (((0, 9),), 9, False)
    assert (part.validator(), part.source()) == ('"etag"', "https://a.test/x.zip")
    assert (part.size(), part.request()) == (None, "")
    part.append([b"hi"], no_tick)
    assert part.staged() == 11


def test_the_second_format_vouches_for_what_it_names(part: DiskPart) -> None:
    lies_there(part, SECOND)
    assert (part.ranges(), part.staged(), part.noted()) == (((0, 3), (5, 7)), 5, True)
    assert (part.validator(), part.source()) == ('"etag"', "https://a.test/x.zip")
    assert (part.size(), part.request()) == (1000, "0123abcd")
    assert b"".join(part.content(Stop())) == b"abc"
    assert b"".join(part.content(Stop(), 6)) == b"g"
    assert b"".join(part.content(Stop(), 4)) == b""


def test_a_newer_format_vouches_for_nothing_and_stays_until_its_place_is_needed(part: DiskPart) -> None:
    newer = SECOND.replace('"format": 2', '"format": 4')
    lies_there(part, newer)
    assert (part.ranges(), part.staged(), part.validator()) == ((), 0, None)
    part.note([(0, 9)])
    assert json.loads(sidecar(part).read_text())["format"] == 4
    assert part.path.exists()
    part.begin(None)
    assert json.loads(sidecar(part).read_text())["format"] == 3


THIRD = SECOND.replace('"format": 2', '"format": 3').replace("}\n", ', "flushed": [[0, 2]]}\n')


def test_the_third_format_says_in_further_lines_what_came_last(part: DiskPart) -> None:
    lies_there(part, THIRD + '\n{"done": [[0, 4], [5, 7]]}\n\n{"done": [[0, 4], [5, 8]]}\n')
    assert (part.ranges(), part.noted(), part.size()) == (((0, 4), (5, 8)), True, 1000)
    assert part.validator() == '"etag"'


@pytest.mark.parametrize("torn", ['\n{"done": [[0,', "\n" + "\0" * 20, '\n{"done": [[0, \0\0\0', "\n7"])
def test_a_line_that_was_torn_says_nothing_and_spoils_none_that_follows(part: DiskPart, torn: str) -> None:
    lies_there(part, THIRD + torn)
    assert part.ranges() == ((0, 3), (5, 7))
    part.note([(0, 6)])
    assert part.ranges() == ((0, 6),)


@pytest.mark.parametrize("done", [', "done": [[0, 3], [5, 7]]', ""])
def test_what_was_never_flushed_goes_where_something_is_wrong(part: DiskPart, done: str) -> None:
    lies_there(part, THIRD.replace(', "done": [[0, 3], [5, 7]]', done))
    part.append([b"x" * 12], no_tick, 6)  # what this program writes no power loss has spoilt
    part.note([(0, 3), (5, 18)])
    part.distrust()
    assert part.ranges() == ((0, 2), (6, 18))
    part.distrust()  # then it is something else
    assert (part.ranges(), part.path.exists()) == ((), False)


def test_where_much_is_not_sure_all_of_it_goes(part: DiskPart) -> None:
    lies_there(part, THIRD)
    part.append([b"xy"], no_tick, 6)
    part.note([(0, 3), (5, 8)])
    part.distrust()
    assert part.ranges() == ()


@pytest.mark.parametrize("note", [FIRST, SECOND])
def test_of_an_earlier_format_nothing_is_known_to_be_flushed(part: DiskPart, note: str) -> None:
    lies_there(part, note)
    part.distrust()
    assert part.ranges() == ()


def flushed(part: DiskPart) -> object:
    return json.loads(sidecar(part).read_text().splitlines()[0])["flushed"]


def one_by_one(*pieces: bytes) -> Iterator[bytes]:
    """Yield pieces, and wait for the flush that follows each."""
    for piece in pieces:
        yield piece
        for thread in flushes():
            thread.join(10)


def flushes() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "vsrt-flush"]


def test_it_is_flushed_and_then_noted_while_it_grows(part: DiskPart, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    part.begin(None)
    monkeypatch.setattr(flushing, "EVERY", 0.0)
    with effects.watched(lambda name, _where: order.append(name)):
        part.append(one_by_one(b"abcd"), no_tick)
    assert flushed(part) == [[0, 4]]
    assert order.index("flush") < order.index("replace")
    monkeypatch.setattr(flushing, "EVERY", 60.0)
    part.append([b"efg"], no_tick)
    assert flushed(part) == [[0, 4]]
    monkeypatch.setattr(flushing, "EVERY", 0.0)
    part.append(one_by_one(b"hi"), no_tick, 20)
    assert flushed(part) == [[0, 7], [20, 22]]
    part.begin(None)
    assert flushed(part) == []


def test_nobody_waits_for_a_flush(part: DiskPart, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, went_on = threading.Event(), threading.Event()

    def watch(name: str, _where: effects.Where) -> None:
        if name == "flush" and not slow.is_set():
            slow.set()
            assert went_on.wait(10)

    def pieces() -> Iterator[bytes]:
        yield b"abcd"
        assert slow.wait(10)
        yield b"ef"
        (flush,) = flushes()
        went_on.set()
        flush.join(10)

    part.begin(None)
    monkeypatch.setattr(flushing, "EVERY", 0.0)
    with effects.watched(watch):
        part.append(pieces(), no_tick)
    assert flushed(part) == [[0, 4]]  # and not what came meanwhile


@pytest.mark.parametrize("end", [None, StoppedError()])
def test_after_the_last_piece_nothing_is_noted_any_more(
    part: DiskPart, end: StoppedError | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, over = threading.Event(), threading.Event()

    def watch(name: str, _where: effects.Where) -> None:
        if name == "flush" and threading.current_thread().name == "vsrt-flush":
            slow.set()
            assert over.wait(10)

    def pieces() -> Iterator[bytes]:
        yield b"abcd"
        assert slow.wait(10)
        if end:
            raise end

    part.begin(None)
    monkeypatch.setattr(flushing, "EVERY", 0.0)
    with effects.watched(watch):
        with suppress(StoppedError):
            part.append(pieces(), no_tick)
        (thread,) = flushes()
        part.discard()
        over.set()
        thread.join(10)
    assert not sidecar(part).exists()


def test_a_disk_that_can_not_flush_is_named_and_nothing_is_noted(
    part: DiskPart, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str, _where: effects.Where) -> None:
        if name == "flush":
            raise OSError(errno.EIO, "bad")

    part.begin(None)
    monkeypatch.setattr(flushing, "EVERY", 0.0)
    with effects.watched(fail), pytest.raises(InstallerError) as caught:
        part.append(one_by_one(b"abcd", b"e"), no_tick)
    assert caught.value.fault.code is FaultCode.DISK_ERROR
    part.append(one_by_one(b"fgh"), no_tick)  # the system may have let go of what it could not write
    assert (flushed(part), part.staged()) == ([], 8)


@pytest.mark.parametrize(
    "done", ['"all"', "[[0]]", '[[0, "3"]]', "[[-1, 3]]", "[[0, 3.5]]", "[0, 3]", "[[true, 3]]"]
)
def test_a_list_that_makes_no_sense_vouches_for_nothing(done: str, part: DiskPart) -> None:
    lies_there(part, SECOND.replace("[[0, 3], [5, 7]]", done))
    assert part.ranges() == ()


def test_what_the_disk_lost_is_not_there(part: DiskPart) -> None:
    lies_there(part, SECOND.replace("[5, 7]", "[5, 700], [800, 900]"))
    assert part.ranges() == ((0, 3), (5, 9))


def test_ranges_come_in_any_order_and_are_noted(part: DiskPart, tmp_path: Path) -> None:
    part.begin('"etag"', "https://a.test/x.zip", request="r", size=10)
    part.append([b"abc"], no_tick)
    part.note([(0, 3)])
    part.append([b"hi", b"j"], no_tick, 7)
    assert part.ranges() == ((0, 3),)  # what is not noted counts as nothing
    part.note([(0, 3), (7, 10)])
    again = prefix_at(tmp_path / "rt").part(ONE.target.artifact)
    assert again.ranges() == ((0, 3), (7, 10))
    assert prefix_at(tmp_path / "rt").read().staged == {ONE.target.artifact.sha256: 6}
    again.append([b"defg"], no_tick, 3)
    again.note([(0, 10)])
    assert b"".join(again.content(Stop())) == b"abcdefghij"
    again.blend()
    assert (again.ranges(), again.size(), again.request()) == (((0, 10),), 10, "")


def test_a_note_leaves_nothing_beside_it(part: DiskPart) -> None:
    part.begin(None)
    part.note([(0, 0)])
    assert sorted(path.name for path in part.path.parent.iterdir()) == sorted(
        [part.path.name, sidecar(part).name]
    )
    part.discard()
    part.note([(0, 3)])  # after which nothing is there to be noted
    assert not sidecar(part).exists()
