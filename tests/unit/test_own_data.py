"""The user's data folder at an uninstallation: links of ours go, and recorded names where that is asked; no more."""

import json
from pathlib import Path

import pytest

from vsrt_gui.adapters.host import SystemHost
from vsrt_gui.adapters.host.extension_links import LIST, link_extensions
from vsrt_gui.model.launching import data_names
from vsrt_gui.model.manifest import ArchiveFormat, Artifact, Launch, Module, ModuleType, Server, Target

NAMES = frozenset({"extensions", "server"})


@pytest.fixture
def host(tmp_path: Path) -> SystemHost:
    return SystemHost(data=tmp_path / "data")


@pytest.fixture
def store(tmp_path: Path, host: SystemHost) -> Path:
    """A store with an extension that is linked into the data folder."""
    extension = tmp_path / "runtime" / "store" / "yaml-1.0.0-0a1b2c3d"
    extension.mkdir(parents=True)
    package = {"publisher": "them", "name": "yaml", "version": "1.0.0"}
    (extension / "package.json").write_text(json.dumps(package))
    folder = host.data / "extensions"
    link_extensions(folder, extension.parent, {"them.yaml": str(extension)})
    (folder / LIST).write_text("[]")
    link_extensions(folder, extension.parent, {"them.yaml": str(extension)})
    assert len(json.loads((folder / LIST).read_text())) == 1
    return extension.parent


def test_links_go_and_so_does_a_folder_that_held_nothing_else(host: SystemHost, store: Path) -> None:
    host.unlink_extensions(host.data / "extensions", store)
    assert not (host.data / "extensions").exists()
    host.unlink_extensions(host.data / "extensions", store)
    assert not (host.data / "extensions").exists()
    assert (store / "yaml-1.0.0-0a1b2c3d" / "package.json").exists()


def test_the_data_folder_goes_with_the_last_link_and_stays_with_anything_else(
    host: SystemHost, store: Path
) -> None:
    (host.data / "diary").touch()
    host.unlink_extensions(host.data / "extensions", store)
    assert [path.name for path in host.data.iterdir()] == ["diary"]
    (host.data / "diary").unlink()
    link_extensions(host.data / "extensions", store, {"them.yaml": str(store / "yaml-1.0.0-0a1b2c3d")})
    host.unlink_extensions(host.data / "extensions", store)
    assert not host.data.exists()


def test_links_are_taken_out_of_a_folder_that_is_a_link_and_the_folder_stays(
    host: SystemHost, store: Path, tmp_path: Path
) -> None:
    folder, own = host.data / "extensions", tmp_path / "own"
    folder.rename(own)
    folder.symlink_to(own)
    host.unlink_extensions(folder, store)
    assert [path.name for path in own.iterdir()] == [LIST]
    assert json.loads((own / LIST).read_text()) == []
    assert folder.readlink() == own


def test_links_that_lead_somewhere_stay_where_only_lost_ones_go(host: SystemHost, store: Path) -> None:
    folder = host.data / "extensions"
    (folder / "gone").symlink_to(store / "gone-1.0.0-0a1b2c3d")
    (folder / "mine").symlink_to(store.parent / "nowhere")
    host.unlink_extensions(folder, store, lost=True)
    assert sorted(path.name for path in folder.iterdir()) == [LIST, "mine", "them.yaml"]
    assert len(json.loads((folder / LIST).read_text())) == 1


def test_what_the_user_added_stays_and_stays_listed(host: SystemHost, store: Path) -> None:
    folder = host.data / "extensions"
    mine = folder / "me.mine"
    mine.mkdir()
    listed = json.loads((folder / LIST).read_text())
    (folder / LIST).write_text(json.dumps([*listed, {"relativeLocation": "me.mine"}]))
    host.unlink_extensions(folder, store)
    assert sorted(path.name for path in folder.iterdir()) == [LIST, "me.mine"]
    assert json.loads((folder / LIST).read_text()) == [{"relativeLocation": "me.mine"}]


def test_data_goes_by_name_and_only_by_name(host: SystemHost, tmp_path: Path) -> None:
    for name in ("extensions/a", "server/User/b", "diary"):
        (host.data / name).parent.mkdir(parents=True, exist_ok=True)
        (host.data / name).write_text("12345")
    (host.data / "server" / "out").symlink_to(tmp_path)
    (tmp_path / "precious").write_text("elsewhere")
    found = host.own_data(NAMES, tmp_path / "runtime")
    assert [Path(path).name for path in found.paths] == ["extensions", "server"]
    assert found.size >= 10
    host.remove_data(NAMES, tmp_path / "runtime")
    assert [path.name for path in host.data.iterdir()] == ["diary"]
    assert (tmp_path / "precious").exists()
    assert host.own_data(NAMES, tmp_path / "runtime").paths == ()


@pytest.mark.parametrize("prefix", ["data/server", "data/server/deep/runtime", "data"])
def test_a_prefix_in_the_data_folder_is_never_taken_for_data(
    host: SystemHost, tmp_path: Path, prefix: str
) -> None:
    (host.data / "server" / "deep" / "runtime").mkdir(parents=True)
    assert host.own_data(frozenset({"server"}), tmp_path / prefix).paths == ()
    host.remove_data(frozenset({"server"}), tmp_path / prefix)
    assert (host.data / "server" / "deep" / "runtime").exists()


def test_the_names_are_those_of_the_launch_records() -> None:
    launch = Launch(
        bin={"edit": ("{bin:node}", "--user-data-dir={data}/server"), "plain": "bin/plain"},
        server=Server(
            argv=("{bin:node}", "{module}/entry.js", "{data}/../escape", "{data}"),
            env={"CACHE": "{data}/cache/deep"},
            extensionsDir="{data}/extensions",
        ),
    )
    module = Module(id="server", name="Server", type=ModuleType.SERVER, version="1", launch=launch)
    artifact = Artifact(url="https://example.org/a.zip", sha256="ab" * 32, format=ArchiveFormat.ZIP)
    found = data_names((Target(module=module, artifact=artifact),))
    assert found == {"server", "cache", "extensions"}
