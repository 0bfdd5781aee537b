"""Lets a module show that it lives, before anything relies on it: the commands that its manifest names are run."""

import asyncio
import re
import shlex
from dataclasses import dataclass

from vsrt_gui.engine.context import Context
from vsrt_gui.engine.meter import Gauge, Meter
from vsrt_gui.model.events import Step
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.launching import Place, arguments
from vsrt_gui.model.manifest import Proof, Target
from vsrt_gui.model.survey import Generation

AT_ONCE = 2
"""How many modules prove themselves at once: each starts a whole program, beside downloads that go on."""
_LONGEST_REASON = 300


def unproved(kept: tuple[Target, ...], current: Generation | None) -> tuple[Target, ...]:
    """Return the modules that are whole on the disk but not in force, or are to be started in another way now.

    Args:
        kept: modules of the new set that need no work.
        current: the generation in force, whose modules have proved themselves.
    """
    here = {target.id: target.effect for target in current.modules} if current else {}
    return tuple(target for target in kept if here.get(target.id) != target.effect)


@dataclass(frozen=True)
class Prover:
    """Runs the proofs of one run.

    Attributes:
        context: of the run.
        meter: told of the step.
        modules: the set that is to be, whose commands the proofs may name.
        slots: how many modules prove themselves at once.
    """

    context: Context
    meter: Meter
    modules: tuple[Target, ...]
    slots: asyncio.Semaphore

    async def prove(self, target: Target) -> None:
        """Run a module's proofs, one after the other. Restartable: they change nothing of ours.

        Raises:
            InstallerError: `proof-failed`, or `manifest-invalid` when a command leads nowhere.
        """
        if not target.launch.proof:
            return
        async with self.slots:
            self.meter.start(target.id, Step.PROVE, Gauge(0, None))
            try:
                for proof in target.launch.proof:
                    await self.context.work(self._run, target, proof)
                self.meter.finish(target.id, Step.PROVE)
            finally:
                self.meter.drop(target.id, Step.PROVE)

    def _run(self, target: Target, proof: Proof) -> None:
        host, prefix = self.context.tools.host, self.context.prefix
        place = Place(store=str(prefix.store), data=str(host.data))
        argv = arguments(self.modules, target, proof.argv, place)
        code, output = host.prove(argv, {}, self.context.stop)
        reason = _objection(target, proof, code, output)
        if reason is not None:
            command = shlex.join(argv)
            raise InstallerError(
                FaultCode.PROOF_FAILED, module=target.id, command=command, reason=reason[:_LONGEST_REASON]
            )


def _objection(target: Target, proof: Proof, code: int, output: str) -> str | None:
    """Tell what is wrong with a proof's answer; None when nothing is.

    Raises:
        InstallerError: `manifest-invalid` when what is expected is no pattern.
    """
    said = " ".join(output.split())
    if code != 0:
        return f"it ended with {code}: {said}" if said else f"it ended with {code}"
    try:
        # A line of its own counts: a warning of the system may come first.
        fits = re.search(proof.expect, output, re.MULTILINE)
    except re.error as error:
        field, reason = "launch.proof.expect", f"is no pattern: {error}"
        raise InstallerError(
            FaultCode.MANIFEST_INVALID, source=target.id, field=field, reason=reason
        ) from error
    return None if fits else f"it said: {said}"
