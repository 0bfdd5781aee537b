"""What sweeps over every change to the disk found once: runs that are cut off there, and finished by the next one."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from simulators.prefix_samples import generation, install, prefix_at, sample

from vsrt_gui.adapters.prefix import DiskPrefix, Patience, effects
from vsrt_gui.engine.settle import number
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.survey import PrefixRecord

ONE, TWO = sample(), sample(version="2.0.0")


class CutError(BaseException):
    """Ends the run there, as a kill would: nothing catches it."""


@contextmanager
def cut(effect: str, name: str, error: BaseException) -> Iterator[None]:
    """Within the block, the first such effect on that name does not happen; the error comes instead."""
    left = [error]

    def watch(what: str, where: effects.Where) -> None:
        if left and what == effect and not isinstance(where, int) and Path(where).name == name:
            raise left.pop()

    with effects.watched(watch):
        yield
    assert left == [], f"there was no {effect} of {name}"


def opened(folder: Path) -> DiskPrefix:
    """Open a prefix in a folder that is not there yet either."""
    return DiskPrefix(folder / "above" / "rt", folder / "state", Patience(seconds=0.05, first=0.01))


@pytest.mark.parametrize(
    "error", [CutError(), OSError(errno.EIO, os.strerror(errno.EIO))], ids=["kill", "EIO"]
)
@pytest.mark.parametrize("name", ["rt", "above"])
def test_an_uninstallation_that_is_cut_off_at_its_last_folder_is_finished(
    tmp_path: Path, error: BaseException, name: str
) -> None:
    """Nothing in an empty folder says any more that it was made by us."""
    prefix = opened(tmp_path)
    with prefix.lock():
        install(prefix, 1, ONE)
    with cut("rmdir", name, error), pytest.raises((CutError, InstallerError)), prefix.lock():
        prefix.remove()
    assert (tmp_path / "above").is_dir()
    again = opened(tmp_path)
    with again.lock():
        again.remove()
    assert not (tmp_path / "above").exists()
    assert [path.name for path in (tmp_path / "state").rglob("*.parting*")] == []


def test_a_half_written_note_of_a_holder_stands_in_nobodys_way(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    state = tmp_path / "state"
    with pytest.raises(CutError), effects.watched(_at_the_notes_write()), prefix.lock():
        pytest.fail("it was cut off before")
    assert [path.suffix for path in state.rglob("*.new")] == [".new"]
    with prefix_at(tmp_path / "rt").lock():
        assert prefix.holder() == os.getpid()
    assert {path.suffix for path in state.rglob("*") if path.is_file()} == {".lock"}


def _at_the_notes_write() -> effects.Watcher:
    def watch(what: str, where: effects.Where) -> None:
        if what == "replace" and Path(str(where)).suffix == ".json":
            raise CutError

    return watch


def test_a_set_that_was_written_down_and_never_in_force_is_finished_under_itsnumber() -> None:
    first, second = generation(1, ONE), generation(2, TWO)
    unfinished = PrefixRecord(exists=True, current=first, generations=(first, second))
    assert number(unfinished, second.modules) == 2
    assert number(unfinished, (*second.modules, *first.modules)) == 3
    assert number(unfinished.but(current=second), second.modules) == 3
    assert number(PrefixRecord(), first.modules) == 1


def test_a_damaged_disk_at_the_end_is_told(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    with prefix.lock():
        install(prefix, 1, ONE)
    error = OSError(errno.EIO, os.strerror(errno.EIO))
    with cut("rmdir", "rt", error), pytest.raises(InstallerError) as caught, prefix.lock():
        prefix.remove()
    assert caught.value.fault.code is FaultCode.DISK_ERROR
