"""Brings a file onto the disk itself while it grows, in a thread beside those that write it."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from vsrt_gui.adapters.os_faults import translating
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.engine.shares import Range, merged
from vsrt_gui.model.faults import InstallerError

EVERY = 1.0
"""Seconds between two flushes: a power loss costs as much time again, and what the disk takes for a flush."""


@dataclass(eq=False)
class Writer:
    """One who writes into the file: from its first byte to one past its last one, so far."""

    start: int
    end: int = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.start


class Flushing:
    """Flushes one file again and again as long as somebody writes it; several threads may."""

    def __init__(self, path: Path, note: Callable[[tuple[Range, ...]], None]) -> None:
        """Tell `note`, in a thread of its own, which bytes of the file were written here and are on the disk.

        It must not take long, since a writer that leaves waits for it, and may raise InstallerError only.
        """
        self._path = path
        self._note = note
        self._lock = threading.Lock()
        self._noting = threading.Lock()
        self.forget()
        self._active = 0
        self._thread: threading.Thread | None = None

    def forget(self) -> None:
        """Begin with another file."""
        with self._lock:
            self._writers: list[Writer] = []
            self._since = monotonic()
            self._failure: InstallerError | None = None
            self._failed = False

    def written(self) -> tuple[Range, ...]:
        """Return which bytes were written here; none after a flush that failed, which may have lost any of them."""
        with self._lock:
            return () if self._failed else merged((each.start, each.end) for each in self._writers)

    @contextmanager
    def writing(self, descriptor: int, start: int) -> Iterator[Callable[[int], None]]:
        """Flush now and then within the block; its end waits for no flush, and what is under way comes to nothing.

        Returns:
            What is to be called with the length of each piece that was written; it raises the InstallerError that a
            flush, or a note of it, failed with.
        """
        writer = Writer(start)
        with self._lock:
            self._writers.append(writer)
            self._active += 1

        def wrote(count: int) -> None:
            writer.end += count
            self._wrote(descriptor)

        try:
            yield wrote
        finally:
            self._leave()

    def _wrote(self, descriptor: int) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        with self._lock:
            if self._thread is None and monotonic() - self._since >= EVERY:
                self._since = monotonic()
                own = os.dup(descriptor)  # the writer's may be closed before this is done
                self._thread = threading.Thread(
                    target=self._flush, args=(own,), name="vsrt-flush", daemon=True
                )
                self._thread.start()

    def _flush(self, descriptor: int) -> None:
        """Flush, and note what was written before; nothing is noted once nobody writes any more."""
        written, mine = self.written(), threading.current_thread()
        try:
            with translating(self._path):
                effects.flush(descriptor)
            with self._noting:
                if self._thread is mine:
                    self._note(written)
        except InstallerError as error:
            self._failure, self._failed = error, True
        finally:
            os.close(descriptor)
            with self._lock:
                if self._thread is mine:
                    self._thread = None

    def _leave(self) -> None:
        """Let one writer go; after the last one nothing is noted, since the file may be somebody else's then."""
        with self._lock:
            self._active -= 1
            if self._active:
                return
        with self._noting:
            self._thread = None
