"""Generations come into force as a whole, launchers follow them, and what nothing names goes."""

import os
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from simulators.prefix_samples import Sample, generation, install, no_tick, prefix_at, sample, snapshot

from vsrt_gui.adapters.prefix import DiskPrefix
from vsrt_gui.engine.ports import Keep
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.manifest import Launch
from vsrt_gui.model.request import Trigger, Wanted
from vsrt_gui.model.survey import Note, PrefixRecord

OLD = sample("node", "1.0.0", command="node")
NEW = sample("node", "2.0.0", command="node")
LINT = sample("lint", command="lint")
ODD_NAMES = ["plain", "with space", 'quo\'te "double"', "$HOME `x` & ; *", "ünï-çødé", "-dash", "100%"]


@pytest.fixture
def prefix(tmp_path: Path) -> DiskPrefix:
    return prefix_at(tmp_path / "rt")


def written(path: Path) -> tuple[int, int]:
    """Return what tells one writing of a file from another; reading it may change the rest of what is known of it."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def run(launcher: Path | str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([launcher, *arguments], capture_output=True, text=True, check=False, cwd=cwd)


def test_nothing_was_ever_installed(prefix: DiskPrefix) -> None:
    assert prefix.read() == PrefixRecord(path=str(prefix.root))
    prefix.claim()
    assert prefix.read() == PrefixRecord(path=str(prefix.root), exists=True)


def test_a_commit_is_read_back(prefix: DiskPrefix) -> None:
    first = install(prefix, 1, OLD)
    second = install(prefix, 2, NEW, LINT)
    prefix.write_wanted(Wanted(modules=frozenset({"node", "lint"}), trigger=Trigger.SETTINGS))
    record = prefix_at(prefix.root).read()
    assert record.current == second
    assert record.generations == (first, second)
    assert record.wanted == Wanted(modules=frozenset({"node", "lint"}), trigger=Trigger.SETTINGS)


def test_rolling_back_is_replacing_one_number(prefix: DiskPrefix) -> None:
    first = install(prefix, 1, OLD, LINT)
    install(prefix, 2, NEW)
    prefix.switch(first)
    record = prefix.read()
    assert record.current == first
    assert [found.number for found in record.generations] == [1, 2]
    assert OLD.target.folder in run(prefix.root / "bin/node").stdout


ODD_LINES = ["1", "1\r\n", "\n1\n", "1\x0b\n", "01\n", "1 \n", "1\n\n", "\ufeff1\n"]


@pytest.mark.parametrize("content", ["", "x", "-1", "0", "1 2", "9\n", "1" * 5000, "²", *ODD_LINES])
def test_a_current_that_makes_no_sense_is_damage(prefix: DiskPrefix, content: str) -> None:
    install(prefix, 1, OLD)
    (prefix.root / "current").write_bytes(content.encode())
    record = prefix.read()
    assert (record.current, record.lost, len(record.damage)) == (None, True, 1)
    assert record.named == {"9": 9, "1": 1}.get(content.strip())
    with pytest.raises(InstallerError) as caught:
        prefix.collect(Keep(generations=0))
    assert caught.value.fault.code is FaultCode.PREFIX_DAMAGED
    assert OLD.folder(prefix).is_dir()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"number": 1}'])
def test_a_broken_generation_is_damage_also_when_it_is_not_in_force(prefix: DiskPrefix, content: str) -> None:
    install(prefix, 1, OLD)
    second = install(prefix, 2, NEW)
    broken = prefix.root / "generations/1.json"
    broken.write_text(content)
    record = prefix.read()
    assert (record.current, record.lost, record.generations) == (second, False, (second,))
    assert [(d.note, d.path) for d in record.damage] == [(Note.EARLIER, str(broken))]
    with pytest.raises(InstallerError) as caught:
        prefix.collect(Keep(generations=0))
    assert caught.value.fault.code is FaultCode.PREFIX_DAMAGED
    assert OLD.folder(prefix).is_dir()
    prefix.commit(second, {})
    assert prefix.read().damage == ()
    broken.write_text(content)
    (prefix.root / "generations/2.json").write_text(content)
    record = prefix.read()
    assert (record.current, record.named, record.generations) == (None, 2, ())
    assert [(d.note, d.path) for d in record.damage] == [
        (Note.GENERATION, str(prefix.root / "generations/2.json")),
        (Note.EARLIER, str(broken)),
    ]


def test_a_generation_of_a_newer_program_is_refused(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD)
    path = prefix.root / "generations/1.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2', 1))
    with pytest.raises(InstallerError) as caught:
        prefix.read()
    assert caught.value.fault.code is FaultCode.PREFIX_TOO_NEW


@pytest.mark.parametrize("content", ["", "{", '{"modules": 7}', "[" * 100_000])
def test_a_broken_selection_counts_as_none(prefix: DiskPrefix, content: str) -> None:
    prefix.claim()
    (prefix.root / "wanted.json").write_text(content)
    assert prefix.read().wanted is None


def test_reading_changes_nothing(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD)
    before = snapshot(prefix.root)
    prefix.read()
    prefix.volume()
    prefix.holder()
    assert snapshot(prefix.root) == before


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_launcher_runs_from_anywhere(tmp_path: Path, name: str) -> None:
    prefix = prefix_at(tmp_path / name / "rt")
    install(prefix, 1, OLD)
    answer = run(prefix.root / "bin/node", "a b", "", "$x `y`", "*")
    tool = OLD.folder(prefix) / "bin/tool"
    assert answer.stdout.splitlines() == [str(tool), "a b", "", "$x `y`", "*"]
    (tmp_path / "links").mkdir()
    (tmp_path / "links/first").symlink_to(prefix.root / "bin/node")
    (tmp_path / "links/second").symlink_to("first")
    (tmp_path / "by-folder").symlink_to(prefix.root / "bin")
    for way in (tmp_path / "links/second", tmp_path / "by-folder/node"):
        assert run(way).stdout.splitlines() == [str(tool)]
    assert run("./node", cwd=prefix.root / "bin").stdout.strip() == str(tool)
    assert run("/bin/sh", "node", cwd=prefix.root / "bin").stdout.strip() == str(tool)


def test_a_moved_prefix_still_runs(tmp_path: Path) -> None:
    install(prefix_at(tmp_path / "before"), 1, OLD)
    (tmp_path / "before").rename(tmp_path / "after it")
    assert run(tmp_path / "after it/bin/node").stdout.startswith(str(tmp_path / "after it/store"))


def test_a_launcher_keeps_exit_code_and_directory(prefix: DiskPrefix, tmp_path: Path) -> None:
    tree = {"bin/tool": b"#!/bin/sh\npwd\nexit 7\n"}
    install(prefix, 1, sample("node", tree=tree, command="node"))
    answer = run(prefix.root / "bin/node", cwd=tmp_path)
    assert (answer.returncode, answer.stdout.strip()) == (7, str(tmp_path))


def test_commands_that_use_other_modules_and_the_users_data(prefix: DiskPrefix, tmp_path: Path) -> None:
    script = sample("pyright").with_launch(
        Launch(bin={"pyright": ("{bin:node}", "{module}/x y.js", "--data={data}/it's")})
    )
    install(prefix, 1, OLD, script)
    node, own = OLD.folder(prefix) / "bin/tool", script.folder(prefix)
    for env, data in (
        ({"HOME": str(tmp_path / "ho me")}, tmp_path / "ho me/.local/share"),
        ({"HOME": "/x", "XDG_DATA_HOME": str(tmp_path / "da ta")}, tmp_path / "da ta"),
        ({"HOME": "/x", "XDG_DATA_HOME": "relative"}, Path("/x/.local/share")),
    ):
        answer = subprocess.run(
            [prefix.root / "bin/pyright", "more"], capture_output=True, text=True, check=True, env=env
        )
        expected = [str(node), f"{own}/x y.js", f"--data={data}/vscode-runtime/it's", "more"]
        assert answer.stdout.splitlines() == expected


def test_a_command_that_is_gone_says_so(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD, LINT)
    assert run(prefix.root / "bin/lint").returncode == 0
    install(prefix, 2, NEW)
    answer = run(prefix.root / "bin/lint")
    assert answer.returncode == 127
    assert answer.stderr == 'The installed VS Code Runtime has no command "lint".\n'
    (prefix.root / "current").unlink()
    assert run(prefix.root / "bin/node").returncode == 127


def test_launchers_go_with_the_last_generation_that_has_them(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD, LINT)
    install(prefix, 2, NEW)
    assert (prefix.root / "bin/lint").exists()
    prefix.collect(Keep(generations=0, unfinished=True))
    assert sorted(path.name for path in (prefix.root / "bin").iterdir()) == ["node"]


def test_a_users_own_file_in_bin_is_never_touched(prefix: DiskPrefix, tmp_path: Path) -> None:
    prefix.claim()
    (prefix.root / "bin/node").write_text("mine")
    (prefix.root / "bin/lint").symlink_to(tmp_path / "elsewhere")
    (prefix.root / "bin/notes.txt").write_text("mine too")
    before = snapshot(prefix.root / "bin")
    install(prefix, 1, OLD, LINT)
    install(prefix, 2, NEW)
    prefix.collect(Keep(generations=0))
    assert snapshot(prefix.root / "bin") == before
    prefix.remove()
    assert snapshot(prefix.root) == {f"bin/{name}": content for name, content in before.items()}


def test_switching_to_the_current_one_mends_its_launchers(prefix: DiskPrefix) -> None:
    current = install(prefix, 1, OLD)
    (prefix.root / "bin/node").unlink()
    shutil.rmtree(prefix.root / "generations/1.bin")
    before = written(prefix.root / "current")
    prefix.switch(current)
    assert run(prefix.root / "bin/node").returncode == 0
    assert written(prefix.root / "current") == before  # what is right is not written again


def test_a_launch_record_that_leads_nowhere_changes_nothing(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD)
    before = snapshot(prefix.root)
    wrong = OLD.with_launch(Launch(bin={"node": ("{bin:deno}",)}))
    with pytest.raises(InstallerError) as caught:
        prefix.commit(generation(2, wrong), {"node": OLD.index})
    assert caught.value.fault.code is FaultCode.MANIFEST_INVALID
    assert snapshot(prefix.root) == before


def test_everything_is_on_the_disk_before_current_is_replaced(
    prefix: DiskPrefix, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix.claim()
    OLD.fill(prefix)
    order: list[str] = []
    real_replace, real_fsync = os.replace, os.fsync

    def replace(path: Path, target: Path) -> None:
        order.append(f"name {Path(target).name}")
        real_replace(path, target)

    def fsync(descriptor: int) -> None:
        order.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        real_fsync(descriptor)

    def sync_volume(root: Path) -> bool:
        order.append(f"volume {root.name}")
        return False  # as on a system that has no such call: each file must be flushed

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr("vsrt_gui.adapters.prefix.barrier._sync_volume", sync_volume)
    prefix.commit(generation(1, OLD), {"node": OLD.index})
    before = order[: order.index("name current")]
    files = {Path(path).name for path, content in OLD.tree.items() if isinstance(content, bytes)}
    assert {f"sync {name}" for name in files} <= set(before)
    folders = {"a", "bin", "lib", OLD.target.folder, "store"}
    assert {f"sync {name}" for name in folders} <= set(before)
    assert before.index("name 1.json") < before.index("name node")
    assert order[order.index("name current") + 1] == "sync rt"


def test_the_real_barrier_of_this_system_works(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD)
    assert prefix.read().current is not None


def unnamed(prefix: DiskPrefix) -> set[str]:
    return {path.name for path in (prefix.root / "store").iterdir()}


def test_old_generations_go_with_all_that_only_they_name(prefix: DiskPrefix) -> None:
    three = sample("node", "3.0.0", command="node")
    for number, one in enumerate((OLD, NEW, three), 1):
        install(prefix, number, one, LINT)
    size = OLD.index.size
    freed = prefix.collect(Keep(generations=1, unfinished=True))
    assert unnamed(prefix) == {one.target.folder for one in (NEW, three, LINT)}
    assert [found.number for found in prefix.read().generations] == [2, 3]
    assert sorted(path.name for path in (prefix.root / "generations").iterdir()) == [
        "2.bin",
        "2.json",
        "3.bin",
        "3.json",
    ]
    assert len(list((prefix.root / "index").iterdir())) == 3
    assert size < freed < size + 20_000
    assert prefix.collect(Keep(generations=1, unfinished=True)) == 0
    for one in (NEW, three, LINT):
        assert dict(one.survey(prefix).wrong) == {}


def test_a_rolled_back_prefix_keeps_the_one_in_force(prefix: DiskPrefix) -> None:
    first = install(prefix, 1, OLD)
    install(prefix, 2, NEW)
    install(prefix, 3, LINT)
    prefix.switch(first)
    prefix.collect(Keep(generations=1, unfinished=True))
    assert [found.number for found in prefix.read().generations] == [1, 3]
    assert run(prefix.root / "bin/node").returncode == 0


def test_what_was_in_force_before_is_kept_first(prefix: DiskPrefix) -> None:
    first = install(prefix, 1, OLD)
    install(prefix, 2, NEW)
    prefix.switch(first)
    install(prefix, 3, LINT, before=1)
    assert [found.before for found in prefix.read().generations] == [None, None, 1]
    prefix.collect(Keep(generations=1))
    assert [found.number for found in prefix.read().generations] == [1, 3]
    install(prefix, 4, NEW, before=3)
    prefix.collect(Keep(generations=2))
    assert [found.number for found in prefix.read().generations] == [1, 3, 4]


def age(path: Path, days: int) -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))


@pytest.mark.parametrize(
    ("complete", "days", "unfinished", "stays"),
    [(False, 1, True, True), (False, 31, True, False), (False, 1, False, False), (True, 1, True, True)],
)
def test_unfinished_work_is_kept_for_its_resume(
    prefix: DiskPrefix, complete: bool, days: int, unfinished: bool, stays: bool
) -> None:
    install(prefix, 1, OLD, complete=complete)
    LINT.fill(prefix)
    prefix.keep_index(LINT.target, LINT.index)
    age(LINT.folder(prefix), days)
    prefix.collect(Keep(generations=1, unfinished=unfinished))
    assert (LINT.target.folder in unnamed(prefix)) is stays
    assert (prefix.index(LINT.target) is not None) is stays


def stage(prefix: DiskPrefix, one: Sample) -> Path:
    part = prefix.part(one.target.artifact)
    part.begin(None)
    part.append([b"abc"], no_tick)
    return part.path


def test_downloads_go_when_they_are_used_up_or_old_or_asked(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD, complete=False)
    used, fresh, old = (stage(prefix, one) for one in (OLD, LINT, NEW))
    age(old, 31)
    alone = fresh.with_name("0" * 64 + ".json")
    alone.write_text(f'{{"format": 2, "sha256": "{"0" * 64}"}}')
    foreign = fresh.with_name("film.part")
    foreign.write_bytes(b"mine")
    prefix.collect(Keep(generations=1, unfinished=True))
    assert [path.exists() for path in (used, fresh, old, alone, foreign)] == [False, True, False, False, True]
    freed = prefix.collect(Keep(generations=1))
    assert 3 < freed < 400
    assert sorted(path.name for path in fresh.parent.iterdir()) == ["film.part"]


@pytest.mark.parametrize(("days", "stays"), [(1, True), (31, False)])
def test_the_download_of_a_damaged_module_is_not_used_up(prefix: DiskPrefix, days: int, stays: bool) -> None:
    install(prefix, 1, OLD, LINT)
    damaged, whole = stage(prefix, OLD), stage(prefix, LINT)
    age(damaged, days)
    failed = frozenset({OLD.target.artifact.sha256})
    prefix.collect(Keep(generations=1, unfinished=True, spare=failed))
    assert [path.exists() for path in (damaged, whole)] == [stays, False]


@pytest.mark.parametrize("used", [False, True])
def test_a_download_that_nothing_needs_goes_once_all_that_is_wanted_is_there(
    prefix: DiskPrefix, used: bool
) -> None:
    install(prefix, 1, OLD, complete=False)
    superseded, unwanted, needed = (stage(prefix, one) for one in (OLD, LINT, NEW))
    prefix.collect(Keep(generations=1, unfinished=True, used=used))
    assert [path.exists() for path in (superseded, unwanted, needed)] == [used, True, True]
    install(prefix, 2, NEW)
    prefix.collect(Keep(generations=0, unfinished=True, used=used))
    assert [path.exists() for path in (superseded, unwanted, needed)] == [False, True, used]
    prefix.collect(Keep(generations=0, used=used))
    assert [path.exists() for path in (superseded, unwanted, needed)] == [False, False, used]
    assert len(list(needed.parent.iterdir())) == (2 if used else 0)


def test_an_old_version_that_stayed_for_a_process_is_no_unfinished_work(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD)
    install(prefix, 2, NEW)
    in_use = frozenset({OLD.target.folder})
    prefix.collect(Keep(generations=0, unfinished=True, spare=in_use))
    assert OLD.folder(prefix).is_dir()
    prefix.collect(Keep(generations=0, unfinished=True))
    assert not OLD.folder(prefix).exists()


@pytest.mark.parametrize(("days", "stays"), [(29, True), (31, False)])
def test_an_archive_with_gaps_waits_thirty_days_with_its_sidecar(
    prefix: DiskPrefix, days: int, stays: bool
) -> None:
    install(prefix, 1, OLD, complete=False)
    path = stage(prefix, LINT)
    part = prefix.part(LINT.target.artifact)
    part.note([(0, 3)])
    part.append([b"xyz"], no_tick, 100)
    part.note([(0, 3), (100, 103)])
    age(path, days)
    prefix.collect(Keep(generations=1, unfinished=True))
    assert [path.exists(), path.with_suffix(".json").exists()] == [stays, stays]
    assert prefix.read().staged == ({LINT.target.artifact.sha256: 6} if stays else {})


def test_nothing_that_is_not_ours_by_name_is_collected(prefix: DiskPrefix, tmp_path: Path) -> None:
    install(prefix, 1, OLD)
    prefix.keep_index(LINT.target, LINT.index)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/photo").write_bytes(b"mine")
    store = prefix.root / "store"
    (store / "my-folder").mkdir()
    LINT.folder(prefix).symlink_to(tmp_path / "precious")
    (store / "gone-1.0-0a1b2c3d").symlink_to(tmp_path / "precious")
    for name in ("notes.txt", "store/x.txt", "index/x.txt", "generations/x.json", ".vsrt-mine"):
        (prefix.root / name).write_bytes(b"mine")
    (prefix.root / ".vsrt-0a1b2c3d-3").write_bytes(b"half")
    (OLD.folder(prefix) / ".vsrt-0a1b2c3d-4").write_bytes(b"half")
    prefix.collect(Keep(generations=0))
    assert (tmp_path / "precious/photo").read_bytes() == b"mine"
    assert (store / "my-folder").is_dir()
    assert not LINT.folder(prefix).is_symlink()
    assert (store / "gone-1.0-0a1b2c3d").is_symlink()
    for name in ("notes.txt", "store/x.txt", "index/x.txt", "generations/x.json", ".vsrt-mine"):
        assert (prefix.root / name).exists(), name
    assert list(prefix.root.rglob(".vsrt-0a1b2c3d-*")) == []


def test_uninstalling_takes_all_of_it(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD, LINT)
    install(prefix, 2, NEW, LINT)
    stage(prefix, LINT)
    prefix.write_wanted(Wanted(modules=frozenset({"node"})))
    prefix.record({"event": "run-started", "run_id": "a"})
    (OLD.folder(prefix) / "lib").chmod(0o500)
    prefix.remove()
    assert not prefix.root.exists()
    prefix.remove()
    prefix.record({"event": "run-finished", "run_id": "a"})
    assert not prefix.root.exists()
    install(prefix, 1, OLD)
    assert dict(OLD.survey(prefix).wrong) == {}


def test_uninstalling_leaves_the_users_own_files(prefix: DiskPrefix, tmp_path: Path) -> None:
    install(prefix, 1, OLD)
    own = ("notes.txt", "store/x.txt", "downloads/film.part", "bin/mine")
    for name in own:
        (prefix.root / name).write_bytes(b"mine")
    (prefix.root / "store/elsewhere").symlink_to(tmp_path)
    prefix.remove()
    assert sorted(snapshot(prefix.root)) == sorted((*own, "store/elsewhere"))


def test_nothing_behind_a_linked_folder_is_removed(prefix: DiskPrefix, tmp_path: Path) -> None:
    install(prefix, 1, OLD)
    (prefix.root / "store").rename(tmp_path / "elsewhere")
    (prefix.root / "store").symlink_to(tmp_path / "elsewhere")
    before = snapshot(tmp_path / "elsewhere")
    with pytest.raises(InstallerError) as caught:
        prefix.collect(Keep(generations=0))
    assert caught.value.fault.facts["path"] == str(prefix.root / "store")
    prefix.remove()
    assert snapshot(tmp_path / "elsewhere") == before
    assert [path.name for path in prefix.root.iterdir()] == ["store"]


LOOKALIKES = {
    "store/holiday-2024-deadbeef/photo.jpg": "mine",
    "store/my-1.0-01234567": "mine",
    "generations/2024.json": '{"format": "A4", "mine": 1}',
    "generations/7.bin/x": "mine",
    f"downloads/{'a' * 64}.json": "mine",
    f"downloads/{'c' * 64}.part": "mine",
    f"index/{'b' * 64}.json.zst": "mine",
}
"""Files of the user's own under names that ours could have."""


def add_lookalikes(prefix: DiskPrefix) -> None:
    for name, content in LOOKALIKES.items():
        (prefix.root / name).parent.mkdir(exist_ok=True)
        (prefix.root / name).write_text(content)


def looks(prefix: DiskPrefix) -> dict[str, str]:
    return {name: (prefix.root / name).read_text() for name in LOOKALIKES if (prefix.root / name).exists()}


@pytest.mark.parametrize("lost", [None, "generations", "index"])
def test_what_only_has_a_name_like_ours_stays_and_all_of_ours_goes(
    prefix: DiskPrefix, lost: str | None
) -> None:
    install(prefix, 1, OLD, LINT)
    install(prefix, 2, NEW, LINT)
    stage(prefix, LINT)
    add_lookalikes(prefix)
    prefix.collect(Keep(generations=0))
    assert looks(prefix) == LOOKALIKES
    assert not OLD.folder(prefix).exists()
    for path in (prefix.root / lost).glob("?*.*[!n]") if lost else ():
        if path.is_file() and path.name not in {Path(name).name for name in LOOKALIKES}:
            path.write_bytes(b"")
    prefix.remove()
    assert looks(prefix) == LOOKALIKES
    assert sorted(snapshot(prefix.root)) == sorted(LOOKALIKES)


def test_what_an_unfinished_run_left_goes_although_no_set_tells_of_it(prefix: DiskPrefix) -> None:
    """Its index is kept before its first file is written; a killed run leaves downloads without a sidecar, too."""
    prefix.claim()
    prefix.keep_index(LINT.target, LINT.index)
    LINT.fill(prefix)
    digest = OLD.target.artifact.sha256
    prefix.record({"event": "plan-ready", "run_id": "a", "plan": {"sha256": digest}})
    (prefix.root / f"downloads/{digest}.part").write_bytes(b"begun")
    (prefix.root / f"downloads/{'d' * 64}.part").touch()
    stage(prefix, NEW).with_suffix(".json").write_bytes(b"\0" * 40)
    prefix.remove()
    assert not prefix.root.exists()


def test_what_is_kept_is_known_as_ours_later(prefix: DiskPrefix) -> None:
    """A module whose index is lost is not kept: nothing would tell of it any more."""
    install(prefix, 1, OLD, LINT)
    stage(prefix, NEW)
    next(path for path in prefix.root.glob("index/*") if path.name[:8] in LINT.target.folder).unlink()
    prefix.remove(keep_downloads=True)
    assert unnamed(prefix) == {OLD.target.folder}
    prefix.remove()
    assert not prefix.root.exists()


def test_a_damaged_prefix_can_be_uninstalled(prefix: DiskPrefix) -> None:
    install(prefix, 1, OLD)
    (prefix.root / ".vsrt.json").write_text("")
    (prefix.root / "current").write_text("?")
    (prefix.root / "generations/1.json").write_text("{")
    prefix.remove()
    # Only the mark knows who made the folder, so it stays; nothing in it does.
    assert list(prefix.root.iterdir()) == []


def test_a_foreign_folder_is_never_uninstalled(tmp_path: Path) -> None:
    (tmp_path / "store/node-1.0-0a1b2c3d").mkdir(parents=True)
    (tmp_path / "current").write_text("1\n")
    prefix_at(tmp_path).remove()
    assert (tmp_path / "store/node-1.0-0a1b2c3d").is_dir()
    assert (tmp_path / "current").exists()


def test_the_volume_is_measured_where_the_prefix_would_lie(tmp_path: Path) -> None:
    volume = prefix_at(tmp_path / "not/yet/there").volume()
    usage = shutil.disk_usage(tmp_path)
    assert volume.path == str(tmp_path / "not/yet/there")
    assert volume.total == usage.total
    assert abs(volume.free - usage.free) < 1 << 30
    assert volume.key == prefix_at(tmp_path).volume().key != prefix_at(Path("/proc/rt")).volume().key


def test_the_journal_tells_the_last_run(prefix: DiskPrefix) -> None:
    prefix.record({"event": "run-started", "run_id": "early"})
    assert not prefix.root.exists(), "a folder that is not ours keeps no journal"
    prefix.claim()
    prefix.record({"event": "run-started", "run_id": "a", "at": time.time()})
    last = prefix.read().last_run
    assert last is not None
    assert (last.run_id, last.finished) == ("a", False)
