"""Whatever is done in whatever order, with kills and power losses in between: a working runtime goes on working.

What must be in force is said by a plain model: a mapping of modules to versions.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aloud import say
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from simulators.crash_disk import NOTHING_LOST, Extent, Loss, crashed
from simulators.disk_image import Disk, Log, pick_up
from simulators.disk_views import files_of
from simulators.power_loss import House
from simulators.recording import FOLDERS, Recorder
from simulators.sound import recorded, unharmed, whole
from simulators.sweep_points import told
from simulators.sweep_world import NEW, OLD, done

from vsrt_gui.adapters.prefix.layout import TEMPORARY_NAME
from vsrt_gui.model.events import Outcome
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.request import Request, Verb
from vsrt_gui.model.survey import PrefixRecord

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform != "linux", reason="open files are named by /proc"),
]

FULL = bool(os.environ.get("VSRT_FULL_SWEEP"))
EXAMPLES, STEPS = (400, 30) if FULL else (45, 12)
FEWEST = 60
"""Crashes that the sample must have brought about."""
MEMORY = Path("/dev/shm")
WHERE = 1000

Modules = Mapping[str, str]
"""Which modules are in force, in which version; empty where nothing is."""
Goal = Modules | FaultCode

REQUESTS = (
    Request(verb=Verb.INSTALL, modules=frozenset({"tool"})),
    Request(verb=Verb.CHANGE, modules=frozenset({"words"})),
    Request(verb=Verb.UPDATE),
    Request(verb=Verb.REPAIR),
    Request(verb=Verb.ROLLBACK),
    Request(verb=Verb.UNINSTALL),
    Request(verb=Verb.UNINSTALL, keep_downloads=True),
)


def goal(record: PrefixRecord, request: Request, offered: str) -> Goal:
    """Say what a request must bring about."""
    newest = {"words": OLD, "tool": offered}
    here = _modules(record)
    match request.verb:
        case Verb.INSTALL:
            return newest | here
        case Verb.CHANGE:
            return {"words": OLD}
        case Verb.UNINSTALL:
            return {} if record.exists else FaultCode.NOT_INSTALLED
        case Verb.REPAIR if record.current is None and record.generations:
            return _versions(
                record.generations[-1].modules
            )  # `current` is gone: what was written down last counts
        case _ if record.current is None:
            return FaultCode.NOT_INSTALLED
        case Verb.REPAIR:
            return here
        case Verb.UPDATE:
            wanted = record.wanted.modules if record.wanted else frozenset()
            return newest if "tool" in wanted | here.keys() else {"words": OLD}
    earlier = [each for each in record.generations if each.number < record.current.number]
    return _versions(earlier[-1].modules) if earlier else FaultCode.NO_EARLIER_GENERATION


def _modules(record: PrefixRecord) -> Modules:
    return _versions(record.current.modules) if record.current else {}


def _versions(modules: Any) -> dict[str, str]:
    return {target.id: target.module.version for target in modules}


class Life(RuleBasedStateMachine):
    """The life of one computer with a runtime.

    Attributes:
        house: its folders; set for all examples.
        right: what each file of the store must hold, by its path; likewise.
        crashes: how many there were in all examples.
    """

    house: House
    right: Mapping[str, object]
    crashes = 0

    def __init__(self) -> None:
        super().__init__()
        self.recorder = Recorder(self.house.folder, self.start())
        self.volume = self.drive = False
        self.offered = OLD
        self.harmed = False
        self.lay(self.recorder.now)

    def start(self) -> Disk:
        """Return a computer without a runtime."""
        return pick_up(self.house.folder / "ready", FOLDERS)

    def lay(self, disk: Disk) -> None:
        """Make a disk real."""
        self.house.lay(disk)

    @initialize(system=st.sampled_from(["volume", "files", "drive"]))
    def choose(self, system: str) -> None:
        """Choose how this system flushes."""
        self.volume, self.drive = system == "volume", system == "drive"

    @rule(version=st.sampled_from([OLD, NEW]))
    def offer(self, version: str) -> None:
        """Another version is published."""
        self.offered = version

    @rule(seed=st.integers(0, 99))
    def damage(self, seed: int) -> None:
        """Something spoils files that are in force, for good."""
        random = Random(seed)
        for target in record.current.modules if (record := recorded(self.house)).current else ():
            files = [
                path for path in (self.house.prefix / "store" / target.folder).rglob("*") if not path.is_dir()
            ]
            for path in random.sample(sorted(files), min(len(files), 2)):
                path.unlink()
                if random.random() < 0.5:
                    path.write_bytes(b"spoilt")
            self.harmed = True
        self.settle(pick_up(self.house.folder, FOLDERS))

    @rule(request=st.sampled_from(REQUESTS))
    def complete(self, request: Request) -> None:
        """Do something to its end."""
        record = recorded(self.house)
        if self.is_open(record, request):
            return
        wanted = goal(record, request, self.offered)
        ended = told(self.run(request))
        if isinstance(wanted, FaultCode):
            assert [code for code, _ in ended["faults"]] == [wanted], ended
            return
        assert ended == {"outcome": Outcome.COMPLETED, "severity": None, "faults": []}, ended
        self.is_as(wanted, kept=request.keep_downloads)

    @rule(
        request=st.sampled_from(REQUESTS),
        where=st.integers(0, WHERE),
        names=st.sampled_from(Extent),
        content=st.sampled_from(Extent),
        ordered=st.booleans(),
        seed=st.integers(0, 1 << 16),
    )
    def lose_power(
        self, request: Request, where: int, names: Extent, content: Extent, seed: int, *, ordered: bool
    ) -> None:
        """Begin something, and lose the power in it, or right after it."""
        self.cut_off(request, where, Loss(ordered, names, content, seed, self.drive))

    @rule(request=st.sampled_from(REQUESTS), where=st.integers(0, WHERE))
    def kill(self, request: Request, where: int) -> None:
        """Begin something, and be killed in it; what was not flushed is there, and may still be lost."""
        self.cut_off(request, where, None)

    def cut_off(self, request: Request, where: int, loss: Loss | None) -> None:
        """Run, and bring about what is left of it after a part of its effects."""
        type(self).crashes += 1
        record, said, before = recorded(self.house), self.house.says(), self.recorder.now.copy()
        if self.is_open(record, request):
            return
        wanted = goal(record, request, self.offered)
        first = len(self.recorder.log.effects)
        self.run(request)
        log = self.recorder.log
        at = first + (len(log.effects) - first) * where // WHERE
        ended = at == len(log.effects)
        disk = crashed(log, at, loss or NOTHING_LOST)
        self.lay(disk)
        if loss:
            self.settle(disk)
        else:
            del log.effects[at:]
            self.recorder.restart(log, disk)
        old = _modules(record)
        new = old if isinstance(wanted, FaultCode) else wanted
        self.intact([new] if ended else [old, new])
        if said == old.get("tool") and new == old:
            assert self.house.says() == said
        self.no_worse(before, disk)

    def is_open(self, record: PrefixRecord, request: Request) -> bool:
        """Tell whether it depends on what is spoilt which set a repair brings back."""
        return request.verb is Verb.REPAIR and record.current is None and self.harmed

    def intact(self, allowed: list[Modules]) -> None:
        """What is in force is something that may be, and it is whole."""
        house, now = self.house, recorded(self.house)
        here = _modules(now)
        assert here in allowed, here
        unharmed(house)
        if not self.harmed:
            assert house.says() == here.get("tool")
            whole(house, now.generations if here else ())

    def no_worse(self, before: Disk, after: Disk) -> None:
        """No file in force was spoilt: each is as it was, or right."""
        record = recorded(self.house)
        named = record.generations if record.current else ()
        folders = {target.folder for each in named for target in each.modules}
        was, now = files_of(before), files_of(after)
        for path in was.keys() | now.keys():
            folder, _, inside = path.partition("/")
            if folder in folders and inside and not TEMPORARY_NAME.fullmatch(inside):
                assert now.get(path) in {was.get(path), self.right.get(path)}, f"{path} was spoilt"

    def is_as(self, wanted: Modules, *, kept: bool) -> None:
        """All is as it must be, and nothing is left over."""
        house, record = self.house, recorded(self.house)
        self.harmed = self.harmed and len(record.generations) > 1
        assert _modules(record) == wanted
        assert house.says() == wanted.get("tool")
        unharmed(house)
        if record.current:
            whole(house, [record.current])
            verified = told(house.run(Request(verb=Verb.VERIFY)))
            assert (verified["severity"], verified["faults"]) == (None, [])
        else:
            assert kept or not house.prefix.exists()
        stray = [path for path in (house.folder / "home").rglob("*") if TEMPORARY_NAME.fullmatch(path.name)]
        assert not stray

    def run(self, request: Request) -> Any:
        """Do something with the real engine, and write down what it does to the disk."""
        with self.recorder.recording(volume=self.volume):
            return self.house.run(request, self.offered)

    def settle(self, disk: Disk) -> None:
        """Let all that is there be durable."""
        self.recorder.restart(Log(disk), disk.copy())


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is such: the crash is a model, and nothing need be flushed in earnest."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else tmp_path) as made:
        yield Path(made)


@pytest.fixture
def life(folder: Path, monkeypatch: pytest.MonkeyPatch) -> type[Life]:
    """A computer with nothing on it but the user's own files, and two versions on offer."""
    house = House(folder, Verb.INSTALL)
    for name in ("CACHE", "CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(house.personal / name.lower()))
    house.make()
    right: dict[str, object] = {}
    for version in (OLD, NEW):
        done(house.run(Request(verb=Verb.INSTALL), version))
        right |= files_of(pick_up(folder, FOLDERS))
        house.lay(pick_up(folder / "ready", FOLDERS))

    class ThisLife(Life):
        pass

    ThisLife.house, ThisLife.right = house, right
    return ThisLife


def test_a_life_full_of_power_losses(life: type[Life], pytestconfig: pytest.Config) -> None:
    # A life that goes wrong is not shortened: a dozen steps can be read as they are, and that takes minutes.
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    say(pytestconfig, f"{life.crashes} crashes in {EXAMPLES} lives")
    assert life.crashes >= FEWEST
