"""Single files are replaced whole, and patience with other programs ends."""

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from simulators.prefix_samples import sample

from vsrt_gui.adapters.holders import holders
from vsrt_gui.adapters.prefix import DiskPrefix, effects, replacing
from vsrt_gui.adapters.prefix.replacing import Patience, patiently, read_file, replace_file
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.model.faults import FaultCode, InstallerError


class Busy:
    """A file operation that Windows refuses a number of times."""

    def __init__(self, times: int, number: int = 32) -> None:
        self.left = times
        self.number = number

    def __call__(self) -> str:
        if self.left:
            self.left -= 1
            error = PermissionError(13, "in use")
            error.winerror = self.number  # type: ignore[attr-defined]
            raise error
        return "done"


class Held:
    """A watcher of effects by which other programs hold each file that is to be replaced, a number of times."""

    def __init__(self, times: int) -> None:
        self.busy = Busy(times)
        self.asked = 0

    def __call__(self, name: str, _where: effects.Where) -> None:
        if name == "replace":
            self.asked += 1
            self.busy()


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(replacing, "time", made)
    return made


@pytest.mark.parametrize("number", [5, 32, 33])
def test_a_file_that_is_free_again_is_taken(clock: Clock, number: int) -> None:
    assert patiently(Busy(3, number), "/x", Patience()) == "done"
    assert clock.now < 0.02 + 0.04 + 0.08 + 0.01


def test_patience_ends_after_half_a_minute_with_the_files_name(clock: Clock) -> None:
    with pytest.raises(InstallerError) as caught:
        patiently(Busy(10**6), "/x/node.exe", Patience())
    assert caught.value.fault.code is FaultCode.FILE_IN_USE
    assert caught.value.fault.facts == {"path": "/x/node.exe", "program": ""}
    assert 30 <= clock.now <= 31
    assert max(clock.pauses) <= 1
    assert all(0.5 * 0.02 * 2**turn <= pause for turn, pause in enumerate(clock.pauses[:6]))


def test_other_errors_are_not_waited_for(clock: Clock) -> None:
    refused = Busy(1, number=112)
    with pytest.raises(PermissionError):
        patiently(refused, "/x", Patience(seconds=60))
    assert (refused.left, clock.pauses) == (0, [])


def test_a_file_that_a_scanner_holds_for_a_moment_is_replaced(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "current").write_text("1")
    with effects.watched(held := Held(5)):
        replace_file(tmp_path / "current", b"2")
    assert (held.asked, len(clock.pauses)) == (6, 5)
    assert (tmp_path / "current").read_text() == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["current"]


def test_a_modules_file_that_stays_held_is_named_and_the_old_one_stays(tmp_path: Path, clock: Clock) -> None:
    one = sample()
    prefix = DiskPrefix(tmp_path / "rt", tmp_path / "state", Patience())
    prefix.claim()
    one.fill(prefix)
    path = one.folder(prefix) / "lib/a/one.js"
    path.write_bytes(b"damaged")
    with effects.watched(Held(10**6)), pytest.raises(InstallerError) as caught:
        prefix.put(one.target, one.file("lib/a/one.js"), [one.tree["lib/a/one.js"]], durable=True)
    assert caught.value.fault.code is FaultCode.FILE_IN_USE
    assert caught.value.fault.facts["path"] == str(path)
    assert clock.now >= 30
    assert path.read_bytes() == b"damaged"
    assert list(one.folder(prefix).rglob(".vsrt-*")) == []
    prefix.put(one.target, one.file("lib/a/one.js"), [one.tree["lib/a/one.js"]], durable=True)
    assert one.survey(prefix).wrong == {}


def test_a_cancel_does_not_wait_for_a_held_file(tmp_path: Path) -> None:
    one = sample()
    prefix = DiskPrefix(tmp_path / "rt", tmp_path / "state", Patience())
    prefix.claim()
    stop = Stop()
    began = time.monotonic()
    cancel = threading.Timer(0.2, stop.set)
    cancel.start()
    with prefix.lock(stop), effects.watched(Held(10**6)), pytest.raises(StoppedError):
        one.fill(prefix)
    cancel.join()
    assert time.monotonic() - began < 15  # the patience alone is 30 s
    assert list(one.folder(prefix).rglob(".vsrt-*")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux' own")
@pytest.mark.usefixtures("clock")
def test_the_program_that_holds_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "node.exe"
    path.write_bytes(b"x")
    with (
        path.open("rb") as theirs,
        subprocess.Popen(["sleep", "60"], pass_fds=[theirs.fileno()]) as holder,
        effects.watched(Held(10**6)),
    ):
        try:
            theirs.close()
            with pytest.raises(InstallerError) as caught:
                replace_file(path, b"new")
        finally:
            holder.kill()
    assert caught.value.fault.facts == {"path": str(path), "program": "sleep"}
    assert holders(path) == ""


def test_a_replaced_file_has_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        replace_file(tmp_path / "tool", b"new", 0o755)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "tool").stat().st_mode) == 0o755


def test_a_failed_replacement_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken" / "by").mkdir(parents=True)
    with pytest.raises(InstallerError) as caught:
        replace_file(tmp_path / "taken", b"new")
    assert caught.value.fault.code is FaultCode.DISK_ERROR
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_content_and_name_reach_the_disk_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        real_fsync(descriptor)

    def replace(path: Path, target: Path) -> None:
        done.append("name")
        real_replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    replace_file(tmp_path / "current", b"1\n")
    assert done == ["content", "name", "folder"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_nobody_waits_for_a_pipe_in_the_place_of_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "current")
    assert read_file(tmp_path / "current") == b""
    replace_file(tmp_path / "current", b"1")
    assert read_file(tmp_path / "current") == b"1"
