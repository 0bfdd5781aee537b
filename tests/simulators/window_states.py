"""Values that a window can be shown with: a catalog of six modules, and the states of a run over it."""

from datetime import UTC, datetime

from vsrt_gui.model import status as st
from vsrt_gui.model.events import CommandTaken, DiskWarning, Outcome, Retrying, Severity, Step
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.launch_state import Crashed, LaunchState, Ready, Starting
from vsrt_gui.model.manifest import ArchiveFormat, Artifact, Launch, Module, ModuleType, Server, Target
from vsrt_gui.model.plan import Drift, Finding, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.request import Request, Trigger, Verb, Wanted
from vsrt_gui.model.run import ModuleState, Phase, RunState
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Damage, FolderSurvey, Generation, LastRun, Note, PrefixRecord, Volume
from vsrt_gui.ui.editor import Moment

MB = 1_000_000
GB = 1_000 * MB
EDITOR = Launch(server=Server(argv=("{bin:node}", "{module}/entry.js", "--port", "{port}")))
FOLDER = "/home/sam/.local/share/vscode-runtime"


def target(
    module: str,
    name: str,
    kind: ModuleType,
    version: str,
    size: int | None,
    *needs: str,
    optional: bool = True,
) -> Target:
    """Return a module with an artifact of that size."""
    return Target(
        module=Module(
            id=module,
            name=name,
            description=_DESCRIPTIONS.get(module, ""),
            type=kind,
            version=version,
            dependencies=needs,
            optional=optional,
            launch=EDITOR if kind is ModuleType.SERVER else Launch(),
        ),
        artifact=Artifact(
            url=f"https://downloads.example.com/{module}.zip",
            sha256=(module.encode().hex() * 32)[:64],
            size=size,
            format=ArchiveFormat.ZIP,
        ),
    )


_DESCRIPTIONS = {
    "nodejs": "Runs the server and the extensions that are written in JavaScript.",
    "server": "Starts VS Code extensions for your editor.",
    "base-extensions": "Colours, snippets and outlines for forty languages.",
    "pyright": "Finds type errors in Python while you write.",
    "ruff": "Checks and formats Python in an instant.",
    "debugpy": "Steps through Python programs line by line.",
}

NODE = target("nodejs", "Node.js", ModuleType.RUNTIME, "24.19.0", 62 * MB, optional=False)
SERVER = target(
    "server", "Extension Server", ModuleType.SERVER, "1.126.04524", 108 * MB, "nodejs", optional=False
)
BASE = target("base-extensions", "Base Extensions", ModuleType.EXTENSIONS, "3.0.34", 3 * MB, "server")
PYRIGHT = target("pyright", "Pyright", ModuleType.LANGUAGE_SERVER, "1.1.406", 6 * MB, "nodejs")
RUFF = target("ruff", "Ruff", ModuleType.LANGUAGE_SERVER, "0.14.5", 11 * MB)
DEBUGPY = target("debugpy", "debugpy", ModuleType.DEBUG_ADAPTER, "1.8.17", 5 * MB, "pyright")
CATALOG = (NODE, SERVER, BASE, PYRIGHT, RUFF, DEBUGPY)
NAMES = {t.id: t.module.name for t in CATALOG}


def fault(code: FaultCode, at: str | None = None, /, **facts: str | float) -> Fault:
    """Return a fault at a module."""
    return InstallerError(code, **facts).at(at, None)


OFFLINE = fault(FaultCode.NAME_NOT_FOUND, host="downloads.example.com")
STALLED = fault(FaultCode.STALLED, "server", host="downloads.example.com", seconds=30)
BROKEN = fault(FaultCode.CHECKSUM_MISMATCH, "pyright", file="pyright.zip", expected="11fd", actual="a6e3")
FULL = fault(FaultCode.DISK_SPACE_LOW, path=FOLDER, needed=2 * GB, free=640 * MB)
CYCLE = fault(FaultCode.DEPENDENCY_CYCLE, "debugpy", modules="debugpy → pyright → debugpy")
UNFIT = fault(FaultCode.PLATFORM_UNSUPPORTED, "java-debug", module="java-debug", platform="linux-x64")
BUSY = fault(FaultCode.ALREADY_RUNNING, path=FOLDER, pid=4711)
DENIED = fault(FaultCode.FOLDER_NOT_WRITABLE, path="/opt/runtime")


def record(*modules: Target, run: LastRun | None = None, staged: int = 0) -> PrefixRecord:
    """Return a prefix with these modules in force."""
    if not modules and run is None and not staged:
        return PrefixRecord(path=FOLDER)
    generation = Generation(
        number=1,
        manifest_version="1.4.0",
        installed_at=datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
        trigger=Trigger.MANUAL,
        complete=len(modules) == len(CATALOG),
        modules=modules,
    )
    return PrefixRecord(
        path=FOLDER,
        exists=True,
        current=generation if modules else None,
        generations=(generation,) if modules else (),
        wanted=Wanted(modules=frozenset(t.id for t in CATALOG)),
        last_run=run,
        staged={"ab" * 32: staged} if staged else {},
    )


def overview(status: st.RuntimeStatus, kept: PrefixRecord, *, catalog_fault: Fault | None = None) -> Overview:
    """Return what the welcome page is given."""
    current = kept.current.modules if kept.current else ()
    return Overview(
        status=status,
        prefix=FOLDER,
        record=kept,
        available=() if catalog_fault else CATALOG,
        manifest_version=None if catalog_fault else "1.5.0",
        defaults=frozenset() if catalog_fault else frozenset(NAMES),
        findings=tuple(
            Finding(
                target=t,
                drift=Drift.SATISFIED,
                survey=FolderSurvey(exists=True, good_bytes=3 * (t.artifact.size or 0)),
            )
            for t in current
        ),
        unavailable=(UNFIT,),
        catalog_fault=catalog_fault,
        volume=Volume(key="1", path=FOLDER, free=182 * GB, total=512 * GB),
    )


NOTES = (
    Damage(note=Note.CURRENT, path=f"{FOLDER}/current", reason="it holds no number"),
    Damage(
        note=Note.FOLDER, path=f"{FOLDER}/downloads", reason="it is not a folder", aside="downloads-set-aside"
    ),
)
LINK = Damage(
    note=Note.FOLDER,
    path=f"{FOLDER}/store",
    reason="it is a link to /media/anna/big disk/store",
    aside="store-set-aside",
    leads="/media/anna/big disk/store",
)
FAILED_RUN = LastRun(run_id="a", finished=True, faults=(STALLED,))
INSTALLED = st.Installed(
    version="1.4.0", installed_at=datetime(2026, 11, 3, 9, 30, tzinfo=UTC), modules=tuple(NAMES)
)
PARTIAL = st.PartiallyInstalled(installed=("nodejs", "ruff"), missing=("server", "pyright"))

OVERVIEWS = {
    "fresh": overview(st.NotInstalled(), record()),
    "fresh-offline": overview(st.NotInstalled(), record(), catalog_fault=OFFLINE),
    "fresh-empty": overview(st.NotInstalled(), record()).but(available=(), defaults=frozenset()),
    "unfinished": overview(st.PartiallyInstalled(installed=(), missing=("nodejs",)), record(staged=74 * MB)),
    "partial": overview(PARTIAL, record(NODE, RUFF, run=FAILED_RUN)),
    "failed": overview(st.Failed(fault=STALLED), record(run=FAILED_RUN, staged=31 * MB)),
    "damaged": overview(st.Damaged(modules=("nodejs", "pyright")), record(*CATALOG)),
    "damaged-notes": overview(
        st.Damaged(modules=(), notes=tuple(one.path for one in NOTES)),
        record(*CATALOG).but(current=None, damage=NOTES),
    ),
    "update": overview(st.UpdateAvailable(current="1.4.0", available="1.5.0"), record(*CATALOG)),
    "installed": overview(INSTALLED, record(*CATALOG)),
    "installed-offline": overview(INSTALLED, record(*CATALOG), catalog_fault=OFFLINE),
    "installed-looking": overview(INSTALLED, record(*CATALOG)).but(
        available=(), manifest_version=None, pending=True
    ),
    "partial-looking": overview(PARTIAL, record(NODE, RUFF)).but(
        available=(), manifest_version=None, pending=True
    ),
    "busy": overview(st.Installing(), record(staged=5 * MB)).but(other_pid=4711),
}


def plan() -> Plan:
    """Return the plan of a first installation."""
    return Plan(
        work=tuple(
            ModulePlan(
                target=t,
                drift=Drift.MISSING,
                fetch=WholeArchive(size=t.artifact.size),
                files=None,
                unpack_bytes=3 * (t.artifact.size or 0),
            )
            for t in CATALOG
        )
    )


def row(target_: Target, phase: Phase, part: float = 0.0, **more: object) -> ModuleState:
    """Return a module's row with this part of it fetched."""
    whole = target_.artifact.size or 0
    done = phase in {Phase.FINISHED, Phase.UNPACKING, Phase.PROVING}
    state = ModuleState(
        module=target_.id,
        name=target_.module.name,
        phase=phase,
        fetched=whole if done else int(whole * part),
        to_fetch=whole,
        to_unpack=3 * whole,
        unpacked=int(3 * whole * part) if phase is Phase.UNPACKING else 3 * whole * (phase is Phase.FINISHED),
    )
    return state.but(**more)


def run(verb: Verb, phase: Phase, *rows: ModuleState, **more: object) -> RunState:
    """Return a run with these rows."""
    total = sum(r.weight for r in rows) or 1.0
    progress = sum(r.weight * r.fraction for r in rows) / total
    return RunState(request=Request(verb=verb), phase=phase, modules=rows, progress=progress).but(**more)


WORKING = run(
    Verb.INSTALL,
    Phase.WORKING,
    row(NODE, Phase.UNPACKING, 0.6),
    row(SERVER, Phase.DOWNLOADING, 0.42, speed=7.4 * MB),
    row(BASE, Phase.QUEUED),
    row(PYRIGHT, Phase.RETRYING, 0.7, fault=STALLED, pause=7.0),
    row(RUFF, Phase.FINISHED),
    row(DEBUGPY, Phase.QUEUED),
    disk_warning=DiskWarning(path=FOLDER, free=4 * GB, total=512 * GB),
)
ROUGH = run(
    Verb.UPDATE,
    Phase.WORKING,
    row(NODE, Phase.WAITING, 0.5, pause=43.0),
    row(SERVER, Phase.FAILED, 0.3, fault=STALLED),
    row(BASE, Phase.PROVING),
    row(PYRIGHT, Phase.DOWNLOADING, 0.1, to_fetch=None, speed=800_000.0),
)
HELD_UP = run(
    Verb.INSTALL,
    Phase.SURVEYING,
    holdup=Retrying(module=None, step=Step.DOWNLOAD, fault=OFFLINE, attempt=1, attempts=3, delay=4.0),
)

RUNS = {
    "surveying": run(Verb.REPAIR, Phase.SURVEYING, surveyed=0.37),
    "held-up": HELD_UP,
    "working": WORKING,
    "rough": ROUGH,
    "removing": run(Verb.UNINSTALL, Phase.WORKING),
}

DONE = tuple(row(t, Phase.FINISHED) for t in CATALOG)
HALF = (*(row(t, Phase.FINISHED) for t in CATALOG[:3]), row(PYRIGHT, Phase.FAILED, 0.4, fault=BROKEN))
ENDINGS = {
    "completed": (Verb.INSTALL, run(Verb.INSTALL, Phase.FINISHED, *DONE, outcome=Outcome.COMPLETED)),
    "taken": (
        Verb.INSTALL,
        run(
            Verb.INSTALL,
            Phase.FINISHED,
            *DONE,
            outcome=Outcome.COMPLETED,
            taken=tuple(
                CommandTaken(command=name, path=f"{FOLDER}/bin/{name}")
                for name in ("node", "npm", "npx", "ruff")
            ),
        ),
    ),
    "repaired": (Verb.REPAIR, run(Verb.REPAIR, Phase.FINISHED, DONE[0], outcome=Outcome.COMPLETED)),
    "removed": (Verb.UNINSTALL, run(Verb.UNINSTALL, Phase.FINISHED, outcome=Outcome.COMPLETED)),
    "partial": (
        Verb.INSTALL,
        run(
            Verb.INSTALL,
            Phase.FINISHED,
            *HALF,
            outcome=Outcome.PARTIAL,
            severity=Severity.P3,
            faults=(
                BROKEN,
                fault(FaultCode.DEPENDENCY_FAILED, "debugpy", module="debugpy", dependency="pyright"),
            ),
        ),
    ),
    "cancelled": (
        Verb.INSTALL,
        run(Verb.INSTALL, Phase.FINISHED, *WORKING.modules, outcome=Outcome.CANCELLED, severity=Severity.P1),
    ),
    "failed": (
        Verb.INSTALL,
        run(
            Verb.INSTALL,
            Phase.FINISHED,
            outcome=Outcome.FAILED,
            severity=Severity.P1,
            faults=(OFFLINE,),
        ),
    ),
}
LOG = "/home/sam/.local/state/vscode-runtime/servers/5d9f2c81a0b3/server.log"
READY = Ready(
    module="server",
    name="Extension Server",
    version="1.126.04524",
    generation=1,
    address="http://127.0.0.1:40213/",
    page="http://127.0.0.1:40213/",
    password="d41d8cd98f00b204e9800998ecf8427e",
    log=LOG,
)
EDITORS: dict[str, tuple[LaunchState, Moment]] = {
    "starting": (
        Starting(module="server", name="Extension Server", version="1.126.04524", log=LOG),
        Moment(asked=True),
    ),
    "open": (READY, Moment(version="1.126.04524", shown=True)),
    "older": (READY.but(password=None, found=True), Moment(version="1.127.0")),
    "crashed": (
        Crashed(fault=fault(FaultCode.SERVER_CRASHED, "server", module="server", log=LOG, exit=7), log=LOG),
        Moment(asked=True, names=NAMES),
    ),
}
FAULTS = {
    "network": ((STALLED,), Severity.P1),
    "disk": ((FULL,), Severity.P1),
    "checksum": ((BROKEN, UNFIT), Severity.P3),
    "dependencies": ((CYCLE,), Severity.P3),
    "offline": ((OFFLINE,), None),
}
