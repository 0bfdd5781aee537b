"""Makes a small archive come by several requests, as only large ones do: small limits, and an unhurried server."""

from simulators.sweep_world import NOISE
from vsrt_gui.engine import segments

EACH = NOISE / 0.8
"""Bytes a second of each answer."""
UNIT = NOISE // 12
LIMITS = {
    "UNIT": UNIT,
    "LEAST": UNIT,
    "UNIT_SECONDS": 0.1,
    "WORTH_SECONDS": 0.1,
    "MEASURED": 0.1,
    "LOOK": 0.03,
    "NOTED": 0.05,
    "PATIENT": 0.5,
}


def divide() -> None:
    """Let this process, and its children, divide archives of the sweeps' world."""
    for name, limit in LIMITS.items():
        assert hasattr(segments, name), name
        setattr(segments, name, limit)
