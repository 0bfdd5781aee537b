"""The one mechanism: survey, classify, plan, execute, switch; every verb is this call with another goal."""

from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from vsrt_gui.engine.aftermath import damaged_again
from vsrt_gui.engine.belongings import remove_all
from vsrt_gui.engine.cancel import to_its_end
from vsrt_gui.engine.context import Context
from vsrt_gui.engine.executor import Executor
from vsrt_gui.engine.planner import (
    Looked,
    classify,
    known_wrong,
    plan,
    wanted_contents,
)
from vsrt_gui.engine.ports import Keep, Prefix
from vsrt_gui.engine.proof import unproved
from vsrt_gui.engine.recovery import damage_fault, recovered
from vsrt_gui.engine.resolve import Available, Goal, goal
from vsrt_gui.engine.room import check_room
from vsrt_gui.engine.serve import collect
from vsrt_gui.engine.settle import number, outcome, settled, severity, worst_first
from vsrt_gui.engine.survey import Offer, asks, examine, offer
from vsrt_gui.model.events import (
    CatalogMissed,
    CommandTaken,
    Committed,
    ModuleFound,
    Outcome,
    PlanReady,
    RunFinished,
    Severity,
)
from vsrt_gui.model.faults import FaultCode, FaultsError, InstallerError
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import Drift, Plan
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.status import outdated
from vsrt_gui.model.survey import MOST_NAMES, Depth, Generation, Note, PrefixRecord


@dataclass(frozen=True)
class Prepared:
    """All that is known before the first effect."""

    record: PrefixRecord
    offer: Offer
    goal: Goal
    looked: tuple[Looked, ...]
    plan: Plan


async def prepare(context: Context) -> Prepared:
    """Find out what the request means here, changing nothing.

    Raises:
        FaultsError, InstallerError: when nothing of it can be done.
    """
    verb = context.request.verb
    record = await context.work(context.prefix.read)
    offered = await _offer(context, record)
    context = replace(context, listed=offered.listed)
    record = await recovered(context, record)
    wanted = goal(context.request, record, offered.available, offered.version)
    depth = Depth.DEEP if verb in {Verb.REPAIR, Verb.VERIFY} else Depth.QUICK
    looked, faults = await examine(context, wanted.targets, record, depth)
    wanted = wanted.but(faults=(*wanted.faults, *faults))
    # In a thread: thousands of files are weighed, and the window's loop must not wait for that.
    if verb is not Verb.VERIFY:
        looked = await context.work(_with_held, context.prefix, looked)
    drawn = await context.work(plan, wanted, looked, record.current)
    return Prepared(record, offered, wanted, looked, drawn.but(mends=record.damage))


def _with_held(prefix: Prefix, looked: tuple[Looked, ...]) -> tuple[Looked, ...]:
    """Add where the store has what is wrong or missing."""
    wanted = wanted_contents(looked)
    held = prefix.held(wanted, known_wrong(looked)) if wanted else {}
    return tuple(replace(one, held=held) for one in looked) if held else looked


async def _offer(context: Context, record: PrefixRecord) -> Offer:
    """Ask the catalog, where the verb needs it.

    Raises:
        InstallerError: why there is no manifest, where nothing can be done without one.
    """
    verb = context.request.verb
    if not asks(context, record):
        return Offer(None, Available())
    found = await offer(context)
    fault = found.fault
    # An update by what was on offer yesterday would call old modules the newest ones.
    old = found.manifest is not None and verb is not Verb.UPDATE
    if fault is None:
        return found
    if old or verb in {Verb.REPAIR, Verb.UNINSTALL} or _all_there(context, record):
        context.tell(CatalogMissed(fault=fault, fetched_at=found.fetched_at))
        return found
    raise FaultsError((fault,))


def _all_there(context: Context, record: PrefixRecord) -> bool:
    """Tell whether a request wants nothing that the current generation lacks."""
    if record.current is None or context.request.verb not in {Verb.INSTALL, Verb.CHANGE}:
        return False
    before = record.wanted.modules if record.wanted else frozenset()
    names = (
        context.request.modules if context.request.verb is Verb.CHANGE else context.request.modules | before
    )
    return names <= record.current.ids


async def reconcile(context: Context) -> RunFinished:
    """Bring the prefix to what the request wants, and tell how that ended.

    Restartable at every point: the same call finishes what an earlier one began.

    Raises:
        InstallerError, FaultsError: what stopped it before its first effect.
    """
    if context.request.verb is Verb.VERIFY:
        return await _verify(context)
    async with _locked(context):
        try:
            prepared = await prepare(context)
        except FaultsError as error:
            # A kill at the very end of an uninstallation leaves an empty folder that nothing says is ours.
            if _everything(context.request) and error.faults[0].code is FaultCode.NOT_INSTALLED:
                await _remove(context)
            raise
        if prepared.record.exists:
            await context.journal.open()
        await check_room(context, prepared.plan)
        context.tell(PlanReady(plan=prepared.plan))
        if prepared.goal.remove_all:
            await context.journal.flush()
            context.journal.close()
            await _remove(context)
            return RunFinished(outcome=Outcome.COMPLETED)
        return await _bring_about(context, prepared)


async def _remove(context: Context) -> None:
    """Remove all there is. Uninterrupted."""
    await to_its_end(context.work, remove_all, context.tools, context.prefix, context.request)


async def _tell_taken(context: Context, current: Generation | None) -> None:
    """Name the files of the user's own that stand where launchers would."""
    if current is not None:
        with suppress(InstallerError):  # the run itself is over, and this is but a remark
            for name, path in (await context.work(context.prefix.launchers, current)).taken.items():
                context.tell(CommandTaken(command=name, path=path))


def _everything(request: Request) -> bool:
    """Tell whether a request is to remove all there is."""
    return request.verb is Verb.UNINSTALL and not request.modules


@asynccontextmanager
async def _locked(context: Context) -> AsyncIterator[None]:
    """Hold the prefix's lock; it is taken and let go in worker threads, since either may touch a slow disk.

    A cancel neither keeps the lock from being let go nor comes before it is: `work` begins at once, and waits.
    """
    lock = context.prefix.lock(context.stop)
    held: list[bool] = []
    try:
        await context.work(lambda: held.append(lock.__enter__() is None))
        yield
    finally:
        if held:  # also when the run was cancelled while a thread was still taking it
            await context.work(lock.__exit__, None, None, None)


def _found(one: Looked, drift: Drift) -> ModuleFound:
    module, extra = one.target.module, one.survey.extra
    return ModuleFound(
        module=module.id,
        version=module.version,
        drift=drift,
        wrong=one.survey.count,
        harm=one.survey.harm,
        extra=len(extra),
        extra_names=extra[:MOST_NAMES],
    )


async def _verify(context: Context) -> RunFinished:
    prepared = await prepare(context)
    current = prepared.record.current
    damaged = _unlooked(prepared.goal)
    for one in prepared.looked:
        drift = classify(one, current)
        if drift is not Drift.SATISFIED:
            damaged.add(one.target.id)
        context.tell(_found(one, drift))
    await _tell_taken(context, current)
    faults = (*(damage_fault(one) for one in prepared.plan.mends), *prepared.goal.faults)
    if not damaged and not faults:
        return RunFinished(outcome=Outcome.COMPLETED)
    verdict = severity(prepared.goal.targets, prepared.record, damaged)
    if any(one.note in {Note.CURRENT, Note.GENERATION} for one in prepared.plan.mends):
        verdict = Severity.P1  # whole as it may be, nothing of it starts while nothing says what is in force
    return RunFinished(outcome=Outcome.COMPLETED, severity=verdict, faults=faults)


async def _bring_about(context: Context, prepared: Prepared) -> RunFinished:
    """Execute the plan, then put what came of it into force; from there on it is too late for a cancel."""
    prefix, goal_ = context.prefix, prepared.goal
    await context.work(prefix.claim)
    await context.journal.open()
    if goal_.wanted is not None and goal_.wanted != prepared.record.wanted:
        await context.work(prefix.write_wanted, goal_.wanted)
    # What was in force before has proved itself then.
    new = unproved(prepared.plan.keep, prepared.record.current) if goal_.generation is None else ()
    context = replace(context, newer=_newer(prepared))
    executor = Executor(context, prepared.plan, prepared.looked, new)
    await executor.run()
    return await to_its_end(_settle, context, prepared, executor)


async def _settle(context: Context, prepared: Prepared, executor: Executor) -> RunFinished:
    """Put what came of the plan into force, and tell how the run ended. Uninterrupted."""
    prefix, goal_ = context.prefix, prepared.goal
    switched = await _put_in_force(context, prepared, executor)
    mended = tuple(w.target for w in prepared.plan.work if w.live and w.target.id not in executor.faults)
    executor.faults |= await damaged_again(context, mended, executor.indexes)
    faults = (*goal_.faults, *executor.faults.values())
    suspects = executor.faults.keys() | _unlooked(goal_)
    if not context.request.keep_downloads:
        # Rubbish that can't be taken out now harms nobody; the next run tries again.
        with suppress(InstallerError):
            await context.work(collect, context.tools, prefix, _keep(context, prepared, suspects))
    after = await context.work(prefix.read)
    await _tell_taken(context, after.current)
    damaged = {key for key in suspects if after.current and _lives(after.current, goal_, key)}
    verdict = severity(goal_.targets, after, damaged)
    progressed = switched or any(target.id not in executor.faults for target in mended)
    ended = outcome(faults, _optional(goal_), verdict, progressed=progressed)
    shown = verdict if faults else None
    return RunFinished(outcome=ended, severity=shown, faults=worst_first(faults, goal_.targets))


def _keep(context: Context, prepared: Prepared, failed: AbstractSet[str]) -> Keep:
    """Say what stays after a run; a way back made no new set, and keeps also the one that it left.

    What another run began goes once nothing could go on with it: all that is wanted is there, in the newest version.
    """
    rules, goal_ = context.tools.policies, prepared.goal
    brings = context.request.verb in {Verb.INSTALL, Verb.CHANGE, Verb.UPDATE}
    return Keep(
        generations=len(prepared.record.generations) if goal_.generation else rules.kept_generations,
        used=rules.keep_downloads,
        unfinished=not brings or bool(failed or goal_.faults or context.newer or prepared.offer.fault),
        spare=frozenset(target.artifact.sha256 for target in goal_.targets if target.id in failed),
    )


def _newer(prepared: Prepared) -> dict[str, str]:
    """Return the modules that the catalog has in another version than the run works on."""
    offered = outdated(prepared.goal.targets, prepared.offer.available.targets)
    return {target.id: target.module.version for target in offered}


def _optional(wanted: Goal) -> set[str]:
    """Return the modules that can be left out; none of a set that is switched to as a whole or not at all."""
    return set() if wanted.generation else {target.id for target in wanted.targets if target.module.optional}


def _lives(current: Generation, wanted: Goal, module: str) -> bool:
    """Tell whether a module that failed is in force in the very folder that it failed in."""
    here = current.target(module)
    return here is not None and any(target.folder == here.folder for target in wanted.targets)


async def _put_in_force(context: Context, prepared: Prepared, executor: Executor) -> bool:
    """Commit what works together, or switch to the generation that was asked for; tells whether it did."""
    goal_, record = prepared.goal, prepared.record
    good = {target.id for target in goal_.targets} - executor.faults.keys() - _unlooked(goal_)
    if goal_.generation is not None:
        if executor.faults or goal_.faults:
            return False
        await _renew(context, prepared, executor, goal_.generation)
        context.tell(Committed(generation=goal_.generation.number, complete=goal_.generation.complete))
        return True
    modules = settled(goal_, good, record.current)
    if modules is None:
        mended = any(w.live for w in prepared.plan.work) or any(one.fresh for one in prepared.looked)
        if record.current and (record.damage or context.request.verb is Verb.REPAIR or mended):
            await _renew(context, prepared, executor, record.current)  # mends its launchers
        return bool(record.damage)
    wanted = goal_.wanted or record.wanted
    ids = {target.id for target in modules}
    generation = Generation(
        number=number(record, modules),
        manifest_version=_version(prepared, modules),
        installed_at=datetime.now(UTC).replace(microsecond=0),
        trigger=context.request.trigger,
        complete=len(modules) == len(goal_.targets) and not (wanted and wanted.modules - ids),
        modules=modules,
        before=record.current.number if record.current else None,
    )
    await _keep_indexes(context, executor, generation)
    indexes = {key: index for key, index in executor.indexes.items() if generation.target(key)}
    await context.work(context.prefix.commit, generation, indexes)
    context.tell(Committed(generation=generation.number, complete=generation.complete))
    return True


async def _renew(context: Context, prepared: Prepared, executor: Executor, generation: Generation) -> None:
    """Put a kept set in force again; where notes of the prefix were damaged, all that says so is written anew."""
    await _keep_indexes(context, executor, generation)
    if prepared.record.damage:
        await context.work(context.prefix.commit, generation, executor.indexes)
    else:
        await context.work(context.prefix.switch, generation)


async def _keep_indexes(context: Context, executor: Executor, generation: Generation) -> None:
    """Keep the file indexes that were had from the catalog or from an archive for this run, in place of lost ones."""
    for target in generation.modules:
        index = executor.indexes.get(target.id)
        if index is not None and await context.work(context.prefix.index, target) != index:
            await context.work(context.prefix.keep_index, target, index)


def _version(prepared: Prepared, modules: tuple[Target, ...]) -> str:
    """Name the manifest of a set; one from two manifests has the older version, since an update is still due."""
    current = prepared.record.current
    mixed = current is not None and outdated(modules, prepared.offer.available.targets)
    return current.manifest_version if current and mixed else prepared.goal.manifest_version


def _unlooked(wanted: Goal) -> set[str]:
    """Return the modules that could not even be looked at."""
    return {fault.module for fault in wanted.faults if fault.module}
