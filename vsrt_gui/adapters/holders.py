"""Names the program that has a file open, where the system tells: Windows' Restart Manager, Linux' /proc."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MOST = 3
"""Programs that are named; a person closes one after the other anyway."""


def holders(path: Path | str) -> str:
    """Return the names of other programs that have a file open, for people; empty where none is known.

    It takes up to some tenths of a second, and what it says may be over by then.

    Args:
        path: of the file; absolute.
    """
    found = dict.fromkeys(name for name in _names(str(path)) if name)
    return ", ".join([*found][:MOST])


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _MORE_DATA = 234  # ERROR_MORE_DATA
    _KEY = 33  # CCH_RM_SESSION_KEY, and the end
    _TURNS = 3
    """How often the list is asked for: it may grow between two questions."""

    class _Process(ctypes.Structure):
        """RM_UNIQUE_PROCESS."""

        _fields_ = (("id", wintypes.DWORD), ("started", wintypes.FILETIME))

    class _Program(ctypes.Structure):
        """RM_PROCESS_INFO."""

        _fields_ = (
            ("process", _Process),
            ("name", wintypes.WCHAR * 256),
            ("service", wintypes.WCHAR * 64),
            ("kind", ctypes.c_int),
            ("status", wintypes.ULONG),
            ("session", wintypes.DWORD),
            ("restartable", wintypes.BOOL),
        )

    def _names(path: str) -> Iterator[str]:
        try:
            manager = ctypes.WinDLL("rstrtmgr")
        except OSError:  # Windows without it, such as Nano Server
            return
        session = wintypes.DWORD()
        if manager.RmStartSession(ctypes.byref(session), 0, ctypes.create_unicode_buffer(_KEY)):
            return
        try:
            plain = path.replace("\\\\?\\UNC\\", "\\\\", 1).removeprefix("\\\\?\\")
            files = (wintypes.LPCWSTR * 1)(plain)
            if manager.RmRegisterResources(session, 1, files, 0, None, 0, None) == 0:
                yield from _listed(manager, session)
        finally:
            manager.RmEndSession(session)

    def _listed(manager: ctypes.WinDLL, session: wintypes.DWORD) -> Iterator[str]:
        needed, reasons = wintypes.UINT(MOST), wintypes.DWORD()
        for _ in range(_TURNS):
            count = wintypes.UINT(needed.value)
            programs = (_Program * max(count.value, 1))()
            status = manager.RmGetList(
                session, ctypes.byref(needed), ctypes.byref(count), programs, ctypes.byref(reasons)
            )
            if status == 0:
                others = (each for each in programs[: count.value] if each.process.id != os.getpid())
                yield from (str(each.name or each.service) for each in others)
                return
            if status != _MORE_DATA:
                return

elif sys.platform == "linux":

    def _names(path: str) -> Iterator[str]:
        wanted = os.path.realpath(path)
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and int(process.name) != os.getpid():
                with suppress(OSError):  # it has ended, or is another user's
                    if _has_open(process, wanted):
                        yield (process / "comm").read_text("utf-8", "replace").strip()

    def _has_open(process: Path, wanted: str) -> bool:
        links = (process / "exe", *(process / "fd").iterdir())
        return any(_target(link) == wanted for link in links)

    def _target(link: Path) -> str:
        try:
            return os.readlink(link)  # noqa: PTH115 -- thousands of them
        except OSError:
            return ""

else:

    def _names(path: str) -> Iterator[str]:
        del path
        yield from ()
