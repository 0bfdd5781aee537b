"""Chooses the language of the words: the one that is wanted, as near as there is one, else English."""

from collections.abc import Collection

ENGLISH = "en"


def spoken(wanted: str | None, there: Collection[str]) -> str:
    """Return the language to use.

    Args:
        wanted: such as `de`, `de-AT` or `de_AT.UTF-8`; None where nobody knows.
        there: the languages that there are words in.
    """
    parts = (wanted or "").partition(".")[0].replace("_", "-").lower().split("-")
    known = {name.replace("_", "-").lower(): name for name in there}
    while parts:  # `pt-BR`, then `pt`
        if (name := known.get("-".join(parts))) is not None:
            return name
        parts.pop()
    return ENGLISH
