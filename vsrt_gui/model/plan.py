"""The steps that take the prefix from what it is to what is wanted, as plain data."""

from enum import StrEnum

from vsrt_gui.model.faults import Fault
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.survey import Damage, FolderSurvey, Harm
from vsrt_gui.model.value import Value


class Drift(StrEnum):
    """One module: what is there against what is wanted."""

    SATISFIED = "satisfied"
    MISSING = "missing"
    OUTDATED = "outdated"
    DAMAGED = "damaged"
    EXTRANEOUS = "extraneous"


class WholeArchive(Value):
    """Fetch the archive, or what is not yet staged of it, and unpack from it.

    Attributes:
        size: bytes of the archive, None where unknown.
        staged: bytes of it that already lie on the disk.
    """

    size: int | None
    staged: int = 0

    @property
    def to_fetch(self) -> int:
        """Bytes still to fetch; 0 where the size is unknown."""
        return max(0, (self.size or 0) - self.staged)

    @property
    def staging(self) -> int:
        """Bytes that will lie among the downloads besides: all of them."""
        return self.to_fetch


class FileRanges(Value):
    """Fetch only what the wrong files need: their byte ranges, or patches of what lies on the disk.

    Attributes:
        to_fetch: bytes still to fetch.
        patched: how many of them are patches.
        requests: in how many answers they come.
        staged: bytes besides that already lie on the disk, of large files and patches that were on their way.
        staging: how many of those to fetch lie among the downloads until their file or patch is complete.
    """

    to_fetch: int
    patched: int = 0
    requests: int = 1
    staged: int = 0
    staging: int = 0


class ModulePlan(Value):
    """The work on one module.

    Attributes:
        target: what it must become.
        drift: why there is work.
        fetch: where the bytes come from; None when links or modes alone are wrong.
        files: how many files are written; None when the index is not known before the archive is there.
        unpack_bytes: bytes to write; an estimate where the index is not known.
        copies: how many of the files are taken from what lies on the disk already.
        harm: what was found wrong with a module that is in force.
        live: whether the current generation names the folder, so that each file must be durable at once.
    """

    target: Target
    drift: Drift
    fetch: WholeArchive | FileRanges | None
    files: int | None
    unpack_bytes: int
    copies: int = 0
    harm: Harm = Harm()
    live: bool = False

    @property
    def to_fetch(self) -> int:
        """Bytes to fetch."""
        return self.fetch.to_fetch if self.fetch else 0

    @property
    def unsized(self) -> bool:
        """Whether nobody has published how many bytes there are to fetch."""
        return isinstance(self.fetch, WholeArchive) and self.fetch.size is None

    @property
    def requests(self) -> int:
        """How many answers bring them; one of an archive that more than one brings is no slower for that."""
        return self.fetch.requests if isinstance(self.fetch, FileRanges) else int(self.fetch is not None)


class Plan(Value):
    """All that a run will do.

    Attributes:
        work: modules that need something, in dependency order.
        keep: modules that are right as they are.
        drop: modules that the next generation leaves out.
        faults: why wanted modules are not in it.
        switch: whether a new generation is to be committed.
        begun: bytes that an earlier, unfinished run has already brought to the disk for it.
        mends: what of the prefix's own notes and folders is damaged, and is put right along the way.
    """

    work: tuple[ModulePlan, ...] = ()
    keep: tuple[Target, ...] = ()
    drop: tuple[Target, ...] = ()
    faults: tuple[Fault, ...] = ()
    switch: bool = False
    begun: int = 0
    mends: tuple[Damage, ...] = ()

    @property
    def to_fetch(self) -> int:
        """Bytes to fetch, all modules."""
        return sum(module.to_fetch for module in self.work)

    @property
    def unsized(self) -> bool:
        """Whether there is more to fetch than `to_fetch`, and nobody has published how much."""
        return any(module.unsized for module in self.work)

    @property
    def requests(self) -> int:
        """How many answers bring them, one after the other in each module."""
        return sum(module.requests for module in self.work)

    @property
    def whole(self) -> int | None:
        """Bytes of the archives of all modules that need something, None where that is unknown."""
        sizes = [module.target.artifact.size for module in self.work]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def to_write(self) -> int:
        """Bytes to unpack, all modules."""
        return sum(module.unpack_bytes for module in self.work)

    @property
    def names(self) -> dict[str, str]:
        """Module id to name for people, of every module that the plan knows of."""
        targets = (*(module.target for module in self.work), *self.keep, *self.drop)
        return {target.id: target.module.name for target in targets}


class Finding(Value):
    """One module's state, as verify and the welcome page show it."""

    target: Target
    drift: Drift
    survey: FolderSurvey
