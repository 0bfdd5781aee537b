"""Every format of a prefix that was ever shipped can still be read; `format_1` was written by version 0.1.0."""

import shutil
from pathlib import Path
from random import Random

import pytest
from backports import zstd
from simulators.prefix_samples import no_tick, prefix_at

from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.ports import Keep
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.request import Trigger, Wanted
from vsrt_gui.model.survey import Depth

FORMATS = sorted(Path(__file__).parent.glob("format_*"))


@pytest.fixture(params=FORMATS, ids=lambda path: path.name)
def shipped(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(request.param, tmp_path / "rt", symlinks=True))


def test_there_is_one_for_each_format() -> None:
    assert [path.name for path in FORMATS] == ["format_1"]


def test_it_says_all_that_it_said_when_it_was_written(shipped: Path) -> None:
    record = prefix_at(shipped).read()
    assert record.current is not None
    assert (record.current.number, record.current.manifest_version) == (2, "2.0.0")
    assert [found.number for found in record.generations] == [1, 2]
    assert record.wanted == Wanted(modules=frozenset({"node", "lint"}), trigger=Trigger.WELCOME_SCREEN)
    assert record.last_run is not None
    assert record.last_run.finished
    assert [fault.code for fault in record.last_run.faults] == [FaultCode.STALLED]
    assert list(record.staged.values()) == [12]


def test_its_modules_are_still_whole(shipped: Path) -> None:
    prefix = prefix_at(shipped)
    for generation in prefix.read().generations:
        for target in generation.modules:
            index = prefix.index(target)
            assert index is not None
            # Times are not kept by every way of copying a fixture, so contents are what counts.
            found = prefix.survey(target, index, Depth.DEEP, no_tick, Stop())
            assert dict(found.wrong) == {}


def test_it_can_be_rolled_back_and_removed(shipped: Path) -> None:
    prefix = prefix_at(shipped)
    prefix.switch(prefix.read().generations[0])
    current = prefix.read().current
    assert current is not None
    assert current.number == 1
    prefix.collect(Keep(generations=0))
    prefix.remove()
    assert not shipped.exists()


def test_a_newer_index_is_known_by_its_first_block_however_large_that_is(shipped: Path) -> None:
    noise = Random(1).randbytes(200_000).hex()
    path = min((shipped / "index").iterdir())
    path.write_bytes(zstd.compress(f'{{"format": 99, "files": "{noise}"}}'.encode()))
    assert path.stat().st_size > 100_000
    with pytest.raises(InstallerError) as caught:
        prefix_at(shipped).read()
    assert caught.value.fault.code is FaultCode.PREFIX_TOO_NEW
    assert caught.value.fault.facts["format"] == 99


@pytest.mark.parametrize("content", [b"", b"{}", zstd.compress(b'{"format": 99}')[:7]])
def test_an_index_that_is_torn_is_no_newer_one(shipped: Path, content: bytes) -> None:
    min((shipped / "index").iterdir()).write_bytes(content)
    assert prefix_at(shipped).read().current is not None
