"""Decides what a run's end means: which set of modules is to be in force, how the run ended, how bad that is."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from vsrt_gui.engine.ordering import closure, ordered
from vsrt_gui.engine.resolve import Goal
from vsrt_gui.model.events import Outcome, Severity
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.status import judge
from vsrt_gui.model.survey import Generation, PrefixRecord


def settled(goal: Goal, good: AbstractSet[str], current: Generation | None) -> tuple[Target, ...] | None:
    """Return the modules that are to be in force, in dependency order; None leaves the current generation.

    An update counts only if every critical module got through; an optional one that did not keeps its old version
    if what it needs is there, else it is left out. With nothing in force, whatever works together is better than
    nothing.

    Args:
        goal: what was wanted.
        good: ids of the goal's modules that are whole on the disk.
        current: the generation in force.
    """
    chosen: dict[str, Target] = {}
    for target in goal.targets:
        old = current.target(target.id) if current else None
        if target.id in good:
            chosen[target.id] = target
        elif old is not None and old.folder == target.folder:
            chosen[target.id] = old  # a repair that failed leaves what is there in force
        elif old is not None and not target.module.optional:
            return None
        elif old is not None:
            chosen[target.id] = old
    chosen = _fitting(chosen)
    if any(
        t.id not in chosen for t in goal.targets if current and current.target(t.id) and not t.module.optional
    ):
        return None
    here = {target.id: target.effect for target in current.modules} if current else {}
    there = {key: target.effect for key, target in chosen.items()}
    return None if there == here or not (there or current) else ordered(chosen)


def number(record: PrefixRecord, modules: tuple[Target, ...]) -> int:
    """Number a new set; one that a killed run had written down already is finished under its own number.

    Else that one, which was never in force, would be kept as the set to go back to, in place of the one that worked.
    """
    newest = max(record.generations, key=lambda generation: generation.number, default=None)
    if newest is None:
        return 1
    unused = record.current is None or record.current.number != newest.number
    return newest.number + (0 if unused and newest.modules == modules else 1)


def _fitting(chosen: dict[str, Target]) -> dict[str, Target]:
    """Leave out what lacks a module that it needs."""
    while short := {k for k, t in chosen.items() if set(t.module.dependencies) - chosen.keys()}:
        chosen = {key: target for key, target in chosen.items() if key not in short}
    return chosen


def outcome(
    faults: tuple[Fault, ...], optional: AbstractSet[str], after: Severity, *, progressed: bool
) -> Outcome:
    """Tell how a run ended that was not cancelled: modules that can be left out never fail the whole.

    Args:
        faults: what went wrong.
        optional: ids of the modules that can be left out.
        after: how bad the state is that it leaves behind.
        progressed: whether it brought anything into force.
    """
    if not faults:
        return Outcome.COMPLETED
    harmless = after in {Severity.P3, Severity.P4} and all(fault.module in optional for fault in faults)
    return Outcome.PARTIAL if progressed or harmless else Outcome.FAILED


def worst_first(faults: tuple[Fault, ...], targets: tuple[Target, ...]) -> tuple[Fault, ...]:
    """Put causes before consequences, and critical modules before optional ones."""
    optional = {target.id for target in targets if target.module.optional}
    return tuple(sorted(faults, key=lambda f: (f.code is FaultCode.DEPENDENCY_FAILED, f.module in optional)))


def severity(targets: Iterable[Target], record: PrefixRecord, damaged: AbstractSet[str]) -> Severity:
    """Judge the state that a run leaves behind.

    Args:
        targets: all modules that are wanted or known.
        record: what the prefix says of itself now.
        damaged: ids of installed modules that are not right.
    """
    known = {target.id: target for target in targets}
    # What is in force says itself what it needs; a version that did not get there needs nothing yet.
    known |= {target.id: target for target in (record.current.modules if record.current else ())}
    installed = record.current.ids if record.current else frozenset()
    names = record.wanted.modules if record.wanted else frozenset(known)
    wanted = closure(names, known) | (names - known.keys()) | installed
    critical = {key for key in wanted if key not in known or not known[key].module.optional}
    return judge(installed - damaged, wanted, critical)
