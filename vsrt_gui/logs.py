"""Puts the logs in place: every room's own messages and every run's events, written by a thread of their own."""

import logging
import time
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import Self

from vsrt_gui.adapters.log_files import LogFiles
from vsrt_gui.engine.chronicle import Chronicle
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import Event
from vsrt_gui.model.faults import InstallerError
from vsrt_gui.model.layers import refused
from vsrt_gui.model.logbook import SEVERITY, LogLine, LogName
from vsrt_gui.model.run import RunState
from vsrt_gui.model.settings import LogLevel, Settings

_EVENTS = logging.getLogger("vsrt_gui.events")
_LOGS = {
    "httpx": LogName.DOWNLOADS,  # it says each request and its answer in one line
    "vsrt_gui.adapters": LogName.INFRASTRUCTURE,
    "vsrt_gui.engine": LogName.INFRASTRUCTURE,
}
"""Which log a logger's messages go to, by the beginning of its name; all others go to the application's."""


class Logs:
    """Writes all that is logged into files, from `with` on; on leaving it, all of it is on the disk."""

    def __init__(self, files: LogFiles) -> None:
        """Write nothing yet.

        Args:
            files: the logs.
        """
        queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
        self.files = files
        self._handler = _Handing(queue)
        self._listener = QueueListener(queue, _Writer(files))
        self._level_before = logging.WARNING

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level_before = root.level
        root.setLevel(SEVERITY[Settings().log_level])
        root.addHandler(self._handler)
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._level_before)
        self._listener.stop()

    def heed(self, settings: Settings) -> None:
        """Write as much as is set, and where.

        Raises:
            InstallerError: `setting-invalid`, when the further file can't be written.
        """
        logging.getLogger().setLevel(SEVERITY[settings.log_level])
        try:
            self.files.also(settings.log_file)
        except InstallerError as error:
            said = getattr(error.__cause__, "strerror", None)
            reason = f"it can't be written ({said})" if said else "it can't be written"
            raise refused("log_file", settings.log_file, reason) from error

    def record(self, session: Session) -> None:
        """Log what happens in a session's runs."""
        chronicle = Chronicle()

        def heard(event: Event, _state: RunState) -> None:
            line = chronicle.told(event, time.time())
            if line is not None:
                _EVENTS.log(SEVERITY[line.level], line.kind, extra={"line": line})

        session.subscribe(heard)


class _Handing(QueueHandler):
    """Hands a record on as it is: the writer needs its fields, and a thread can read them."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


class _Writer(logging.Handler):
    """Turns records into lines of the logs."""

    def __init__(self, files: LogFiles) -> None:
        super().__init__()
        self._files = files
        self._words = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        line = getattr(record, "line", None)
        self._files.append(line if isinstance(line, LogLine) else self._line(record))

    def _line(self, record: logging.LogRecord) -> LogLine:
        return LogLine(
            at=record.created,
            level=_level(record.levelno),
            log=next(
                (log for name, log in _LOGS.items() if record.name.startswith(name)), LogName.APPLICATION
            ),
            text=self._words.format(record),
            facts={"logger": record.name},
        )


def _level(number: int) -> LogLevel:
    return next((level for level, least in reversed(SEVERITY.items()) if number >= least), LogLevel.DEBUG)
