"""A module must show that it lives before anything is put in force that holds it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from simulators.engine_world import Sample, World

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.session import Session
from vsrt_gui.model.events import (
    Committed,
    Event,
    ModuleFailed,
    ModuleFinished,
    Outcome,
    Severity,
    Step,
    StepFinished,
    StepStarted,
)
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.manifest import Launch, Proof
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.run import Phase, RunState

Says = Callable[[tuple[str, ...], Stop], tuple[int, str]]

NODE = Sample(
    "node",
    launch=Launch(bin={"node": "bin/node"}, proof=(Proof(argv=("{bin:node}", "--version"), expect="^v1"),)),
)
TOOL = Sample(
    "tool",
    needs=("node",),
    launch=Launch(
        proof=(Proof(argv=("{bin:node}", "{module}/tool.js")), Proof(argv=("{bin:node}", "{data}")))
    ),
)
PLAIN = Sample("plain")


def newer(sample: Sample, **changes: object) -> Sample:
    return replace(sample, version="2.0", **changes)  # type: ignore[arg-type]


def fails_for(part: str, code: int = 1, output: str = "no such luck") -> Says:
    return lambda argv, _stop: (code, output) if any(part in word for word in argv) else (0, "v1.0")


@pytest.fixture
def world() -> World:
    made = World(NODE, TOOL, PLAIN)
    made.host.says = lambda _argv, _stop: (0, "(a warning)\nv1.0\n")
    return made


def test_each_changed_module_proves_itself_after_what_it_needs_and_before_the_commit(world: World) -> None:
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    store = str(world.prefix.store)
    node = f"{store}/{NODE.target.folder}/bin/node"
    assert world.host.proved == [
        (node, "--version"),
        (node, f"{store}/{TOOL.target.folder}/tool.js"),
        (node, str(world.host.data)),
    ]
    steps = [event.module for event in world.told(StepStarted) if event.step is Step.PROVE]
    assert steps == ["node", "tool"]
    assert [event.module for event in world.told(StepFinished) if event.step is Step.PROVE] == steps
    committed = next(n for n, event in enumerate(world.events) if isinstance(event, Committed))
    last = max(n for n, event in enumerate(world.events) if isinstance(event, ModuleFinished))
    assert last < committed


def test_nothing_is_proved_that_did_not_change(world: World) -> None:
    world.run(Verb.INSTALL)
    world.host.proved.clear()
    world.run(Verb.INSTALL)
    world.run(Verb.REPAIR)
    world.publish(NODE, TOOL, newer(PLAIN), version="2")
    world.run(Verb.UPDATE)
    world.run(Verb.ROLLBACK)
    world.run(Verb.UNINSTALL, "plain")
    assert world.host.proved == []


def test_a_repaired_module_proves_itself(world: World) -> None:
    world.run(Verb.INSTALL)
    world.host.proved.clear()
    path = next(iter(world.prefix.folders[TOOL.target.folder]))
    world.spoil(TOOL, path)
    assert world.run(Verb.REPAIR).outcome is Outcome.COMPLETED
    assert [argv[1].rpartition("/")[2] for argv in world.host.proved] == ["tool.js", "data"]


def test_a_module_that_fails_keeps_its_old_version_and_so_does_what_needs_it(world: World) -> None:
    world.run(Verb.INSTALL)
    optional = newer(NODE, optional=True), newer(TOOL, optional=True), newer(PLAIN)
    world.publish(*optional, version="2")
    world.host.says = fails_for(optional[0].target.folder)
    end = world.run(Verb.UPDATE)
    assert end.outcome is Outcome.PARTIAL
    assert world.installed == {"node": "1.0", "tool": "1.0", "plain": "2.0"}
    first, second = end.faults
    assert (first.code, first.module, first.step) == (FaultCode.PROOF_FAILED, "node", "prove")
    assert first.facts["command"].endswith("/bin/node --version")  # type: ignore[union-attr]
    assert first.facts["reason"] == "it ended with 1: no such luck"
    assert (second.code, second.module) == (FaultCode.DEPENDENCY_FAILED, "tool")
    assert [event.module for event in world.told(ModuleFailed)] == ["node", "tool"]


def test_a_critical_module_that_fails_leaves_all_as_it_was(world: World) -> None:
    world.run(Verb.INSTALL)
    world.publish(newer(NODE), newer(TOOL), newer(PLAIN), version="2")
    world.host.says = fails_for("--version", 0, "v2.0")
    end = world.run(Verb.UPDATE)
    assert (end.outcome, end.severity) == (Outcome.FAILED, Severity.P4)
    assert set(world.installed.values()) == {"1.0"}
    assert end.faults[0].facts["reason"] == "it said: v2.0"


def test_what_was_written_but_never_proved_is_proved_by_the_next_run(world: World) -> None:
    world.host.says = fails_for("tool.js")
    assert world.run(Verb.INSTALL).outcome is Outcome.PARTIAL
    assert world.installed == {"node": "1.0", "plain": "1.0"}
    world.host.proved.clear()
    assert (
        world.run(Verb.INSTALL).outcome is Outcome.FAILED
    )  # every file is right, and it still does not live
    assert world.installed == {"node": "1.0", "plain": "1.0"}
    assert [argv[1].rpartition("/")[2] for argv in world.host.proved] == ["tool.js"]
    world.host.says = lambda _argv, _stop: (0, "v1")
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
    assert world.installed == {"node": "1.0", "tool": "1.0", "plain": "1.0"}


def test_what_never_was_proved_waits_for_what_it_needs(world: World) -> None:
    world.host.says = fails_for("")
    assert world.run(Verb.INSTALL).outcome is Outcome.PARTIAL
    world.host.proved.clear()
    end = world.run(Verb.INSTALL)
    assert [fault.code for fault in end.faults] == [FaultCode.PROOF_FAILED, FaultCode.DEPENDENCY_FAILED]
    assert len(world.host.proved) == 1


def test_a_damaged_module_that_is_mended_and_still_fails_stays_and_counts_as_damaged(world: World) -> None:
    world.run(Verb.INSTALL)
    for sample in (NODE, TOOL):
        path = next(iter(world.prefix.folders[sample.target.folder]))
        world.spoil(sample, path)
    world.host.proved.clear()
    world.host.says = fails_for("--version")
    end = world.run(Verb.REPAIR)
    assert [fault.code for fault in end.faults] == [FaultCode.PROOF_FAILED]
    assert end.severity is Severity.P2
    assert set(world.installed) == {"node", "tool", "plain"}
    assert len(world.host.proved) == 1  # nothing can be shown by what runs on it
    world.host.says = lambda _argv, _stop: (0, "v1")
    assert world.run(Verb.VERIFY).severity is None  # the tool's files were mended all the same


@pytest.mark.parametrize(
    "proof", [Proof(argv=("{bin:deno}",)), Proof(argv=("{bin:node}", "--version"), expect="(")]
)
def test_a_proof_that_makes_no_sense_is_the_publishers_mistake(world: World, proof: Proof) -> None:
    world.publish(replace(NODE, launch=Launch(bin={"node": "bin/node"}, proof=(proof,))))
    assert [fault.code for fault in world.run(Verb.INSTALL).faults] == [FaultCode.MANIFEST_INVALID]


def test_a_cancel_ends_the_command(world: World) -> None:
    def hang(_argv: tuple[str, ...], stop: Stop) -> tuple[int, str]:
        stop.wait(60)
        return 0, "v1"

    world.host.says = hang

    async def work(session: Session) -> Outcome:
        def listen(event: Event, _state: RunState) -> None:
            if isinstance(event, StepStarted) and event.step is Step.PROVE:
                session.cancel()

        session.subscribe(listen)
        session.start(Request(verb=Verb.INSTALL))
        return (await session.finished()).outcome

    assert world.within(work) is Outcome.CANCELLED
    assert world.installed == {}
    world.host.says = lambda _argv, _stop: (0, "v1")
    assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED


def test_the_state_shows_who_is_being_tried(world: World) -> None:
    seen: list[Phase] = []

    async def work(session: Session) -> None:
        def listen(event: Event, state: RunState) -> None:
            if isinstance(event, StepStarted) and event.step is Step.PROVE:
                seen.extend(row.phase for row in state.modules if row.module == event.module)

        session.subscribe(listen)
        session.start(Request(verb=Verb.INSTALL))
        await session.finished()
        assert session.state.progress == 1.0

    world.within(work)
    assert seen == [Phase.PROVING, Phase.PROVING]
