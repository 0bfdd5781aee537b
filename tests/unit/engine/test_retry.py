"""What is worth another attempt, and after what pause."""

import pytest

from vsrt_gui.engine.retry import COUNTED, DAMAGED_BYTES, LONGEST_PAUSE, RETRYABLE, pause
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.policies import RetryPolicy

POLICY = RetryPolicy(attempts=4, first_delay=2.0, factor=2.0, jitter=0.25)
STALLED = Fault(code=FaultCode.STALLED)


@pytest.mark.parametrize(
    ("failures", "chance", "expected"),
    [
        (1, 0.0, 2.0),
        (2, 0.0, 4.0),
        (3, 0.0, 8.0),
        (4, 0.0, None),
        (5, 0.0, None),
        (1, 1.0, 1.5),
        (3, 0.5, 7.0),
    ],
)
def test_pause_grows_and_is_left_to_chance_in_part(
    failures: int, chance: float, expected: float | None
) -> None:
    assert pause(POLICY, STALLED, failures, chance) == expected


@pytest.mark.parametrize("code", list(FaultCode))
def test_which_faults_are_tried_again(code: FaultCode) -> None:
    passing = {
        FaultCode.NAME_NOT_FOUND,
        FaultCode.CONNECTION_FAILED,
        FaultCode.CONNECT_TIMEOUT,
        FaultCode.STALLED,
        FaultCode.SERVER_ERROR,
        FaultCode.RATE_LIMITED,
        FaultCode.PROXY_UNREACHABLE,
        FaultCode.PROXY_SCRIPT,
        FaultCode.FILE_IN_USE,
    }
    assert (pause(POLICY, Fault(code=code), 1, 0.0) is not None) is (code in passing)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(0, 2.0), (1, 2.0), (30, 30.0), (LONGEST_PAUSE, LONGEST_PAUSE), (LONGEST_PAUSE + 1, None)],
)
@pytest.mark.parametrize("code", [FaultCode.RATE_LIMITED, FaultCode.SERVER_ERROR])
def test_a_server_that_asks_for_patience_gets_it_within_reason(
    code: FaultCode, asked: float, expected: float | None
) -> None:
    assert pause(POLICY, Fault(code=code, facts={"host": "h", "retry_after": asked}), 1, 0.0) == expected


def test_one_attempt_means_no_second() -> None:
    assert pause(RetryPolicy(attempts=1), STALLED, 1, 0.0) is None


def test_an_answer_is_never_counted_against_a_server() -> None:
    answers = {
        FaultCode.RATE_LIMITED,
        FaultCode.ACCESS_REFUSED,
        FaultCode.SOURCE_GONE,
        FaultCode.BAD_RESPONSE,
        FaultCode.PROXY_UNREACHABLE,
        FaultCode.PROXY_AUTH_REQUIRED,
        FaultCode.PROXY_REFUSED,
        FaultCode.PROXY_SCRIPT,
    }
    assert not COUNTED & (answers | DAMAGED_BYTES)
    assert COUNTED < RETRYABLE
