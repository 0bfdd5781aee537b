"""Follows what modules need: all that some need, all that need them, and an order in which each comes after its own."""

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from vsrt_gui.model.manifest import Target


def closure(ids: Iterable[str], known: Mapping[str, Target]) -> frozenset[str]:
    """Return these modules and all that they need, as far as they are known."""
    found: set[str] = set()
    todo = [key for key in ids if key in known]
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo.extend(d for d in known[key].module.dependencies if d in known)
    return frozenset(found)


def closed(ids: Iterable[str], known: Mapping[str, Target]) -> tuple[Target, ...]:
    """Return these targets and all that they need, in dependency order and else in the order of `known`.

    A set's own order is another one in each process; rows on the screen must not jump about for that.
    """
    inside = closure(ids, known)
    return ordered({key: target for key, target in known.items() if key in inside})


def dependents(ids: Iterable[str], known: Mapping[str, Target]) -> frozenset[str]:
    """Return these modules and all that need them."""
    found = set(ids)
    while more := {k for k, t in known.items() if k not in found and found & set(t.module.dependencies)}:
        found |= more
    return frozenset(found)


def ordered(targets: Mapping[str, Target]) -> tuple[Target, ...]:
    """Return targets in dependency order; dependencies that are not among them are passed over."""
    graph = {k: [d for d in t.module.dependencies if d in targets] for k, t in targets.items()}
    return tuple(targets[key] for key in TopologicalSorter(graph).static_order())
