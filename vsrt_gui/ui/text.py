"""Puts numbers into words for the screen: sizes, times that stay calm, plurals that can be translated."""

import re
from collections import deque
from datetime import datetime
from itertools import pairwise
from math import sqrt
from statistics import fmean

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QObject, QTranslator

from vsrt_gui.runbook.quantities import size
from vsrt_gui.ui.translation import translate

SECONDS_OF_A_MINUTE = 60
SECONDS_OF_AN_HOUR = 60 * SECONDS_OF_A_MINUTE
FEW_SECONDS = 10
TWO_HOURS = 2 * SECONDS_OF_AN_HOUR
GRIDS = ((10, 1), (60, 5), (120, 15))
"""Minutes up to which an estimate is rounded to so many minutes."""

BREAK = "\u200b"
"""A zero-width space: a place where a line may end."""
_LONG_WORD = re.compile(r"\S{20,}")
_SLASH = re.compile(r"(?<=[^/\\])[/\\]+")

PLURALS = {
    "%n module(s)": ("1 module", "%n modules"),
    "%n file(s)": ("1 file", "%n files"),
    "%n file(s) missing": ("1 file missing", "%n files missing"),
    "%n file(s) changed": ("1 file changed", "%n files changed"),
    "%n file(s) with wrong permissions": ("1 file with wrong permissions", "%n files with wrong permissions"),
    "%n file(s) can't be read": ("1 file can't be read", "%n files can't be read"),
    "%n file(s) replaced by a link": ("1 file replaced by a link", "%n files replaced by a link"),
    "%n file(s) replaced by something else": (
        "1 file replaced by something else",
        "%n files replaced by something else",
    ),
    "%n command(s)": ("1 command", "%n commands"),
    "%n command(s) to be written anew": ("1 command to be written anew", "%n commands to be written anew"),
    "%n command(s) of {module} have to be written anew": (
        "1 command of {module} has to be written anew",
        "%n commands of {module} have to be written anew",
    ),
    "%n file(s) in {module} need repair": (
        "1 file in {module} needs repair",
        "%n files in {module} need repair",
    ),
    "%n earlier version(s)": ("1 earlier version", "%n earlier versions"),
    "About %n minute(s) left": ("About 1 minute left", "About %n minutes left"),
    "Less than %n minute(s) left": ("Less than a minute left", "Less than %n minutes left"),
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


def time_left(low: float, high: float) -> str:
    """Return a calm estimate: a range where it is uncertain, rounded more the further away the end is.

    Args:
        low: seconds that it takes at least.
        high: seconds that it takes at most.
    """
    if high <= FEW_SECONDS:
        return translate("text", "A few seconds left")
    if high <= SECONDS_OF_A_MINUTE:
        return translate("text", "Less than a minute left")
    if high > TWO_HOURS:
        return _hours_left(low, high)
    return _minutes_left(low / SECONDS_OF_A_MINUTE, high / SECONDS_OF_A_MINUTE)


def _minutes_left(low: float, high: float) -> str:
    grid = next(step for upto, step in GRIDS if high <= upto)
    least, most = grid * round(low / grid), grid * max(1, round(high / grid))
    if least >= most:
        return translate("text", "About %n minute(s) left", None, most)
    if not least:
        most = max(2, most)
        return translate("text", "Less than %n minute(s) left", None, most)
    return translate("text", "{low} to {high} minutes left").format(low=least, high=most)


def _hours_left(low: float, high: float) -> str:
    least, most = (max(1, round(seconds / SECONDS_OF_AN_HOUR)) for seconds in (low, high))
    if least >= most:
        return translate("text", "About %n hour(s) left", None, most)
    return translate("text", "{low} to {high} hours left").format(low=least, high=most)


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


def moment(when: datetime) -> str:
    """Return a day and its time of day, the way this system writes them."""
    local = QDateTime.fromSecsSinceEpoch(int(when.timestamp()))
    words = translate("text", "{day}, {time}")
    time = QLocale().toString(local.time(), QLocale.FormatType.ShortFormat)
    return words.format(day=date(when), time=time)


def plain(mnemonic: str) -> str:
    """Return a button's text without its mnemonic mark."""
    return mnemonic.replace("&&", "\0").replace("&", "").replace("\0", "&")


class CalmTime:
    """Tells how long a download still takes, in words that do not jump about.

    The rate of each of the last half minute's blocks counts alike. How wide the range is follows from how much they
    differ: their mean deviation over the square root of their number, as the error of a mean does. A shorter time is
    shown soon; a longer one only when it stays longer.
    """

    BLOCK = 2.0
    """Seconds over which one rate is measured."""
    BLOCKS = 15
    FEWEST = 2
    """Blocks before anything is said."""
    SLOWEST = 0.25
    """Of the mean rate: a range without an upper end helps nobody."""
    HOLD = 3.0
    """Seconds that a text stays."""
    DOUBT = 10.0
    """Seconds for which the end must look later before that is said."""
    SLACK = 1.2
    """Times what was said: what is later by less is not worth another text."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=self.BLOCKS + 1)
        self._text = ""
        self._high = 0.0
        self._said_at = self._sure_at = float("-inf")
        self._later_since: float | None = None

    def say(self, left: int, now: float) -> str:
        """Return what to show.

        Args:
            left: bytes that are still to be fetched; 0 also while that can't be told.
            now: monotonic seconds.
        """
        if not left:
            self._marks.clear()
        elif not self._marks or now - self._marks[-1][0] >= self.BLOCK:
            self._marks.append((now, left))
        rates = self._rates()
        if len(rates) >= self.FEWEST and fmean(rates) >= 1:
            self._sure_at = now
            self._consider(*self._range(left, rates), now)
        elif now - self._sure_at >= 2 * self.HOLD:
            self._text = ""
        return self._text

    def _rates(self) -> list[float]:
        """Return the bytes a second of each block; what had to be fetched anew is no negative rate."""
        pairs = pairwise(self._marks)
        return [max(0.0, (before - after) / (end - start)) for (start, before), (end, after) in pairs]

    def _range(self, left: int, rates: list[float]) -> tuple[float, float]:
        mean = fmean(rates)
        spread = fmean(abs(rate - mean) for rate in rates) / sqrt(len(rates))
        return left / (mean + spread), left / max(mean - spread, self.SLOWEST * mean)

    def _consider(self, low: float, high: float, now: float) -> None:
        """Show a range, unless what is shown is too young, or the range is later for too short a time."""
        words = time_left(low, high)
        later = bool(self._text) and high > self._high
        if not later or words == self._text:
            self._later_since = None
        elif self._later_since is None:
            self._later_since = now
        if words == self._text or now - self._said_at < self.HOLD or (later and not self._surely(high, now)):
            return
        self._text, self._high, self._said_at, self._later_since = words, high, now, None

    def _surely(self, high: float, now: float) -> bool:
        """Tell whether the end lies later by enough, and for long enough."""
        since = now if self._later_since is None else self._later_since
        return high > self.SLACK * self._high and now - since >= self.DOUBT
