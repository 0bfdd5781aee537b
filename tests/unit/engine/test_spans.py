"""Pieces that lie near each other are fetched by one request, and never much is fetched along."""

from collections.abc import Iterable
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from vsrt_gui.engine.spans import JOIN_GAP, SPAN_BYTES, STAGED, Span, patches, ranges, to_fetch
from vsrt_gui.engine.spans import spans as joined
from vsrt_gui.model.file_index import ByteRange, IndexedFile, Packing, Patch


def file(path: str, offset: int, length: int) -> IndexedFile:
    packed = ByteRange(offset=offset, length=length, packing=Packing.STORED)
    return IndexedFile(path=path, size=length, sha256=sha256(path.encode()).hexdigest(), packed=packed)


def twin(of: IndexedFile, path: str, offset: int, length: int) -> IndexedFile:
    """Return another file of the same content, which may be packed in another way."""
    return file(path, offset, length).but(sha256=of.sha256, size=of.size)


def spans(wanted: Iterable[IndexedFile]) -> tuple[Span, ...]:
    return joined(ranges(wanted))


def files(span: Span) -> list[IndexedFile]:
    return [piece.file for piece in span.pieces]


class TestSpans:
    def test_neighbours_are_joined_up_to_the_gap(self) -> None:
        size = 400_000
        a, b = file("a", 0, size), file("b", size + JOIN_GAP, size)
        c = file("c", 2 * size + 2 * JOIN_GAP + 1, size)
        first, second = spans([c, a, b])
        assert (first.start, first.end, files(first)) == (0, 2 * size + JOIN_GAP, [a, b])
        assert (second.start, files(second)) == (2 * size + 2 * JOIN_GAP + 1, [c])

    def test_the_nearest_are_joined_first_as_long_as_little_is_fetched_along(self) -> None:
        gaps = [9000, 100, 5000, 3000, 200]
        wanted, at = [file("0", 0, 10)], 10
        for number, gap in enumerate(gaps, 1):
            wanted.append(file(str(number), at + gap, 10))
            at += gap + 10
        found = spans(wanted)  # 6 * 2 KiB to spare: enough for 100, 200, 3000 and 5000, not for 9000 as well
        assert [len(span.pieces) for span in found] == [1, 5]

    @given(st.lists(st.tuples(st.integers(0, 3 * JOIN_GAP), st.integers(0, 50_000)), max_size=60))
    def test_never_much_more_than_what_is_wanted(self, members: list[tuple[int, int]]) -> None:
        listed, at = [], 0
        for number, (gap, size) in enumerate(members):
            listed.append(file(str(number), at + gap, size))
            at += gap + size
        found = spans(listed)
        assert [each for span in found for piece in span.pieces for each in piece.files] == listed
        wanted = sum(size for _, size in members)
        assert (
            to_fetch(ranges(listed)) == sum(span.size for span in found) <= 1.05 * wanted + 2048 * len(listed)
        )

    def test_files_without_a_range_are_left_out(self) -> None:
        assert spans([IndexedFile(path="a", size=1, sha256="0" * 64)]) == ()

    def test_one_that_begins_inside_another_has_a_span_of_its_own(self) -> None:
        found = spans([file("a", 0, 100), file("b", 10, 5), file("c", 100, 5)])
        assert [(span.start, span.end) for span in found] == [(0, 100), (10, 105)]

    @given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 200)), max_size=30))
    def test_no_span_steps_back_wherever_pieces_lie(self, members: list[tuple[int, int]]) -> None:
        found = spans(file(str(number), *place) for number, place in enumerate(members))
        for span in found:
            at = span.start
            for piece in span.pieces:
                assert at <= piece.start
                at = piece.end
            assert at == span.end

    def test_hard_links_are_fetched_once(self) -> None:
        first = file("a", 0, 100)
        (found,) = spans([first, file("b", 100, 5), twin(first, "c", 0, 100)])
        assert [[each.path for each in piece.files] for piece in found.pieces] == [["a", "c"], ["b"]]
        assert found.size == 105

    def test_copies_are_fetched_once_where_they_are_smallest(self) -> None:
        first = file("a", 0, 100)
        bare = twin(first, "d", 0, 0).but(packed=None)
        (found,) = spans([bare, first, twin(first, "b", 500_000, 90), twin(first, "c", 900_000, 95)])
        assert [each.path for each in found.pieces[0].files] == ["b", "d", "a", "c"]
        assert (found.start, found.end) == (500_000, 500_090)

    def test_the_same_bytes_for_other_content_are_not_hard_links(self) -> None:
        other = file("c", 0, 100)
        assert [files(span) for span in spans([file("a", 0, 100), other])] == [[file("a", 0, 100)], [other]]

    def test_no_span_grows_beyond_what_a_lost_connection_may_cost(self) -> None:
        each = SPAN_BYTES // 8
        found = spans([file(str(n), n * each, each) for n in range(20)])
        assert [span.end - span.start for span in found] == [SPAN_BYTES, SPAN_BYTES, SPAN_BYTES // 2]

    def test_a_larger_file_has_a_span_of_its_own(self) -> None:
        large = STAGED + 1
        found = spans(
            [file("a", 0, 1), file("b", 1, large), file("c", 1 + large, 1), file("d", 2 + large, 1)]
        )
        assert [len(span.pieces) for span in found] == [1, 1, 2]
        assert [span.staged for span in found] == [None, found[1].pieces[0], None]

    def test_a_patch_that_gives_two_files_is_fetched_once(self) -> None:
        twins = [(file(path, 0, 500), Patch(base="1" * 64, offset=100, length=20)) for path in "ab"]
        other = (file("c", 0, 500), Patch(base="1" * 64, offset=120, length=30))
        (found,) = joined(patches([*twins, other]))
        assert (found.start, found.end) == (100, 150)
        assert [(piece.start, piece.patch) for piece in found.pieces] == [(100, twins[0][1]), (120, other[1])]
