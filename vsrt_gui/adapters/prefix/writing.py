"""Fills one module's folder, file by file: each is written aside, checked, and renamed into place."""

# Strings, not Path objects: thousands of files, each as fast as the bare system calls.
# ruff: noqa: PTH119, PTH112, PTH118, PTH120, PTH208

import os
import secrets
import stat
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.adapters.prefix.clearing import set_aside
from vsrt_gui.adapters.prefix.erasing import erase_native
from vsrt_gui.adapters.prefix.filling import Filling
from vsrt_gui.adapters.prefix.layout import TEMPORARY_NAME, is_real_folder, native
from vsrt_gui.adapters.prefix.replacing import (
    PLAIN,
    PROGRAM,
    Patience,
    flush_folder,
    patiently,
    rename,
)
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import IndexedFile
from vsrt_gui.model.paths import MAX_MTIME, TEMPORARY_PREFIX, Refusal, path_refusal, printable, target_refusal

_HARMFUL = stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH
"""Bits that let others change what our users run, or run it with somebody else's rights."""


def stamp(file: IndexedFile) -> int:
    """Return the nanoseconds since 1970 that the file's time is set to."""
    return min(max(file.mtime, 0), MAX_MTIME) * 1_000_000_000


def unfit(mode: int, made: int, shared: int) -> bool:
    """Tell whether a mode lets somebody do too little or too much; more reading than the index asks for does no harm.

    What others may do is measured by the module's own folder: a disk that keeps no modes shows the same for all, and
    who keeps a runtime to himself keeps it so.

    Args:
        mode: what is there.
        made: what it was made with.
        shared: the mode of the module's own folder.
    """
    if sys.platform == "win32":
        return False
    needed = made & (stat.S_IRUSR | stat.S_IXUSR | (shared & 0o055))
    return mode & needed != needed or bool(mode & _HARMFUL & ~shared)


class ModuleFolder:
    """The writing side of one module's folder; may be used from several threads.

    The file index has the say: what lies in the way (a folder where a file must be, a file or a link where a folder
    must be) is kept beside it under another name. No path is ever followed through a link.
    """

    def __init__(self, folder: Path, patience: Patience) -> None:
        self._shown = str(folder)
        self._root = native(folder)
        self._patience = patience
        self._token = f"{self._root}{os.sep}{TEMPORARY_PREFIX}{secrets.token_hex(4)}-"
        self._count = count()
        self._lock = Lock()
        self._made: set[str] = set()
        self._swept = False

    def put(self, file: IndexedFile, filling: Filling, *, durable: bool) -> None:
        """Write one file; see `ports.Prefix.put`. Restartable: only a temporary file may be left behind."""
        with translating(f"{self._shown}{os.sep}{file.path}", self._shown):
            final = self._place(file.path, durable=durable)
            temporary = f"{self._token}{next(self._count)}"
            placed = False
            try:
                self._write(temporary, file, filling, durable=durable)
                self._move(temporary, final, file.path)
                placed = True
            finally:
                if not placed:
                    with suppress(OSError):
                        effects.unlink(temporary)
            if durable:
                flush_folder(os.path.dirname(final))

    def mend(self, file: IndexedFile, *, durable: bool) -> None:
        """Make a link, or set a file's mode and time; see `ports.Prefix.mend_entry`. Restartable."""
        with translating(f"{self._shown}{os.sep}{file.path}", self._shown):
            final = self._place(file.path, durable=durable)
            if file.link is not None:
                self._link(final, file, file.link)
            else:
                self._restore(final, file, durable=durable)
            if durable:
                flush_folder(os.path.dirname(final))

    def _write(self, temporary: str, file: IndexedFile, filling: Filling, *, durable: bool) -> None:
        mode = PROGRAM if file.executable else PLAIN
        descriptor = self._create(temporary, file, filling)
        try:
            filling.fill(descriptor, file)
            if sys.platform != "win32":
                # Other users may read a system-wide prefix, whatever the umask.
                effects.chmod(descriptor, mode)
                _set_time(descriptor, file)
            if durable:
                effects.flush(descriptor)
        finally:
            os.close(descriptor)
        if sys.platform == "win32":
            _set_time(temporary, file)

    def _create(self, temporary: str, file: IndexedFile, filling: Filling) -> int:
        """Open a new file; when somebody removed the whole folder meanwhile, it is made again."""
        mode = PROGRAM if file.executable else PLAIN
        try:
            return filling.create(temporary, mode)
        except FileNotFoundError:
            self._forget()
            self._place(file.path, durable=False)
            return filling.create(temporary, mode)

    def _move(self, temporary: str, final: str, path: str) -> None:
        """Rename into place; a folder in the way is kept beside it, a parent that vanished is made again."""
        try:
            if sys.platform == "win32":
                _clear_for_windows(final)
            rename(temporary, final, self._patience)
        except IsADirectoryError:
            set_aside(Path(final))
            rename(temporary, final, self._patience)
        except FileNotFoundError:
            self._forget()
            rename(temporary, self._place(path, durable=False), self._patience)

    def _link(self, final: str, file: IndexedFile, target: str) -> None:
        if refusal := target_refusal(target) or _escape(file.path, target):
            raise self._unsafe(file.path, refusal)
        temporary = f"{self._token}{next(self._count)}"
        leads_to = os.path.join(os.path.dirname(final), target)
        effects.symlink(target, temporary, to_folder=os.path.isdir(leads_to))
        try:
            self._move(temporary, final, file.path)
        finally:
            with suppress(OSError):
                effects.unlink(temporary)

    def _restore(self, final: str, file: IndexedFile, *, durable: bool) -> None:
        if not stat.S_ISREG(os.lstat(final).st_mode):
            raise InstallerError(
                FaultCode.DISK_ERROR, path=f"{self._shown}{os.sep}{file.path}", reason="not a file"
            )
        mode = PROGRAM if file.executable else PLAIN
        patiently(lambda: effects.chmod(final, mode), final, self._patience)
        _set_time(final, file)
        if durable:
            access = os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
            descriptor = patiently(lambda: effects.create(final, access, PLAIN), final, self._patience)
            try:
                effects.flush(descriptor)
            finally:
                os.close(descriptor)

    def _place(self, path: str, *, durable: bool) -> str:
        """Return where a path of the index lies, with real folders above it."""
        if refusal := path_refusal(path):
            raise self._unsafe(path, refusal)
        parent = path.rpartition("/")[0]
        if parent not in self._made:
            self._make(parent, durable=durable)
        return f"{self._root}{os.sep}{path if os.sep == '/' else path.replace('/', os.sep)}"

    def _make(self, parent: str, *, durable: bool) -> None:
        parts = parent.split("/") if parent else []
        with self._lock:
            if "" not in self._made:
                effects.make_folders(Path(os.path.dirname(self._root)))
                _make_folder(self._root, durable=durable)
                if not self._swept:
                    self._sweep()
                self._made.add("")
            for depth in range(1, len(parts) + 1):
                known = "/".join(parts[:depth])
                if known not in self._made:
                    folder = os.sep.join((self._root, *parts[:depth]))
                    _make_folder(folder, durable=durable)
                    _open(folder)
                    self._made.add(known)

    def _sweep(self) -> None:
        """Remove what a killed run left half-written; once, before any thread of this run writes."""
        self._swept = True
        for name in os.listdir(self._root):
            if TEMPORARY_NAME.fullmatch(name):
                erase_native(f"{self._root}{os.sep}{name}")

    def _forget(self) -> None:
        """Look again at which folders there are: somebody else removed one."""
        with self._lock:
            self._made.clear()

    def _unsafe(self, path: str, refusal: Refusal) -> InstallerError:
        return InstallerError(
            FaultCode.ARCHIVE_UNSAFE,
            file=os.path.basename(self._shown),
            member=printable(path),
            reason=refusal.value,
        )


def _set_time(file: int | str, indexed: IndexedFile) -> None:
    """Stamp a file; on a disk that keeps no such time, quick surveys hash, and nothing else is lost."""
    when = stamp(indexed)
    with suppress(OSError):
        effects.utime(file, when)


def _make_folder(path: str, *, durable: bool) -> None:
    """Make one folder below a real one; a link or a file in its place is kept beside it."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        pass
    else:
        if is_real_folder(status):
            if status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
                effects.chmod(
                    path, PROGRAM
                )  # somebody made it read-only; what must be written there could not be
            return
        set_aside(Path(path))
    effects.mkdir(path)
    effects.chmod(path, PROGRAM)
    if durable:
        flush_folder(os.path.dirname(path))


def _open(folder: str) -> None:
    """Let a folder within a module's own be entered by whoever may enter that one."""
    if unfit(os.lstat(folder).st_mode, PROGRAM, PROGRAM):
        effects.chmod(folder, PROGRAM)


def _clear_for_windows(final: str) -> None:
    """Windows replaces neither a folder nor a read-only file by a file."""
    try:
        status = os.lstat(final)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(status.st_mode):
        set_aside(Path(final))
    elif not status.st_mode & stat.S_IWRITE:
        effects.chmod(final, PLAIN)


def _escape(path: str, target: str) -> Refusal | None:
    """Tell whether a link leads out of the module's folder, by its spelling; no other link is on its way there."""
    depth = path.count("/")
    for part in target.split("/"):
        depth += -1 if part == ".." else part not in {"", "."}
        if depth < 0:
            return Refusal.LINK_OUTSIDE
    return None
