"""Where everything lies in a prefix, and which names there are ours."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISLNK

from vsrt_gui.model.manifest import Target

FORMAT = 1
"""Of the prefix; a higher one was written by a newer program and is refused."""
LOCK_NAME = ".vsrt.lock"
"""Only on Windows, which locks no folders: it goes with who holds it; one that was killed leaves it, unlocked."""
STORE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9A-Za-z][0-9A-Za-z.+_-]*-[0-9a-f]{8}")
INDEX_NAME = re.compile(r"[0-9a-f]{64}\.json\.zst")
PART_NAME = re.compile(r"[0-9a-f]{64}\.(part|json)")
GENERATION_NAME = re.compile(r"([1-9][0-9]*)\.json")
SCRIPTS_NAME = re.compile(r"([1-9][0-9]*)\.bin")
COMMAND_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.cmd)?")
TEMPORARY_NAME = re.compile(r"\.vsrt-[0-9a-f]{8}-[0-9]+")

_JUNCTIONS = frozenset({0xA0000003, 0xA000000C})
"""IO_REPARSE_TAG_MOUNT_POINT and _SYMLINK; a folder with another tag (OneDrive's) is a real one."""


@dataclass(frozen=True)
class Layout:
    """The paths of one prefix.

    Attributes:
        root: the prefix.
        elsewhere: the folder that downloads lie in, where that is not the prefix's own.
        noted: all such folders that there ever were.
    """

    root: Path
    elsewhere: Path | None = None
    noted: tuple[Path, ...] = ()

    @property
    def identity(self) -> Path:
        """The file that says that the folder is ours."""
        return self.root / ".vsrt.json"

    @property
    def current(self) -> Path:
        """The number of the generation in force."""
        return self.root / "current"

    @property
    def wanted(self) -> Path:
        """What the user wants."""
        return self.root / "wanted.json"

    @property
    def journal(self) -> Path:
        """What was done."""
        return self.root / "journal.jsonl"

    @property
    def store(self) -> Path:
        """The modules' folders."""
        return self.root / "store"

    @property
    def downloads(self) -> Path:
        """Artifacts on their way."""
        return self.elsewhere or self.root / "downloads"

    @property
    def download_folders(self) -> tuple[Path, ...]:
        """Every folder that artifacts may lie in: also the prefix's own, and those that were set before."""
        return tuple(dict.fromkeys((self.downloads, *self.noted, self.root / "downloads")))

    @property
    def generations(self) -> Path:
        """The sets of modules that work together."""
        return self.root / "generations"

    @property
    def indexes(self) -> Path:
        """The file indexes."""
        return self.root / "index"

    @property
    def bin(self) -> Path:
        """The stable launchers."""
        return self.root / "bin"

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders that are made: right below the root, or where downloads are to lie."""
        return (self.store, self.downloads, self.generations, self.indexes, self.bin)

    def module(self, target: Target) -> Path:
        """Return a module's folder."""
        return self.store / target.folder

    def index(self, target: Target) -> Path:
        """Return the file that keeps a target's file index."""
        return self.indexes / f"{target.artifact.digest}.json.zst"

    def generation(self, number: int) -> Path:
        """Return the file of a generation."""
        return self.generations / f"{number}.json"

    def scripts(self, number: int) -> Path:
        """Return the folder of a generation's start scripts."""
        return self.generations / f"{number}.bin"


def names(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    """List the entries of a folder whose whole name fits, sorted; none when there is no folder, or a link to one."""
    try:
        if not is_real_folder(folder.lstat()):
            return []
        return sorted(name for name in os.listdir(folder) if pattern.fullmatch(name))  # noqa: PTH208 -- names only
    except (FileNotFoundError, NotADirectoryError):
        return []


def is_real_folder(status: os.stat_result) -> bool:
    """Tell whether an lstat result is a folder itself, not a link or a Windows junction to one."""
    return S_ISDIR(status.st_mode) and not is_link(status)


def is_link(status: os.stat_result) -> bool:
    """Tell whether an lstat result is a link, or a Windows junction."""
    return S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) in _JUNCTIONS


def is_folder(path: Path) -> bool:
    """Tell whether a real folder lies there; nothing, a file or a link is none.

    Raises:
        OSError: it can't be looked at.
    """
    try:
        return is_real_folder(path.lstat())
    except (FileNotFoundError, NotADirectoryError):
        return False


def stands(path: Path) -> bool:
    """Tell whether anything has that name, also a link to nowhere.

    Raises:
        OSError: it can't be looked at.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def native(path: Path) -> str:
    r"""Return a path that Windows takes at any length (`\\?\C:\...`); elsewhere the path as it is."""
    text = str(path)
    if os.name != "nt" or text.startswith("\\\\?\\"):
        return text
    return "\\\\?\\UNC" + text[1:] if text.startswith("\\\\") else "\\\\?\\" + text
