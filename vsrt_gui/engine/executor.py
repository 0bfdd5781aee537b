"""Works off a plan: all modules side by side, each after what it needs; one that fails stops only its own lane."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from threading import Lock

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.lane import Lane, MisfitError
from vsrt_gui.engine.meter import Gauge, Meter
from vsrt_gui.engine.planner import Looked, module_plan
from vsrt_gui.engine.proof import AT_ONCE, Prover
from vsrt_gui.engine.survey import look_again
from vsrt_gui.model.events import ModuleFailed, ModuleFinished, Step
from vsrt_gui.model.faults import Fault, FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex
from vsrt_gui.model.manifest import Target
from vsrt_gui.model.plan import ModulePlan, Plan


class Executor:
    """Executes one plan. Restartable: what one call wrote, the next survey finds.

    Attributes:
        indexes: module id to file index of every module that is whole.
        faults: module id to why it failed.
    """

    def __init__(
        self,
        context: Context,
        plan: Plan,
        looked: tuple[Looked, ...],
        unproved: tuple[Target, ...] = (),
    ) -> None:
        """Make ready.

        Args:
            context: of the run.
            plan: what to do.
            looked: what the survey found, for every module of the plan.
            unproved: modules that need no work, but have not shown yet that they live.
        """
        self._context = context
        self._plan = plan
        self._looked: Mapping[str, Looked] = {one.target.id: one for one in looked}
        self._meter = Meter(context.tell)
        self._archives: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._patching = Lock()
        self._steps: dict[str, Step] = {}
        self._unproved = unproved
        targets = (*(work.target for work in plan.work), *unproved)
        self._ended = {target.id: asyncio.Event() for target in targets}
        together = tuple(one.target for one in looked)
        self._prover = Prover(context, self._meter, together, asyncio.Semaphore(AT_ONCE))
        self._lost = {fault.module for fault in plan.faults}
        keep = {target.id for target in plan.keep}
        self.indexes: dict[str, FileIndex] = {
            one.target.id: one.index for one in looked if one.index and one.target.id in keep
        }
        self.faults: dict[str, Fault] = {}

    async def run(self) -> None:
        """Work off the plan; faults are kept, only cancellation and bugs come out."""
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(self._meter.poll()),
                group.create_task(self._context.journal.keep_flushing()),
            ]
            async with asyncio.TaskGroup() as lanes:
                for work in self._plan.work:
                    lanes.create_task(self._run(work))
                for target in self._unproved:
                    lanes.create_task(self._prove_kept(target))
            for task in background:
                task.cancel()

    async def _run(self, work: ModulePlan) -> None:
        target = work.target
        try:
            index = await self._brought(work)
            self._steps[target.id] = Step.PROVE
            if not work.live or await self._sound(target):
                await self._prover.prove(target)
        except InstallerError as error:
            self._lose(target, error, self._steps[target.id])
        else:
            if index is not None:
                self.indexes[target.id] = index
            self._context.tell(ModuleFinished(module=target.id))
        finally:
            self._ended[target.id].set()

    async def _brought(self, work: ModulePlan) -> FileIndex | None:
        """Make a module whole; where what comes does not fit the kept file index, do without that one. Restartable."""
        looked = self._looked[work.target.id]
        try:
            return await self._made(work, looked)
        except MisfitError:
            again = await look_again(self._context, looked)
            anew = module_plan(again, work.drift, live=work.live)
            return await self._made(anew, again)

    async def _made(self, work: ModulePlan, looked: Looked) -> FileIndex | None:
        """Fetch and write what a module lacks. Restartable."""
        lane = self._lane(work, looked)
        self._steps[work.target.id] = Step.DOWNLOAD
        staged = await lane.fetch()
        if not work.live:  # mending what is in force helps, whatever becomes of the others
            await self._needed(work.target)
        self._steps[work.target.id] = Step.UNPACK
        return await lane.unpack(staged=staged)

    async def _prove_kept(self, target: Target) -> None:
        try:
            await self._needed(target)
            await self._prover.prove(target)
        except InstallerError as error:
            self._lose(target, error, Step.PROVE)
        finally:
            self._ended[target.id].set()

    def _lose(self, target: Target, error: InstallerError, step: Step) -> None:
        fault = self._replaced(target, error).at(target.id, step)
        self.faults[target.id] = fault
        self._context.tell(ModuleFailed(module=target.id, fault=fault))

    def _replaced(self, target: Target, error: InstallerError) -> InstallerError:
        """Say what can be done where the installed version is gone from the servers and a newer one is there."""
        newer = self._context.newer.get(target.id)
        if newer is None:
            return error
        match error.fault:
            case Fault(code=FaultCode.SOURCE_GONE, facts=facts):
                return InstallerError(FaultCode.SOURCE_REPLACED, **facts, version=newer)
            case Fault(code=FaultCode.FILE_MISSING as code, facts=facts):  # the same in a folder
                return InstallerError(
                    FaultCode.SOURCE_REPLACED, url=facts["path"], status=str(code), version=newer
                )
            case _:
                return error

    def _lane(self, work: ModulePlan, looked: Looked) -> Lane:
        whole = self._archives[work.target.artifact.sha256]
        wrong, written = dict(looked.survey.wrong), Gauge(0, work.unpack_bytes)
        return Lane(self._context, self._meter, work, looked, wrong, written, whole, self._patching)

    async def _needed(self, target: Target) -> None:
        """Wait for what the module depends on; raises `dependency-failed` when that failed."""
        for dependency in target.module.dependencies:
            if dependency in self._ended:
                await self._ended[dependency].wait()
            if dependency in self.faults or dependency in self._lost:
                raise InstallerError(FaultCode.DEPENDENCY_FAILED, module=target.id, dependency=dependency)

    async def _sound(self, target: Target) -> bool:
        """Wait for what a module in force depends on, and tell whether it is right: else nothing can be shown."""
        needs = target.module.dependencies
        for dependency in needs:
            if dependency in self._ended:
                await self._ended[dependency].wait()
        return not (self.faults.keys() | self._lost) & set(needs)
