"""Extensions that we installed are linked where a server reads them; the user's own stay untouched."""

import json
from pathlib import Path
from typing import Any

import pytest

from vsrt_gui.adapters.host.extension_links import link_extensions
from vsrt_gui.model.faults import FaultCode, InstallerError

YAML, LINT = "redhat.vscode-yaml", "dbaeumer.vscode-eslint"


class House:
    """A store with extensions, and the folder that a server reads."""

    def __init__(self, root: Path) -> None:
        self.store = root / "prefix" / "store"
        self.folder = root / "data" / "extensions"

    def module(self, name: str, version: str = "1.0.0") -> str:
        """Put an extension into the store and return its folder."""
        publisher, _, short = name.partition(".")
        folder = self.store / f"{short}-{version}-0123abcd"
        folder.mkdir(parents=True, exist_ok=True)
        package = {"publisher": publisher, "name": short, "version": version}
        (folder / "package.json").write_text(json.dumps(package))
        return str(folder)

    def make(self, links: dict[str, str]) -> None:
        link_extensions(self.folder, self.store, links)

    def found(self) -> dict[str, str]:
        return {path.name: str(path.readlink()) for path in self.folder.iterdir() if path.is_symlink()}

    def write_list(self, *entries: Any) -> None:
        (self.folder / "extensions.json").write_text(json.dumps(entries))

    def read_list(self) -> Any:
        return json.loads((self.folder / "extensions.json").read_text())


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_links_are_made_moved_and_taken_away(house: House) -> None:
    old, lint = house.module(YAML), house.module(LINT)
    house.make({YAML: old, LINT: lint})
    assert house.found() == {YAML: old, LINT: lint}
    new = house.module(YAML, "2.0.0")
    house.make({YAML: new})
    assert house.found() == {YAML: new}
    assert (Path(lint) / "package.json").exists()
    house.make({})
    assert house.found() == {}


def test_the_users_own_are_never_touched(house: House, tmp_path: Path) -> None:
    ours, own = house.module(YAML), tmp_path / "own"
    own.mkdir()
    (house.folder / YAML).mkdir(parents=True)
    (house.folder / YAML / "mine.js").write_text("mine")
    (house.folder / "me.linked").symlink_to(own)
    (house.folder / "me.lost").symlink_to(tmp_path / "gone")
    (house.folder / "me.file").write_text("mine")
    before = sorted(path.name for path in house.folder.iterdir())
    house.make({YAML: ours})
    house.make({})
    assert sorted(path.name for path in house.folder.iterdir()) == before
    assert (house.folder / YAML / "mine.js").read_text() == "mine"


def test_a_link_of_a_runtime_that_is_gone_goes_and_one_of_another_stays(house: House, tmp_path: Path) -> None:
    house.folder.mkdir(parents=True)
    other = tmp_path / "other" / "store" / "vscode-go-1.0.0-0123abcd"
    other.mkdir(parents=True)
    (house.folder / "golang.go").symlink_to(other)
    (house.folder / "old.old").symlink_to(tmp_path / "gone" / "store" / "old-1.0.0-0123abcd")
    house.make({})
    assert house.found() == {"golang.go": str(other)}


def test_the_servers_list_is_kept_right(house: House) -> None:
    own = {
        "identifier": {"id": "me.own"},
        "version": "3",
        "relativeLocation": "me.own-3",
        "metadata": {"x": 1},
    }
    old = house.module(YAML)
    house.make({YAML: old})
    assert not (house.folder / "extensions.json").exists()  # the server makes it at its first start
    house.write_list(own)
    house.make({YAML: old})
    listed = house.read_list()
    assert listed[0] == own
    assert listed[1] == {
        "identifier": {"id": YAML},
        "version": "1.0.0",
        "location": {"$mid": 1, "path": str(house.folder / YAML), "scheme": "file"},
        "relativeLocation": YAML,
    }
    listed[1]["metadata"] = {"pinned": True}  # the server's own note stays while the version does
    house.write_list(*listed)
    house.make({YAML: old})
    assert house.read_list() == listed
    house.make({YAML: house.module(YAML, "2.0.0")})
    assert [entry["version"] for entry in house.read_list()] == ["3", "2.0.0"]
    house.make({})
    assert house.read_list() == [own]


@pytest.mark.parametrize("text", ["", "{}", "[1, null, {}]", "not json"])
def test_a_list_that_makes_no_sense_is_left_alone(house: House, text: str) -> None:
    house.folder.mkdir(parents=True)
    path = house.folder / "extensions.json"
    path.write_text(text)
    house.make({})
    assert path.read_text() == text


def test_a_package_that_is_none_is_linked_and_not_listed(house: House) -> None:
    odd = house.module(YAML)
    (Path(odd) / "package.json").write_text('{"name": "nameless"}')
    house.folder.mkdir(parents=True)
    house.write_list()
    house.make({YAML: odd})
    assert house.found() == {YAML: odd}
    assert house.read_list() == []


def test_a_folder_that_cannot_be_made_is_a_fault(house: House) -> None:
    house.folder.parent.mkdir()
    house.folder.write_text("a file")
    with pytest.raises(InstallerError) as caught:
        house.make({})
    assert caught.value.fault.code is FaultCode.DISK_ERROR
