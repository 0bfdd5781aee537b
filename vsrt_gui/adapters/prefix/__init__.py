"""The folder that the runtime is installed in, on a real disk."""

from vsrt_gui.adapters.prefix.identity import choose_prefix
from vsrt_gui.adapters.prefix.prefix import DiskPrefix
from vsrt_gui.adapters.prefix.replacing import Patience

__all__ = ["DiskPrefix", "Patience", "choose_prefix"]
