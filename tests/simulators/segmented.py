"""Makes small things come as only large ones do: an archive by several requests, files by parts of their own."""

from simulators.sweep_world import NOISE
from vsrt_gui.adapters.prefix import flushing
from vsrt_gui.engine import segments, spans

EACH = NOISE / 0.8
"""Bytes a second of each answer."""
UNIT = NOISE // 12
HURRIED = {
    "UNIT_SECONDS": 0.1,
    "WORTH_SECONDS": 0.1,
    "MEASURED": 0.1,
    "LOOK": 0.03,
    "NOTED": 0.05,
    "PATIENT": 0.5,
}


def limits(unit: int) -> dict[str, float]:
    """Return the limits of `segments` for ranges of so many bytes."""
    return {"UNIT": unit, "LEAST": unit, **HURRIED}


LIMITS = limits(UNIT)
STAGED = 500
"""Bytes of the largest piece without a partial download of its own: the sweeps' range, and their patch, have one."""


def stage() -> None:
    """Let this process, and its children, bring files of the sweeps' world by partial downloads of their own."""
    assert hasattr(spans, "STAGED")
    spans.STAGED = STAGED


def divide() -> None:
    """Let this process, and its children, divide archives of the sweeps' world."""
    for name, limit in LIMITS.items():
        assert hasattr(segments, name), name
        setattr(segments, name, limit)
    flushing.EVERY = LIMITS["NOTED"]
