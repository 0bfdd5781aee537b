"""The one locator of shipped files: the same in a checkout, an installed wheel and the frozen app."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "_data", _PACKAGE.parent / "resources")
"""A wheel and the frozen app carry them inside the package, a checkout beside it."""


def resource(name: str) -> Path:
    """Return the path of a shipped file or folder.

    Args:
        name: relative to `resources`, with `/`.

    Raises:
        FileNotFoundError: when this build lacks it, which a test of each build proves it does not.
    """
    for place in _PLACES:
        if (place / name).exists():
            return place / name
    raise FileNotFoundError(name)


def resource_text(name: str) -> str:
    """Return the text of a shipped UTF-8 file."""
    return resource(name).read_text(encoding="utf-8")
