"""What there is to know of recorded disks: what lies in the store, whether two are the same, where files had gaps."""

from simulators.disk_image import Disk, File, Log, Piece

STORE = "home/runtime/store/"


def same(one: Disk, other: Disk) -> bool:
    """Tell whether two disks show the same but for times."""
    return _timeless(one) == _timeless(other)


def _timeless(disk: Disk) -> list[tuple[str, object]]:
    return [(p, (t.content, t.mode) if isinstance(t, File) else t) for p, t in disk.shown()]


def files_of(disk: Disk) -> dict[str, object]:
    """Return what lies in the store by its path there: contents, links, folders.

    Whether a file may be run is not looked at: a mode that comes a little later makes nothing worse.
    """
    return {
        path.removeprefix(STORE): thing.content if isinstance(thing, File) else thing
        for path, thing in disk.shown()
        if path.startswith(STORE)
    }


def gaps_until(log: Log) -> int:
    """Return how many effects there were when the last gap in a new file was written behind; 0 where there was none."""
    new = [thing for thing in log.start.things.values() if isinstance(thing, File) and not thing.content]
    ends: dict[int, int] = {}
    last = 0
    for at, effect in enumerate(log.effects, 1):
        if isinstance(effect, Piece) and log.start.things[effect.file] in new:
            end = ends.get(effect.file, 0)
            last = at if effect.offset > end else last
            ends[effect.file] = max(end, effect.offset + len(effect.data))
    return last
