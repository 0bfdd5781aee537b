"""The power may fail after any change to the disk, and the disk may keep what it likes of all that was not flushed.

A sample of all that may be left is tried; `dev.py test --full` (VSRT_FULL_SWEEP=1) tries every prefix of each log.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aloud import say
from simulators.crash_disk import NOTHING_LOST, Extent, Loss, crashed
from simulators.disk_image import (
    ROOT,
    Disk,
    File,
    Flush,
    Folder,
    Link,
    Log,
    Names,
    Piece,
    Traits,
    pick_up,
    put_down,
)
from simulators.fetching import bring, downloads
from simulators.http_server import HttpServer
from simulators.power_loss import EXTENTS, Case, House
from simulators.recording import FOLDERS, Recorder
from simulators.segmented import LIMITS
from simulators.sound import recorded

from vsrt_gui.adapters.http import HttpSource
from vsrt_gui.adapters.prefix import effects, flushing
from vsrt_gui.adapters.prefix.part import DiskPart
from vsrt_gui.adapters.prefix.replacing import NEW_FILE, Patience, replace_file, write_all
from vsrt_gui.engine import segments
from vsrt_gui.engine.archive_streams import Errand
from vsrt_gui.engine.cancel import Stop
from vsrt_gui.engine.meter import Gauge
from vsrt_gui.engine.transfer import Line
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import ArchiveFormat, Artifact
from vsrt_gui.model.request import Verb

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="open files are named by /proc")

FULL = bool(os.environ.get("VSRT_FULL_SWEEP"))
SAMPLE = 90
FEW = 42
"""A sample of the case that waits for a server."""
LOSSES = 12
"""Points of a download that the power fails at, in each of several ways."""
FEWEST = 20
"""Different disks that each sample must have brought about."""
MEMORY = Path("/dev/shm")
SEEDS = range(300)
ALL, LEAST, SOME = Extent.ALL, Extent.LEAST, Extent.SOME


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is such: the crash is a model, and nothing need be flushed in earnest."""
    with tempfile.TemporaryDirectory(dir=MEMORY if _runs_programs(MEMORY) else tmp_path) as made:
        yield Path(made)


def _runs_programs(where: Path) -> bool:
    try:
        return os.access(where, os.W_OK) and not os.statvfs(where).f_flag & os.ST_NOEXEC
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("case", Case)
def test_the_power_fails_at_any_change_to_the_disk(
    folder: Path, case: Case, pytestconfig: pytest.Config
) -> None:
    found = _tried(folder, case)
    say(
        pytestconfig,
        f"{case}: power lost at {found['points']} points of logs of {found['effects']} effects,"
        f" which left {found['disks']} different disks",
    )
    assert found["wrong"] == []
    assert found["points"] >= _sample(case)
    assert found["disks"] >= FEWEST


def _sample(case: Case) -> int:
    return FEW if case is Case.SEGMENTS else SAMPLE


def _tried(folder: Path, case: Case) -> Any:
    """Try in a process of its own, whose folders and threads nobody shares, and return what it found."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    most = str(0 if FULL else _sample(case))
    done = subprocess.run(
        [sys.executable, "-B", "-m", "simulators.power_loss", folder, case, most, "1"],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _log(*done: Names | Piece | Traits | Flush) -> Log:
    """Return a log on a disk with the folders `a` (1) and `b` (2), and the files `a/old` (3) and, nameless yet, 4."""
    things = {ROOT: Folder(), 1: Folder(), 2: Folder(), 3: File(b"old"), 4: File()}
    disk = Disk(dict(things))
    disk.names[ROOT] |= {"a": 1, "b": 2}
    disk.names[1]["old"] = 3
    return Log(disk, list(done))


def _left(log: Log, *, ordered: bool, names: Extent = SOME, content: Extent = SOME) -> list[dict[str, bytes]]:
    """Return every disk that a crash at the log's end may leave, as far as many seeds show them."""
    left = []
    for seed in SEEDS:
        disk = crashed(log, len(log.effects), Loss(ordered, names, content, seed))
        files = {path: thing.content for path, thing in disk.shown() if isinstance(thing, File)}
        if files not in left:
            left.append(files)
    return left


NEW = Names(((1, "new", 4),))
WRITTEN = Piece(4, 0, b"content")


@pytest.mark.parametrize("ordered", [True, False])
def test_a_new_file_that_was_not_flushed_may_be_torn_empty_or_away(*, ordered: bool) -> None:
    left = _left(_log(NEW, WRITTEN), ordered=ordered)
    assert {"a/old": b"old"} in left
    contents = {files["a/new"] for files in left if "a/new" in files}
    assert contents >= {b"", b"content", b"con", b"con\0\0\0\0", bytes(7)}


@pytest.mark.parametrize("ordered", [True, False])
def test_a_file_that_was_flushed_under_its_name_stays(*, ordered: bool) -> None:
    log = _log(NEW, WRITTEN, Flush(4), Flush(1))
    assert _left(log, ordered=ordered) == [{"a/old": b"old", "a/new": b"content"}]


@pytest.mark.parametrize("ordered", [True, False])
def test_a_rename_over_a_file_leaves_the_old_one_or_the_new_one(*, ordered: bool) -> None:
    placed = Names(((1, "old", 4), (1, "new", None)))
    left = _left(_log(NEW, WRITTEN, Flush(4), Flush(1), placed), ordered=ordered)
    assert sorted(left, key=len) == [{"a/old": b"content"}, {"a/old": b"old", "a/new": b"content"}]


def test_a_rename_before_the_flush_may_cost_the_old_content() -> None:
    left = _left(_log(NEW, WRITTEN, Names(((1, "old", 4), (1, "new", None)))), ordered=True)
    assert {"a/old": b""} in left


def test_folders_that_come_back_at_once_keep_the_order_and_others_do_not() -> None:
    log = _log(Names(((1, "old", None),)), Names(((2, "late", 4),)))
    assert {"a/old": b"old", "b/late": b""} not in _left(log, ordered=True)
    assert {"a/old": b"old", "b/late": b""} in _left(log, ordered=False)


def test_a_rename_between_folders_may_happen_in_one_of_them() -> None:
    left = _left(_log(Names(((2, "moved", 3), (1, "old", None)))), ordered=False)
    assert sorted(map(sorted, left)) == [[], ["a/old"], ["a/old", "b/moved"], ["b/moved"]]


def test_a_flush_of_the_volume_makes_all_sure() -> None:
    assert _left(_log(NEW, WRITTEN, Flush(None)), ordered=False) == [{"a/old": b"old", "a/new": b"content"}]


def test_a_drive_keeps_what_it_was_handed_only_once_it_was_flushed() -> None:
    handed = (NEW, WRITTEN, Flush(4, handed=True), Flush(1, handed=True))
    lost = Loss(ordered=False, names=LEAST, content=LEAST, drive=True)
    assert crashed(_log(*handed), 4, lost).find(["a", "new"]) is None
    assert crashed(_log(*handed, Flush(2)), 5, lost).find(["a", "new"]) == 4


def test_a_mode_that_was_not_flushed_may_be_the_old_one() -> None:
    log = _log(Traits(3, mode=0o755))
    modes = {
        crashed(log, 1, Loss(ordered=False, names=SOME, content=ALL, seed=seed)).things[3] for seed in SEEDS
    }
    assert modes == {File(b"old", 0o644), File(b"old", 0o755)}


def test_a_disk_comes_back_as_it_was(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "sub").mkdir(parents=True)
    (home / "sub" / "file").write_bytes(b"1")
    (home / "link").symlink_to("sub/file")
    disk = pick_up(tmp_path, ["home"])
    (tmp_path / "again").mkdir()
    put_down(disk, tmp_path / "again")
    assert pick_up(tmp_path / "again", ["home"]).shown() == disk.shown()


def test_every_effect_is_recorded_with_what_it_did(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    recorder = Recorder(tmp_path, pick_up(tmp_path, ["home"]))
    with recorder.recording(volume=True):
        effects.mkdir(home / "sub")
        effects.symlink("sub", str(home / "link"), to_folder=True)
        replace_file(home / "sub" / "file", b"content")
        effects.chmod(home / "sub" / "file", 0o600)
        effects.utime(home / "sub" / "file", 5)
        descriptor = effects.create(home / "link" / "clone", NEW_FILE, 0o644)
        effects.checkpoint("clone", descriptor)
        os.write(descriptor, b"shared")  # what the system call does that no effect of ours tells of
        write_all(descriptor, b" and more")
        os.close(descriptor)
        effects.unlink(home / "link")
    left = dict(recorder.now.shown())
    assert left == {
        "home": left["home"],
        "home/sub": left["home/sub"],
        "home/sub/clone": File(b"shared and more"),
        "home/sub/file": File(b"content", 0o600, 5),
    }
    assert crashed(recorder.log, len(recorder.log.effects), NOTHING_LOST).shown() == recorder.now.shown()
    assert isinstance(recorder.log.start.things[recorder.now.find(["home", "sub"]) or 0], Folder)
    assert Link("sub") in recorder.log.start.things.values()


def test_no_power_loss_makes_a_gap_count_as_bytes(tmp_path: Path) -> None:
    downloads = tmp_path / "home" / "downloads"
    downloads.mkdir(parents=True)
    digest = "0a" * 32
    part = DiskPart(downloads, digest, Patience())
    recorder = Recorder(tmp_path, pick_up(tmp_path, ["home"]))
    with recorder.recording(volume=True):
        part.begin('"etag"', size=300)
        part.append([b"first"], lambda _count: None)
        part.note([(0, 5)])
        part.append([b"far"], lambda _count: None, 100)
        part.note([(0, 5), (100, 103)])
    (tmp_path / "left").mkdir()
    found = set()
    for at, seed, ordered in product(range(len(recorder.log.effects) + 1), range(20), (True, False)):
        shutil.rmtree(tmp_path / "left")
        (tmp_path / "left").mkdir()
        put_down(crashed(recorder.log, at, Loss(ordered, SOME, SOME, seed)), tmp_path / "left")
        left = DiskPart(tmp_path / "left" / "home" / "downloads", digest, Patience())
        found.add(left.ranges())
        assert not [one for one in left.ranges() if one[0] < 100 and one[1] > 5], (at, seed, ordered)
    assert ((0, 5),) in found
    assert ((0, 5), (100, 103)) in found


ARCHIVE = Random(5).randbytes(1536 << 10)
COSTS = 256 << 10
"""What a power loss may cost: what came since the last flush that is noted, here within a third of a second or more."""


def _fetched(top: Path, url: str, requests: int) -> DiskPart:
    """Bring the archive to a disk's downloads as a program does, again where its hash is wrong."""
    digest = sha256(ARCHIVE).hexdigest()
    artifact = Artifact(url=url, sha256=digest, size=len(ARCHIVE), format=ArchiveFormat.ZIP)
    part = DiskPart(top / "home" / "downloads", digest, Patience())
    source = HttpSource()
    line = Line(source, url, Stop(), lambda: None)
    for _ in range(3):
        try:
            bring(Errand(line, artifact, part, Gauge(0, None)), downloads(requests))
            break
        except InstallerError as error:
            assert error.fault.code is FaultCode.CHECKSUM_MISMATCH  # noqa: PT017 -- what is wrong goes
    source.close()
    return part


def _came(log: Log, at: int) -> int:
    """Return how many bytes of the partial file the program had written; what is noted is much shorter."""
    written = (effect for effect in log.effects[:at] if isinstance(effect, Piece))
    return sum(len(piece.data) for piece in written if piece.data in ARCHIVE)


@pytest.mark.alone
@pytest.mark.parametrize("requests", [1, 3])
def test_a_power_loss_costs_no_more_of_a_download_than_what_came_last(
    folder: Path, requests: int, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(flushing, "EVERY", 0.05)
    for name, limit in LIMITS.items():
        monkeypatch.setattr(segments, name, limit)
    (folder / "home" / "downloads").mkdir(parents=True)
    recorder = Recorder(folder, pick_up(folder, ["home"]))
    with HttpServer() as server:
        url = server.put("/x", ARCHIVE)
        server.each = len(ARCHIVE) / 6
        with recorder.recording(volume=False):
            assert _fetched(folder, url, requests).staged() == len(ARCHIVE)
        assert (len(server.requests("/x")) > 1) == (requests > 1)
        server.each = None
        log, random, most = recorder.log, Random(requests), 0
        for at, extents, ordered in product(
            random.sample(range(len(log.effects) + 1), LOSSES), EXTENTS, (True, False)
        ):
            server.forget()
            with tempfile.TemporaryDirectory(dir=folder) as left:
                put_down(
                    crashed(log, at, Loss(ordered, *extents, random.getrandbits(32), drive=True)), Path(left)
                )
                assert _fetched(Path(left), url, 1).path.read_bytes() == ARCHIVE
            most = max(most, server.sent("/x") - (len(ARCHIVE) - _came(log, at)))
    say(pytestconfig, f"{requests} requests: a power loss cost {most} bytes of {len(ARCHIVE)} at most")
    assert most <= COSTS


def test_the_journal_tells_of_an_uninstallation_that_was_cut_off(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(folder, Verb.UNINSTALL)
    for name in ("CACHE", "CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(house.personal / name.lower()))
    house.make()
    recorder = Recorder(folder, pick_up(folder, FOLDERS))
    with recorder.recording(volume=True):
        house.run()
    log = recorder.log.effects
    gone = next(
        at for at, effect in enumerate(log) if isinstance(effect, Names) and effect.changes[0][2] is None
    )
    house.lay(crashed(recorder.log, gone + 1, Loss(ordered=False, names=LEAST, content=LEAST)))
    lines = [json.loads(line) for line in (house.prefix / "journal.jsonl").read_text().splitlines()]
    assert lines[-1]["event"] == "run-started"
    assert lines[-1]["request"]["verb"] == Verb.UNINSTALL
    last = recorded(house).last_run
    assert last is not None
    assert not last.finished
