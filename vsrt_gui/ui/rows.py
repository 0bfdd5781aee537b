"""What a row of the progress page says: worked out from the run's state alone, without a widget."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from vsrt_gui.model.events import Event, Retrying, RunStarted, StepStarted, Waiting
from vsrt_gui.model.run import ModuleState, Phase, RunState
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import size, speed
from vsrt_gui.ui.text import part_of
from vsrt_gui.ui.tokens import Tone
from vsrt_gui.ui.translation import translate

STANDING = 1024.0
"""Bytes a second below which a speed says nothing to anyone."""

WAITS = frozenset({Phase.RETRYING, Phase.WAITING})
"""Phases in which a countdown goes on."""


@dataclass(frozen=True)
class RowView:
    """One row.

    Attributes:
        name: of the module.
        phase: what happens to it, in words.
        amount: bytes and speed, empty where there is nothing to say.
        fraction: how much is done, None while that can't be told.
        icon: beside the name.
        tone: of icon and bar.
    """

    name: str
    phase: str
    amount: str
    fraction: float | None
    icon: str
    tone: Tone


class Countdowns:
    """Remembers when each pause ends, since an event tells its length only once."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with none.

        Args:
            clock: monotonic seconds.
        """
        self._clock = clock
        self._ends: dict[str | None, float] = {}

    def see(self, event: Event) -> None:
        """Take note of an event; without a module it is about the catalog."""
        match event:
            case RunStarted():
                self._ends.clear()
            case Retrying(module=module, delay=seconds) | Waiting(module=module, seconds=seconds):
                self._ends[module] = self._clock() + seconds
            case StepStarted(module=module):
                self._ends.pop(module, None)
            case _:
                pass

    def left(self, module: str | None, told: float) -> float:
        """Return the seconds that are left of a pause that was told to be this long."""
        end = self._ends.get(module)
        return told if end is None else max(0.0, end - self._clock())

    def end(self) -> None:
        """Let every pause be over now, since somebody wished so; one that is told later counts down again."""
        now = self._clock()
        self._ends = dict.fromkeys(self._ends, now)


def held_up(state: RunState) -> bool:
    """Tell whether nothing moves, because all that could go on waits for a server."""
    phases = {row.phase for row in state.modules}
    return bool(phases & WAITS) and phases <= {*WAITS, Phase.QUEUED, Phase.FINISHED, Phase.FAILED}


def longest_wait(state: RunState, countdowns: Countdowns) -> float:
    """Return the seconds of the longest pause that goes on in a run, 0 where there is none."""
    waits: list[tuple[str | None, float]] = [
        (row.module, row.pause) for row in state.modules if row.phase in WAITS
    ]
    held = state.holdup if state.phase is Phase.SURVEYING else None
    if held is not None:
        waits.append((None, held.delay if isinstance(held, Retrying) else held.seconds))
    return max((countdowns.left(module, told) for module, told in waits), default=0.0)


def row_view(row: ModuleState, left: float, runbook: Runbook, names: Mapping[str, str]) -> RowView:
    """Return what a module's row says.

    Args:
        row: its state.
        left: seconds left of its pause.
        runbook: the words.
        names: module id to name.
    """
    icon, tone = _SIGNS.get(row.phase, ("download", Tone.ACCENT))
    return RowView(
        name=row.name,
        phase=_phase(row, left, runbook, names),
        amount=_amount(row),
        fraction=_fraction(row),
        icon=icon,
        tone=tone,
    )


def resting_view(row: ModuleState, runbook: Runbook, names: Mapping[str, str]) -> RowView:
    """Return what a module's row says while the run is paused: the same, but nothing moves, counts or alarms."""
    if row.phase in {Phase.FINISHED, Phase.FAILED}:
        return row_view(row, 0.0, runbook, names)
    still = row_view(row.but(speed=0.0, fault=None), 0.0, runbook, names)
    words = translate("rows", "Paused")
    return replace(still, phase=words, fraction=row.fraction, icon="stopped", tone=Tone.NEUTRAL)


_SIGNS = {
    Phase.QUEUED: ("clock", Tone.NEUTRAL),
    Phase.RETRYING: ("warning", Tone.WARNING),
    Phase.WAITING: ("clock", Tone.WARNING),
    Phase.UNPACKING: ("modules", Tone.ACCENT),
    Phase.PROVING: ("shield", Tone.ACCENT),
    Phase.FINISHED: ("success", Tone.SUCCESS),
    Phase.FAILED: ("error", Tone.DANGER),
}


def _phase(row: ModuleState, left: float, runbook: Runbook, names: Mapping[str, str]) -> str:
    word = runbook.phase(row.phase, left, row.elsewhere)
    if row.fault is None:
        return word
    title = runbook.page(row.fault, names).title
    return title if row.phase is Phase.FAILED else f"{title}. {word}"


def _amount(row: ModuleState) -> str:
    if row.phase is Phase.QUEUED:
        return _queued_amount(row)
    if row.phase is Phase.DOWNLOADING:
        amount = part_of(row.fetched, row.to_fetch)
        return f"{amount}  ·  {speed(row.speed)}" if row.speed >= STANDING else amount
    if row.phase in {Phase.RETRYING, Phase.WAITING, Phase.FAILED}:
        return part_of(row.fetched, row.to_fetch) if row.fetched else ""
    if row.phase is Phase.UNPACKING:
        return part_of(row.unpacked, row.to_unpack or None)
    return ""


def _queued_amount(row: ModuleState) -> str:
    """Return how much there is to do, or how far an earlier run came; nothing of what is brought and only waits."""
    if row.unpacked:
        return part_of(row.unpacked, row.to_unpack or None)
    if not row.to_fetch or row.fetched >= row.to_fetch:
        return ""
    return part_of(row.fetched, row.to_fetch) if row.fetched else size(row.to_fetch)


def _fraction(row: ModuleState) -> float | None:
    if row.phase is Phase.PROVING:
        return None
    if row.phase is Phase.DOWNLOADING and row.to_fetch is None:
        return None
    return row.fraction
