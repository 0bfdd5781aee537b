"""Starts the frozen window."""

import sys

from vsrt_gui.app import main_window

sys.exit(main_window())
