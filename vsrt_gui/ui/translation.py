"""Translates a text that is not a widget's own; the name is the one that Qt's lupdate looks for."""

from PySide6.QtCore import QCoreApplication


def translate(context: str, words: str, note: str | None = None, number: int = -1) -> str:
    """Return the text in the user's language.

    Args:
        context: groups the texts of one part of the window.
        words: the English text.
        note: for the translator.
        number: what `%n` stands for; it also chooses the plural.
    """
    return QCoreApplication.translate(context, words, note, number)
