"""What Windows says of itself and of processes, and jobs, which end a process with all its children."""

import sys

if sys.platform == "win32":
    import ctypes
    from collections.abc import Iterator
    from ctypes import wintypes

    _QUERY_LIMITED = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
    _STILL_ACTIVE = 259
    _LONGEST_PATH = 32_768
    _EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
    _KILL_ON_CLOSE = 0x2000  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.OpenProcess.restype = wintypes.HANDLE
    _kernel32.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
    _kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
    _kernel32.GetExitCodeProcess.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD))
    _kernel32.GetProcessTimes.argtypes = (wintypes.HANDLE, *(ctypes.POINTER(wintypes.FILETIME),) * 4)
    _kernel32.K32EnumProcesses.argtypes = (
        ctypes.POINTER(wintypes.DWORD),
        wintypes.DWORD,
        ctypes.POINTER(wintypes.DWORD),
    )
    _kernel32.QueryFullProcessImageNameW.argtypes = (
        wintypes.HANDLE,
        wintypes.DWORD,
        wintypes.LPWSTR,
        ctypes.POINTER(wintypes.DWORD),
    )
    _kernel32.CreateJobObjectW.restype = wintypes.HANDLE
    _kernel32.CreateJobObjectW.argtypes = (ctypes.c_void_p, wintypes.LPCWSTR)
    _kernel32.SetInformationJobObject.argtypes = (
        wintypes.HANDLE,
        ctypes.c_int,
        ctypes.c_void_p,
        wintypes.DWORD,
    )
    _kernel32.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
    _kernel32.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)

    class _BasicLimits(ctypes.Structure):
        """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION; the six counters are IO_COUNTERS."""

        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    class Job:
        """A process and all that it starts; they end with the job."""

        def __init__(self, process: int) -> None:
            """Take a process in.

            Args:
                process: its handle.

            Raises:
                OSError: when Windows refuses.
            """
            self._handle = _kernel32.CreateJobObjectW(None, None)
            if not self._handle:
                raise ctypes.WinError(ctypes.get_last_error())
            limits = _ExtendedLimits()
            limits.BasicLimitInformation.LimitFlags = _KILL_ON_CLOSE
            size = ctypes.sizeof(limits)
            done = _kernel32.SetInformationJobObject(
                self._handle, _EXTENDED_LIMITS, ctypes.byref(limits), size
            ) and _kernel32.AssignProcessToJobObject(self._handle, process)
            if not done:
                error = ctypes.WinError(ctypes.get_last_error())
                self.close()
                raise error

        def kill(self) -> None:
            """End every process of the job."""
            _kernel32.TerminateJobObject(self._handle, 1)

        def close(self) -> None:
            """Let the job go, which ends what still runs in it."""
            _kernel32.CloseHandle(self._handle)

    def windows_version() -> str:
        """Return major, minor and build, like 10.0.22631."""
        version = sys.getwindowsversion()
        return f"{version.major}.{version.minor}.{version.build}"

    def process_start(pid: int) -> str | None:
        """Return what tells this process from every other of its number, None when none lives."""
        handle = _kernel32.OpenProcess(_QUERY_LIMITED, False, pid)
        if not handle:
            return None
        try:
            code = wintypes.DWORD()
            _kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
            times = [wintypes.FILETIME() for _ in range(4)]
            known = _kernel32.GetProcessTimes(handle, *(ctypes.byref(time) for time in times))
        finally:
            _kernel32.CloseHandle(handle)
        if code.value != _STILL_ACTIVE or not known:
            return None
        return f"{times[0].dwHighDateTime}:{times[0].dwLowDateTime}"

    def command_lines() -> Iterator[str]:
        """Yield of each process the program that it runs; those of other users are left out."""
        for pid in _pids():
            handle = _kernel32.OpenProcess(_QUERY_LIMITED, False, pid)
            if not handle:
                continue
            try:
                length = wintypes.DWORD(_LONGEST_PATH)
                name = ctypes.create_unicode_buffer(length.value)
                known = _kernel32.QueryFullProcessImageNameW(handle, 0, name, ctypes.byref(length))
            finally:
                _kernel32.CloseHandle(handle)
            if known:
                yield name.value

    def _pids() -> list[int]:
        """Return the numbers of all processes, asking with more room while there may be more of them."""
        room = 1024
        while True:
            pids, used = (wintypes.DWORD * room)(), wintypes.DWORD()
            size = ctypes.sizeof(pids)
            if not _kernel32.K32EnumProcesses(pids, size, ctypes.byref(used)):
                return []
            if used.value < size:
                return list(pids[: used.value // ctypes.sizeof(wintypes.DWORD)])
            room *= 2
