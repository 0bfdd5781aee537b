"""What there is to know of recorded disks: what lies in the store, whether two are the same, where files had gaps."""

import re

from simulators.disk_image import Disk, Effect, File, Flush, Log, Names, Piece, Traits

STORE = "home/runtime/store/"
FOLDER = "runtime"
DECISIVE = {"current", ".vsrt.json", FOLDER}
"""Names on which it depends what is in force, whose the folder is, and whether it is there."""
_VARYING = re.compile(r"[0-9a-f]{8,}|\d+")


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


def kinds(log: Log) -> list[str]:
    """Return of what kind each effect is: what happens to names, whatever the numbers in them."""
    names = names_of(log)

    def kind(effect: Effect) -> str:
        match effect:
            case Names(changes):
                what = " ".join(f"{'-' if thing is None else '+'}{name}" for _, name, thing in changes)
            case Piece(thing) | Traits(thing) | Flush(int(thing)):
                what = names.get(thing, "")
            case _:
                what = "volume"
        return f"{type(effect).__name__} {_VARYING.sub('#', what)}"

    return [kind(effect) for effect in log.effects]


def decisive(log: Log) -> list[int]:
    """Return after how many effects it is being decided what is in force: those on DECISIVE names, and one further."""
    names = names_of(log)
    found: set[int] = set()
    for at, effect in enumerate(log.effects, 1):
        match effect:
            case Names(changes):
                told = {name for _, name, _ in changes} | {
                    names.get(thing) for _, _, thing in changes if thing
                }
            case Piece(thing) | Traits(thing) | Flush(int(thing)):
                told = {names.get(thing)} - {FOLDER}
            case _:
                told = set()
        if told & DECISIVE:
            found |= {at, min(at + 1, len(log.effects))}
    return sorted(found)


def names_of(log: Log) -> dict[int, str]:
    """Return the last name that each thing had."""
    names = {number: path.rpartition("/")[2] for path, number in log.start.walk()}
    for effect in log.effects:
        if isinstance(effect, Names):
            names |= {thing: name for _, name, thing in effect.changes if thing is not None}
    return names
