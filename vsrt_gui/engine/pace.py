"""Says roughly how long a plan takes, before anything of it has been measured."""

from vsrt_gui.model.plan import Plan

LINE = 2_500_000
"""Bytes a second of a line that is slow today (20 Mbit/s): most people wait less than what is told from it."""
ROUND_TRIP = 0.05
"""Seconds that a request waits for its answer, on a line to a server of the same continent."""
DISK = 40_000_000
"""Bytes a second that even an old laptop unpacks, checks and writes."""
START = 2.0
"""Seconds that a run takes for itself."""


def likely_seconds(plan: Plan) -> float:
    """Return the seconds that a plan takes on a slow line and an old disk, so that nobody waits much longer."""
    return START + plan.to_fetch / LINE + plan.requests * ROUND_TRIP + plan.to_write / DISK
