"""Single files are replaced whole, and patience with other programs ends."""

import os
import stat
import time
from pathlib import Path

import pytest

from vsrt_gui.adapters.prefix.replacing import Patience, patiently, replace_file
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


@pytest.mark.parametrize("number", [5, 32, 33])
def test_a_file_that_is_free_again_is_taken(number: int) -> None:
    assert patiently(Busy(3, number), "/x", Patience(seconds=5, first=0.001)) == "done"


def test_patience_ends_with_the_files_name() -> None:
    started = time.monotonic()
    with pytest.raises(InstallerError) as caught:
        patiently(Busy(10**6), "/x/node.exe", Patience(seconds=0.1, first=0.001, most=0.01))
    assert caught.value.fault.code is FaultCode.FILE_IN_USE
    assert caught.value.fault.facts == {"path": "/x/node.exe"}
    assert 0.1 <= time.monotonic() - started < 2


def test_other_errors_are_not_waited_for() -> None:
    refused = Busy(1, number=112)
    with pytest.raises(PermissionError):
        patiently(refused, "/x", Patience(seconds=60))
    assert refused.left == 0


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
