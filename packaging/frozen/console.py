"""Starts the frozen command line."""

import sys

from vsrt_gui.app import main

sys.exit(main())
