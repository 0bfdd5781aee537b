"""What events say of themselves."""

import pytest

from vsrt_gui.model.events import Retrying
from vsrt_gui.model.faults import Fault, FaultCode


@pytest.mark.parametrize(
    ("source", "then", "instead"),
    [
        ("https://a.example/x.zip", "https://b.example/x.zip", "b.example"),
        ("https://a.example/x.zip", "https://a.example/x.zip", ""),
        ("https://a.example/one/x.zip", "https://a.example/two/x.zip", ""),
        ("https://a.example/x.zip", "https://a.example:8443/x.zip", "a.example:8443"),
        ("https://a.example/x.zip", "file:///media/stick/x.zip", "/media/stick"),
        ("file:///one/x.zip", "file:///two/x.zip", "/two"),
        ("file:///one/x.zip", "file:///one/x.zip", ""),
        ("", "", ""),
        ("https://a.example/x.zip", "", ""),
    ],
)
def test_who_is_asked_instead(source: str, then: str, instead: str) -> None:
    fault = Fault(code=FaultCode.CONNECTION_FAILED, facts={"host": "a.example", "reason": "reset"})
    event = Retrying(
        module=None, step=None, fault=fault, attempt=1, attempts=3, delay=0, source=source, then=then
    )
    assert event.elsewhere == instead
