"""Tells from which modules' folders any process runs just now, whoever started it."""

import os
import re
import sys
from pathlib import Path

from vsrt_gui.adapters.prefix.layout import STORE_NAME

if sys.platform == "win32":
    from vsrt_gui.adapters.host.windows import command_lines
elif sys.platform == "darwin":
    from vsrt_gui.adapters.host.macos import command_lines
else:
    from vsrt_gui.adapters.host.linux import command_lines

_NAME = r"([^/\\\0\"':;\s]+)"
"""A folder's name, up to whatever ends it in a command line."""


def running_from(store: Path) -> frozenset[str]:
    """Return the names of a store's folders that a process was started from, with a file of, or is in.

    Processes of other users can't be seen everywhere; on Windows, a program counts but not what it was told to run.
    Which folder a process is in, what its environment names, and where links and relative paths lead to is known on
    Linux alone.
    """
    flags = re.IGNORECASE if sys.platform == "win32" else 0
    places = {str(store), os.path.realpath(store)}
    looks = [re.compile(re.escape(place + os.sep) + _NAME, flags) for place in places]
    names = {name for line in command_lines() for look in looks for name in look.findall(line)}
    return frozenset(name for name in names if STORE_NAME.fullmatch(name))
