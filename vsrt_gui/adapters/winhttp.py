"""Asks Windows for the proxy that a script (PAC) chooses: its own service runs the script, apart from this program."""

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _NO_PROXY = 1  # WINHTTP_ACCESS_TYPE_NO_PROXY
    _BY_SCRIPT = 2  # WINHTTP_AUTOPROXY_CONFIG_URL

    class _UserConfig(ctypes.Structure):
        """WINHTTP_CURRENT_USER_IE_PROXY_CONFIG; the texts are pointers that must be given back."""

        _fields_ = (
            ("fAutoDetect", wintypes.BOOL),
            ("lpszAutoConfigUrl", ctypes.c_void_p),
            ("lpszProxy", ctypes.c_void_p),
            ("lpszProxyBypass", ctypes.c_void_p),
        )

    class _Options(ctypes.Structure):
        """WINHTTP_AUTOPROXY_OPTIONS."""

        _fields_ = (
            ("dwFlags", wintypes.DWORD),
            ("dwAutoDetectFlags", wintypes.DWORD),
            ("lpszAutoConfigUrl", wintypes.LPCWSTR),
            ("lpvReserved", ctypes.c_void_p),
            ("dwReserved", wintypes.DWORD),
            ("fAutoLogonIfChallenged", wintypes.BOOL),
        )

    class _Info(ctypes.Structure):
        """WINHTTP_PROXY_INFO."""

        _fields_ = (
            ("dwAccessType", wintypes.DWORD),
            ("lpszProxy", ctypes.c_void_p),
            ("lpszProxyBypass", ctypes.c_void_p),
        )

    _winhttp = ctypes.WinDLL("winhttp", use_last_error=True)
    _winhttp.WinHttpGetIEProxyConfigForCurrentUser.restype = wintypes.BOOL
    _winhttp.WinHttpGetIEProxyConfigForCurrentUser.argtypes = (ctypes.POINTER(_UserConfig),)
    _winhttp.WinHttpOpen.restype = ctypes.c_void_p
    _winhttp.WinHttpOpen.argtypes = (
        wintypes.LPCWSTR,
        wintypes.DWORD,
        wintypes.LPCWSTR,
        wintypes.LPCWSTR,
        wintypes.DWORD,
    )
    _winhttp.WinHttpGetProxyForUrl.restype = wintypes.BOOL
    _winhttp.WinHttpGetProxyForUrl.argtypes = (
        ctypes.c_void_p,
        wintypes.LPCWSTR,
        ctypes.POINTER(_Options),
        ctypes.POINTER(_Info),
    )
    _winhttp.WinHttpCloseHandle.restype = wintypes.BOOL
    _winhttp.WinHttpCloseHandle.argtypes = (ctypes.c_void_p,)
    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.GlobalFree.restype = ctypes.c_void_p
    _kernel32.GlobalFree.argtypes = (ctypes.c_void_p,)

    def script_of_user() -> str | None:
        """Return the address of the script that the user's settings name."""
        config = _UserConfig()
        if not _winhttp.WinHttpGetIEProxyConfigForCurrentUser(ctypes.byref(config)):
            return None
        _taken(config.lpszProxy)
        _taken(config.lpszProxyBypass)
        return _taken(config.lpszAutoConfigUrl)

    def chosen(script: str, url: str) -> str | None:
        """Let Windows run a script for a url; may take seconds, and is to be called where it can be left behind.

        Returns:
            what the script says, as `host:port` parted by `;` or blanks, empty for a direct connection; None where
            the script can't be had or run.
        """
        handle = _winhttp.WinHttpOpen("vsrt-gui", _NO_PROXY, None, None, 0)
        if not handle:
            return None
        try:
            options = _Options(dwFlags=_BY_SCRIPT, lpszAutoConfigUrl=script, fAutoLogonIfChallenged=True)
            info = _Info()
            if not _winhttp.WinHttpGetProxyForUrl(handle, url, ctypes.byref(options), ctypes.byref(info)):
                return None
            _taken(info.lpszProxyBypass)
            return _taken(info.lpszProxy) or ""
        finally:
            _winhttp.WinHttpCloseHandle(handle)

    def _taken(pointer: int | None) -> str | None:
        """Read a text and give its memory back."""
        if not pointer:
            return None
        text = ctypes.wstring_at(pointer)
        _kernel32.GlobalFree(pointer)
        return text
