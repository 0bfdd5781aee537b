"""What only the operating system can tell or do."""

from vsrt_gui.adapters.host.machine import current_platform, user_data
from vsrt_gui.adapters.host.system import SystemHost

__all__ = ["SystemHost", "current_platform", "user_data"]
