"""What a status and its headers make of an ask, without any server."""

from datetime import UTC, datetime

import pytest

from vsrt_gui.adapters.http_answer import Answer, StartOver, asked, judged, retry_after, validator_of
from vsrt_gui.engine.ports import Ask
from vsrt_gui.model.faults import FaultCode, InstallerError

URL = "https://user:secret@files.example/a.zip?token=secret"
TAG = '"abc"'
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ask", "range_", "if_range"),
    [
        (Ask(url=URL), None, None),
        (Ask(url=URL, validator=TAG), None, None),
        (Ask(url=URL, start=5), "bytes=5-", None),
        (Ask(url=URL, start=5, validator=TAG), "bytes=5-", TAG),
        (Ask(url=URL, end=5), "bytes=0-4", None),
        (Ask(url=URL, start=5, end=6, validator=TAG), "bytes=5-5", TAG),
    ],
)
def test_what_is_asked(ask: Ask, range_: str | None, if_range: str | None) -> None:
    headers = asked(ask)
    assert (headers.get("Range"), headers.get("If-Range")) == (range_, if_range)
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("told", "start", "end", "total"),
    [
        ("bytes 5-9/10", 5, None, 10),
        ("bytes 5-9/*", 5, None, None),
        ("bytes 5-7/10", 5, 8, 10),
        ("bytes 5-7/*", 5, 8, None),
        ("bytes 5-9/10", 5, 99, 10),
        ("bytes 0-0/1", 0, 1, 1),
    ],
)
def test_a_part_that_is_the_asked_one(told: str, start: int, end: int | None, total: int | None) -> None:
    answer = judged(Ask(url=URL, start=start, end=end), 206, {"content-range": told, "etag": TAG})
    assert answer == Answer(start=start, total=total, validator=TAG)


LIES = [
    ("bytes 4-9/10", 10),
    ("bytes 5-8/10", 10),
    ("bytes 5-10/10", 11),
    ("bytes 5-9/9", 10),
    ("bytes 5-7/10", 7),
    ("bytes 5-4/10", 10),
    ("bytes 5-4/*", 10),
    ("bytes=5-9/10", 10),
    ("bytes 5-9/10 ", 10),
    ("BYTES 5-9/10", 10),
    ("bytes \uff15-9/10", 10),
    ("", 10),
]


@pytest.mark.parametrize(("told", "end"), LIES)
def test_a_part_that_is_another_one(told: str, end: int) -> None:
    with pytest.raises(InstallerError) as caught:
        judged(Ask(url=URL, start=5, end=end), 206, {"content-range": told})
    assert caught.value.fault.code is FaultCode.BAD_RESPONSE
    assert caught.value.fault.facts["url"] == "https://files.example/a.zip"


@pytest.mark.parametrize(("told", "end"), [(told, end) for told, end in LIES if end != 7])
def test_who_goes_on_starts_over_where_another_part_comes(told: str, end: int) -> None:
    for ask in (Ask(url=URL, start=5), Ask(url=URL, start=5, end=end, validator=TAG)):
        assert isinstance(judged(ask, 206, {"content-range": told, "etag": TAG}), StartOver)


def test_a_part_whose_length_contradicts_its_range() -> None:
    headers = {"content-range": "bytes 5-9/10", "content-length": "4"}
    assert isinstance(judged(Ask(url=URL, start=5), 206, headers), StartOver)
    with pytest.raises(InstallerError):
        judged(Ask(url=URL, start=5, end=10), 206, headers)


@pytest.mark.parametrize(
    ("validator", "headers", "start_over"),
    [
        (TAG, {"etag": TAG}, False),
        (TAG, {"etag": '"other"'}, True),
        (TAG, {}, False),
        ("Thu, 01 Jan 1970 00:00:00 GMT", {"last-modified": "Fri, 02 Jan 1970 00:00:00 GMT"}, True),
        (None, {"etag": '"other"'}, False),
    ],
)
def test_a_part_of_another_file(validator: str | None, headers: dict[str, str], start_over: bool) -> None:
    ask = Ask(url=URL, start=5, validator=validator)
    answer = judged(ask, 206, {"content-range": "bytes 5-9/10", **headers})
    assert isinstance(answer, StartOver) is start_over


@pytest.mark.parametrize(
    ("headers", "total"),
    [
        ({}, None),
        ({"content-length": "10"}, 10),
        ({"content-length": "10", "transfer-encoding": "chunked"}, None),
    ],
)
def test_all_of_it(headers: dict[str, str], total: int | None) -> None:
    for ask in (Ask(url=URL), Ask(url=URL, start=5, validator=TAG)):
        assert judged(ask, 200, headers) == Answer(start=0, total=total, validator=None)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-length": "-1"},
        {"content-length": "ten"},
        {"content-length": "²"},
        {"content-encoding": "br"},
        {"content-type": "text/html"},
        {"content-type": "Text/HTML; charset=utf-8"},
        {"content-type": "application/xhtml+xml"},
    ],
)
def test_a_body_that_is_not_the_file(headers: dict[str, str]) -> None:
    with pytest.raises(InstallerError) as caught:
        judged(Ask(url=URL), 200, headers)
    assert caught.value.fault.code is FaultCode.BAD_RESPONSE


@pytest.mark.parametrize(
    ("validator", "told", "whole"),
    [
        (TAG, "bytes */5", True),
        (TAG, "bytes */6", False),
        (TAG, "", False),
        (None, "bytes */5", False),
    ],
)
def test_past_the_end(validator: str | None, told: str, whole: bool) -> None:
    answer = judged(Ask(url=URL, start=5, validator=validator), 416, {"content-range": told})
    if whole:
        assert answer == Answer(start=5, total=5, validator=TAG, empty=True)
    else:
        assert isinstance(answer, StartOver)


def test_416_without_a_range_is_an_odd_answer() -> None:
    with pytest.raises(InstallerError) as caught:
        judged(Ask(url=URL), 416, {})
    assert caught.value.fault.code is FaultCode.BAD_RESPONSE


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"etag": TAG, "last-modified": "x"}, TAG),
        ({"etag": f"W/{TAG}", "last-modified": "x"}, "x"),
        ({"etag": f"W/{TAG}"}, None),
        ({"etag": '"'}, None),
        ({"last-modified": ""}, None),
        ({"etag": '"\xe4"', "last-modified": "x"}, "x"),
        ({"last-modified": "\xe4"}, None),
        ({"etag": f'"{"x" * 5000}"', "last-modified": "x"}, "x"),
        ({"last-modified": "x\ty"}, None),
        ({}, None),
    ],
)
def test_validators(headers: dict[str, str], validator: str | None) -> None:
    assert validator_of(headers) == validator


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30),
        ("-5", 0),
        ("soon", 0),
        ("", 0),
        ("1e9", 0),
        ("9" * 400, 31_536_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 31_536_000),
        ("Mon, 23 Nov 2026 12:00:30 -999999999999999", 0),
    ],
)
def test_how_long_to_wait(told: str, seconds: float) -> None:
    assert retry_after(told, NOW) == seconds
