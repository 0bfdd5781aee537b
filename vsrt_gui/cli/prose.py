"""What the command line says, as plain values: from a plan, a run's events and its end to lines for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from vsrt_gui.cli.exit_codes import sound
from vsrt_gui.cli.outlet import Line, printable
from vsrt_gui.engine.pace import likely_seconds
from vsrt_gui.model.events import CatalogMissed, CommandTaken, DiskWarning, ModuleFound, Outcome, RunFinished
from vsrt_gui.model.faults import Fault, FaultCode
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Drift, Plan
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState
from vsrt_gui.model.runbook import Page, Remedy
from vsrt_gui.model.settings import Effective
from vsrt_gui.model.survey import Damage, Harm, Note
from vsrt_gui.runbook.library import Runbook
from vsrt_gui.runbook.quantities import counted, duration, listed, size

_WAYS: Mapping[Remedy, str] = {
    Remedy.RETRY: "To try again, run the same command once more.",
    Remedy.REPAIR: "To repair: vsrt repair",
    Remedy.UPDATE: "To update: vsrt update",
    Remedy.RESET_BREAKER: "To have the server asked at once: vsrt breaker reset",
    Remedy.FREE_SPACE: "To free up space: vsrt clean",
    Remedy.SETTINGS: "To see the settings and where each comes from: vsrt config show",
    Remedy.CHANGE_FOLDER: "To use another folder: add --prefix FOLDER",
    Remedy.CHANGE_MODULES: "To see what can be chosen: vsrt modules",
}
"""What a remedy's button is on the command line; the others make sense in a window only."""
_SHORT, _MINUTE = 10, 60
"""Seconds below which a time that nobody has measured yet is told more roughly."""
NAMED = 3
"""How many files are named to people that are wrong, or that lie in a module's folder besides."""


def names(plan: Plan | None) -> Mapping[str, str]:
    """Return the names for people of a plan's modules, by id."""
    if plan is None:
        return {}
    targets = (*(each.target for each in plan.work), *plan.keep, *plan.drop)
    return {target.id: target.module.name for target in targets}


def progress(state: RunState) -> str:
    """Say in one line how far a run is."""
    parts = [f"{state.progress:.0%} done"]
    if state.total_bytes:
        parts.append(f"{size(state.safe_bytes)} of {size(state.total_bytes)} is safe on disk")
    if state.seconds_left is not None:
        parts.append(f"about {duration(state.seconds_left)} left")
    return ", ".join(parts)


def todo(plan: Plan) -> str:
    """Say in one line what a plan comes to."""
    if not plan.work:
        return (
            f"{counted(len(plan.drop), 'module')} to remove." if plan.drop else "Nothing needs to be fetched."
        )
    parts = [counted(len(plan.work), "module")]
    commands = sum(len(work.harm.commands) for work in plan.work)
    if plan.to_fetch:
        least = "at least " if plan.unsized else ""
        parts.append(f"{least}{size(plan.to_fetch)} to download{_instead(plan)}")
    if plan.to_write:
        parts.append(f"about {size(plan.to_write)} to write")
    if commands:
        parts.append(f"{counted(commands, 'command')} to write anew")
    return ", ".join(parts) + "."


def about(plan: Plan) -> str:
    """Say roughly how long a plan takes, before anything of it has been measured."""
    seconds = likely_seconds(plan)
    if seconds <= _SHORT:
        return "About 10 seconds."
    if seconds <= _MINUTE:
        return "Less than a minute."
    return f"About {max(2, round(seconds / _MINUTE))} minutes, depending on your connection."


def state(drift: Drift, harm: Harm, runbook: Runbook) -> str:
    """Say how a module is: `damaged (3 files: 1 changed, 2 missing; 1 command)`."""
    words = runbook.word(f"drift.{drift}")
    told = [*_files(harm, runbook), *([counted(len(harm.commands), "command")] if harm.commands else [])]
    return f"{words} ({'; '.join(told)})" if told else words


def _files(harm: Harm, runbook: Runbook) -> Iterator[str]:
    if len(harm.states) > 1:
        parts = ", ".join(f"{count} {runbook.word(f'wrong.{each}')}" for each, count in harm.states.items())
        yield f"{counted(harm.files, 'file')}: {parts}"
    else:
        for each, count in harm.states.items():
            yield f"{counted(count, 'file')} {runbook.word(f'wrong.{each}')}"


def _instead(plan: Plan) -> str:
    """Say how much would be fetched if nothing of it were there."""
    less = plan.whole is not None and size(plan.whole) != size(plan.to_fetch) and plan.whole > plan.to_fetch
    return f" instead of {size(plan.whole or 0)}" if less else ""


def found(event: ModuleFound, runbook: Runbook) -> str:
    """Say how verify found a module, and what is wrong where that is little."""
    words = state(event.drift, event.harm, runbook)
    wrong = [*event.harm.names, *(f"the command {name}" for name in event.harm.commands)]
    if 0 < len(wrong) <= NAMED:
        words = f"{words}: {', '.join(map(printable, wrong))}"
    if not event.extra:
        return words
    names = ", ".join(printable(name) for name in event.extra_names[:NAMED])
    more = f", … ({event.extra} in all)" if event.extra > NAMED else ""
    return f"{words}; there is more in its folder, which does no harm: {names}{more}"


def overruled(effective: Effective) -> Iterator[Line]:
    """Say which values do not count, because an admin has locked the setting."""
    for one in effective.overruled:
        yield Line(f"{one.name} is fixed in {one.lock}; the value from {one.place} is not used.", "yellow")


def unusable(effective: Effective, runbook: Runbook) -> Iterator[Line]:
    """Say which settings and files can't be used, where a command goes on without them."""
    for fault in effective.faults:
        page = runbook.page(fault)
        yield Line(f"{page.title}. {page.cause}", "yellow")


def disk_warning(event: DiskWarning) -> str:
    """Say that the disk fills up."""
    return f"The disk is filling up: {size(event.free)} of {size(event.total)} are free."


def taken(event: CommandTaken) -> str:
    """Say that a file of the user's own stands where a command would."""
    return f"{event.path} is a file of your own and stays as it is: it does not start the runtime's {event.command}."


def missed(event: CatalogMissed, runbook: Runbook) -> str:
    """Say that it goes on without a new list of modules, and why."""
    title = runbook.page(event.fault).title
    if event.fetched_at is None:
        return f"{title}. {runbook.word('missed.none')}"
    day = datetime.fromtimestamp(event.fetched_at).astimezone().date().isoformat()
    return f"{title}. {runbook.word('missed.older', day=day)}"


def mends(damage: Sequence[Damage]) -> Iterator[Line]:
    """Say which of the folder's own notes a run writes anew, and what it moves out of their way."""
    for one in damage:
        if one.note is Note.FOLDER:
            what = f"a link to {one.leads}" if one.leads else "no folder of the runtime"
            yield Line(f"{one.path} is {what}. It is renamed to {one.aside}, and a new folder is made.")
        elif one.note is Note.EARLIER:
            yield Line(
                f"Removed: {one.path}. It can't be read, so nothing can go back to that version any more."
            )
        else:
            yield Line(f"Written anew: {one.path}")


def changes(request: Request, plan: Plan) -> Iterator[Line]:
    """Say what a plan removes, and what stays."""
    if request.verb is not Verb.UNINSTALL or request.modules:
        yield from mends(plan.mends)
    if plan.drop:
        yield Line(f"Removed: {listed(_named(plan.drop))}.")
        yield from (Line(text) for text in dragged(request, plan))
    if plan.keep:
        yield Line(f"Stays as it is: {listed(_named(plan.keep))}.")
    if request.verb is Verb.UNINSTALL:
        if request.with_data:
            yield Line("Your own settings, and extensions that you added, are removed, too.", "bold yellow")
        else:
            yield Line("Your own settings, and extensions that you added, are not touched.")
        if request.keep_downloads and not request.modules:
            yield Line("What was downloaded is kept for the next installation.")
    elif request.verb is Verb.REPAIR:
        yield Line("Your own settings, and extensions that you added, are not touched.")
    elif any(each.drift is Drift.OUTDATED for each in plan.work):
        yield Line("Until all of it is in place, what you have now keeps working.")


def in_use(names: Sequence[str]) -> Iterator[Line]:
    """Say that programs run from what is to be removed."""
    if names:
        said = f"Programs run from {listed(names)} just now. An open editor is closed; close others first."
        yield Line(said, "yellow")


def dragged(request: Request, plan: Plan) -> Iterator[str]:
    """Say which modules go although nobody named them, and why."""
    if request.verb is not Verb.UNINSTALL or not request.modules:
        return
    going = {target.id: target for target in plan.drop}
    for target in plan.drop:
        need = next((name for name in target.module.dependencies if name in going), None)
        if need is not None and target.id not in request.modules:
            yield f"{target.module.name} goes too, because it needs {going[need].module.name}."


def _named(targets: Iterable[Target]) -> list[str]:
    return [f"{target.module.name} {target.module.version}" for target in targets]


def ending(end: RunFinished, state: RunState, runbook: Runbook) -> Iterator[Line]:
    """Say how a run ended when it did what was asked for; what went wrong is `troubles`."""
    if end.outcome is not Outcome.COMPLETED or state.request is None:
        return
    if sound(end, state):
        yield Line(runbook.word(_completed(state.request.verb, state.plan)), "bold green")
        if state.request.keep_downloads and not state.request.modules:
            yield Line("What was downloaded is kept for the next installation. To remove it too: vsrt clean")
    else:
        notes = any(fault.code is FaultCode.PREFIX_DAMAGED for fault in end.faults)
        yield Line(runbook.word("found.notes" if notes else "found.damage"), "bold")
        yield Line(_WAYS[Remedy.REPAIR])


def _completed(verb: Verb, plan: Plan | None) -> str:
    """Name the word for a request that was brought about; a repair that found nothing wrong repaired nothing."""
    idle = verb is Verb.REPAIR and plan is not None and not (plan.work or plan.mends)
    return "found.sound" if idle else f"completed.{verb}"


def troubles(end: RunFinished, state: RunState, runbook: Runbook) -> Iterator[Line]:
    """Say what went wrong, what it means, and what to do: the runbook's page for each fault."""
    if end.outcome is Outcome.CANCELLED:
        yield from _cancelled(state, runbook)
        return
    if end.outcome is not Outcome.COMPLETED:
        yield Line(runbook.word(f"outcome.{end.outcome}"), "bold")
    if end.severity is not None:
        yield Line(runbook.word(f"severity.{end.severity}"))
    known = names(state.plan)
    for code in dict.fromkeys(fault.code for fault in end.faults):
        yield Line()
        yield from _trouble([fault for fault in end.faults if fault.code is code], runbook, known)


def _cancelled(state: RunState, runbook: Runbook) -> Iterator[Line]:
    if state.request is None or state.request.verb is Verb.VERIFY:
        yield Line(runbook.word("stopped.unchanged"))
    else:
        yield from told(runbook.page(Fault(code=FaultCode.CANCELLED)))


def _trouble(alike: Sequence[Fault], runbook: Runbook, known: Mapping[str, str]) -> Iterator[Line]:
    """Say one thing that went wrong, once for all modules that it struck."""
    pages = [runbook.page(fault, known) for fault in alike]
    if alike[0].code is FaultCode.DEPENDENCY_FAILED:  # what to do stands with its cause
        yield from (Line(page.cause) for page in pages)
        return
    whose = [known.get(fault.module, fault.module) for fault in alike if fault.module]
    page = pages[0]
    yield from told(page.but(title=f"{listed(whose)}: {page.title}") if whose else page)
    yield from (Line(way) for way in _newer(alike[0]))
    yield from (Line(f"Details for support: {details(fault)}", "dim") for fault in alike)


def _newer(fault: Fault) -> Iterator[str]:
    """Say how to get to the newer versions that are kept, where there is no earlier one."""
    if fault.code is FaultCode.NO_EARLIER_GENERATION:
        for number in filter(None, str(fault.facts.get("newer", "")).split(", ")):
            yield f"Version {number} is kept. To go to it: vsrt rollback --to {number}"


def told(page: Page) -> Iterator[Line]:
    """Say a page of the runbook, with the commands that its buttons are."""
    yield Line(page.title, "bold yellow")
    yield Line(page.cause)
    yield Line(page.meaning)
    for number, step in enumerate(page.steps, 1):
        yield Line(step, indent=f"{number:3}. ")
    yield from (Line(way) for way in ways(page))


def ways(page: Page) -> Iterator[str]:
    """Return what a page's remedies are on the command line, each as a sentence."""
    yield from (_WAYS[remedy] for remedy in page.remedies if remedy in _WAYS)


def details(fault: Fault) -> str:
    """Return all that is known about a fault in one line, for those who look after computers."""
    facts = [f"{name}={value}" for name, value in sorted(fault.facts.items())]
    where = {"module": fault.module, "step": fault.step}
    place = [f"{name}={value}" for name, value in where.items() if value and name not in fault.facts]
    return " ".join([str(fault.code), *facts, *place])
