"""The developer's commands: sets everything up on a fresh machine, then runs the program or its tests.

    python3 packaging/dev.py run      set up, build the sample catalog, open the window on it
    python3 packaging/dev.py test     set up, run every check and the whole test suite
    python3 packaging/dev.py lint     set up, run the checks alone
    python3 packaging/dev.py shots    set up, photograph every page of the window
    python3 packaging/dev.py lock     resolve the dependencies anew and write the lock files

Needs CPython alone; all else comes from the standard library or is installed on the way.
"""

import sys

OLDEST = (3, 11)
TOO_NEW = (3, 14)


def check_python() -> None:
    """Refuse a Python that can't run this; nothing in this file may need a newer one to be read."""
    if OLDEST <= sys.version_info[:2] < TOO_NEW and sys.implementation.name == "cpython":
        return
    this = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(
        f"This needs CPython 3.11, 3.12 or 3.13; this is {this}.\n"
        "Start it with another one, for example: python3.13 packaging/dev.py run"
    )


if __name__ == "__main__":
    check_python()
    from dev_commands import main

    sys.exit(main(sys.argv[1:]))
