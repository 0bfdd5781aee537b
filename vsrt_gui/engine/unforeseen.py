"""Makes a fault of what nobody foresaw, so that a bug of ours is told like everything else."""

import traceback
from pathlib import Path

from vsrt_gui.model.faults import Fault, FaultCode, InstallerError


def unforeseen(error: BaseException) -> Fault:
    """Name a bug by its innermost cause and place."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    detail = f"{error} ({place})"[:500]
    return InstallerError(FaultCode.UNEXPECTED, kind=type(error).__name__, detail=detail).fault
