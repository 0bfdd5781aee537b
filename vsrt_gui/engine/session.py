"""The one session that every front end shares: it owns the run, its state and the commands."""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from vsrt_gui.engine.aftermath import left_behind
from vsrt_gui.engine.belongings import own_data
from vsrt_gui.engine.cancel import Stop, Workers
from vsrt_gui.engine.context import Context, Tools
from vsrt_gui.engine.journal import Journal
from vsrt_gui.engine.launch import Launcher
from vsrt_gui.engine.logins import Logins
from vsrt_gui.engine.mirrors import MirrorOrder
from vsrt_gui.engine.outfit import Outfit
from vsrt_gui.engine.overview import look
from vsrt_gui.engine.planner import room_needed
from vsrt_gui.engine.ports import Prefix
from vsrt_gui.engine.reconcile import prepare, reconcile
from vsrt_gui.engine.serve import in_use, tidy
from vsrt_gui.engine.survey import STALE
from vsrt_gui.engine.transport import TransportDesk
from vsrt_gui.engine.unforeseen import unforeseen
from vsrt_gui.model.cached import CacheStats
from vsrt_gui.model.events import Event, Outcome, RunFinished, RunStarted
from vsrt_gui.model.faults import Fault, FaultsError, InstallerError
from vsrt_gui.model.launch_state import LaunchState, Ready
from vsrt_gui.model.logbook import LogLine
from vsrt_gui.model.plan import Plan
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import RunState, fold
from vsrt_gui.model.settings import Effective, LogLevel, Settings
from vsrt_gui.model.status import Overview
from vsrt_gui.model.survey import Depth, OwnData, PrefixRecord

Listener = Callable[[Event, RunState], None]
_NO_REQUEST = Request(verb=Verb.VERIFY)


class Session:
    """Runs one request at a time and tells every listener what happens.

    Lives on one asyncio loop (qasync's or a plain one); its methods are called from that loop's thread only.

    Attributes:
        state: the run that goes on, or the last one.
        launcher: looks after the server; it has a state and listeners of its own.
        logins: of proxies, in the keyring.
        transport: shows how download servers fare, and resets by hand what keeps us from asking them.
        report: takes a bug that no run brought about, reports it if that is wished, and returns at once.
    """

    def __init__(
        self, outfit: Outfit | Tools, folder: Path, report: Callable[[Fault], None] | None = None
    ) -> None:
        """Open the folder that is set.

        Args:
            outfit: the settings and the hands that fit them; bare tools are the same whatever is set.
            folder: where the runtime is to be while no `prefix` is set; a foreign one gives a subfolder of it.
            report: None reports nothing.
        """
        self.report = report or _quiet
        self.state = RunState()
        self._outfit = Outfit.fixed(outfit) if isinstance(outfit, Tools) else outfit
        self._workers = Workers()
        self.launcher = Launcher(self._tools, self._workers)
        self.logins = Logins(self._tools.secrets, self._workers)
        self.transport = TransportDesk(lambda: self._outfit.tools, self._workers)
        self._usual = folder
        self._prefix: Prefix = self._tools.prefix_at(self.settings.prefix or folder)
        self._listeners: dict[object, Listener] = {}
        self._work: asyncio.Task[RunFinished] | None = None
        self._run: asyncio.Task[RunFinished] | None = None

    @property
    def _tools(self) -> Tools:
        return self._outfit.tools

    @property
    def effective(self) -> Effective:
        """The settings in force, where each came from, and what is wrong with them."""
        return self._outfit.effective

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._outfit.effective.settings

    async def change_settings(self, changes: Mapping[str, object | None], *, anew: bool = False) -> Effective:
        """Change the user's own settings for good; a run that goes on keeps those that it began with.

        Args:
            changes: setting to its new value, None takes it out of the user's file.
            anew: whether a file that can't be read is set aside for a new one.

        Raises:
            InstallerError: `setting-invalid`, `settings-unreadable`, disk codes; then nothing has changed.
        """
        return await self._refit(lambda given: self._outfit.write(given, anew=anew), changes)

    async def override(self, **values: object) -> Effective:
        """Set values for this session only, as the command line does; None takes an earlier one back.

        Raises:
            InstallerError: `setting-invalid` (also for a locked one); then nothing has changed.
        """
        return await self._refit(self._outfit.override, values)

    async def _refit(
        self, change: Callable[[Mapping[str, object | None]], Effective], values: Mapping[str, object | None]
    ) -> Effective:
        """Change settings in a thread, since that touches files and certificates, and work with them from now on."""
        before = self.settings
        effective = await self._workers.run(Stop(), change, values)
        chosen = effective.settings.prefix
        self.use_folder(self._prefix.root if chosen == before.prefix else chosen or self._usual)
        return effective

    @property
    def prefix(self) -> Path:
        """The folder that the runtime is, or would be, installed in."""
        return self._prefix.root

    def use_folder(self, folder: Path) -> Path:
        """Install in this folder from now on; a non-empty foreign folder gets a subfolder. Returns the prefix."""
        self._prefix = self._tools.prefix_at(folder)
        return self._prefix.root

    @property
    def user_data(self) -> Path:
        """The folder of the user's own settings and extensions, which no uninstallation touches."""
        return self._tools.host.data

    async def own_data(self) -> OwnData:
        """Look at what the installed modules keep for the user: an uninstallation removes it only where that is asked.

        Raises:
            InstallerError: `prefix-too-new`, disk codes.
        """
        return await self._workers.run(Stop(), own_data, self._tools, self._prefix)

    async def in_use(self) -> tuple[str, ...]:
        """Return the names of the modules that any program runs from just now; raises as `own_data` does."""
        return await self._workers.run(Stop(), in_use, self._tools, self._prefix)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event and the state after it; returns what ends that, however often called."""
        key = object()
        self._listeners[key] = listener

        def end() -> None:
            self._listeners.pop(key, None)

        return end

    async def look(
        self,
        depth: Depth = Depth.QUICK,
        *,
        fresh: bool = False,
        early: Callable[[Overview], None] | None = None,
    ) -> Overview:
        """Survey disk and manifest without changing anything; a missing manifest is `catalog_fault`, no exception.

        Args:
            depth: of the survey.
            fresh: whether to ask the catalog, however new what is kept of it is.
            early: told what is on the disk when the catalog lets wait for itself; never called otherwise.

        Raises:
            InstallerError: when the prefix itself can't be read.
        """
        with self._outfit.lent():
            return await look(replace(self._context(_NO_REQUEST, _quiet), fresh=fresh), depth, early)

    async def quote(self, request: Request, told: Callable[[Event], None] | None = None) -> Plan:
        """Return what `start(request)` would do, changing nothing.

        Args:
            request: what would be asked.
            told: told how the look goes on, which takes its time where every file is hashed.

        Raises:
            InstallerError, FaultsError: what would stop that run before its first step.
        """
        with self._outfit.lent():
            return (await prepare(self._context(request, told or _quiet))).plan

    def room(self, work: Plan) -> int:
        """Return the bytes that must be free on the prefix's disk before a plan's first step.

        Where downloads have a folder of their own, that is taken to be on another disk; the run itself measures both.
        """
        apart = self.settings.download_dir is not None
        return room_needed(work, self._tools.policies.disk, apart=apart)

    def start(self, request: Request) -> None:
        """Begin a run; every way it ends is a RunFinished event. RuntimeError while one goes on."""
        if self._run is not None and not self._run.done():
            msg = "a run goes on"
            raise RuntimeError(msg)
        context = replace(self._context(request, self._tell), shares=True)
        self.transport.watch(self._outfit.borrow())
        # Two tasks: a cancel, however early, late or often, ends the work and never the telling of how it ended.
        loop = asyncio.get_running_loop()
        self._work = loop.create_task(reconcile(context))
        self._run = loop.create_task(self._end(context, self._work))
        run_id, prefix = context.journal.run_id, str(context.prefix.root)
        context.tell(RunStarted(run_id=run_id, request=request, at=time.time(), prefix=prefix))

    def cancel(self) -> None:
        """Stop the run; it reports `cancelled` within a second. Nothing happens when none goes on.

        One that puts things into force already, or removes all of it, ends by itself and reports what is true.
        """
        if self._work is not None:
            self._work.cancel()

    async def finished(self) -> RunFinished:
        """Wait for the end of the run that was started last. RuntimeError when there was none."""
        if self._run is None:
            msg = "no run was started"
            raise RuntimeError(msg)
        return await asyncio.shield(self._run)

    async def free_space(self) -> int:
        """Remove staged downloads and what no generation names; returns the bytes that it gained.

        Raises:
            InstallerError: `already-running`, disk codes.
        """
        return await self._workers.run(Stop(), tidy, self._tools, self._prefix)

    async def cache_stats(self) -> CacheStats:
        """Tell what is kept of manifests."""
        return await self._workers.run(Stop(), self._tools.cache.stats)

    @property
    def log_folder(self) -> Path:
        """The folder of the logs."""
        return self._tools.logbook.folder

    async def log(self, least: LogLevel = LogLevel.DEBUG) -> tuple[LogLine, ...]:
        """Return the latest lines of all logs that matter at least so much, oldest first."""
        return await self._workers.run(Stop(), self._tools.logbook.read, least)

    async def clean_cache(self, *, everything: bool) -> int:
        """Remove the kept manifests that have expired, or all; returns how many that were.

        Raises:
            InstallerError: disk codes.
        """
        cache = self._tools.cache
        return await self._workers.run(Stop(), cache.clear if everything else cache.cleanup)

    async def launch(self, *, browser: bool = True) -> Ready:
        """Start the server that is installed, or find it running, wait until it answers, and open the browser.

        `launcher` tells its listeners of each state. To cancel it, cancel the task that waits here.

        Raises:
            InstallerError: `not-installed`, `no-server`, `manifest-invalid`, `server-crashed`, `server-not-ready`,
                `already-running`, disk codes.
        """
        return await self.launcher.launch(self._prefix, browser=browser)

    async def stop_server(self) -> bool:
        """Stop the server with all its children; tells whether one ran.

        Raises:
            InstallerError: `already-running`, disk codes.
        """
        return await self.launcher.stop(self._prefix)

    async def server(self) -> LaunchState:
        """Tell what the server is just now, whichever program started it.

        Raises:
            InstallerError: disk codes.
        """
        return await self.launcher.look(self._prefix)

    async def record(self) -> PrefixRecord:
        """Return what the prefix says of itself; asks no catalog.

        Raises:
            InstallerError: `prefix-damaged`, `prefix-too-new`, disk codes.
        """
        return await self._workers.run(Stop(), self._prefix.read)

    def reset_breakers(self) -> None:
        """Ask servers again at once that were left alone after too many failures."""
        self.transport.reset()

    async def close(self) -> None:
        """Cancel what goes on, wait for its end, let threads and connections go."""
        self.cancel()
        if self._run is not None:
            await asyncio.wait({self._run})  # whoever listens has been told, or has failed at it
        await self.launcher.close()
        self._workers.close()
        self._outfit.close()

    def _context(self, request: Request, emit: Callable[[Event], None]) -> Context:
        journal = Journal(self._prefix, self._workers, uuid.uuid4().hex)
        order = MirrorOrder(self._tools.policies.mirrors)
        return Context(self._tools, self._workers, self._prefix, request, emit, Stop(), journal, order)

    def _tell(self, event: Event) -> None:
        self.state = fold(self.state, event)
        for listener in tuple(self._listeners.values()):
            listener(event, self.state)

    async def _end(self, context: Context, work: asyncio.Task[RunFinished]) -> RunFinished:
        """Wait for the work's end, whatever that is, and tell of it last."""
        try:
            ended = await work
        except asyncio.CancelledError:
            ended = RunFinished(outcome=Outcome.CANCELLED)
        except FaultsError as error:
            ended = RunFinished(outcome=Outcome.FAILED, faults=error.faults)
        except InstallerError as error:
            ended = RunFinished(outcome=Outcome.FAILED, faults=(error.fault,))
        except Exception as error:  # noqa: BLE001 -- the engine's entry: a bug becomes a fault that says so
            ended = RunFinished(outcome=Outcome.FAILED, faults=(unforeseen(error),))
        if ended.outcome in {Outcome.CANCELLED, Outcome.FAILED} and ended.severity is None:
            ended = ended.but(severity=await left_behind(context, self.state))
        if any(fault.code in STALE for fault in ended.faults) and self._tools.catalog is not None:
            await self._workers.run(Stop(), self._tools.catalog.forget)
        context.journal.note(ended)
        await context.journal.flush()
        self._outfit.give_back(context.tools)
        self._tell(ended)
        return ended


def _quiet(_told: object) -> None:
    """Tell nobody."""
