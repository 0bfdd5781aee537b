"""Whose a folder is decides where the runtime goes."""

import errno
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from simulators.prefix_samples import install, prefix_at, sample, snapshot

from vsrt_gui.adapters.prefix import DiskPrefix, choose_prefix, effects
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.survey import Note


def test_a_missing_or_empty_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert choose_prefix(tmp_path / "new") == tmp_path / "new"
    assert choose_prefix(tmp_path) == tmp_path
    (tmp_path / ".DS_Store").touch()
    (tmp_path / ".vsrt-0a1b2c3d-0").touch()
    assert choose_prefix(tmp_path) == tmp_path


def test_our_own_folder_is_taken_again(tmp_path: Path) -> None:
    prefix_at(tmp_path / "rt").claim()
    (tmp_path / "rt" / "users-own.txt").touch()
    assert choose_prefix(tmp_path / "rt") == tmp_path / "rt"


def test_a_foreign_folder_gets_a_subfolder(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").touch()
    assert choose_prefix(tmp_path) == tmp_path / "vscode-runtime"
    prefix_at(tmp_path / "vscode-runtime").claim()
    assert choose_prefix(tmp_path) == tmp_path / "vscode-runtime"


def test_a_foreign_subfolder_is_passed_by(tmp_path: Path) -> None:
    for name in ("vscode-runtime", "vscode-runtime-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "other").touch()
    assert choose_prefix(tmp_path) == tmp_path / "vscode-runtime-3"


def test_our_own_subfolder_is_found_again_when_a_foreign_one_is_gone(tmp_path: Path) -> None:
    for name in ("vscode-runtime", "vscode-runtime-10", "vscode-runtime-02"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "other").touch()
    assert choose_prefix(tmp_path) == tmp_path / "vscode-runtime-2"
    prefix_at(tmp_path / "vscode-runtime-2").claim()
    shutil.rmtree(tmp_path / "vscode-runtime")
    assert choose_prefix(tmp_path) == tmp_path / "vscode-runtime-2"
    (tmp_path / "vscode-runtime-2").rename(tmp_path / "vscode-runtime-11")
    assert choose_prefix(tmp_path) == tmp_path / "vscode-runtime-11"
    (tmp_path / "link").symlink_to(tmp_path)
    assert choose_prefix(tmp_path / "link") == tmp_path / "link" / "vscode-runtime-11"


@pytest.mark.parametrize("name", ["file", "file/below", "to-file", "loop", "loop/below"])
def test_a_file_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "to-file").symlink_to(tmp_path / "file")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InstallerError) as caught:
        choose_prefix(tmp_path / name)
    assert caught.value.fault.code is FaultCode.NOT_A_FOLDER
    assert caught.value.fault.facts == {"path": str(tmp_path / name)}


def test_claiming_twice_changes_nothing(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    prefix.claim()
    before = snapshot(tmp_path / "rt")
    identity = json.loads((tmp_path / "rt" / ".vsrt.json").read_bytes())
    prefix.claim()
    assert snapshot(tmp_path / "rt") == before
    assert identity["format"] == 1
    assert len(identity["id"]) == 32


def test_a_foreign_folder_is_never_claimed(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(InstallerError) as caught:
        prefix_at(tmp_path).claim()
    assert caught.value.fault.code is FaultCode.PREFIX_DAMAGED
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_what_stands_in_place_of_a_folder_is_set_aside(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    prefix.claim()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "film").write_text("the user's own")
    for name in ("store", "bin"):
        (tmp_path / "rt" / name).rmdir()
    (tmp_path / "rt" / "store").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "rt" / "bin").write_text("the user's own")
    (tmp_path / "rt" / "bin-set-aside").write_text("of an earlier time")
    found = {(one.note, Path(one.path).name) for one in prefix.read().damage}
    assert found == {(Note.FOLDER, "store"), (Note.FOLDER, "bin")}
    told = {Path(one.path).name: (one.aside, one.leads) for one in prefix.read().damage}
    assert told == {"store": ("store-set-aside", str(tmp_path / "elsewhere")), "bin": ("bin-set-aside-2", "")}
    prefix.claim()
    assert prefix.read().damage == ()
    assert (tmp_path / "rt" / "store-set-aside").readlink() == tmp_path / "elsewhere"
    assert (tmp_path / "rt" / "bin-set-aside").read_text() == "of an earlier time"
    assert (tmp_path / "rt" / "bin-set-aside-2").read_text() == "the user's own"
    assert (tmp_path / "elsewhere" / "film").read_text() == "the user's own"


def test_a_folder_in_place_of_a_file_goes_only_when_it_is_empty(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    prefix.claim()
    (tmp_path / "rt" / "current").mkdir()
    (tmp_path / "rt" / "wanted.json").mkdir()
    (tmp_path / "rt" / "wanted.json" / "letter").touch()
    (tmp_path / "rt" / "journal.jsonl").symlink_to(tmp_path / "nowhere")
    prefix.claim()
    assert not (tmp_path / "rt" / "current").exists()
    assert (tmp_path / "rt" / "wanted.json-set-aside" / "letter").exists()
    assert (tmp_path / "rt" / "journal.jsonl-set-aside").is_symlink()


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path)
    (tmp_path / ".vsrt.json").write_text('{"format": 2, "id": "x"}')
    for act in (prefix.read, prefix.claim, prefix.remove):
        with pytest.raises(InstallerError) as caught:
            act()
        assert caught.value.fault.code is FaultCode.PREFIX_TOO_NEW
        assert caught.value.fault.facts == {"path": str(tmp_path), "format": 2, "supported": 1}


@pytest.mark.parametrize("content", ["", "{", '{"format": 1, "id": "0a', "\0" * 60, "not json"])
def test_an_unreadable_identity_is_damage_that_claiming_mends(tmp_path: Path, content: str) -> None:
    prefix = prefix_at(tmp_path)
    install(prefix, 1, sample())
    (tmp_path / ".vsrt.json").write_text(content)
    (tmp_path / "thesis.doc").touch()
    assert choose_prefix(tmp_path) == tmp_path
    assert [one.note for one in prefix.read().damage] == [Note.MARK]
    prefix.claim()
    assert prefix.read().damage == ()
    assert json.loads((tmp_path / ".vsrt.json").read_bytes())["format"] == 1


ANOTHERS = ("{}", "[]", '"x"', '{"name": "another tool"}', '{"format": 1}', '{"format": "xml", "id": 7}')


@pytest.mark.parametrize("content", ["", "{", "\0" * 60, "not json", *ANOTHERS])
def test_a_file_of_that_name_alone_makes_no_folder_ours(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "project"
    (folder / "store" / "shop-1.0.0-0a1b2c3d").mkdir(parents=True)
    (folder / "store" / "shop-1.0.0-0a1b2c3d" / "photo").touch()
    for name in ("current", "wanted.json", "journal.jsonl"):
        (folder / name).write_text("the user's own")
    (folder / ".vsrt.json").write_text(content)
    before = snapshot(folder)
    assert choose_prefix(folder) == folder / "vscode-runtime"
    prefix = prefix_at(folder)
    assert not prefix.read().exists
    prefix.remove()
    with pytest.raises(InstallerError):
        prefix.claim()
    assert snapshot(folder) == before


@pytest.mark.parametrize("content", ANOTHERS)
def test_another_programs_mark_is_never_replaced(tmp_path: Path, content: str) -> None:
    """Not even where a runtime lies about it."""
    prefix = prefix_at(tmp_path)
    install(prefix, 1, sample())
    (tmp_path / ".vsrt.json").write_text(content)
    assert choose_prefix(tmp_path) == tmp_path / "vscode-runtime"
    assert not prefix.read().exists


@pytest.mark.parametrize("shape", ["2", 2.0, True, 0, -1, [1], {}])
def test_a_format_of_an_unknown_shape_is_a_newer_one(tmp_path: Path, shape: object) -> None:
    prefix = prefix_at(tmp_path)
    install(prefix, 1, sample())
    for name in (".vsrt.json", "generations/1.json"):
        before = (tmp_path / name).read_bytes()
        (tmp_path / name).write_text(json.dumps(json.loads(before) | {"format": shape}))
        assert choose_prefix(tmp_path) == tmp_path
        after = snapshot(tmp_path)
        for act in (prefix.read, prefix.claim, prefix.remove):
            with pytest.raises(InstallerError) as caught:
                act()
            assert caught.value.fault.code is FaultCode.PREFIX_TOO_NEW
        assert snapshot(tmp_path) == after
        (tmp_path / name).write_bytes(before)


def test_a_runtime_without_its_mark_is_known_by_its_other_names(tmp_path: Path) -> None:
    """As a copy leaves it that takes no hidden files."""
    prefix = prefix_at(tmp_path)
    install(prefix, 1, sample())
    (tmp_path / ".vsrt.json").unlink()
    (tmp_path / "thesis.doc").touch()
    assert choose_prefix(tmp_path) == tmp_path
    assert [one.note for one in prefix.read().damage] == [Note.MARK]
    prefix.claim()
    assert prefix.read().damage == ()


@pytest.mark.parametrize("gone", ["store", "generations"])
def test_half_of_its_names_make_no_folder_ours(tmp_path: Path, gone: str) -> None:
    prefix = prefix_at(tmp_path)
    install(prefix, 1, sample())
    (tmp_path / ".vsrt.json").unlink()
    shutil.rmtree(tmp_path / gone)
    assert choose_prefix(tmp_path) == tmp_path / "vscode-runtime"
    assert not prefix.read().exists


@pytest.mark.parametrize("levels", [0, 1, 3])
def test_the_folders_that_were_made_go_again_and_no_others(tmp_path: Path, levels: int) -> None:
    top = tmp_path / "somebodys"
    folder = top / "a" / "b"
    made = {0: folder, 1: folder.parent, 3: tmp_path}[levels]
    made.mkdir(parents=True, exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    prefix = DiskPrefix(folder, tmp_path / "state")
    with prefix.lock():
        prefix.claim()
        assert json.loads((folder / ".vsrt.json").read_bytes())["made"] == levels
        prefix.remove()
    shutil.rmtree(tmp_path / "state")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_above_stays_while_anybody_uses_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "runtime"
    prefix = DiskPrefix(folder, tmp_path / "state")
    prefix.claim()
    (tmp_path / "a" / "mine").touch()
    prefix.remove()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["mine"]


@pytest.mark.parametrize("spoilt", [None, "{", ""])
@pytest.mark.parametrize("repaired", [False, True])
def test_a_folder_that_was_there_before_stays_when_its_mark_was_lost(
    tmp_path: Path, spoilt: str | None, *, repaired: bool
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    prefix = DiskPrefix(folder, tmp_path / "state")
    prefix.claim()
    install(prefix, 1, sample())
    mark = folder / ".vsrt.json"
    mark.unlink() if spoilt is None else mark.write_text(spoilt)
    if repaired:
        prefix.claim()
        assert json.loads(mark.read_bytes())["made"] == 0
    prefix.remove()
    assert list(folder.iterdir()) == []


def test_a_prefix_that_was_moved_takes_no_folder_above_its_new_place_along(tmp_path: Path) -> None:
    DiskPrefix(tmp_path / "a" / "b" / "runtime", tmp_path / "state").claim()
    (tmp_path / "mine" / "empty").mkdir(parents=True)
    moved = tmp_path / "mine" / "empty" / "runtime"
    (tmp_path / "a" / "b" / "runtime").rename(moved)
    DiskPrefix(moved, tmp_path / "state").remove()
    assert list((tmp_path / "mine" / "empty").iterdir()) == []


def test_a_copy_leaves_the_folder_that_it_was_put_into(tmp_path: Path) -> None:
    DiskPrefix(tmp_path / "runtime", tmp_path / "state").claim()
    shutil.copytree(tmp_path / "runtime", tmp_path / "mine")
    DiskPrefix(tmp_path / "mine", tmp_path / "state").remove()
    assert list((tmp_path / "mine").iterdir()) == []
    assert (tmp_path / "runtime" / ".vsrt.json").exists()


@pytest.mark.parametrize("made", [99, 10**12, 3, 4])
def test_a_home_never_goes_whatever_a_mark_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: int
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("USERPROFILE" if sys.platform == "win32" else "HOME", str(home))
    (home / "a").mkdir(parents=True)
    prefix = DiskPrefix(home / "a" / "runtime", tmp_path / "state")
    prefix.claim()
    mark = home / "a" / "runtime" / ".vsrt.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"made": made}))
    prefix.remove()
    sound = made < len(mark.parents)
    assert (home / "a" / "runtime").exists() is not sound
    assert (home / "a").exists() is not sound
    assert home.is_dir()


@pytest.mark.parametrize("inside", ["store", "bin", "downloads/deep", "store/node-1.0.0-0a1b2c3d"])
def test_a_folder_in_a_runtime_means_that_runtime(tmp_path: Path, inside: str) -> None:
    prefix_at(tmp_path / "rt").claim()
    (tmp_path / "rt" / "mine").mkdir()
    assert choose_prefix(tmp_path / "rt" / inside) == tmp_path / "rt"
    assert choose_prefix(tmp_path / "rt" / "mine") == tmp_path / "rt" / "mine"
    prefix_at(tmp_path / "rt" / inside).claim()  # as older programs let it be
    assert choose_prefix(tmp_path / "rt" / inside) == tmp_path / "rt" / inside


@pytest.mark.parametrize(
    ("mark", "goes"), [({}, True), ({"made": 0}, False), ({"made": 3}, True), ({"made": "x"}, False)]
)
def test_a_mark_that_names_no_place_vouches_for_the_prefix_alone(
    tmp_path: Path, mark: dict[str, object], *, goes: bool
) -> None:
    """Marks of older programs say nothing of what was made; those removed the folder when it was empty."""
    folder = tmp_path / "above" / "rt"
    folder.mkdir(parents=True)
    (folder / ".vsrt.json").write_text(json.dumps({"format": 1, "id": "x"} | mark))
    DiskPrefix(folder, tmp_path / "state").remove()
    assert (tmp_path / "above").is_dir()
    assert folder.is_dir() is not goes


def test_nothing_is_left_of_a_prefix_that_could_not_be_made(tmp_path: Path) -> None:
    prefix = DiskPrefix(tmp_path / "a" / "b" / ("x" * 300), tmp_path / "state")
    with pytest.raises(InstallerError):
        prefix.claim()
    assert [path for path in tmp_path.rglob("*") if path.name != "locks"] == [tmp_path / "state"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows flushes no folders")
@pytest.mark.parametrize("flushed", range(1, 7))
def test_a_disk_that_fails_while_the_folder_is_made_durable_is_named(tmp_path: Path, flushed: int) -> None:
    left = flushed

    def fail(name: str, _where: effects.Where) -> None:
        nonlocal left
        left -= name == "flush"
        if name == "flush" and left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    prefix = prefix_at(tmp_path / "rt")
    with effects.watched(fail), pytest.raises(InstallerError) as caught:
        prefix.claim()
    assert caught.value.fault.code is FaultCode.DISK_FULL
    prefix.claim()
    assert DiskPrefix(tmp_path / "rt", tmp_path / "state").read().current is None
