"""Prefixes that are newer, broken or busy, and an uninstaller that meets odd things: what is the user's own stays."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from bad_input_house import World, ended, explained, fingerprint, refused

from vsrt_gui.model.faults import FaultCode as F

VERBS = ("install", "update", "repair", "verify", "uninstall", "rollback")


def text(name: str, content: str) -> Callable[[Path], object]:
    """Write a file of the prefix."""
    return lambda prefix: (prefix / name).write_text(content, encoding="utf-8")


def gone(name: str) -> Callable[[Path], object]:
    return lambda prefix: (prefix / name).unlink()


def dangling(name: str) -> Callable[[Path], object]:
    def act(prefix: Path) -> None:
        (prefix / name).unlink()
        (prefix / name).symlink_to("nowhere")

    return act


@pytest.mark.parametrize("verb", [*VERBS, "status"])
def test_a_prefix_of_a_newer_program_is_left_alone(world: World, verb: str) -> None:
    text(".vsrt.json", '{"format": 99, "id": "x", "new": {}}')(world.prefix)
    before = fingerprint(world.prefix)
    facts = {"path": str(world.prefix), "format": 99, "supported": 1}
    fault = refused(world.told(verb), F.PREFIX_TOO_NEW, **facts)
    if verb == "update":
        words = world.run(verb, "--yes")
        explained(words, fault)
        assert "can't be used" not in words.out + words.err  # it works on, with the newer program
    assert fingerprint(world.prefix) == before


def test_a_generation_of_a_newer_program_is_left_alone(world: World) -> None:
    path = world.prefix / "generations" / "1.json"
    path.write_text(path.read_text("utf-8").replace('"format": 1', '"format": 2', 1), encoding="utf-8")
    with world.guarded():
        refused(world.told("update"), F.PREFIX_TOO_NEW, format=2)


BROKEN = {
    "identity": text(".vsrt.json", "not json"),
    "current": text("current", "../../precious/letter"),
    "generation": text("generations/1.json", "{"),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN.keys())
def test_a_prefix_that_is_broken(world: World, spoil: Callable[[Path], object]) -> None:
    """It is named, with the way out; a look changes nothing; one repair puts it right, and removing is always possible.

    Every kind of damage, and every verb, is tried in tests/integration/test_damaged_prefix.py.
    """
    spoil(world.prefix)
    (world.prefix / "notes.txt").write_text("the user's own", encoding="utf-8")
    older = world.root / "older"
    with world.guarded():
        shown = world.run("status", catalog=older)
        assert "The notes that say what is installed are damaged." in shown.out
        assert "To repair: vsrt repair" in shown.out
        found = world.told("verify", catalog=older)
        assert (found.code, found.end["outcome"]) == (1, "completed"), found.out
        (fault,) = found.end["faults"]
        assert fault["code"] == F.PREFIX_DAMAGED
        assert found.end["severity"] == ("P4" if fault["facts"]["path"].endswith(".vsrt.json") else "P1")
        assert str(fault["facts"]["path"]).startswith(str(world.prefix))
        told = world.run("verify", catalog=older)
        assert told.code == 1
        assert "The folder's own notes can't be read" in told.err
        assert "To repair: vsrt repair" in told.out + told.err
    done = world.told("repair", catalog=older)
    assert (done.code, done.end["outcome"]) == (0, "completed"), done.out
    assert world.run("verify", catalog=older).code == 0
    refused_or_gone(world)


def test_nothing_to_go_by_is_said(world: World) -> None:
    """No set of modules can be read, and there is no list of modules: then a repair can do nothing."""
    for spoil in BROKEN.values():
        spoil(world.prefix)
    with world.guarded():
        fault = refused(world.told("repair", catalog=world.root / "nowhere"), F.PREFIX_DAMAGED)
        explained(world.run("repair", "--yes", catalog=world.root / "nowhere"), fault)
    refused_or_gone(world, without=())


def refused_or_gone(world: World, without: tuple[str, ...] = ("notes.txt",)) -> None:
    done = world.told("uninstall")
    assert (done.code, done.end["outcome"]) == (0, "completed"), done.out
    left = [path.name for path in world.prefix.iterdir()] if world.prefix.exists() else []
    assert left == list(without)


HARMLESS = {
    "wanted-nonsense": text("wanted.json", "{"),
    "journal-nonsense": text("journal.jsonl", "\0\0{\n[]\n7\n"),
    "another-generation": text("generations/9.json", "{"),
    "wanted-gone": gone("wanted.json"),
    "journal-gone": gone("journal.jsonl"),
    "scripts-gone": lambda prefix: shutil.rmtree(prefix / "generations" / "1.bin"),
    "indexes-gone": lambda prefix: shutil.rmtree(prefix / "index"),
    "downloads-gone": lambda prefix: shutil.rmtree(prefix / "downloads"),
    "part-nonsense": text(f"downloads/{'a' * 64}.part", "x"),
}


@pytest.mark.parametrize("spoil", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_can_be_done_without(world: World, spoil: Callable[[Path], object]) -> None:
    spoil(world.prefix)
    done = world.told("update")
    assert (done.code, done.end["outcome"]) == (0, "completed"), done.out
    assert world.run("verify").code == 0
    assert (world.prefix / "current").read_text("utf-8") != "1\n"


def test_links_in_the_prefix_lead_nothing_outside(world: World) -> None:
    """Neither an update nor a repair writes through a link that somebody put into a module's folder."""
    (store,) = (world.prefix / "store").glob("base-1.0.0-*")
    shutil.rmtree(store / "bin")
    (store / "bin").symlink_to(world.precious)
    (store / "noise.bin").unlink()
    (store / "noise.bin").symlink_to(world.precious / "letter")
    before = fingerprint(world.precious)
    assert world.run("verify").code == 1
    done = world.told("repair", catalog=world.root / "older")
    assert (done.code, done.end["outcome"]) == (0, "completed"), done.out
    assert fingerprint(world.precious) == before
    assert (store / "bin" / "run").is_file()
    assert world.run("verify").code == 0


def test_a_module_folder_that_is_a_link_is_made_anew(world: World) -> None:
    (store,) = (world.prefix / "store").glob("base-1.0.0-*")
    shutil.rmtree(store)
    store.symlink_to(world.precious)
    before = fingerprint(world.precious)
    done = world.told("repair", catalog=world.root / "older")
    assert (done.code, done.end["outcome"]) == (0, "completed"), done.out
    assert fingerprint(world.precious) == before
    assert store.is_dir()
    assert not store.is_symlink()


@pytest.mark.parametrize("name", ["store", "downloads", "generations", "index", "bin"])
def test_a_folder_of_the_prefix_that_is_a_link(world: World, name: str) -> None:
    """Whatever becomes of the command, nothing is written or removed where the link leads."""
    kept = world.precious / name
    shutil.move(world.prefix / name, kept)
    (world.prefix / name).symlink_to(kept)
    before = fingerprint(world.precious)
    for verb in ("update", "repair", "uninstall"):
        done = world.told(verb)
        assert done.code == 0, done.out
        assert fingerprint(world.precious) == before, verb


def test_a_prefix_that_is_a_link_to_nowhere_yet(world: World) -> None:
    """The folder that it names is made, used and removed; the link is the user's."""
    link = world.root / "place" / "link"
    link.symlink_to(world.fresh)
    done = world.told("install", prefix=link)
    assert (done.code, done.events[0]["prefix"]) == (0, str(world.fresh))
    assert world.run("verify", prefix=link).code == 0
    assert world.told("uninstall", prefix=link).code == 0
    assert link.is_symlink()
    assert not world.fresh.exists()


def test_two_installers_of_two_prefixes_do_not_meet(world: World) -> None:
    runs = [
        world.start("update", "--yes", "--json"),
        world.start("install", "--yes", "--json", prefix=world.fresh),
    ]
    assert [ended(run).code for run in runs] == [0, 0]


OWN = (
    "notes.txt",
    "bin/mine",
    "store/mine/file",
    "generations/mine.json",
    "downloads/film.mp4",
    "data/settings",
)
"""What users put into folders that they find."""


def add_own(prefix: Path) -> None:
    for name in OWN:
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_text("the user's own", encoding="utf-8")


def test_removing_leaves_what_is_the_users(world: World) -> None:
    add_own(world.prefix)
    (world.prefix / "bin" / "run").unlink()
    (world.prefix / "bin" / "run").write_text("#!/bin/sh\n# the user's own\n", encoding="utf-8")
    (world.prefix / "link").symlink_to(world.precious)
    (world.prefix / "store" / "link").symlink_to(world.precious)
    before = fingerprint(world.precious)
    done = world.told("uninstall")
    assert (done.code, done.end["outcome"]) == (0, "completed")
    left = {path for path, entry in fingerprint(world.prefix).items() if entry[0] != "folder"}
    assert left == {*OWN, "bin/run", "link", "store/link"}
    assert fingerprint(world.precious) == before
    fault = refused(world.told("uninstall"), F.NOT_INSTALLED)
    assert str(fault.facts["path"]).startswith(str(world.prefix))


HALF_REMOVED = {
    "no-current": gone("current"),
    "no-store": lambda prefix: shutil.rmtree(prefix / "store"),
    "no-bin": lambda prefix: shutil.rmtree(prefix / "bin"),
    "current-dangling": dangling("current"),
    "only-the-mark": lambda prefix: [
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in prefix.iterdir()
        if path.name != ".vsrt.json"
    ],
}


@pytest.mark.parametrize("spoil", HALF_REMOVED.values(), ids=HALF_REMOVED.keys())
def test_a_half_removed_runtime_can_be_removed(world: World, spoil: Callable[[Path], object]) -> None:
    spoil(world.prefix)
    done = world.told("uninstall")
    assert (done.code, done.end["outcome"]) == (0, "completed"), done.out
    assert not world.prefix.exists()


def test_a_folder_that_is_not_ours_is_never_removed(world: World) -> None:
    """Neither the mark nor a set of modules tells that it is."""
    (world.prefix / ".vsrt.json").unlink()
    (world.prefix / "generations" / "1.json").unlink()
    with world.guarded():
        refused(world.told("uninstall"), F.NOT_INSTALLED)
        refused(world.told("uninstall", prefix=world.precious), F.NOT_INSTALLED)


def test_a_folder_with_other_files_gets_a_folder_of_its_own_in_it(world: World) -> None:
    before = fingerprint(world.precious)
    done = world.told("install", prefix=world.precious)
    assert done.code == 0
    after = fingerprint(world.precious)
    assert {path: entry for path, entry in after.items() if path in before} == before
    assert all(path.startswith("vscode-runtime") for path in after.keys() - before.keys())
    removed = world.told("uninstall", prefix=world.precious)
    assert removed.code == 0, removed.out
    assert fingerprint(world.precious) == before
