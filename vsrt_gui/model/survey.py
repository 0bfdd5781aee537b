"""What is really on the disk."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import islice

from vsrt_gui.model.faults import Fault
from vsrt_gui.model.manifest import Published, Target
from vsrt_gui.model.request import Trigger, Wanted
from vsrt_gui.model.value import Value

MOST_NAMES = 100
"""How many files of a module are named that are wrong, or lie in its folder besides; there may be thousands."""


class Depth(StrEnum):
    """How closely a survey looks."""

    QUICK = "quick"
    """Sizes and times; a file with another time is hashed."""
    DEEP = "deep"
    """Every file is hashed."""


class FileState(StrEnum):
    """What is wrong with one file."""

    MISSING = "missing"
    CHANGED = "changed"
    WRONG_MODE = "wrong-mode"
    LINK = "link"
    """A link stands in the place of the file, or of a folder above it."""
    WRONG_KIND = "wrong-kind"
    """Something else does that is not what belongs there: a folder, a pipe, a file in the place of a link."""
    UNREADABLE = "unreadable"


class Harm(Value):
    """What is wrong with a module, told apart and counted.

    Attributes:
        states: what is wrong to how many files it is wrong with.
        names: path to what is wrong with it, of the first `MOST_NAMES` files.
        commands: those of the module whose launcher is wrong; it lies outside the module's folder.
    """

    states: Mapping[FileState, int] = {}
    names: Mapping[str, FileState] = {}
    commands: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        """How many files are wrong."""
        return sum(self.states.values())


class FolderSurvey(Value):
    """One module's folder against its file index.

    Attributes:
        exists: whether the folder is there at all.
        wrong: path to what is wrong with it; empty when all is as it must be.
        good_bytes: bytes of the files that are right.
        launchers: command to what is wrong with its launcher, which lies outside the folder.
        extra: what lies in the folder besides, sorted, a folder with `/` at its end; that does no harm, and stays.
    """

    exists: bool
    wrong: Mapping[str, FileState] = {}
    good_bytes: int = 0
    launchers: Mapping[str, FileState] = {}
    extra: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many files are wrong."""
        return len(self.wrong) + len(self.launchers)

    @property
    def harm(self) -> Harm:
        """What is wrong, told apart."""
        counts = Counter(self.wrong.values())
        return Harm(
            states={state: counts[state] for state in FileState if counts[state]},
            names=dict(islice(sorted(self.wrong.items()), MOST_NAMES)),
            commands=tuple(sorted(self.launchers)),
        )


class Held(Value):
    """A file of the store whose content is wanted elsewhere, too.

    Attributes:
        folder: its module's folder.
        path: in that folder, with `/`.
    """

    folder: str
    path: str


class Launchers(Value):
    """How the commands in the prefix's `bin` are.

    Attributes:
        wrong: command to what is wrong with its launcher; a repair brings it back.
        taken: command to the file of the user's own that has its name, and stays.
    """

    wrong: Mapping[str, FileState] = {}
    taken: Mapping[str, str] = {}


class Generation(Published):
    """One complete, working set of modules, as `generations/<n>.json` keeps it.

    Attributes:
        format: of the file.
        number: counts up; the current one is named by `current`.
        manifest_version: of the manifest that the modules come from.
        installed_at: when it was committed, UTC.
        trigger: of the run that committed it.
        complete: False when wanted modules are missing.
        modules: each with its whole artifact record, in dependency order.
        before: the number of the one that was in force when it was committed; None for none, or where an older program
            did not note it.
    """

    format: int = 1
    number: int
    manifest_version: str
    installed_at: datetime
    trigger: Trigger
    complete: bool
    modules: tuple[Target, ...]
    before: int | None = None

    def target(self, module_id: str) -> Target | None:
        """Return the module of that id, or None."""
        return next((target for target in self.modules if target.id == module_id), None)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its modules."""
        return frozenset(target.id for target in self.modules)


def lineage(generations: Iterable[Generation], number: int) -> tuple[Generation, ...]:
    """Return the generations that were in force before one, nearest first, as far as they are there.

    Where nothing says which that was, it is the one of the next lower number.

    Args:
        generations: all that are there.
        number: of the one in question, which need not be among them.
    """
    known = {generation.number: generation for generation in generations}
    found: list[Generation] = []
    while lower := [n for n in known if n < number and n <= _before(known.get(number), number)]:
        number = max(lower)
        found.append(known[number])
    return tuple(found)


def staying(generations: Iterable[Generation], number: int | None, most: int) -> frozenset[int]:
    """Return the numbers of the generations that stay: one, those that were in force before it, then the newest others.

    Args:
        generations: all that are there.
        number: of the one in force, None for none.
        most: how many stay besides that one.
    """
    there = sorted(generations, key=lambda generation: -generation.number)
    before = lineage(there, number) if number is not None else ()
    order = dict.fromkeys(
        generation.number for generation in (*before, *there) if generation.number != number
    )
    return frozenset([*order][:most]) | ({number} if number is not None else set())


def _before(generation: Generation | None, number: int) -> int:
    return number - 1 if generation is None or generation.before is None else generation.before


class LastRun(Value):
    """The journal's last run.

    Attributes:
        run_id: of the run.
        finished: False when the program was killed or the machine lost power.
        cancelled: whether the user stopped it.
        faults: what failed.
    """

    run_id: str
    finished: bool
    cancelled: bool = False
    faults: tuple[Fault, ...] = ()


class Note(StrEnum):
    """What of a prefix's own things can be damaged, beside the modules' files."""

    MARK = "mark"
    """`.vsrt.json`, which says that the folder is ours."""
    CURRENT = "current"
    """The number of the generation in force."""
    GENERATION = "generation"
    """The file of the generation in force."""
    EARLIER = "earlier"
    """The file of another generation; nothing can bring it back, so a run that puts the notes right removes it."""
    FOLDER = "folder"
    """Something else stands where one of the prefix's folders must be."""


class Damage(Value):
    """One damaged thing of a prefix that a repair puts right.

    Attributes:
        note: what it is.
        path: where it is.
        reason: what is wrong with it, in a few words for support.
        aside: the name that it gets, for what stands in the place of a folder.
        leads: where it leads, for a link in the place of a folder.
    """

    note: Note
    path: str
    reason: str
    aside: str = ""
    leads: str = ""


class PrefixRecord(Value):
    """What the prefix says of itself, as far as it can be read.

    Attributes:
        path: of the prefix.
        exists: whether the folder is there and ours.
        current: the generation in force, None when nothing is installed.
        generations: all that can be switched to, by number, ascending; holds the current one.
        wanted: the selection, None when nothing was ever asked for.
        last_run: None when there was none.
        staged: sha256 of an artifact to the bytes of it that lie in the downloads folder.
        kept: bytes that an uninstall left for the next installation.
        damage: what of it can't be read, or is not what it must be.
        named: the number that `current` holds, also where that generation can't be read.
        data: names that modules keep in the user's data folder, besides those that the generations tell; None where
            nothing tells them all.
    """

    path: str = ""
    exists: bool = False
    current: Generation | None = None
    generations: tuple[Generation, ...] = ()
    wanted: Wanted | None = None
    last_run: LastRun | None = None
    staged: Mapping[str, int] = {}
    kept: int = 0
    damage: tuple[Damage, ...] = ()
    named: int | None = None
    data: frozenset[str] | None = frozenset()

    @property
    def lost(self) -> bool:
        """Whether a generation is in force, but nothing says which, or what it is."""
        return self.current is None and any(d.note in {Note.CURRENT, Note.GENERATION} for d in self.damage)


class OwnData(Value):
    """What the installed modules keep for the user, outside the prefix.

    Attributes:
        paths: of the folders that are there.
        size: bytes of all of them.
    """

    paths: tuple[str, ...] = ()
    size: int = 0


class Volume(Value):
    """A disk and what is left on it, bytes.

    Attributes:
        key: the same for two folders on one disk.
        path: the folder that was asked about.
        free: bytes that this user may still write.
        total: bytes of the disk.
        writable: False where it is known that this user may not write in that folder.
    """

    key: str
    path: str
    free: int
    total: int
    writable: bool = True
