"""Values for the pages that say what would happen: plans of an update and a repair, kept versions, what goes."""

from datetime import UTC, datetime
from hashlib import sha256

from simulators import window_states as states
from simulators.window_states import BASE, CATALOG, DEBUGPY, MB, NODE, PYRIGHT, RUFF, SERVER, target
from vsrt_gui.model.manifest import ModuleType, Target
from vsrt_gui.model.plan import Drift, FileRanges, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.request import Trigger, Verb
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import FileState, Generation, Harm
from vsrt_gui.ui.quoting import Quote


def newer(old: Target, version: str, size: int) -> Target:
    """Return the next version of a module."""
    module = old.module
    made = target(
        module.id, module.name, module.type, version, size, *module.dependencies, optional=module.optional
    )
    digest = sha256(f"{module.id} {version}".encode()).hexdigest()
    return made.model_copy(update={"artifact": made.artifact.model_copy(update={"sha256": digest})})


NODE2 = newer(NODE, "24.20.0", 62 * MB)
SERVER2 = newer(SERVER, "1.127.00310", 110 * MB)
JAVA = target("java", "Java Language Server", ModuleType.LANGUAGE_SERVER, "1.50.0", 48 * MB, "nodejs")


def work(one: Target, drift: Drift, fetch: int, files: int | None = None) -> ModulePlan:
    """Return the work on a module that so many bytes are fetched for."""
    whole = one.artifact.size or 0
    ranged = fetch < whole
    return ModulePlan(
        target=one,
        drift=drift,
        fetch=FileRanges(to_fetch=fetch) if ranged else WholeArchive(size=whole),
        files=files,
        harm=Harm(states={FileState.CHANGED: files} if files and drift is Drift.DAMAGED else {}),
        unpack_bytes=3 * fetch,
        live=drift is Drift.DAMAGED,
    )


UPDATE = Plan(
    work=(
        work(NODE2, Drift.OUTDATED, 12 * MB, 41),
        work(SERVER2, Drift.OUTDATED, 22 * MB, 260),
        work(JAVA, Drift.MISSING, 48 * MB),
    ),
    keep=(BASE, PYRIGHT, RUFF),
    drop=(DEBUGPY,),
    switch=True,
)
REPAIR = Plan(work=(work(NODE, Drift.DAMAGED, 1_400_000, 3),), keep=CATALOG[1:])
REPAIR_MORE = Plan(
    work=(work(NODE, Drift.DAMAGED, 1_400_000, 3), work(PYRIGHT, Drift.DAMAGED, 6 * MB)),
    keep=(SERVER, BASE, RUFF, DEBUGPY),
)
KINDS = {FileState.MISSING: 41, FileState.WRONG_MODE: 1, FileState.LINK: 2}
REPAIR_KINDS = Plan(
    work=(
        work(NODE, Drift.DAMAGED, 1_400_000, 44).but(harm=Harm(states=KINDS, commands=("node", "npm"))),
        work(RUFF, Drift.DAMAGED, 0, 0).but(fetch=None, harm=Harm(commands=("ruff",))),
    ),
    keep=(SERVER, BASE, PYRIGHT, DEBUGPY),
)
BACK = Plan(keep=(NODE, SERVER, BASE, PYRIGHT, RUFF, DEBUGPY), switch=True)


def generation(number: int, version: str, day: int, modules: tuple[Target, ...]) -> Generation:
    """Return a kept version, installed on that day of November."""
    return Generation(
        number=number,
        manifest_version=version,
        installed_at=datetime(2026, 11, day, 9, 30, tzinfo=UTC),
        trigger=Trigger.MANUAL,
        complete=True,
        modules=modules,
    )


KEPT = (
    generation(1, "1.3.0", 3, CATALOG[:4]),
    generation(2, "1.4.0", 9, CATALOG),
    generation(3, "1.5.0", 21, (NODE2, SERVER2, BASE, PYRIGHT, RUFF, JAVA)),
)


def kept(current: int) -> Overview:
    """Return a prefix with three versions, one of them in use."""
    here = next(one for one in KEPT if one.number == current)
    before = states.OVERVIEWS["installed"]
    return before.but(record=before.record.but(current=here, generations=KEPT))


HERE = states.OVERVIEWS["update"]
OPEN = HERE.but(server=states.READY)
FULL = HERE.volume.but(free=90 * MB) if HERE.volume else None
QUOTES = {
    "update": Quote(Verb.UPDATE, UPDATE, HERE, needed=410 * MB),
    "update-open": Quote(Verb.UPDATE, UPDATE, OPEN, needed=410 * MB),
    "update-full": Quote(Verb.UPDATE, UPDATE, HERE.but(volume=FULL), needed=410 * MB),
    "update-lost": Quote(
        Verb.UPDATE, UPDATE, HERE, needed=410 * MB, lost=("Java Debugger: Not made for this computer",)
    ),
    "update-none": Quote(Verb.UPDATE, Plan(keep=CATALOG), states.OVERVIEWS["installed"]),
    "repair": Quote(Verb.REPAIR, REPAIR, HERE, needed=30 * MB),
    "repair-more": Quote(Verb.REPAIR, REPAIR_MORE, HERE, needed=30 * MB),
    "repair-kinds": Quote(Verb.REPAIR, REPAIR_KINDS, HERE, needed=30 * MB),
    "repair-notes": Quote(
        Verb.REPAIR,
        REPAIR.but(mends=states.NOTES),
        states.OVERVIEWS["damaged-notes"],
        needed=30 * MB,
    ),
    "repair-link": Quote(Verb.REPAIR, REPAIR.but(mends=(states.LINK,)), HERE, needed=30 * MB),
    "repair-none": Quote(Verb.REPAIR, Plan(keep=CATALOG), HERE),
}
BACK_QUOTE = Quote(Verb.ROLLBACK, BACK, kept(3), chosen=KEPT[1])
