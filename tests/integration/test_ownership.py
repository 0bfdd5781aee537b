"""What is the user's stays as it is, to the byte, whatever is done to a runtime that lies in the middle of it."""

import errno
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from aloud import say
from cli_house import Vsrt, environment, on_terminal
from integration.place_house import LAUNCH, NEW, OLD, OWN, Place, as_user, fine, made

from vsrt_gui.adapters.host.extension_links import link_extensions
from vsrt_gui.adapters.prefix import effects
from vsrt_gui.model.events import Outcome
from vsrt_gui.model.faults import FaultCode
from vsrt_gui.model.request import Request, Verb

Print = dict[str, tuple[object, ...]]
NOBODY = 65534


def printed(folder: Path, without: str = "") -> Print:
    """Take down all that a folder holds: kind, mode, and of files content and time, of links where they lead."""
    found: Print = {}
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not without or Path(parent, name) != folder / without]
        for name in (*folders, *files):
            path = Path(parent, name)
            found[path.relative_to(folder).as_posix()] = entry(path)
    return found


def entry(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    mode = stat.S_IMODE(status.st_mode)
    if path.is_symlink():
        return ("link", str(path.readlink()))
    if path.is_dir():
        return ("folder", mode)
    return ("file", mode, sha256(path.read_bytes()).hexdigest(), status.st_mtime_ns)


HOME = {
    "thesis.odt": 0o600,
    ".bashrc": 0o644,
    ".config/editor/settings": 0o600,
    "bin/mine": 0o755,
    "store/mine-1.0.0-0a1b2c3d/photo": 0o444,
    "store/empty-1.0.0-0a1b2c3d/": 0o755,
    "generations/1.json": 0o644,
    "downloads/film": 0o644,
    "index/letters": 0o644,
    "current": 0o644,
    "wanted.json": 0o644,
    "journal.jsonl": 0o644,
    "empty/": 0o700,
}
"""A home folder as full as can be of names that a prefix has, too."""


def furnish(folder: Path, things: dict[str, int]) -> None:
    for name, mode in things.items():
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(f"{OWN}: {name}")
            os.utime(path, ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_789))
        path.chmod(mode)
    (folder / "link").symlink_to("thesis.odt")
    (folder / "to-nowhere").symlink_to("nowhere")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A home that is chosen as the folder of the runtime, and data of the user's own."""
    as_user(tmp_path, monkeypatch)
    place = Place(tmp_path, name="")
    furnish(place.home, HOME)
    furnish(
        place.data, {"extensions/mine/package.json": 0o644, "server/User/settings": 0o600, "diary": 0o600}
    )
    return place


@pytest.fixture
def own(place: Place) -> tuple[Print, Print]:
    """What is the user's, before anything was done."""
    return printed(place.home), printed(place.data)


def untouched(place: Place, own: tuple[Print, Print]) -> None:
    assert (printed(place.home, "vscode-runtime"), printed(place.data)) == own


def test_a_home_folder_survives_all_that_is_done_in_it(place: Place, own: tuple[Print, Print]) -> None:
    made(place.root, 0, place)
    runtime = place.home / "vscode-runtime"
    lost = place.ask(Request(verb=Verb.INSTALL), place.catalog(OLD), cancel=True)
    assert lost.outcome is Outcome.CANCELLED
    untouched(place, own)
    spoilt = shutil.copytree(place.catalog(NEW), place.root / "spoilt")
    (spoilt / "core-2.0.0.zip").write_bytes(b"nothing that can be unpacked")
    steps = (
        (Verb.INSTALL, place.catalog(OLD), ("core",)),
        (Verb.CHANGE, place.catalog(OLD), ("core", "extra")),
        (Verb.VERIFY, place.catalog(OLD), ()),
        (Verb.UPDATE, spoilt, ()),
        (Verb.UPDATE, place.catalog(NEW), ()),
        (Verb.ROLLBACK, place.catalog(NEW), ()),
        (Verb.REPAIR, place.catalog(OLD), ()),
        (Verb.UNINSTALL, place.catalog(OLD), ("extra",)),
    )
    for verb, catalog, modules in steps:
        if verb is Verb.REPAIR:
            next(runtime.glob("store/core-1*/noise.bin")).write_bytes(b"damaged")
        ended = place.run(verb, catalog, *modules)
        assert (ended.outcome is Outcome.FAILED) == (catalog == spoilt), ended
        untouched(place, own)
    assert (runtime / "bin" / "run").exists()
    fine(place.run(Verb.UNINSTALL, place.catalog(OLD)))
    assert (printed(place.home), printed(place.data)) == own


def test_a_folder_that_was_there_stays_and_one_that_was_made_goes(tmp_path: Path, place: Place) -> None:
    made(tmp_path, 0, place)
    empty, deep = Place(tmp_path, "empty"), Place(tmp_path, "new/deep/runtime")
    before = printed(place.home)
    for one in (empty, deep):
        fine(one.run(Verb.INSTALL, one.catalog(OLD)))
        fine(one.run(Verb.UNINSTALL, one.catalog(OLD)))
        assert printed(place.home) == before


def test_an_empty_home_that_became_the_prefix_keeps_what_comes_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user(tmp_path, monkeypatch)
    place = Place(tmp_path, name="")
    place.home.mkdir()
    made(tmp_path, 1, place)
    assert (place.home / ".vsrt.json").exists()
    things = {
        "thesis.odt": 0o600,
        "bin/mine": 0o755,
        "store/holiday-2024-deadbeef/photo": 0o444,
        "store/mine-1.0.0-0a1b2c3d": 0o644,
        "generations/2024.json": 0o644,
        "generations/7.bin/mine": 0o644,
        f"downloads/{'a' * 64}.json": 0o644,
        f"downloads/{'a' * 64}.part": 0o644,
        f"index/{'b' * 64}.json.zst": 0o644,
    }
    furnish(place.home, things)
    before = {name: entry(place.home / name) for name in things}
    for verb in (Verb.UPDATE, Verb.ROLLBACK, Verb.REPAIR, Verb.UNINSTALL):
        fine(place.run(verb, place.catalog(NEW)))
        assert {name: entry(place.home / name) for name in things} == before
    left = {name for name, one in printed(place.home).items() if one[0] != "folder"}
    assert left == {*things, "link", "to-nowhere"}


def test_what_lies_in_a_module_goes_with_it_and_all_else_stays(tmp_path: Path, place: Place) -> None:
    """Programs write caches beside their files, which nobody can tell from what a person puts there."""
    runtime = Place(tmp_path, "runtime")
    made(tmp_path, 0, runtime)
    fine(runtime.run(Verb.INSTALL, runtime.catalog(OLD)))
    (core,) = runtime.prefix.glob("store/core-*")
    (core / "__pycache__").mkdir()
    (core / "__pycache__" / "cached").write_text("made by the module")
    kept = (
        "notes",
        "bin/mine",
        "store/mine/letter",
        "downloads/film",
        "index/letters",
        "generations/mine.json",
    )
    for name in kept:
        (runtime.prefix / name).parent.mkdir(exist_ok=True)
        (runtime.prefix / name).write_text(OWN)
    before = {name: entry(runtime.prefix / name) for name in kept}
    fine(runtime.run(Verb.UNINSTALL, runtime.catalog(OLD)))
    left = printed(runtime.prefix)
    assert {name: one for name, one in left.items() if one[0] == "file"} == before
    assert {name for name, one in left.items() if one[0] == "folder"} == {
        "bin",
        "store",
        "store/mine",
        "downloads",
        "index",
        "generations",
    }
    assert place.home.exists()


STAYS = (
    (
        r"state/vscode-runtime(/locks(/[0-9a-f]{64}\.lock)?)?",
        "the lock of a folder: one that goes could be held twice",
    ),
    (r"state/vscode-runtime/log(/[a-z]+\.log)?", "what was done, for support"),
    (r"state/vscode-runtime/servers(/[0-9a-f]{64}\.(lock|log))?", "the lock and the log of an editor"),
    (r"cache/vscode-runtime(/manifests(/[^/]+)?)?", "the list of modules, for a day"),
)
"""What stays outside the folder of the runtime when it was removed, and why; `vsrt cache clear` removes the last."""


def test_nothing_is_left_outside_but_what_has_a_reason(tmp_path: Path) -> None:
    """All that the program writes anywhere while it installs, updates, goes back, repairs and removes."""
    home, place = tmp_path / "home", Place(tmp_path)
    home.mkdir()
    made(tmp_path, 0, place)
    (tmp_path / "temp").mkdir()
    env = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "CONFIG", "STATE", "DATA")}
    env |= {"HOME": str(home), "TMPDIR": str(tmp_path / "temp"), "PYTHONDONTWRITEBYTECODE": "1"}
    for version, *words in (
        (OLD, "install"),
        (NEW, "update"),
        (NEW, "rollback"),
        (NEW, "repair"),
        (NEW, "status"),
        (NEW, "uninstall"),
    ):
        vsrt = Vsrt(str(place.catalog(version)), place.prefix)
        assert vsrt.run(*words, *(["--yes"] if words != ["status"] else []), **env).code == 0, words
    assert not place.prefix.exists()
    assert list((tmp_path / "temp").iterdir()) == []
    left = sorted(printed(home))
    reasons = [pattern for pattern, _ in STAYS]
    assert [
        path
        for path in left
        if path not in {"cache", "state"} and not any(re.fullmatch(r, path) for r in reasons)
    ] == []
    assert [
        path for path in printed(home) if (home / path).is_dir() and not any((home / path).iterdir())
    ] == []


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    as_user(tmp_path, monkeypatch)
    place = made(tmp_path, 1)
    furnish(place.data, {"extensions/mine/package.json": 0o644, "diary": 0o600})
    return place


def test_own_data_goes_by_name_where_that_is_asked(installed: Place) -> None:
    fine(installed.ask(Request(verb=Verb.UNINSTALL, with_data=True), installed.catalog(OLD)))
    assert set(printed(installed.data)) == {"diary", "link", "to-nowhere"}
    assert not installed.prefix.exists()


def test_own_data_stays_where_it_is_not_asked(installed: Place) -> None:
    before = printed(installed.data)
    fine(installed.run(Verb.UNINSTALL, installed.catalog(OLD)))
    assert printed(installed.data) == before


SERVED = {
    **LAUNCH,
    "server": {
        "argv": ["{bin:run}"],
        "env": {},
        "ready": "/healthz",
        "secret": "connectionToken",
        "extensionsDir": "{data}/extensions",
    },
}
"""An editor that looks for extensions in the user's data folder."""


def served(tmp_path: Path) -> Place:
    """Install, and link an extension for the editor, as its start does; the user has one of his own, too."""
    place = made(tmp_path, 1, launch=SERVED)
    furnish(place.data, {"extensions/mine/package.json": 0o644, "diary": 0o600})
    linked(place)
    return place


def linked(place: Place, module: str = "core") -> Path:
    (extension,) = place.prefix.glob(f"store/{module}-*")
    link_extensions(place.data / "extensions", place.prefix / "store", {f"acme.{module}": str(extension)})
    return place.data / "extensions" / f"acme.{module}"


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="becomes another user")
def test_who_may_not_remove_the_runtime_loses_nothing_by_trying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a user of a runtime that belongs to everybody on the computer."""
    as_user(tmp_path, monkeypatch)
    place = served(tmp_path)
    for path in (place.data, *place.data.rglob("*"), *(tmp_path / "personal").iterdir()):
        os.lchown(path, NOBODY, NOBODY)
    shutil.rmtree(tmp_path / "personal" / "state", ignore_errors=True)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o055)
    (tmp_path / "personal").chmod(0o777)
    before = printed(place.prefix), printed(place.data)
    vsrt = Vsrt(str(place.catalog(OLD)), place.prefix)
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    for words in (("uninstall", "--with-data"), ("uninstall",)):
        command = [*become, *vsrt.command(*words, "--yes", "--json")]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment())
        assert (done.returncode, "folder-not-writable" in done.stdout) == (43, True), (
            done.stdout + done.stderr
        )
        assert (printed(place.prefix), printed(place.data)) == before
    fine(place.ask(Request(verb=Verb.UNINSTALL, with_data=True), place.catalog(OLD)))
    assert not place.prefix.exists()
    assert set(printed(place.data)) == {"diary", "link", "to-nowhere"}


def test_no_link_is_left_of_a_module_that_went(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user(tmp_path, monkeypatch)
    monkeypatch.setenv("VSRT_KEPT_GENERATIONS", "0")
    place = served(tmp_path)
    before, link = printed(place.data), linked(place, "extra")
    assert link.is_symlink()
    fine(place.run(Verb.UNINSTALL, place.catalog(OLD), "extra"))
    assert not link.is_symlink()
    fine(place.run(Verb.UNINSTALL, place.catalog(OLD)))
    assert printed(place.data) == {name: one for name, one in before.items() if "acme" not in name}


def test_nothing_of_ours_is_left_in_the_users_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user(tmp_path, monkeypatch)
    place = made(tmp_path, 1, launch=SERVED)
    linked(place)
    fine(place.run(Verb.UNINSTALL, place.catalog(OLD)))
    assert not place.data.exists()


@pytest.mark.parametrize("stays", ["index", ".vsrt.json"])
def test_own_data_goes_last_and_a_rerun_takes_it_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stays: str
) -> None:
    as_user(tmp_path, monkeypatch)
    place = served(tmp_path)
    own = printed(place.data / "extensions" / "mine")
    wish = Request(verb=Verb.UNINSTALL, with_data=True)

    def fail(name: str, where: effects.Where) -> None:
        if name in {"unlink", "rmdir"} and str(where) == str(place.prefix / stays):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with effects.watched(fail):
        assert place.ask(wish, place.catalog(OLD)).outcome is Outcome.FAILED
    assert not (place.prefix / "current").exists()
    if stays == "index":
        assert printed(place.data / "extensions" / "mine") == own
    fine(place.ask(wish, place.catalog(OLD)))
    assert not place.prefix.exists()
    assert set(printed(place.data)) == {"diary", "link", "to-nowhere"}


def test_own_data_goes_although_the_set_can_not_be_read(installed: Place) -> None:
    (installed.prefix / "generations" / "1.json").write_text("{")
    fine(installed.ask(Request(verb=Verb.UNINSTALL, with_data=True), installed.catalog(OLD)))
    assert set(printed(installed.data)) == {"diary", "link", "to-nowhere"}
    assert not installed.prefix.exists()


def test_own_data_can_go_later_than_the_runtime(installed: Place) -> None:
    fine(installed.ask(Request(verb=Verb.UNINSTALL, keep_downloads=True), installed.catalog(OLD)))
    assert (installed.data / "extensions").exists()
    fine(installed.ask(Request(verb=Verb.UNINSTALL, with_data=True), installed.catalog(OLD)))
    assert set(printed(installed.data)) == {"diary", "link", "to-nowhere"}
    assert not installed.prefix.exists()


@pytest.mark.parametrize("readable", [True, False])
def test_the_mark_of_an_older_program_names_no_own_data(installed: Place, *, readable: bool) -> None:
    """Then the sets of modules do; where they can't be read, that is said, and the runtime stays."""
    mark = installed.prefix / ".vsrt.json"
    said = json.loads(mark.read_text())
    del said["data"]
    mark.write_text(json.dumps(said))
    if not readable:
        (installed.prefix / "generations" / "1.json").write_text("{")
    before = printed(installed.data)
    ended = installed.ask(Request(verb=Verb.UNINSTALL, with_data=True), installed.catalog(OLD))
    if readable:
        fine(ended)
        assert set(printed(installed.data)) == {"diary", "link", "to-nowhere"}
    else:
        assert [fault.code for fault in ended.faults] == [FaultCode.PREFIX_DAMAGED]
        assert (printed(installed.data), installed.works()) == (before, True)


def test_a_runtime_in_the_data_folder_never_goes_as_own_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual place of the runtime is in that folder; a module that names it there gets nothing by that."""
    as_user(tmp_path, monkeypatch)
    launch = {
        "bin": {**LAUNCH["bin"], "odd": ["{bin:run}", "{data}/runtime", "{data}/../secret", "{data}/.."]}
    }
    made(tmp_path, 0, launch=launch)
    place = Place(tmp_path, "../personal/data/vscode-runtime/runtime")
    place.home.mkdir()
    fine(place.run(Verb.INSTALL, place.catalog(OLD)))
    (place.prefix / "notes").write_text(OWN)
    (place.data.parent / "secret").write_text(OWN)
    fine(place.ask(Request(verb=Verb.UNINSTALL, with_data=True), place.catalog(OLD)))
    assert [path.name for path in place.prefix.iterdir()] == ["notes"]
    assert (place.data.parent / "secret").exists()


@pytest.mark.skipif(os.name == "nt", reason="this system has no such terminals")
@pytest.mark.parametrize("answers", ["yn", "yy"])
def test_a_terminal_asks_twice_before_own_data_goes(installed: Place, answers: str) -> None:
    vsrt = Vsrt(str(installed.catalog(OLD)), installed.prefix)
    replies = [("Go on?", f"{answers[0]}\n"), ("Remove them?", f"{answers[1]}\n")]
    shown = on_terminal(vsrt.command("uninstall", "--with-data"), replies)
    gone = answers == "yy"
    assert shown.code == (0 if gone else 130), shown.screen
    assert installed.prefix.exists() != gone
    assert (installed.data / "extensions").exists() != gone
    assert (installed.data / "diary").exists()


def test_own_data_does_not_go_with_single_modules(installed: Place) -> None:
    done = Vsrt(str(installed.catalog(OLD)), installed.prefix).run(
        "uninstall", "core", "--with-data", "--yes"
    )
    assert done.code == 2
    assert "leave out the names" in done.err
    assert (installed.data / "extensions").exists()


def test_going_back_is_instant_and_can_itself_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    as_user(tmp_path, monkeypatch)
    place = made(tmp_path, 2)
    before = printed(place.prefix / "store")
    took = []
    for version, generation in ((OLD, None), (NEW, 2), (OLD, 1), (NEW, 2)):
        began = time.perf_counter()
        fine(place.run(Verb.ROLLBACK, place.root / "nowhere", generation=generation))
        took.append(time.perf_counter() - began)
        assert (place.version, place.works()) == (version, True)
        assert printed(place.prefix / "store") == before
    say(
        pytestconfig,
        f"going back to another version: {min(took) * 1000:.0f} ms at best, {max(took) * 1000:.0f} at worst",
    )
    assert min(took) < 2.0
    assert subprocess.run([place.prefix / "bin" / "run"], check=True, capture_output=True).stdout == b"here\n"


@pytest.mark.skipif(os.name == "nt", reason="a program can't be copied that easily")
@pytest.mark.parametrize("by", ["program", "argument", "folder", "link", "relative", "setting", "list"])
def test_what_a_process_runs_from_is_collected_once_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Whoever started it: a language server, or a script that a person left running."""
    if by not in {"program", "argument"} and sys.platform != "linux":
        pytest.skip("where a process is, and what is around it, is known on Linux alone")
    as_user(tmp_path, monkeypatch)
    monkeypatch.setenv("VSRT_KEPT_GENERATIONS", "0")
    place = made(tmp_path, 1)
    (base,) = place.prefix.glob("store/base-*")
    (core,) = place.prefix.glob("store/core-*")
    script = base / "waits"
    script.write_text("read line\n")
    program = base / "program"
    shutil.copy("/bin/sh", program)
    (tmp_path / "link").symlink_to(place.prefix)
    linked = tmp_path / "link" / "store" / base.name
    reads = ["-c", "read line; :"]
    words = {
        "argument": ["/bin/sh", script],
        "folder": ["/bin/sh", script.name],
        "link": ["/bin/sh", linked / script.name],
        "relative": ["/bin/sh", script.relative_to(place.home)],
        "setting": ["/usr/bin/env", f"NODE_PATH={base}", "/bin/sh", *reads],
        "list": ["/usr/bin/env", f"PYTHONPATH=/nowhere:{linked}:/usr", "/bin/sh", *reads],
    }
    command = words.get(by, [program, *reads])
    where = {"folder": base, "relative": place.home}.get(by, tmp_path)
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=where) as process:
        fine(place.run(Verb.UPDATE, place.catalog(NEW)))
        assert place.version == NEW
        assert base.exists()
        assert not core.exists()
        fine(place.run(Verb.REPAIR, place.catalog(NEW)))
        assert script.exists()
        process.communicate(b"\n", timeout=30)
    fine(place.run(Verb.REPAIR, place.catalog(NEW)))
    assert not base.exists()
    assert len(list((place.prefix / "index").iterdir())) == 3
