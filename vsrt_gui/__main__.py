"""Runs the command line as `python -m vsrt_gui`."""

import sys

from vsrt_gui.app import main

if __name__ == "__main__":
    sys.exit(main())
