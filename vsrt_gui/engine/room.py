"""Compares what a plan needs with what is free, on each disk that is used, before the first byte."""

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.planner import download_room_needed, room_needed
from vsrt_gui.engine.ports import Prefix
from vsrt_gui.model.events import DiskWarning
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.survey import Volume


async def check_room(context: Context, work: Plan) -> None:
    """Compare what the plan needs with what is free, on each disk that is used, before the first byte.

    Raises:
        InstallerError: `disk-space-low`.
    """
    policy = context.tools.policies.disk
    if not work.work:
        return
    home, downloads = await context.work(_volumes, context.prefix)
    apart = home.key != downloads.key
    _check_volume(context, home, room_needed(work, policy, apart=apart))
    if apart:
        _check_volume(context, downloads, download_room_needed(work, policy))


def _volumes(prefix: Prefix) -> tuple[Volume, Volume]:
    return prefix.volume(), prefix.download_volume()


def _check_volume(context: Context, volume: Volume, needed: int) -> None:
    policy = context.tools.policies.disk
    if not needed:
        return
    if volume.free < needed:
        raise InstallerError(FaultCode.DISK_SPACE_LOW, path=volume.path, needed=needed, free=volume.free)
    left = volume.free - needed
    if volume.free < policy.recommended or left < (1 - policy.warn_used) * volume.total:
        context.tell(DiskWarning(path=volume.path, free=volume.free, total=volume.total))
