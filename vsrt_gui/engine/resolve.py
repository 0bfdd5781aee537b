"""Decides what is wanted: which modules, in which versions, in which order."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from vsrt_gui.engine.ordering import closed, dependents, ordered
from vsrt_gui.model.faults import Fault, FaultCode, FaultsError, InstallerError
from vsrt_gui.model.manifest import Artifact, Manifest, Module, Platform, PublishedModule, Target
from vsrt_gui.model.request import Request, Verb, Wanted
from vsrt_gui.model.survey import Generation, Note, PrefixRecord, lineage
from vsrt_gui.model.value import Value


class Available(Value):
    """What a manifest offers to this machine.

    Attributes:
        targets: in dependency order.
        faults: why the others are not among them; each names its module.
        lost: ids of critical modules that are not among them.
    """

    targets: tuple[Target, ...] = ()
    faults: tuple[Fault, ...] = ()
    lost: frozenset[str] = frozenset()

    def target(self, module_id: str) -> Target | None:
        """Return the target of that module, or None."""
        return next((target for target in self.targets if target.id == module_id), None)


class Goal(Value):
    """What a run is to bring about.

    Attributes:
        targets: what must be there, in dependency order.
        faults: why wanted modules are not among them.
        wanted: what `wanted.json` is to say, None to leave it.
        manifest_version: that the next generation records.
        generation: an existing one to switch to, None to make a new one.
        remove_all: nothing is wanted any more.
    """

    targets: tuple[Target, ...] = ()
    faults: tuple[Fault, ...] = ()
    wanted: Wanted | None = None
    manifest_version: str = ""
    generation: Generation | None = None
    remove_all: bool = False


def available(manifest: Manifest, platform: Platform, unmet: Mapping[str, Fault]) -> Available:
    """Tell which modules this machine can have.

    A cycle, a missing dependency, a platform without an artifact or an unmet requirement takes out only the
    modules that it touches.

    Args:
        manifest: what was published.
        platform: of this machine.
        unmet: module id to what this system lacks for it.
    """
    modules = {module.id: module for module in manifest.modules}
    broken = dict(unmet)
    for module in manifest.modules:
        if module.id not in broken and (fault := _unfit(module, modules, platform)):
            broken[module.id] = fault
    broken |= _cycles(modules, broken)
    _spread(modules, broken)
    good = {key: module for key, module in modules.items() if key not in broken}
    order = TopologicalSorter({key: module.dependencies for key, module in good.items()}).static_order()
    targets = tuple(_target(good[key], good[key].artifacts[platform]) for key in order)
    return Available(
        targets=targets,
        faults=tuple(broken[key] for key in modules if key in broken),
        lost=frozenset(key for key in broken if not modules[key].optional),
    )


def _unfit(module: PublishedModule, modules: Mapping[str, Module], platform: Platform) -> Fault | None:
    for dependency in module.dependencies:
        if dependency not in modules:
            return _fault(FaultCode.DEPENDENCY_MISSING, module=module.id, dependency=dependency)
    if platform not in module.artifacts:
        return _fault(FaultCode.PLATFORM_UNSUPPORTED, module=module.id, platform=platform.value)
    return None


def _fault(code: FaultCode, *, module: str, **facts: str) -> Fault:
    """Make a fault of one module, checked against the facts that its code carries."""
    return InstallerError(code, module=module, **facts).at(module, None)


def _cycles(modules: Mapping[str, Module], broken: Mapping[str, Fault]) -> dict[str, Fault]:
    """Find every cycle: take out the one that the sorter names, until it names none."""
    graph = {
        key: [d for d in module.dependencies if d in modules and d not in broken]
        for key, module in modules.items()
        if key not in broken
    }
    found: dict[str, Fault] = {}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            ring = list(reversed(error.args[1]))
            fault = InstallerError(FaultCode.DEPENDENCY_CYCLE, modules=" → ".join(ring))
            found |= {key: fault.at(key, None) for key in ring}
            graph = {k: [d for d in deps if d not in ring] for k, deps in graph.items() if k not in ring}
        else:
            return found


def _spread(modules: Mapping[str, Module], broken: dict[str, Fault]) -> None:
    """Take out what needs a module that is out."""
    changed = True
    while changed:
        changed = False
        for module in modules.values():
            lost = next((d for d in module.dependencies if d in broken), None)
            if lost and module.id not in broken:
                broken[module.id] = _fault(FaultCode.DEPENDENCY_FAILED, module=module.id, dependency=lost)
                changed = True


def _target(module: PublishedModule, artifact: Artifact) -> Target:
    plain = {name: getattr(module, name) for name in Module.model_fields}
    return Target(module=Module.model_construct(**plain), artifact=artifact)


def refreshed(target: Target, offered: Available) -> Target:
    """Let a recorded target fetch the same bytes from where the manifest has them now, then from where it had them."""
    now = offered.target(target.id)
    if now is None or now.artifact.sha256 != target.artifact.sha256:
        return target
    old = target.artifact
    places = dict.fromkeys((now.artifact.url, *now.artifact.mirrors, old.url, *old.mirrors))
    url, *mirrors = places
    same = now.artifact.digest == old.digest  # else its paths are stripped in another way
    index = (now.artifact.index if same else None) or old.index
    # An index says where each patch lies in those that were published with it: others are of no use with it.
    listed = bool(index and old.index and index.sha256 == old.index.sha256)
    patches = old.patches if listed and not _same_patches(now.artifact, old) else now.artifact.patches
    fresh = {"url": url, "mirrors": tuple(mirrors), "index": index, "patches": patches}
    return target.model_copy(update={"artifact": old.model_copy(update=fresh)})


def _same_patches(one: Artifact, other: Artifact) -> bool:
    return bool(one.patches and other.patches and one.patches.sha256 == other.patches.sha256)


def goal(request: Request, record: PrefixRecord, offered: Available, version: str | None) -> Goal:
    """Tell what a request wants of this prefix.

    Args:
        request: what the user asked for.
        record: what the prefix says of itself.
        offered: what the manifest offers; empty without a manifest.
        version: the manifest's, None without one.

    Raises:
        FaultsError: when nothing of it can be done: an unknown module, nothing installed to work on, no earlier
            generation.
    """
    match request.verb:
        case Verb.VERIFY if record.current is None and record.damage:
            return Goal()  # what is wrong with the notes is all that can be said
        case Verb.REPAIR if record.current is None and record.damage and (record.lost or record.wanted):
            return _restore(request, record, offered, version)
        case Verb.REPAIR | Verb.VERIFY:
            current = _installed(record)
            targets = tuple(refreshed(target, offered) for target in current.modules)
            return Goal(targets=targets, manifest_version=current.manifest_version)
        case Verb.ROLLBACK:
            return _rollback(request, record, offered)
        case Verb.UNINSTALL:
            return _uninstall(request, record, offered)
        case Verb.UPDATE:
            return _update(request, record, offered, version)
        case Verb.INSTALL | Verb.CHANGE:
            return _install(request, record, offered, version)


def _refuse(code: FaultCode, **facts: str) -> FaultsError:
    return FaultsError((InstallerError(code, **facts).fault,))


def _unreadable(record: PrefixRecord) -> FaultsError:
    first = record.damage[0]
    return _refuse(FaultCode.PREFIX_DAMAGED, path=first.path, reason=first.reason)


def _installed(record: PrefixRecord) -> Generation:
    if record.current is None:
        raise _refuse(FaultCode.NOT_INSTALLED, path=record.path)
    return record.current


def _known(record: PrefixRecord, offered: Available, *, newest: bool) -> dict[str, Target]:
    """Return every module that can be had or is there; `newest` says whose version counts where both are."""
    here = {t.id: refreshed(t, offered) for t in record.current.modules} if record.current else {}
    there = {t.id: t for t in offered.targets}
    return here | there if newest else there | here


def _check_named(request: Request, known: Mapping[str, Target], offered: Available) -> None:
    faults = [_named_fault(name, offered) for name in sorted(request.modules) if name not in known]
    if faults:
        raise FaultsError(tuple(faults))


def _named_fault(name: str, offered: Available) -> Fault:
    """Say why a module that was asked for by name can't be had."""
    known = next((fault for fault in offered.faults if fault.module == name), None)
    return known or _fault(FaultCode.MODULE_UNKNOWN, module=name)


def _lost_faults(names: frozenset[str], known: Mapping[str, Target], offered: Available) -> tuple[Fault, ...]:
    """Say why wanted modules can't be had.

    Raises:
        FaultsError: when a critical one is among them: going on would end in a runtime that does not work.
    """
    gone = sorted(names - known.keys())
    critical = tuple(_named_fault(name, offered) for name in gone if name in offered.lost)
    if critical:
        raise FaultsError(critical)
    return tuple(_named_fault(name, offered) for name in gone)


def _install(request: Request, record: PrefixRecord, offered: Available, version: str | None) -> Goal:
    known = _known(record, offered, newest=False)
    _check_named(request, known, offered)
    before = record.wanted.modules if record.wanted else frozenset()
    present = record.current.ids if record.current else frozenset()
    names = request.modules if request.verb is Verb.CHANGE else request.modules | before | present
    names = names or frozenset(known) | offered.lost
    targets = closed(names, known)
    faults = _lost_faults(names, known, offered)
    kept = record.current.manifest_version if record.current else ""
    return Goal(
        targets=targets,
        faults=faults,
        wanted=Wanted(modules=names, trigger=request.trigger),
        manifest_version=version or kept,
    )


def _restore(request: Request, record: PrefixRecord, offered: Available, version: str | None) -> Goal:
    """Bring back what is wanted where no set of modules can be read; what the store has of it is used again."""
    if not offered.targets:
        raise _unreadable(record)
    return _install(request, record, offered, version)


def _update(request: Request, record: PrefixRecord, offered: Available, version: str | None) -> Goal:
    if record.lost:
        return _restore(request, record, offered, version)
    current = _installed(record)
    known = _known(record, offered, newest=True)
    _check_named(request, known, offered)
    names = (record.wanted.modules if record.wanted else frozenset()) | current.ids
    if broken := sorted(names & offered.lost):  # an update that leaves a critical module behind is none
        raise FaultsError(tuple(_named_fault(name, offered) for name in broken))
    targets = closed(names, known)
    return Goal(
        targets=targets,
        faults=_lost_faults(names, known, offered),
        wanted=Wanted(modules=names, trigger=request.trigger),
        manifest_version=version or current.manifest_version,
    )


def _uninstall(request: Request, record: PrefixRecord, offered: Available) -> Goal:
    if not record.exists:
        raise _refuse(FaultCode.NOT_INSTALLED, path=record.path)
    current = record.current
    here = {t.id: refreshed(t, offered) for t in current.modules} if current else {}
    wanted = record.wanted.modules if record.wanted else frozenset()
    unknown = sorted(request.modules - here.keys() - wanted)
    if unknown:
        raise FaultsError(tuple(_fault(FaultCode.MODULE_UNKNOWN, module=name) for name in unknown))
    known = _known(record, offered, newest=False)  # what never arrived would bring back what it needs
    gone = dependents(request.modules, known) if request.modules else here.keys() | wanted
    left = {key: target for key, target in here.items() if key not in gone}
    still = (wanted | left.keys()) - gone
    if not still:
        return Goal(remove_all=True)
    return Goal(
        targets=ordered(left),
        wanted=Wanted(modules=still, trigger=request.trigger),
        manifest_version=current.manifest_version if current else "",
    )


def _rollback(request: Request, record: PrefixRecord, offered: Available) -> Goal:
    now = record.named if record.lost else _installed(record).number
    if now is None and request.generation is None:
        raise _unreadable(record)  # which one is in force decides which one is before it
    others = [g for g in record.generations if g.number == request.generation]
    earlier = lineage(record.generations, now) if now is not None else ()
    chosen = others if request.generation is not None else earlier[:1]
    if not chosen and (broken := next((d for d in record.damage if d.note is Note.EARLIER), None)):
        raise _refuse(FaultCode.PREFIX_DAMAGED, path=broken.path, reason=broken.reason)
    if not chosen and request.generation is not None:
        number, kept = str(request.generation), ", ".join(str(g.number) for g in record.generations)
        raise _refuse(FaultCode.GENERATION_UNKNOWN, path=record.path, generation=number, kept=kept)
    if not chosen:
        newer = ", ".join(str(g.number) for g in record.generations if g.number != now)
        raise _refuse(FaultCode.NO_EARLIER_GENERATION, path=record.path, newer=newer)
    generation = chosen[0]
    return Goal(
        targets=tuple(refreshed(target, offered) for target in generation.modules),
        wanted=Wanted(modules=generation.ids, trigger=request.trigger),
        manifest_version=generation.manifest_version,
        generation=generation,
    )
