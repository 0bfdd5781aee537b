"""Puts numbers into words for the screen: sizes, times that stay calm, plurals that can be translated."""

import re
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QObject, QTranslator

from vsrt_gui.runbook.quantities import size
from vsrt_gui.ui.translation import translate

SECONDS_OF_A_MINUTE = 60
FEW_SECONDS = 10
HALF_A_MINUTE = 40
ONE_MINUTE = 90
TEN_MINUTES = 10 * SECONDS_OF_A_MINUTE
TWO_HOURS = 120 * SECONDS_OF_A_MINUTE

BREAK = "\u200b"
"""A zero-width space: a place where a line may end."""
_LONG_WORD = re.compile(r"\S{20,}")
_SLASH = re.compile(r"[/\\]+")

PLURALS = {
    "%n module(s)": ("1 module", "%n modules"),
    "About %n minute(s) left": ("About 1 minute left", "About %n minutes left"),
    "About %n hour(s) left": ("About 1 hour left", "About %n hours left"),
}
"""English, which has no translation file of its own: the text in the code, then one and many."""


class EnglishPlurals(QTranslator):
    """Gives English its plurals; a translation that is installed later comes before it."""

    def translate(self, _context: str, text: str, _note: str | None = None, number: int = -1) -> str | None:
        """Return the form that fits the number; None is Qt's null string: not mine, go on."""
        forms = PLURALS.get(text)
        if forms is None or number < 0:
            return None
        return forms[0] if number == 1 else forms[1]

    def isEmpty(self) -> bool:
        """Tell Qt that there is something to ask for."""
        return False


def speak_english(app: QCoreApplication) -> None:
    """Install the English plurals once."""
    if app.findChild(QObject, "englishPlurals") is None:
        plurals = EnglishPlurals(app)
        plurals.setObjectName("englishPlurals")
        app.installTranslator(plurals)


def part_of(done: int, total: int | None) -> str:
    """Return `34 of 62 MB`, or `34 MB` while the whole is unknown."""
    if total is None:
        return size(done)
    whole = size(total)
    number, _, unit = whole.partition(" ")
    part = size(min(done, total))
    if part.endswith(f" {unit}"):
        part = part.removesuffix(f" {unit}")
    elif not done:
        part = "0"
    return translate("text", "{part} of {number} {unit}").format(part=part, number=number, unit=unit)


def time_left(seconds: float) -> str:
    """Return a calm estimate: rounded more, the further away the end is."""
    if seconds <= FEW_SECONDS:
        return translate("text", "A few seconds left")
    if seconds <= HALF_A_MINUTE:
        return translate("text", "Less than a minute left")
    if seconds <= ONE_MINUTE:
        return translate("text", "About %n minute(s) left", None, 1)
    if seconds <= TEN_MINUTES:
        return translate("text", "About %n minute(s) left", None, round(seconds / SECONDS_OF_A_MINUTE))
    if seconds <= TWO_HOURS:
        low = int(seconds / SECONDS_OF_A_MINUTE) // 5 * 5
        return translate("text", "{low} to {high} minutes left").format(low=low, high=low + 5)
    hours = round(seconds / SECONDS_OF_A_MINUTE / SECONDS_OF_A_MINUTE)
    return translate("text", "About %n hour(s) left", None, hours)


def breakable(words: str) -> str:
    """Let long paths and addresses wrap behind their slashes."""
    return _LONG_WORD.sub(lambda word: _SLASH.sub(rf"\g<0>{BREAK}", word[0]), words)


def modules(number: int) -> str:
    """Return `3 modules`."""
    return translate("text", "%n module(s)", None, number)


def date(moment: datetime) -> str:
    """Return a day the way this system writes it out."""
    local = QDateTime.fromSecsSinceEpoch(int(moment.timestamp()))
    return QLocale().toString(local.date(), QLocale.FormatType.LongFormat)


def plain(mnemonic: str) -> str:
    """Return a button's text without its mnemonic mark."""
    return mnemonic.replace("&&", "\0").replace("&", "").replace("\0", "&")


class CalmTime:
    """Keeps an estimate from jumping about: it changes at most every three seconds."""

    HOLD = 3.0
    """Seconds that a text stays."""

    def __init__(self) -> None:
        self._text = ""
        self._said_at = float("-inf")

    def say(self, seconds: float | None, now: float) -> str:
        """Return what to show.

        Args:
            seconds: the newest estimate, None while there is none.
            now: monotonic seconds.
        """
        if seconds is None and now - self._said_at >= 2 * self.HOLD:
            self._text = ""
        if seconds is not None and now - self._said_at >= self.HOLD:
            self._text, self._said_at = time_left(seconds), now
        return self._text
