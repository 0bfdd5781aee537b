"""Files come into a module's folder whole, checked and nowhere else; a survey tells what is wrong with each."""

import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from simulators.prefix_samples import MTIME, prefix_at, sample, snapshot

from vsrt_gui.adapters.prefix import DiskPrefix
from vsrt_gui.adapters.prefix.surveying import _extra
from vsrt_gui.engine.cancel import Stop, StoppedError
from vsrt_gui.model.faults import FaultCode, InstallerError
from vsrt_gui.model.file_index import FileIndex, IndexedFile
from vsrt_gui.model.survey import Depth, FileState

ONE = sample()


@pytest.fixture
def prefix(tmp_path: Path) -> DiskPrefix:
    made = prefix_at(tmp_path / "rt")
    made.claim()
    return made


@pytest.fixture
def folder(prefix: DiskPrefix) -> Path:
    ONE.fill(prefix)
    return ONE.folder(prefix)


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".vsrt-*")]


def test_a_filled_folder_is_right_in_both_depths(prefix: DiskPrefix, folder: Path) -> None:
    for depth in Depth:
        found = ONE.survey(prefix, depth)
        assert (found.exists, dict(found.wrong), found.good_bytes) == (True, {}, ONE.index.size)
    assert snapshot(folder) == dict(ONE.tree)
    assert stat.S_IMODE((folder / "bin/tool").stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / "README").stat().st_mode) == 0o644
    assert (folder / "README").stat().st_mtime_ns == MTIME * 10**9


def test_a_quick_survey_hashes_nothing_and_a_deep_one_everything(prefix: DiskPrefix, folder: Path) -> None:
    counts = {}
    for depth in Depth:
        ticks: list[int] = []
        prefix.survey(ONE.target, ONE.index, depth, ticks.append, Stop())
        counts[depth] = sum(ticks)
    assert counts == {Depth.QUICK: 0, Depth.DEEP: ONE.index.size}
    os.utime(folder / "README", ns=(0, 0))
    ticks = []
    found = prefix.survey(ONE.target, ONE.index, Depth.QUICK, ticks.append, Stop())
    assert (dict(found.wrong), sum(ticks)) == ({}, 6)


def same_size(path: Path) -> None:
    path.write_bytes(b"X" * path.stat().st_size)


def same_size_and_time(path: Path) -> None:
    same_size(path)
    os.utime(path, ns=(MTIME * 10**9, MTIME * 10**9))


def to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def retarget(path: Path) -> None:
    path.unlink()
    path.symlink_to("a/two.js")


def to_file(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"")


BREAKS: list[tuple[str, Callable[[Path], object], FileState]] = [
    ("README", Path.unlink, FileState.MISSING),
    ("README", same_size, FileState.CHANGED),
    ("README", lambda path: path.write_bytes(b"longer than it was"), FileState.CHANGED),
    ("empty", lambda path: path.write_bytes(b"x"), FileState.CHANGED),
    ("bin/tool", lambda path: path.chmod(0o644), FileState.WRONG_MODE),
    ("bin/tool", lambda path: path.chmod(0o700), FileState.WRONG_MODE),
    ("bin/tool", lambda path: path.chmod(0o4755), FileState.WRONG_MODE),
    ("README", lambda path: path.chmod(0o600), FileState.WRONG_MODE),
    ("README", lambda path: path.chmod(0o666), FileState.WRONG_MODE),
    ("README", lambda path: path.chmod(0), FileState.UNREADABLE),
    ("README", to_folder, FileState.WRONG_KIND),
    ("README", to_pipe, FileState.WRONG_KIND),
    ("lib/a/one.js", to_link, FileState.LINK),
    ("lib/latest", retarget, FileState.CHANGED),
    ("lib/latest", to_file, FileState.WRONG_KIND),
    ("lib/latest", Path.unlink, FileState.MISSING),
]


@pytest.mark.parametrize("depth", list(Depth))
@pytest.mark.parametrize("damage", BREAKS, ids=lambda damage: f"{damage[0]} {damage[2]}")
def test_each_damage_is_told_apart_and_mended(
    prefix: DiskPrefix, folder: Path, damage: tuple[str, Callable[[Path], object], FileState], depth: Depth
) -> None:
    path, break_it, state = damage
    break_it(folder / path)
    found = ONE.survey(prefix, depth)
    assert dict(found.wrong) == {path: state}
    assert found.good_bytes == ONE.index.size - ONE.file(path).size
    content = ONE.tree[path]
    if state is FileState.WRONG_MODE or isinstance(content, str):
        prefix.mend_entry(ONE.target, ONE.file(path))
    else:
        prefix.put(ONE.target, ONE.file(path), [content], durable=True)
    assert dict(ONE.survey(prefix).wrong) == {}


def test_a_folder_that_others_can_no_longer_enter_is_opened_again(prefix: DiskPrefix, folder: Path) -> None:
    (folder / "bin").chmod(0o700)
    assert dict(ONE.survey(prefix).wrong) == {"bin/tool": FileState.WRONG_MODE}
    with prefix.lock():
        prefix.mend_entry(ONE.target, ONE.file("bin/tool"))
    assert dict(ONE.survey(prefix).wrong) == {}
    assert (folder / "bin").stat().st_mode & 0o777 == 0o755


def test_a_mode_is_measured_by_what_the_modules_own_folder_allows(prefix: DiskPrefix, folder: Path) -> None:
    """A disk without modes shows one for all, and who keeps a runtime to himself did not damage it."""
    (folder / "README").chmod(0o664)  # more for others to read does no harm
    assert dict(ONE.survey(prefix).wrong) == {}
    for path in (folder, *(path for path in folder.rglob("*") if not path.is_symlink())):
        path.chmod(0o700)
    assert dict(ONE.survey(prefix).wrong) == {}
    for path in (folder, *(path for path in folder.rglob("*") if not path.is_symlink())):
        path.chmod(0o777)
    assert dict(ONE.survey(prefix).wrong) == {}


def test_only_a_deep_survey_sees_through_a_faked_time(prefix: DiskPrefix, folder: Path) -> None:
    same_size_and_time(folder / "lib/a/one.js")
    assert dict(ONE.survey(prefix, Depth.QUICK).wrong) == {}
    assert dict(ONE.survey(prefix, Depth.DEEP).wrong) == {"lib/a/one.js": FileState.CHANGED}


def test_a_missing_folder_is_told_as_such(prefix: DiskPrefix) -> None:
    found = ONE.survey(prefix)
    assert (found.exists, found.good_bytes) == (False, 0)
    assert set(found.wrong.values()) == {FileState.MISSING}
    assert len(found.wrong) == len(ONE.tree)


def test_a_missing_subfolder_and_extra_files(prefix: DiskPrefix, folder: Path) -> None:
    for name in ("one.js", "two.js"):
        (folder / "lib/a" / name).unlink()
    (folder / "lib/a").rmdir()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/x.pyc").write_bytes(b"x")
    (folder / ".vsrt-0a1b2c3d-7").write_bytes(b"half")
    wrong = ONE.survey(prefix).wrong
    assert dict(wrong) == {"lib/a/one.js": FileState.MISSING, "lib/a/two.js": FileState.MISSING}


@pytest.mark.parametrize("depth", list(Depth))
def test_what_lies_there_besides_is_named_and_no_damage(
    prefix: DiskPrefix, folder: Path, depth: Depth
) -> None:
    (folder / "__pycache__/deep").mkdir(parents=True)
    (folder / "__pycache__/x.pyc").write_bytes(b"x")
    (folder / "lib/mine.js").write_text("mine")
    (folder / "lib/a/link").symlink_to(folder)  # a link to a folder is no folder
    (folder / "README~").write_bytes(b"hello\n")
    (folder / ".vsrt-0a1b2c3d-7").write_bytes(b"our own, left by a kill")
    found = ONE.survey(prefix, depth)
    assert (found.wrong, found.count) == ({}, 0)
    assert found.extra == ("README~", "__pycache__/", "lib/a/link", "lib/mine.js")


def test_what_stands_in_a_folders_place_is_wrong_and_not_extra(prefix: DiskPrefix, folder: Path) -> None:
    shutil.rmtree(folder / "lib")
    (folder / "lib").write_text("a file")
    found = ONE.survey(prefix)
    assert {path for path in found.wrong if path.startswith("lib/")} == {
        path for path in ONE.tree if path.startswith("lib/")
    }
    assert found.extra == ()


def test_another_spelling_of_a_name_is_not_extra() -> None:
    """On a disk that folds case or composes accents it is the same file, which was looked at by its own name."""
    entries = [Named("Readme"), Named("cafe\u0301"), Named("other"), Named("sub", folder=True)]
    assert list(_extra(entries, {"README", "caf\u00e9"})) == ["other", "sub/"]


@dataclass(frozen=True)
class Named:
    """As much of an entry of a folder as is asked for."""

    name: str
    folder: bool = False

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        assert not follow_symlinks
        return self.folder


@pytest.mark.parametrize("depth", list(Depth))
def test_no_path_runs_through_a_link(prefix: DiskPrefix, folder: Path, tmp_path: Path, depth: Depth) -> None:
    outside = tmp_path / "outside"
    (folder / "lib/a").rename(outside)
    (folder / "lib/a").symlink_to(outside)
    wrong = ONE.survey(prefix, depth).wrong
    assert dict(wrong) == {"lib/a/one.js": FileState.LINK, "lib/a/two.js": FileState.LINK}
    before = snapshot(outside)
    for path in wrong:
        content = ONE.tree[path]
        assert isinstance(content, bytes)
        prefix_at(prefix.root).put(ONE.target, ONE.file(path), [content], durable=False)
    assert snapshot(outside) == before
    assert dict(ONE.survey(prefix).wrong) == {}


@pytest.mark.parametrize("place", ["store", "lib", "lib/a"])
def test_a_file_where_a_folder_must_be_gives_way_and_is_kept(prefix: DiskPrefix, place: str) -> None:
    blocked = ONE.folder(prefix) if place == "store" else ONE.folder(prefix) / place
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_bytes(b"in the way")
    ONE.fill(prefix)
    assert dict(ONE.survey(prefix).wrong) == {}
    assert blocked.with_name(f"{blocked.name}-set-aside").read_bytes() == b"in the way"


def test_a_folder_where_a_file_must_be_gives_way_and_is_kept(prefix: DiskPrefix, folder: Path) -> None:
    for name in ("README", "empty"):
        (folder / name).unlink()
        (folder / name).mkdir()
    (folder / "README" / "mine.txt").write_text("mine")
    ONE.fill(prefix_at(prefix.root))
    assert dict(ONE.survey(prefix).wrong) == {}
    assert (folder / "README-set-aside" / "mine.txt").read_text() == "mine"
    assert not (folder / "empty-set-aside").exists()  # nothing was in it


def test_a_module_folder_that_is_a_link_is_not_followed(prefix: DiskPrefix, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    ONE.folder(prefix).symlink_to(tmp_path / "precious")
    assert not ONE.survey(prefix).exists
    ONE.fill(prefix)
    assert list((tmp_path / "precious").iterdir()) == []
    assert dict(ONE.survey(prefix).wrong) == {}


def test_a_folder_that_vanishes_while_filling_is_made_again(prefix: DiskPrefix, folder: Path) -> None:
    for path in ("lib/a/one.js", "lib/a/two.js"):
        (folder / path).unlink()
    (folder / "lib/a").rmdir()
    prefix.put(ONE.target, ONE.file("lib/a/one.js"), [b"one" * 1000], durable=False)
    assert dict(ONE.survey(prefix).wrong) == {"lib/a/two.js": FileState.MISSING}


def test_a_whole_folder_that_vanishes_is_made_again(prefix: DiskPrefix, folder: Path) -> None:
    shutil.rmtree(folder)
    ONE.fill(prefix)
    assert dict(ONE.survey(prefix).wrong) == {}


def test_making_a_folder_again_takes_no_other_threads_file(prefix: DiskPrefix, folder: Path) -> None:
    def content() -> Iterator[bytes]:
        yield b"hel"
        (folder / "lib/a/one.js").unlink()
        (folder / "lib/a/two.js").unlink()
        (folder / "lib/a").rmdir()
        prefix.put(ONE.target, ONE.file("lib/a/one.js"), [b"one" * 1000], durable=False)
        yield b"lo\n"

    prefix.put(ONE.target, ONE.file("README"), content(), durable=False)
    assert dict(ONE.survey(prefix).wrong) == {"lib/a/two.js": FileState.MISSING}


@pytest.mark.parametrize(
    ("pieces", "code", "actual"),
    [
        ([b"hell", b"o\n", b"x"], FaultCode.SIZE_MISMATCH, 7),
        ([b"hello"], FaultCode.SIZE_MISMATCH, 5),
        ([], FaultCode.SIZE_MISMATCH, 0),
        ([b"HELLO\n"], FaultCode.CHECKSUM_MISMATCH, sha256(b"HELLO\n").hexdigest()),
    ],
)
def test_wrong_content_never_appears(
    prefix: DiskPrefix, pieces: list[bytes], code: FaultCode, actual: str | int
) -> None:
    file = ONE.file("README")
    with pytest.raises(InstallerError) as caught:
        prefix.put(ONE.target, file, pieces, durable=False)
    expected = file.sha256 if code is FaultCode.CHECKSUM_MISMATCH else file.size
    assert caught.value.fault.code is code
    assert caught.value.fault.facts == {"file": "README", "expected": expected, "actual": actual}
    assert list(ONE.folder(prefix).iterdir()) == []


def test_a_bomb_is_cut_at_the_declared_size(prefix: DiskPrefix) -> None:
    drawn = 0

    def endless() -> Iterator[bytes]:
        nonlocal drawn
        while True:
            drawn += 1
            yield bytes(64)

    with pytest.raises(InstallerError):
        prefix.put(ONE.target, ONE.file("README"), endless(), durable=False)
    assert drawn == 1


@pytest.mark.parametrize("error", [StoppedError(), InstallerError(FaultCode.STALLED, host="h", seconds=30)])
def test_a_stopped_file_leaves_nothing_behind(prefix: DiskPrefix, error: Exception) -> None:
    def content() -> Iterator[bytes]:
        yield b"hel"
        raise error

    with pytest.raises(type(error)) as caught:
        prefix.put(ONE.target, ONE.file("README"), content(), durable=False)
    assert caught.value is error
    assert list(ONE.folder(prefix).iterdir()) == []


def test_the_first_write_sweeps_what_a_killed_one_left(prefix: DiskPrefix, folder: Path) -> None:
    (folder / ".vsrt-0a1b2c3d-7").write_bytes(b"half")
    (folder / ".vsrt-notes").write_bytes(b"mine")
    again = prefix_at(prefix.root)
    again.put(ONE.target, ONE.file("README"), [b"hello\n"], durable=False)
    assert left_behind(folder) == [".vsrt-notes"]


@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "/etc/x", "a//b", "./a", "a/..", "C:/x", "a\\b", "a/CON"]
)
def test_a_path_that_leaves_the_folder_is_refused(prefix: DiskPrefix, path: str) -> None:
    file = IndexedFile(path=path, size=0, sha256=sha256().hexdigest())
    link = file.but(link="README")
    for act in (
        lambda: prefix.put(ONE.target, file, [], durable=False),
        lambda: prefix.mend_entry(ONE.target, link),
    ):
        with pytest.raises(InstallerError) as caught:
            act()
        assert caught.value.fault.code is FaultCode.ARCHIVE_UNSAFE
    assert not ONE.folder(prefix).exists()


@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "a/../../../x", "..\\x", "C:/x", ""])
def test_a_link_that_leaves_the_folder_is_refused(prefix: DiskPrefix, target: str) -> None:
    link = IndexedFile(path="lib/link", size=0, sha256=sha256().hexdigest(), link=target)
    with pytest.raises(InstallerError) as caught:
        prefix.mend_entry(ONE.target, link)
    assert caught.value.fault.code is FaultCode.ARCHIVE_UNSAFE
    assert not (ONE.folder(prefix) / "lib/link").is_symlink()


def test_a_link_takes_the_place_of_a_folder(prefix: DiskPrefix, folder: Path) -> None:
    (folder / "lib/latest").unlink()
    (folder / "lib/latest").mkdir()
    (folder / "lib/latest/x").write_bytes(b"x")
    prefix.mend_entry(ONE.target, ONE.file("lib/latest"))
    assert dict(ONE.survey(prefix).wrong) == {}


@pytest.mark.parametrize("mtime", [-1, 0, 2**31, 2**40])
def test_any_time_in_an_index_can_be_kept(prefix: DiskPrefix, mtime: int) -> None:
    file = ONE.file("README").but(mtime=mtime)
    prefix.put(ONE.target, file, [b"hello\n"], durable=False)
    ticks: list[int] = []
    found = prefix.survey(ONE.target, FileIndex(files=(file,)), Depth.QUICK, ticks.append, Stop())
    assert (dict(found.wrong), ticks) == ({}, [])


def test_other_users_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        prefix = prefix_at(tmp_path / "rt")
        prefix.claim()
        ONE.fill(prefix)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in ONE.folder(prefix).rglob("*")}
    assert modes["a"] == modes["tool"] == 0o755
    assert modes["one.js"] == 0o644
    assert stat.S_IMODE(ONE.folder(prefix).stat().st_mode) == 0o755


def test_many_threads_fill_one_folder(prefix: DiskPrefix) -> None:
    tree = {f"d{n % 13}/e{n % 5}/f{n}": f"{n}".encode() * 50 for n in range(600)}
    many = sample(tree=tree)
    with ThreadPoolExecutor(8) as pool:
        writes = [
            pool.submit(prefix.put, many.target, file, [tree[file.path]], durable=False)
            for file in many.index.files
        ]
        for write in writes:
            write.result()
    assert dict(many.survey(prefix).wrong) == {}
    assert left_behind(many.folder(prefix)) == []


def test_a_survey_stops_within_a_moment(prefix: DiskPrefix) -> None:
    big = sample(tree={f"f{n}": bytes(1 << 20) for n in range(16)})
    big.fill(prefix)
    stop = Stop()
    ticks: list[int] = []

    def tick(count: int) -> None:
        ticks.append(count)
        stop.set()

    with pytest.raises(StoppedError):
        prefix.survey(big.target, big.index, Depth.DEEP, tick, stop)
    assert sum(ticks) < 4 << 20
    assert threading.active_count() < 20


def test_durable_writes_reach_the_disk_before_they_return(
    prefix: DiskPrefix, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    prefix.put(ONE.target, ONE.file("README"), [b"hello\n"], durable=False)
    assert synced == []
    prefix.put(ONE.target, ONE.file("lib/a/one.js"), [b"one" * 1000], durable=True)
    content = next(name for name in synced if name.startswith(".vsrt-"))
    # The new folders' names, then the content, then the name of the file.
    assert synced == [ONE.target.folder, "lib", content, "a"]


def test_a_read_only_prefix_can_be_surveyed_and_read(prefix: DiskPrefix, folder: Path) -> None:
    for path in (folder, folder / "lib", folder / "lib/a", prefix.root):
        path.chmod(0o555)
    assert dict(ONE.survey(prefix).wrong) == {}
    assert prefix.read().exists
    assert prefix.holder() is None
    for path in (folder, folder / "lib", folder / "lib/a", prefix.root):
        path.chmod(0o755)


def test_a_folder_made_read_only_does_not_stop_a_repair(prefix: DiskPrefix, folder: Path) -> None:
    (folder / "lib/a/one.js").unlink()
    (folder / "lib/a").chmod(0o500)
    prefix_at(prefix.root).put(ONE.target, ONE.file("lib/a/one.js"), [b"one" * 1000], durable=False)
    assert stat.S_IMODE((folder / "lib/a").stat().st_mode) == 0o755


def test_the_index_comes_back_as_it_was_kept(prefix: DiskPrefix) -> None:
    assert prefix.index(ONE.target) is None
    published = ONE.index.but(published="1" * 64)
    prefix.keep_index(ONE.target, published)
    assert prefix.index(ONE.target) == published
    prefix.keep_index(ONE.target, ONE.index)
    assert prefix.index(ONE.target) == ONE.index
    path = prefix.root / "index" / f"{ONE.target.artifact.digest}.json.zst"
    before = path.stat().st_ino
    prefix.keep_index(ONE.target, ONE.index)
    assert path.stat().st_ino == before, "an unchanged index was written again"


@pytest.mark.parametrize("content", [b"", b"junk", b"\x28\xb5\x2f\xfd"])
def test_a_broken_index_counts_as_none(prefix: DiskPrefix, content: bytes) -> None:
    (prefix.root / "index" / f"{ONE.target.artifact.digest}.json.zst").write_bytes(content)
    assert prefix.index(ONE.target) is None


def test_an_index_with_any_bit_flipped_counts_as_none(prefix: DiskPrefix) -> None:
    path = prefix.root / "index" / f"{ONE.target.artifact.digest}.json.zst"
    prefix.keep_index(ONE.target, ONE.index)
    whole = path.read_bytes()
    for at in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[at // 8] ^= 1 << at % 8
        path.write_bytes(flipped)
        assert prefix.index(ONE.target) in (None, ONE.index), f"bit {at}"


def test_a_quick_look_at_ten_thousand_files_is_not_felt(prefix: DiskPrefix) -> None:
    tree = {f"node_modules/p{n % 300}/lib/f{n}.js": b"x" * (n % 50) for n in range(10_000)}
    many = sample(tree=tree)
    many.fill(prefix)
    started = time.monotonic()
    found = many.survey(prefix, Depth.QUICK)
    seconds = time.monotonic() - started
    assert dict(found.wrong) == {}
    assert seconds < 2, f"took {seconds:.3f} s; measured at 0.13 s on an idle machine"
