"""A prefix whose own notes or folders are damaged: every verb puts it right or says so, and nobody's file is lost."""

import asyncio
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from integration.place_house import NEW, OLD, OWN, Place, as_user, copied, fetched, fine, made
from simulators.http_server import HttpServer

from vsrt_gui.app import open_session
from vsrt_gui.model.events import Outcome, Severity
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.request import Verb
from vsrt_gui.model.status import Damaged, Installed
from vsrt_gui.model.survey import Note

Spoil = Callable[[Path], object]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A runtime of one set of modules, and one that was updated."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for sets in (1, 2):
            root = tmp_path_factory.mktemp(f"template-{sets}")
            as_user(root, patch)
            found[sets] = made(root, sets).root
    return found


@pytest.fixture
def place(templates: dict[int, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return copied(templates[1], tmp_path, monkeypatch)


@pytest.fixture
def updated(templates: dict[int, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return copied(templates[2], tmp_path, monkeypatch)


def erase(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def text(name: str, content: str) -> Spoil:
    return lambda prefix: (prefix / name).write_text(content, encoding="utf-8")


def gone(name: str) -> Spoil:
    return lambda prefix: erase(prefix / name)


def empty_folder(name: str) -> Spoil:
    return lambda prefix: (erase(prefix / name), (prefix / name).mkdir())


def full_folder(name: str) -> Spoil:
    return lambda prefix: (empty_folder(name)(prefix), (prefix / name / "letter").write_text(OWN))


def a_file(name: str) -> Spoil:
    return lambda prefix: (erase(prefix / name), (prefix / name).write_text(OWN))


def a_link(name: str) -> Spoil:
    """Put what is there somewhere else, and a link to it in its place."""

    def act(prefix: Path) -> None:
        elsewhere = prefix.parent / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        shutil.move(prefix / name, elsewhere / name)
        (prefix / name).symlink_to(elsewhere / name)

    return act


def several(*acts: Spoil) -> Spoil:
    return lambda prefix: [act(prefix) for act in acts]


FOLDERS = ("store", "downloads", "generations", "index", "bin")
NOTES = {
    "mark-nonsense": text(".vsrt.json", "not json"),
    "mark-empty": text(".vsrt.json", ""),
    "mark-torn": text(".vsrt.json", '{"format": 1, "id": "'),
    "mark-gone": gone(".vsrt.json"),
    "mark-folder": empty_folder(".vsrt.json"),
    "mark-full": full_folder(".vsrt.json"),
    "current-nonsense": text("current", "one"),
    "current-empty": text("current", ""),
    "current-negative": text("current", "-1"),
    "current-huge": text("current", "9" * 5000),
    "current-path": text("current", "../../precious/letter"),
    "current-nowhere": text("current", "7\n"),
    "current-folder": empty_folder("current"),
    "current-full": full_folder("current"),
    "generation-gone": gone("generations/1.json"),
    "generation-nonsense": text("generations/1.json", "{"),
    "generation-empty": text("generations/1.json", ""),
    "generation-deep": text("generations/1.json", "[" * 100_000),
    "generation-other": text("generations/1.json", '{"number": 2}'),
    "generation-folder": empty_folder("generations/1.json"),
    "generation-full": full_folder("generations/1.json"),
    "generations-gone": gone("generations"),
    "all-notes": several(
        *(text(name, "?") for name in (".vsrt.json", "current", "generations/1.json", "wanted.json")),
        text("journal.jsonl", "\0\0{\n[]\n7\n"),
    ),
}
PLACES = {f"{name}-file": a_file(name) for name in FOLDERS} | {
    f"{name}-link": a_link(name) for name in FOLDERS
}
DAMAGES = NOTES | PLACES
FETCHES = {"store-file", "store-link", "index-file"}
"""After these, files must be fetched, or the archives that tell which files there were."""
SAMPLE = (
    "mark-nonsense",
    "current-nowhere",
    "generation-full",
    "all-notes",
    "store-link",
    "index-file",
    "bin-file",
)
FULL = bool(os.environ.get("VSRT_FULL_SWEEP"))
every_damage = pytest.mark.parametrize("name", DAMAGES)
some_damages = pytest.mark.parametrize("name", DAMAGES if FULL else SAMPLE)
"""For the verbs that come to the same by the same way; `dev.py test --full` tries them all."""


@every_damage
def test_it_is_shown_and_one_repair_puts_it_right(place: Place, name: str) -> None:
    DAMAGES[name](place.prefix)
    (place.prefix / "notes.txt").write_text(OWN)
    own = place.own()
    shown = place.look().status
    assert isinstance(shown, Damaged)
    assert all(path.startswith(str(place.prefix)) for path in shown.notes)
    assert shown.notes
    found = place.run(Verb.VERIFY, place.catalog(OLD))
    assert (found.outcome, found.severity is None) == (Outcome.COMPLETED, False)
    assert found.faults[0].code is FaultCode.PREFIX_DAMAGED
    with HttpServer(place.catalog(OLD)) as server:
        fine(place.run(Verb.REPAIR, server.url))
        assert (fetched(server) > 0) == (name in FETCHES)
    assert isinstance(place.look().status, Installed)
    assert place.works()
    fine(place.run(Verb.VERIFY, place.catalog(OLD)))
    assert len(place.own()) == len(own)
    fine(place.run(Verb.UNINSTALL, place.catalog(OLD)))
    assert len(place.own()) == len(own)


@some_damages
def test_an_update_puts_it_right_too(place: Place, name: str) -> None:
    DAMAGES[name](place.prefix)
    fine(place.run(Verb.UPDATE, place.catalog(NEW)))
    assert place.works()
    assert place.version == NEW
    assert isinstance(place.look(NEW).status, Installed)


@some_damages
def test_an_update_that_finds_nothing_new_puts_it_right_too(place: Place, name: str) -> None:
    DAMAGES[name](place.prefix)
    fine(place.run(Verb.UPDATE, place.catalog(OLD)))
    assert place.works()
    assert isinstance(place.look().status, Installed)


@some_damages
def test_an_installation_puts_it_right_too(place: Place, name: str) -> None:
    DAMAGES[name](place.prefix)
    fine(place.run(Verb.INSTALL, place.catalog(OLD)))
    assert place.works()
    assert isinstance(place.look().status, Installed)


@some_damages
def test_another_choice_of_modules_puts_it_right_too(place: Place, name: str) -> None:
    DAMAGES[name](place.prefix)
    fine(place.run(Verb.CHANGE, place.catalog(OLD), "core"))
    assert place.works()
    shown = place.look().status
    assert isinstance(shown, Installed)
    assert set(shown.modules) == {"base", "core"}


@every_damage
def test_it_can_be_removed_as_it_is(place: Place, name: str) -> None:
    DAMAGES[name](place.prefix)
    own = place.own()
    elsewhere = printed(place.prefix.parent / "elsewhere")
    fine(place.run(Verb.UNINSTALL, place.catalog(OLD)))
    assert place.own() == own
    folders = (path for path in place.prefix.rglob("*") if path.is_dir() and not path.is_symlink())
    assert [path for path in folders if not any(path.iterdir())] == []
    # Only the mark knows who made the folder itself. Without it, and in a prefix that was copied to another place, as
    # here, an empty one may be somebody's and stays.
    left = [] if not place.prefix.exists() else [path.name for path in place.prefix.iterdir()]
    assert bool(left) == bool(own or (place.prefix.parent / "elsewhere").exists())
    assert printed(place.prefix.parent / "elsewhere") == elsewhere


def printed(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


@every_damage
def test_going_back_puts_it_right_or_says_that_a_repair_is_due(updated: Place, name: str) -> None:
    DAMAGES[name](updated.prefix)
    ended = updated.run(Verb.ROLLBACK, updated.catalog(NEW))
    if ended.outcome is Outcome.COMPLETED:
        assert updated.works()
        assert updated.version == (NEW if name == "current-nowhere" else OLD)  # the one before the seventh
        assert not updated.look(NEW).record.damage
        return
    codes = {fault.code for fault in ended.faults}
    unknown = {
        FaultCode.PREFIX_DAMAGED,
        FaultCode.NO_EARLIER_GENERATION,
        FaultCode.SOURCE_GONE,
        FaultCode.FILE_MISSING,
    }
    assert codes <= unknown, ended
    fine(updated.run(Verb.REPAIR, updated.catalog(NEW)))
    assert updated.works()


@pytest.mark.parametrize("name", ["current-nonsense", "current-nowhere", "mark-nonsense"])
def test_going_back_by_number_needs_no_current_one(updated: Place, name: str) -> None:
    DAMAGES[name](updated.prefix)
    fine(updated.run(Verb.ROLLBACK, updated.catalog(NEW), generation=1))
    assert (updated.version, updated.works()) == (OLD, True)
    assert isinstance(updated.look(OLD).status, Installed)


def test_what_is_in_force_again_is_the_newest_set_that_is_whole(updated: Place) -> None:
    text("current", "?")(updated.prefix)
    with HttpServer(updated.catalog(NEW)) as server:
        fine(updated.run(Verb.REPAIR, server.url))
        assert fetched(server) == 0
    assert updated.version == NEW


@pytest.mark.parametrize("content", ["1\r\n", "\n1\n", "1"])
def test_what_an_editor_saved_still_says_which_one_was_in_force(updated: Place, content: str) -> None:
    fine(updated.run(Verb.ROLLBACK, updated.catalog(NEW)))
    (updated.prefix / "current").write_bytes(content.encode())
    assert isinstance(updated.look(NEW).status, Damaged)
    fine(updated.run(Verb.REPAIR, updated.catalog(NEW)))
    assert (updated.version, updated.works()) == (OLD, True)


def test_a_set_that_is_not_whole_gives_way_to_an_older_one_that_is(updated: Place) -> None:
    text("current", "?")(updated.prefix)
    (core,) = (updated.prefix / "store").glob(f"core-{NEW}-*")
    (core / "noise.bin").unlink()
    with HttpServer(updated.catalog(NEW)) as server:
        fine(updated.run(Verb.REPAIR, server.url))
        assert fetched(server) == 0
    assert (updated.version, updated.works()) == (OLD, True)


def test_where_no_set_is_whole_the_newest_is_completed(updated: Place) -> None:
    text("current", "?")(updated.prefix)
    for noise in (updated.prefix / "store").glob("*/noise.bin"):
        noise.write_bytes(b"damaged")
    fine(updated.run(Verb.REPAIR, updated.catalog(NEW)))
    assert (updated.version, updated.works()) == (NEW, True)


def test_a_set_that_can_not_be_read_gives_way_to_the_one_before(updated: Place) -> None:
    text("generations/2.json", "{")(updated.prefix)
    fine(updated.run(Verb.REPAIR, updated.catalog(NEW)))
    assert (updated.version, updated.works()) == (OLD, True)


def test_going_back_from_a_set_that_can_not_be_read_takes_the_one_before(updated: Place) -> None:
    text("generations/2.json", "{")(updated.prefix)
    fine(updated.run(Verb.ROLLBACK, updated.catalog(NEW)))
    assert (updated.version, updated.works()) == (OLD, True)


def test_the_lost_note_of_an_earlier_set_is_told_before_it_goes(updated: Place) -> None:
    text("generations/1.json", "{")(updated.prefix)
    catalog = updated.catalog(NEW)
    old = set((updated.prefix / "store").glob(f"*-{OLD}-*"))
    looked, back = updated.run(Verb.VERIFY, catalog), updated.run(Verb.ROLLBACK, catalog)
    for ended in (looked, back):
        assert [(f.code, Path(str(f.facts["path"])).name) for f in ended.faults] == [
            (FaultCode.PREFIX_DAMAGED, "1.json")
        ]
    assert looked.severity is Severity.P4
    assert isinstance(updated.look(NEW).status, Damaged)
    assert old
    assert all(folder.is_dir() for folder in old)
    fine(updated.run(Verb.REPAIR, catalog))
    assert (updated.version, updated.works()) == (NEW, True)
    assert isinstance(updated.look(NEW).status, Installed)


def test_so_is_that_of_a_set_that_was_left(place: Place) -> None:
    text("generations/9.json", "{")(place.prefix)
    assert isinstance(place.look().status, Damaged)
    fine(place.run(Verb.UPDATE, place.catalog(NEW)))
    assert (place.version, place.works()) == (NEW, True)
    assert isinstance(place.look(NEW).status, Installed)
    assert not (place.prefix / "generations/9.json").exists()


def test_a_current_that_is_gone_comes_back_by_a_repair(updated: Place) -> None:
    gone("current")(updated.prefix)
    with HttpServer(updated.catalog(NEW)) as server:
        fine(updated.run(Verb.REPAIR, server.url))
        assert fetched(server) == 0
    assert (updated.version, updated.works()) == (NEW, True)


def test_no_repair_needs_the_list_of_modules_while_one_set_can_be_read(place: Place) -> None:
    several(text("current", "?"), text(".vsrt.json", "?"))(place.prefix)
    fine(place.run(Verb.REPAIR, place.root / "nowhere"))
    assert (place.version, place.works()) == (OLD, True)


def test_without_any_set_and_any_list_it_is_said_and_nothing_is_touched(place: Place) -> None:
    text("generations/1.json", "{")(place.prefix)
    before = printed(place.prefix / "store")
    ended = place.run(Verb.REPAIR, place.root / "nowhere")
    assert (ended.outcome, ended.severity) == (Outcome.FAILED, Severity.P1)
    assert [fault.code for fault in ended.faults] == [FaultCode.PREFIX_DAMAGED]
    assert printed(place.prefix / "store") == before
    fine(place.run(Verb.REPAIR, place.catalog(OLD)))
    assert place.works()


def test_a_set_that_names_a_folder_that_is_gone_is_completed(place: Place) -> None:
    (core,) = (place.prefix / "store").glob("core-*")
    shutil.rmtree(core)
    shown = place.look().status
    assert isinstance(shown, Damaged)
    assert (shown.modules, shown.notes) == (("core",), ())
    fine(place.run(Verb.REPAIR, place.catalog(OLD)))
    assert isinstance(place.look().status, Installed)


@pytest.mark.parametrize("how", ["gone", "garbage", "cut", "folder"])
def test_lists_of_files_that_are_lost_are_made_again(place: Place, how: str) -> None:
    for path in (place.prefix / "index").iterdir():
        content = path.read_bytes()
        path.unlink()
        if how == "folder":
            path.mkdir()
        elif how != "gone":
            path.write_bytes(b"garbage" if how == "garbage" else content[: len(content) // 2])
    fine(place.run(Verb.REPAIR, place.catalog(OLD)))
    assert isinstance(place.look().status, Installed)
    fine(place.run(Verb.VERIFY, place.root / "nowhere"))


HARMLESS = {
    "wanted-nonsense": text("wanted.json", "{"),
    "wanted-folder": full_folder("wanted.json"),
    "journal-nonsense": text("journal.jsonl", "\0\0{\n[]\n7\n"),
    "journal-folder": full_folder("journal.jsonl"),
    "journal-link": a_link("journal.jsonl"),
    "part-folder": full_folder(f"downloads/{'a' * 64}.part"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_can_be_done_without_is_no_damage(place: Place, name: str) -> None:
    HARMLESS[name](place.prefix)
    own = place.own()
    assert isinstance(place.look().status, Installed)
    fine(place.run(Verb.VERIFY, place.catalog(OLD)))
    fine(place.run(Verb.UPDATE, place.catalog(NEW)))
    assert (place.version, place.works()) == (NEW, True)
    assert len(place.own()) == len(own)


def test_a_lost_generation_is_never_collected_away(place: Place) -> None:
    """While nothing tells what is in force, freeing space deletes nothing."""
    text("current", "?")(place.prefix)
    before = printed(place.prefix)
    session_faults = asyncio.run(_clean(str(place.catalog(OLD)), place.prefix))
    assert session_faults is FaultCode.PREFIX_DAMAGED
    assert printed(place.prefix) == before


async def _clean(catalog: str, prefix: Path) -> FaultCode | None:
    session = open_session(catalog, prefix)
    try:
        await session.free_space()
    except InstallerError as error:
        return error.fault.code
    finally:
        await session.close()
    return None


def test_each_damage_says_what_it_is(place: Place) -> None:
    several(text(".vsrt.json", "?"), text("current", "?"), a_file("bin"))(place.prefix)
    damage = place.look().record.damage
    assert [one.note for one in damage] == [Note.MARK, Note.CURRENT, Note.FOLDER]
    assert [Path(one.path).name for one in damage] == [".vsrt.json", "current", "bin"]
