"""The entries of a log as a list that can be narrowed down; it tells its views only of what changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QStringListModel, Qt

from vsrt_gui.ui.entries import Entry, Kind
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate

KEPT = 10_000
"""Entries at most: more than any run has, and a bound all the same, since a run may wait for days."""
SPARE = KEPT // 10
"""So many more may come before the oldest go, all of them at once."""
ENTRY = Qt.ItemDataRole.UserRole
LONG = 300
"""Letters of a message that is shown in part; its tooltip is the whole."""
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Sought:
    """What is shown.

    Attributes:
        text: casefolded; a part of what an entry says, empty for any.
        grave: whether warnings and errors alone are shown.
        module: id of the only module that is shown, empty for all.
    """

    text: str = ""
    grave: bool = False
    module: str = ""

    def fits(self, entry: Entry) -> bool:
        """Tell whether an entry is shown."""
        return (
            (not self.grave or entry.grave)
            and (not self.module or entry.module == self.module)
            and (not self.text or self.text in entry.sought)
        )


class LogModel(QStringListModel):
    """Keeps the latest entries, oldest first; a heading shows up together with the first entry below it.

    It is Qt's own model with as many empty texts as there are entries to show: a view asks how many rows there are
    for each row that it lays out, and with ten thousand of them answers in Python took most of that time.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.sought = Sought()
        self._all: list[Entry] = []
        self._shown: list[Entry] = []
        self._heading: Entry | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, whether they are shown or not."""
        return tuple(self._all)

    def add(self, entries: Iterable[Entry]) -> None:
        """Add entries at the end; the oldest make room for them."""
        new = list(entries)
        self._all += new
        passing = list(self._passing(new))
        if passing:
            first = len(self._shown)
            self._shown += passing
            self.insertRows(first, len(passing))
        if len(self._all) > KEPT + SPARE:
            self._forget(len(self._all) - KEPT)

    def replace(self, entries: Iterable[Entry]) -> None:
        """Show these instead, the latest of them."""
        self._all = list(entries)[-KEPT:]
        self._show_anew()

    def look_for(self, sought: Sought) -> None:
        """Show what fits, and nothing else."""
        self.sought = sought
        self._show_anew()

    def row_of(self, wanted: Entry | None) -> int | None:
        """Return where an entry is shown, None where it is not."""
        return next((row for row, entry in enumerate(self._shown) if entry is wanted), None)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what an entry says, and the entry itself to who paints it."""
        entry = self._shown[index.row()]
        match role:
            case Qt.ItemDataRole.UserRole:
                return entry
            case Qt.ItemDataRole.DisplayRole:
                return entry.line
            case Qt.ItemDataRole.AccessibleTextRole:
                return _spoken(entry)
            case Qt.ItemDataRole.ToolTipRole if len(entry.words) > LONG or "\n" in entry.words:
                return entry.words
            case _:
                return None

    def _passing(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield what is shown; of headings only those that something is below."""
        for entry in entries:
            if entry.kind is Kind.HEADING:
                self._heading = entry
            elif self.sought.fits(entry):
                if self._heading is not None:
                    yield self._heading
                    self._heading = None
                yield entry

    def _show_anew(self) -> None:
        self._heading = None
        self._shown = list(self._passing(self._all))
        self.setStringList([""] * len(self._shown))

    def _forget(self, number: int) -> None:
        gone = {id(entry) for entry in self._all[:number]}
        del self._all[:number]
        rows = next((row for row, entry in enumerate(self._shown) if id(entry) not in gone), len(self._shown))
        if rows:
            self.removeRows(0, rows)
            del self._shown[:rows]


def _spoken(entry: Entry) -> str:
    """Return what is read aloud: an icon's meaning in words."""
    match entry.tone:
        case Tone.WARNING:
            return translate("log", "Warning: {line}").format(line=entry.line)
        case Tone.DANGER:
            return translate("log", "Error: {line}").format(line=entry.line)
        case _:
            return entry.line
