"""Room is measured on each disk that is used: where modules are unpacked, and where downloads lie."""

import pytest
from simulators.engine_world import POLICIES, Sample, World

from vsrt_gui.engine.planner import download_room_needed, room_needed
from vsrt_gui.model.events import DiskWarning, Outcome
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.plan import Drift, FileRanges, ModulePlan, Plan, WholeArchive
from vsrt_gui.model.policies import DiskPolicy
from vsrt_gui.model.request import Verb
from vsrt_gui.model.survey import Volume

NODE = Sample("node")
POLICY = DiskPolicy(minimum=0, reserve=10)
PLENTY = 10**12


def work(fetch: WholeArchive | FileRanges | None, drift: Drift = Drift.MISSING) -> Plan:
    one = ModulePlan(target=NODE.target, drift=drift, fetch=fetch, files=1, unpack_bytes=400)
    return Plan(work=(one,))


@pytest.mark.parametrize(
    ("fetch", "together", "home", "downloads"),
    [
        (WholeArchive(size=100), 510, 410, 110),
        (WholeArchive(size=100, staged=40), 470, 410, 70),
        (WholeArchive(size=100, staged=100), 410, 410, 0),
        (FileRanges(to_fetch=30), 440, 410, 0),
        (FileRanges(to_fetch=30, staging=20), 440, 410, 30),
        (FileRanges(to_fetch=30, staging=20, staged=50), 440, 410, 30),
        (None, 410, 410, 0),
    ],
)
def test_what_each_disk_needs(
    fetch: WholeArchive | FileRanges | None, together: int, home: int, downloads: int
) -> None:
    planned = work(fetch)
    assert room_needed(planned, POLICY) == together
    assert room_needed(planned, POLICY, apart=True) == home
    assert download_room_needed(planned, POLICY) == downloads


class TestTwoDisks:
    def world(self, home: int, downloads: int, key: str = "other") -> World:
        world = World(NODE, policies=POLICIES.but(disk=DiskPolicy(minimum=0, reserve=0, recommended=0)))
        world.prefix.disk = Volume(key="home", path="/home", free=home, total=PLENTY)
        world.prefix.download_disk = Volume(key=key, path="/big", free=downloads, total=PLENTY)
        return world

    @pytest.mark.parametrize(("home", "downloads", "path"), [(PLENTY, 1, "/big"), (1, PLENTY, "/home")])
    def test_either_may_be_too_full(self, home: int, downloads: int, path: str) -> None:
        world = self.world(home, downloads)
        (fault,) = world.run(Verb.INSTALL).faults
        assert fault.code is FaultCode.DISK_SPACE_LOW
        assert fault.facts["path"] == path
        assert world.installed == {}

    def test_either_may_be_nearly_full(self) -> None:
        world = self.world(PLENTY, PLENTY // 10)
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert [warning.path for warning in world.told(DiskWarning)] == ["/big"]

    def test_one_disk_is_measured_once(self) -> None:
        world = self.world(PLENTY // 10, PLENTY // 10, key="home")
        assert world.run(Verb.INSTALL).outcome is Outcome.COMPLETED
        assert [warning.path for warning in world.told(DiskWarning)] == ["/home"]
