"""The part of the flow that shows what was logged: of earlier sessions from the files, of this one from memory."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from heapq import merge
from operator import attrgetter

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from vsrt_gui.engine.chronicle import Chronicle
from vsrt_gui.model.events import Event, PlanReady
from vsrt_gui.model.logbook import LogLine
from vsrt_gui.model.run import RunState
from vsrt_gui.ui.desk import Desk
from vsrt_gui.ui.dialogs.log import LogDialog
from vsrt_gui.ui.entries import Entry
from vsrt_gui.ui.retelling import Retelling
from vsrt_gui.ui.widgets.log_model import KEPT

AT_ONCE = 50
"""Lines that are put into words before the window gets its turn again: some milliseconds."""


class Remembering(QObject):
    """Hears every run of this session, so that what the log's thread has not written yet is not missing."""

    def __init__(self, desk: Desk) -> None:
        """Begin to listen.

        Args:
            desk: the flow's tools.
        """
        super().__init__(desk.window)
        self._desk = desk
        self._chronicle = Chronicle()
        self._lines: deque[LogLine] = deque(maxlen=KEPT)
        self._count = 0
        self._open: LogDialog | None = None
        self._retelling: Retelling | None = None
        desk.session.subscribe(self._heard)
        QShortcut(QKeySequence("Ctrl+L"), desk.window).activated.connect(self.show)

    def show(self, over: QWidget | None = None) -> None:
        """Open the log; nothing happens while it is open.

        Args:
            over: the dialog that it stands over; None for the window.
        """
        if self._open is None:
            desk = self._desk
            sheet = LogDialog(over or desk.window, desk.window.theme, support=desk.saving is not None)
            sheet.folder_wanted.connect(self._open_folder)
            sheet.saving.connect(lambda: self._save(sheet))
            sheet.finished.connect(self._forget)  # at once, so that it can be opened again at once
            self._open = sheet
            desk.jobs.start(self._shown(sheet))

    async def _shown(self, sheet: LogDialog) -> None:
        reading = self._desk.jobs.start(self._fill(sheet))
        try:
            await sheet.answer()
        finally:
            if reading is not None:
                reading.cancel()

    def _forget(self) -> None:
        self._open = self._retelling = None

    async def _fill(self, sheet: LogDialog) -> None:
        """Read, put into words piece by piece, and show all of it at once; from then on it grows by itself."""
        written = await self._desk.session.log()
        retelling = Retelling(self._desk.runbook, self._desk.names())
        own, before = tuple(self._lines), self._count
        told: list[Entry] = []
        lines = _joined(written, own)
        for start in range(0, len(lines), AT_ONCE):
            told += _retold(retelling, lines[start : start + AT_ONCE])
            await asyncio.sleep(0)
        late = tuple(self._lines)[len(self._lines) - (self._count - before) :]
        sheet.log.say_nothing(self.tr("Nothing was written yet."))
        sheet.log.show_entries([*told, *_retold(retelling, late)])
        if self._open is sheet:
            self._retelling = retelling

    def _heard(self, event: Event, _state: RunState) -> None:
        line = self._chronicle.told(event, time.time())
        if line is None:
            return
        self._lines.append(line)
        self._count += 1
        if self._open is not None and self._retelling is not None:
            if isinstance(event, PlanReady):
                self._retelling.learn(event.plan.names)
            self._open.log.add(self._retelling.entries(line))

    def _save(self, sheet: LogDialog) -> None:
        if self._desk.saving is not None:
            self._desk.saving.ask(sheet, sheet.note_support)

    def _open_folder(self) -> None:
        """Show the folder of the logs, or the nearest one above it that is there."""
        folder = self._desk.session.log_folder
        there = next((each for each in (folder, *folder.parents) if each.is_dir()), folder)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(there)))


def _joined(written: Iterable[LogLine], own: tuple[LogLine, ...]) -> list[LogLine]:
    """Return the latest lines, oldest first; of this session's runs those that were heard, since all of them are."""
    runs = {line.run_id for line in own if line.run_id is not None}
    others = (line for line in written if line.run_id is None or line.run_id not in runs)
    return list(merge(others, own, key=attrgetter("at")))[-KEPT:]


def _retold(retelling: Retelling, lines: Iterable[LogLine]) -> list[Entry]:
    return [entry for line in lines for entry in retelling.entries(line)]
