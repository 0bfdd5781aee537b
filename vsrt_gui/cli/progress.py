"""Draws a run on a terminal: a row for each module, and how far the whole is."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from vsrt_gui.cli import prose
from vsrt_gui.cli.outlet import Outlet, drawing, printable
from vsrt_gui.model import events as ev
from vsrt_gui.model.run import ModuleState, Phase, RunState
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import size, speed

_BAR, _PHASE, _BYTES, _PACE = 24, 25, 16, 8
"""Columns; wide enough for their usual content, so that nothing jumps while it changes."""
_NARROW, _SHORT_BAR = 100, 10
"""On fewer columns than this bars are shorter and nothing is kept free, so that names stay whole."""
_FRAMES_A_SECOND = 8
_CATALOG = ""
"""Stands among the modules' ids for the list of modules, which has none."""
_AROUND = 6
"""Lines of the screen that are not module rows."""
_STYLES: Mapping[Phase, str] = {
    Phase.QUEUED: "dim",
    Phase.FINISHED: "green",
    Phase.FAILED: "yellow",
    Phase.RETRYING: "yellow",
    Phase.WAITING: "yellow",
}
_ACTIVE = frozenset(Phase) - {Phase.QUEUED, Phase.FINISHED}


class LiveRows:
    """Redraws the rows while the run goes on, and leaves the last picture on the screen."""

    def __init__(self, out: Outlet, err: Outlet, runbook: Runbook) -> None:
        self._out, self._err, self._runbook = out, err, runbook
        self._live: Live | None = None
        self._state = RunState()
        self._clock: Callable[[], float] = time.monotonic
        self._pauses: dict[str, float] = {}

    def on_event(self, event: ev.Event, state: RunState) -> None:
        """Take the new state; the picture follows within an eighth of a second."""
        self._state = state
        match event:
            case ev.RunStarted() if self._out.stream is not None:
                self._live = _live(self._out.stream, self._picture)
                self._live.start()
            case ev.Retrying(module=module, delay=seconds) | ev.Waiting(module=module, seconds=seconds):
                self._pauses[module or _CATALOG] = self._clock() + seconds
            case ev.RunFinished() if self._live is not None:
                self._live.stop()
                self._live = None
            case _:
                pass

    def ended(self, end: ev.RunFinished, state: RunState) -> None:
        """Write how it ended, below the last picture."""
        self._out.say(prose.ending(end, state, self._runbook))
        self._err.say(prose.troubles(end, state, self._runbook))

    def _picture(self) -> RenderableType:
        now = self._clock()
        left = {module: max(0.0, until - now) for module, until in self._pauses.items()}
        return picture(self._state, self._runbook, left)


def _live(stream: TextIO, get: Callable[[], RenderableType]) -> Live:
    return Live(console=drawing(stream), get_renderable=get, refresh_per_second=_FRAMES_A_SECOND)


def picture(state: RunState, runbook: Runbook, pauses: Mapping[str, float]) -> RenderableType:
    """Return what the terminal shows of a run.

    Args:
        state: the run.
        runbook: the words.
        pauses: seconds that a module still waits, by id.
    """
    title = runbook.word(f"running.{state.request.verb}") if state.request else ""
    parts: list[RenderableType] = [Text(title, "bold")]
    if state.modules:
        parts.append(_Rows(state.modules, runbook, pauses))
    if state.found:
        parts.append(_findings(state.found, runbook))
    if state.request and state.plan:
        parts.extend(Text(printable(said)) for said in prose.dragged(state.request, state.plan))
    parts.append(_whole(state, runbook, pauses.get(_CATALOG, 0.0)))
    if state.missed is not None:
        parts.append(Text(prose.missed(state.missed, runbook), "yellow"))
    parts.extend(Text(printable(prose.taken(event)), "yellow") for event in state.taken)
    if state.disk_warning is not None:
        parts.append(Text(prose.disk_warning(state.disk_warning), "yellow"))
    return Group(*parts)


class _Rows:
    """The rows, as many as fit; where some must go, those at work stay."""

    def __init__(self, rows: tuple[ModuleState, ...], runbook: Runbook, pauses: Mapping[str, float]) -> None:
        self._rows, self._runbook, self._pauses = rows, runbook, pauses

    def __rich_console__(self, console: Console, _options: object) -> Iterable[RenderableType]:
        room = max(1, console.size.height - _AROUND)
        shown = self._rows if len(self._rows) <= room else self._busiest(room)
        table = _columns(narrow=console.size.width < _NARROW)
        for row in shown:
            table.add_row(*_cells(row, self._runbook, self._pauses.get(row.module, row.pause)))
        yield table
        if len(shown) < len(self._rows):
            yield Text(f"and {len(self._rows) - len(shown)} more", "dim")

    def _busiest(self, room: int) -> tuple[ModuleState, ...]:
        ranked = sorted(self._rows, key=lambda row: (row.phase not in _ACTIVE, row.phase is Phase.FINISHED))
        kept = {row.module for row in ranked[:room]}
        return tuple(row for row in self._rows if row.module in kept)


def _columns(*, narrow: bool) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True, overflow="ellipsis", min_width=None if narrow else _PHASE)
    table.add_column(width=_SHORT_BAR if narrow else _BAR)
    table.add_column(no_wrap=True, justify="right", min_width=None if narrow else _BYTES)
    table.add_column(no_wrap=True, justify="right", min_width=None if narrow else _PACE)
    return table


def _cells(row: ModuleState, runbook: Runbook, pause: float) -> tuple[RenderableType, ...]:
    style = _STYLES.get(row.phase, "")
    word = Text(printable(runbook.phase(row.phase, pause, row.elsewhere)), style)
    bar = _bar(row.fraction, None)
    pace = speed(row.speed) if row.phase is Phase.DOWNLOADING and row.speed > 0 else ""
    return Text(printable(row.name)), word, bar, Text(_bytes(row), "dim"), Text(pace, "dim")


def _bytes(row: ModuleState) -> str:
    match row.phase:
        case Phase.UNPACKING:
            return _of(row.unpacked, row.to_unpack)
        case Phase.FINISHED | Phase.PROVING:
            return ""
        case _:
            return _of(row.fetched, row.to_fetch) if row.to_fetch or row.fetched else ""


def _of(done: int, total: int | None) -> str:
    return f"{size(done)} of {size(total)}" if total else size(done)


def _findings(found: Iterable[ev.ModuleFound], runbook: Runbook) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for each in found:
        table.add_row(each.module, each.version, prose.found(each, runbook))
    return table


def _whole(state: RunState, runbook: Runbook, pause: float) -> RenderableType:
    if state.holdup is not None and state.running:
        phase, instead = Phase.WAITING, ""
        if isinstance(state.holdup, ev.Retrying):
            phase, instead = Phase.RETRYING, state.holdup.elsewhere
        words = runbook.phase(phase, pause, instead)
        return Text(printable(words), _STYLES[Phase.WAITING])
    if state.phase is Phase.SURVEYING:
        return _line(state.surveyed, runbook.word("phase.surveying"))
    if not state.modules:
        return Text("")
    return _line(state.progress, prose.progress(state))


def _line(done: float, words: str) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(_bar(done, _BAR), Text(words))
    return table


def _bar(done: float, width: int | None) -> ProgressBar:
    """Return a bar; without a width it fills its column."""
    return ProgressBar(
        total=1.0, completed=done, width=width, complete_style="cyan", finished_style="green", style="grey37"
    )
