"""Downloads in a folder outside the prefix: each runtime has its own there, and nobody else's things are touched."""

import json
import shutil
from pathlib import Path

import pytest
from simulators.prefix_samples import sample

from vsrt_gui.adapters.prefix import DiskPrefix
from vsrt_gui.engine.ports import Keep
from vsrt_gui.model.faults import FaultCode, InstallerError

TARGET = sample("node").target


def opened(folder: Path, downloads: Path | None) -> DiskPrefix:
    return DiskPrefix(folder, folder.parent / "state", downloads=downloads)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "state")


def stage(prefix: DiskPrefix) -> Path:
    prefix.claim()
    part = prefix.part(TARGET.artifact)
    part.begin(None)
    part.append([b"some bytes"], lambda _count: None)
    return part.path


def test_two_runtimes_share_the_folder_and_nothing_in_it(tmp_path: Path) -> None:
    big = tmp_path / "not" / "there yet"
    one, two = opened(tmp_path / "one", big), opened(tmp_path / "two", big)
    first, second = stage(one), stage(two)
    assert first.name == second.name
    assert first.parent.parent == second.parent.parent == big
    assert two.collect(Keep(generations=0)) > 0
    assert first.exists()
    assert not second.exists()


def test_the_prefix_has_no_folder_for_them(tmp_path: Path) -> None:
    prefix = opened(tmp_path / "one", tmp_path / "big")
    stage(prefix)
    assert not (prefix.root / "downloads").exists()
    assert prefix.read().staged == {TARGET.artifact.sha256: 10}


def test_removing_leaves_what_is_not_ours(tmp_path: Path) -> None:
    big = tmp_path / "big"
    prefix = opened(tmp_path / "one", big)
    path = stage(prefix)
    (big / "holiday.jpg").write_bytes(b"mine")
    (path.parent / "note.txt").write_bytes(b"mine too")
    prefix.remove()
    assert not path.exists()
    assert (path.parent / "note.txt").exists()
    assert (big / "holiday.jpg").exists()
    assert not prefix.root.exists()


def test_what_another_setting_left_in_the_prefix_goes_with_it(tmp_path: Path) -> None:
    before = stage(opened(tmp_path / "one", None))
    prefix = opened(tmp_path / "one", tmp_path / "big")
    stage(prefix)
    prefix.remove()
    assert not before.exists()
    assert not prefix.root.exists()
    assert not (tmp_path / "big").exists()


def test_a_folder_that_was_there_stays_and_those_that_were_made_go(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("there", "new", "new/and/deep", "there/deep"):
        prefix = opened(tmp_path / "one", tmp_path / name)
        stage(prefix)
        prefix.remove()
        assert not prefix.root.exists()
        assert left(tmp_path) == ["there"]
        assert list((tmp_path / "there").iterdir()) == []


@pytest.mark.parametrize("after", ["nothing", "another", "moved"])
def test_it_is_found_again_whatever_is_set_later(tmp_path: Path, after: str) -> None:
    stage(opened(tmp_path / "one", tmp_path / "big" / "deep"))
    if after == "moved":
        (tmp_path / "one").rename(tmp_path / "two")
        later = opened(tmp_path / "two", None)
    else:
        later = opened(tmp_path / "one", tmp_path / "other" if after == "another" else None)
        later.claim()
    later.remove()
    assert left(tmp_path) == []


def test_what_was_staged_before_a_move_is_gone_on_with(tmp_path: Path) -> None:
    stage(opened(tmp_path / "one", tmp_path / "big"))
    (tmp_path / "one").rename(tmp_path / "two")
    assert opened(tmp_path / "two", tmp_path / "big").read().staged == {TARGET.artifact.sha256: 10}


def test_a_stick_that_is_gone_is_no_folder_for_ever(tmp_path: Path) -> None:
    """Its path is made again by a run that has no other; what was made for that goes with the rest."""
    (tmp_path / "stick" / "downloads").mkdir(parents=True)
    prefix = opened(tmp_path / "one", tmp_path / "stick" / "downloads")
    stage(prefix)
    shutil.rmtree(tmp_path / "stick")
    prefix.claim()
    assert (tmp_path / "stick" / "downloads").is_dir()
    prefix.remove()
    assert left(tmp_path) == []


@pytest.mark.parametrize("inside", ["cache", "store", "downloads", "bin/deep", ""])
def test_a_folder_in_the_prefix_goes_with_it(tmp_path: Path, inside: str) -> None:
    prefix = opened(tmp_path / "one", tmp_path / "one" / inside)
    stage(prefix)
    prefix.remove()
    assert left(tmp_path) == []


@pytest.mark.parametrize("listed", ["x", [1], [{"path": "relative", "made": 1}], [{"path": 1}], [{}]])
def test_a_note_of_it_that_makes_no_sense_says_nothing(tmp_path: Path, listed: object) -> None:
    prefix = opened(tmp_path / "one", None)
    prefix.claim()
    mark = tmp_path / "one" / ".vsrt.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"downloads": listed}))
    prefix.remove()
    assert left(tmp_path) == []


@pytest.mark.parametrize("in_the_way", ["big", "big/nearer"])
def test_a_place_that_can_not_be_a_folder(tmp_path: Path, in_the_way: str) -> None:
    (tmp_path / "big").write_bytes(b"a file")
    with pytest.raises(InstallerError) as stopped:
        opened(tmp_path / "one", tmp_path / in_the_way).claim()
    assert stopped.value.fault.code is FaultCode.DISK_ERROR
    assert str(tmp_path / "big") in str(stopped.value.fault.facts["path"])


def test_both_disks_are_measured(tmp_path: Path) -> None:
    prefix = opened(tmp_path / "one", tmp_path / "big")
    assert prefix.download_volume().key == prefix.volume().key
    assert prefix.download_volume().path.startswith(str(tmp_path / "big"))
    shared = Path("/dev/shm")
    if shared.is_dir() and shared.stat().st_dev != tmp_path.stat().st_dev:
        assert opened(tmp_path / "one", shared).download_volume().key != prefix.volume().key
