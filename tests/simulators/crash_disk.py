"""What may be left on a disk after the power failed: effects up to any point, without what was not flushed.

A **log** starts from a disk that is wholly durable, and lists effects in the order in which the program had them. The
power fails after some of them. What is left then is a choice within what systems promise, a `Loss`:

* A file's **content** is sure up to its last flush. What was written later is kept, dropped (old length, or no length
  at all where the file is new), torn off somewhere, or zeros at its end or in its middle: delayed allocation
  (ext4 `data=ordered` without `auto_da_alloc`, XFS) brings names to the disk before the content.
* A change of **names** (create, rename, unlink, mkdir, rmdir, symlink) is sure once its folder was flushed. Of later
  changes, by the model:
  - `ordered`, as journalling systems do it (ext4, XFS, APFS, NTFS): names and modes of the whole disk come back as they
    were at one instant. Flushing anything brings the journal to the disk up to that thing's last change at least.
  - not ordered, all that POSIX promises of `fsync`: each folder comes back as it was at an instant of its own, and so
    do each file's mode and times. A rename from one folder to another may then have happened in only one of them.
* Flushing the **volume** (`syncfs`) makes all sure; a **rename within one folder** is one change, never half of it.
* On **NTFS** a file can be flushed, a folder can't: `ordered`, by files alone (`power_loss.System.NTFS`). What was
  done last is sure only once a later flush of a file brings the journal to the disk. Of an uninstallation nothing is
  left to be flushed: names that were gone may be back, as if it had been killed, and the same command removes them.
* With `drive`, `fsync` hands things only to the drive, which keeps them in its cache until any one full flush, as on
  macOS (`man 2 fsync`: F_FULLFSYNC).

Sources: fsync(2), rename(2), syncfs(2); the kernel's Documentation/filesystems/ext4/journal.rst; Pillai and others,
"All File Systems Are Not Created Equal" (OSDI 2014), table 1.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from simulators.disk_image import Disk, Effect, Flush, Log, Names, Piece, Traits, apply

BLOCK = 4096


class Extent(StrEnum):
    """How much of what is not sure is kept."""

    ALL = "all"
    LEAST = "least"
    SOME = "some"


@dataclass(frozen=True)
class Loss:
    """One choice of what a crash leaves; `only` is the one thing that loses anything, None where all may."""

    ordered: bool
    names: Extent
    content: Extent
    seed: int = 0
    drive: bool = False
    only: int | None = None


NOTHING_LOST = Loss(ordered=True, names=Extent.ALL, content=Extent.ALL)
"""What is left when only the program was killed."""


def crashed(log: Log, at: int, loss: Loss) -> Disk:
    """Return what is left when the power fails after the first `at` effects."""
    sure = _Sure(log.effects[:at], loss)
    random = Random(f"{loss.seed} {at}")
    disk, late = log.start.copy(), defaultdict[int, list[Piece]](list)
    kept = _extents(sure, at, loss, random)
    for number, effect in enumerate(log.effects[:at]):
        match effect:
            case Names(changes):
                apply(disk, Names(tuple(one for one in changes if number < kept(one[0]))))
            case Traits(thing):
                if number < kept(thing):
                    apply(disk, effect)
            case Piece(file) if number >= sure.of(file) and loss.only in {None, file}:
                late[file].append(effect)
            case Piece():
                apply(disk, effect)
    for _, pieces in sorted(late.items()):
        for piece in _left(pieces, loss, random):
            apply(disk, piece)
    return disk


def unsure(log: Log, at: int, *, drive: bool) -> list[int]:
    """Return the things of which a crash after the first `at` effects may take something."""
    sure = _Sure(log.effects[:at], Loss(ordered=False, names=Extent.LEAST, content=Extent.LEAST, drive=drive))
    return [thing for thing, until in sure.touched.items() if until > sure.of(thing)]


class _Sure:
    """What is durable, as counts of effects from the first one."""

    def __init__(self, effects: list[Effect], loss: Loss) -> None:
        self.all = 0
        """Up to here everything."""
        self.journal = 0
        """Up to here all names and modes, where they come in order."""
        self._each: dict[int, int] = {}
        self.touched: dict[int, int] = {}
        """Up to where each thing was changed."""
        touched = self.touched
        handed: dict[int, int] = {}
        for number, effect in enumerate(effects):
            match effect:
                case Names(changes):
                    for folder, _, thing in changes:
                        touched[folder] = number + 1
                        if thing is not None:
                            touched[thing] = number + 1
                case Traits(thing) | Piece(thing):
                    touched[thing] = number + 1
                case Flush(None):
                    self.all = number + 1
                case Flush(int(thing), handed=True) if loss.drive:
                    handed[thing] = number + 1
                case Flush(int(thing)):
                    for each, until in (handed | {thing: number + 1}).items():
                        self._each[each] = until
                        self.journal = max(self.journal, min(until, touched.get(each, 0)))
                    handed.clear()
        self.journal = max(self.journal, self.all)

    def of(self, thing: int) -> int:
        """Return up to where a thing's own changes are durable."""
        return max(self.all, self._each.get(thing, 0))


def _extents(sure: _Sure, at: int, loss: Loss, random: Random) -> Callable[[int], int]:
    """Return how far the changes of each thing's names and modes are kept."""

    def chosen(least: int) -> int:
        match loss.names:
            case Extent.ALL:
                return at
            case Extent.LEAST:
                return least
            case Extent.SOME:
                return random.randint(least, at)

    if loss.ordered:
        journal = chosen(sure.journal)
        return lambda _thing: journal
    each: dict[int, int] = {}

    def kept(thing: int) -> int:
        if loss.only not in {None, thing}:
            return at
        if thing not in each:
            each[thing] = chosen(sure.of(thing))
        return each[thing]

    return kept


def _left(pieces: list[Piece], loss: Loss, random: Random) -> list[Piece]:
    """Return what is left of pieces that were not flushed."""
    match loss.content:
        case Extent.ALL:
            return pieces
        case Extent.LEAST:
            return []
        case Extent.SOME:
            ways = (_kept, _dropped, _torn, _zeroed_from, _zeroed_within)
            return random.choice(ways)(pieces, random)


def _kept(pieces: list[Piece], _random: Random) -> list[Piece]:
    return pieces


def _dropped(_pieces: list[Piece], _random: Random) -> list[Piece]:
    return []


def _torn(pieces: list[Piece], random: Random) -> list[Piece]:
    left = random.randint(0, sum(len(piece.data) for piece in pieces))
    torn = []
    for piece in pieces:
        torn.append(replace(piece, data=piece.data[:left]))
        left -= len(torn[-1].data)
    return torn


def _zeroed_from(pieces: list[Piece], random: Random) -> list[Piece]:
    return [
        replace(piece, data=piece.data[: len(kept.data)].ljust(len(piece.data), b"\0"))
        for piece, kept in zip(pieces, _torn(pieces, random), strict=True)
    ]


def _zeroed_within(pieces: list[Piece], random: Random) -> list[Piece]:
    chosen = random.choice(pieces)
    start = random.randrange(0, len(chosen.data) + 1, BLOCK)
    zeros = bytes(len(chosen.data[start : start + BLOCK]))
    hole = replace(chosen, data=chosen.data[:start] + zeros + chosen.data[start + len(zeros) :])
    return [hole if piece is chosen else piece for piece in pieces]
