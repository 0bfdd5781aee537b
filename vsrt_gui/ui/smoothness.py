"""Keeps the interpreter itself from holding up the window while worker threads are busy."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.001
"""How long a busy thread keeps the interpreter once the window wants it; Python's own 5 ms add up, since each call
into Qt lets go of it and must get it back."""
THRESHOLDS = (20_000, 20, 20)
"""Of the three generations of the garbage collector, in place of 700 and 10 and 10: reading a file index makes tens
of thousands of objects that live on, and none of them is ever part of a cycle."""


@contextmanager
def smooth() -> Iterator[None]:
    """Within the block threads take short turns, and garbage is looked for less often and not in what is there now.

    A full collection stops every thread; over all that the program has loaded it took 30 to 120 ms.
    """
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
        sys.setswitchinterval(interval)
