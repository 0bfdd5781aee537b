"""Whose a folder is decides where the runtime goes."""

import json
from pathlib import Path

import pytest
from simulators.prefix_samples import prefix_at, snapshot

from vsrt_gui.adapters.prefix import choose_prefix
from vsrt_gui.model.faults import FaultCode, InstallerError


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


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InstallerError) as caught:
        choose_prefix(tmp_path / "file")
    assert caught.value.fault.code is FaultCode.DISK_ERROR


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


def test_a_link_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path / "rt")
    prefix.claim()
    (tmp_path / "rt" / "store").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "rt" / "store").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InstallerError) as caught:
        prefix.claim()
    assert caught.value.fault.code is FaultCode.PREFIX_DAMAGED


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    prefix = prefix_at(tmp_path)
    (tmp_path / ".vsrt.json").write_text('{"format": 2, "id": "x"}')
    for act in (prefix.read, prefix.claim, prefix.remove):
        with pytest.raises(InstallerError) as caught:
            act()
        assert caught.value.fault.code is FaultCode.PREFIX_TOO_NEW
        assert caught.value.fault.facts == {"path": str(tmp_path), "format": 2, "supported": 1}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": "1"}'])
def test_an_unreadable_identity_is_damage(tmp_path: Path, content: str) -> None:
    (tmp_path / ".vsrt.json").write_text(content)
    with pytest.raises(InstallerError) as caught:
        prefix_at(tmp_path).read()
    assert caught.value.fault.code is FaultCode.PREFIX_DAMAGED
    assert choose_prefix(tmp_path) == tmp_path
