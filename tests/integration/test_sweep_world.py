"""What the sweeps sweep is what is shipped: modules as tar.zst with an index, and an update by a patch."""

from pathlib import Path

import pytest
from simulators.sweep_world import NEW, OLD, PATCHED, PATCHES, World, done

from vsrt_gui.adapters.catalog import parse_index
from vsrt_gui.model.request import Verb


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("CACHE", "CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "personal" / name.lower()))
    made = World(tmp_path, Verb.UPDATE)
    made.make()
    return made


def spoil(world: World, *, patch: bool) -> None:
    """Spoil the archive's bytes of the patched file, and the patch if so wished."""
    folder = world.catalog
    index = parse_index((folder / "index.json.zst").read_bytes(), "index")
    (file,) = (file for file in index.files if file.path == PATCHED)
    assert file.packed is not None
    archive = bytearray((folder / "tool.tar.zst").read_bytes())
    archive[file.packed.offset : file.packed.offset + file.packed.length] = bytes(file.packed.length)
    (folder / "tool.tar.zst").write_bytes(archive)
    if patch:
        (folder / PATCHES).write_bytes(bytes((folder / PATCHES).stat().st_size))


def test_an_update_needs_the_patch_only(world: World) -> None:
    assert world.says() == OLD
    spoil(world, patch=False)
    done(world.run())
    assert world.says() == NEW


def test_without_the_patch_it_would_need_the_archive(world: World) -> None:
    spoil(world, patch=True)
    assert world.run().faults
    assert world.says() == OLD
